"""Under which key lies what a person wrote, and is that key still there?

A root key file wraps one key per tenant, which wraps one AES-256 key per (tenant, subject). Destroying a subject's
key makes everything encrypted under it unreadable for ever; a tombstone remembers that it was destroyed. The store
names subjects by keyed digests only, so neither a tombstone nor a copy of the file tells who they were.
"""

from __future__ import annotations

import os
import sqlite3
from collections import OrderedDict
from hashlib import blake2b
from pathlib import Path
from threading import Lock
from typing import NamedTuple, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from streams.key_files import (
    KeyStoreError,
    RootKeyUnfit,
    create_private,
    create_root_key,
    read_root_key,
)

DATABASE_NAME = "keys.db"
ROOT_KEY_NAME = "keys.root"
DEFAULT_CACHED_KEYS = 50_000
_KEY_BYTES = 32
_NONCE_BYTES = 12  # NIST SP 800-38D: 96-bit random nonces; a subject stays far below 2**32 fields
_TAG_BYTES = 16
_LAYOUT = 1  # first byte of every ciphertext
_HEADER_BYTES = 5  # layout, then the key's generation as 4 bytes
_SCHEMA = """
CREATE TABLE IF NOT EXISTS store (one INTEGER PRIMARY KEY CHECK (one = 1), root_check BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS tenants (tenant TEXT PRIMARY KEY, wrapped BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS subjects (
    tenant TEXT NOT NULL,
    subject BLOB NOT NULL,
    generation INTEGER NOT NULL,
    wrapped BLOB,
    PRIMARY KEY (tenant, subject)
) WITHOUT ROWID;
"""
_SAVE_TENANT = "INSERT INTO tenants VALUES (?, ?) ON CONFLICT (tenant) DO NOTHING"
_SAVE_SUBJECT = (
    "INSERT INTO subjects VALUES (?, ?, ?, ?) ON CONFLICT (tenant, subject) "
    "DO UPDATE SET generation = excluded.generation, wrapped = excluded.wrapped "
    "WHERE excluded.generation > subjects.generation"
)


class SubjectErased(KeyStoreError):
    """The subject's key was destroyed and no new one is allowed."""


class KeysMadeElsewhere(KeyStoreError):
    """Another process made a key for the same tenant or subject first; what was sealed since the last flush is void."""


class SubjectKeyUnknown(KeyStoreError):
    """There is neither a key nor a tombstone for the subject: the key store is older than the ciphertext."""


class CiphertextDamaged(KeyStoreError):
    """The bytes were not written by this store for this tenant, subject, event and field."""


class _SubjectKey(NamedTuple):
    generation: int  # 1 for the first key of a subject, one more after each destruction
    key: bytes | None  # None: destroyed


class _TenantKeys(NamedTuple):
    wrapping: AESGCM
    secret: bytes  # what callers get: redaction tokens, content digests
    naming: bytes  # key of the digests that name subjects


def _associated(*parts: str) -> bytes:
    encoded = [part.encode() for part in parts]
    return b"".join([len(part).to_bytes(4, "big") + part for part in encoded])


def _wrap(wrapping: AESGCM, key: bytes, *owner: str) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + wrapping.encrypt(nonce, key, _associated(*owner))


def _unwrap(wrapping: AESGCM, wrapped: bytes, *owner: str) -> bytes:
    try:
        return wrapping.decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], _associated(*owner))
    except InvalidTag:
        raise KeyStoreError(
            f"a wrapped key of tenant {owner[1]!r} does not open: {DATABASE_NAME} was changed from outside or is "
            "damaged; restore it from its backup"
        ) from None


class SubjectKeys:
    """Encrypts and decrypts personal fields under per-subject keys, and destroys keys for good.

    New keys live in memory until `flush` makes them durable, in one transaction; whoever stores a ciphertext flushes
    first. Thread-safe: one lock around every call. Processes may share the files as long as one of them alone seals
    for a tenant at a time: where two do after all, `flush` lets the first one's keys hold.
    """

    def __init__(self, database: sqlite3.Connection, root: bytes, cached_keys: int) -> None:
        self._database = database
        self._root = AESGCM(root)
        self._cached_keys = cached_keys
        self._lock = Lock()
        self._tenants: dict[str, _TenantKeys] = {}
        self._cache: OrderedDict[tuple[str, str], _SubjectKey] = OrderedDict()
        self._new_tenants: dict[str, bytes] = {}
        self._new_subjects: dict[tuple[str, str], tuple[bytes, _SubjectKey]] = {}

    @classmethod
    def open(cls, path: Path, *, cached_keys: int = DEFAULT_CACHED_KEYS) -> Self:
        """Open the key store in the folder `path`, creating `keys.db` and `keys.root` (both 0600) on first use.

        Raises KeyFileExposed where other users can reach either file, RootKeyUnfit where the root key is missing or
        is not the one this database was made with.
        """
        if cached_keys < 1:
            raise ValueError(f"cached_keys must be at least 1, got {cached_keys}")
        root_path, database_path = path / ROOT_KEY_NAME, path / DATABASE_NAME
        is_new = not root_path.exists() and not (database_path.exists() and database_path.stat().st_size)
        root = create_root_key(root_path) if is_new else read_root_key(root_path)
        create_private(database_path)
        database = sqlite3.connect(database_path, isolation_level=None, check_same_thread=False)
        try:
            _prepare(database, root, root_path)
        except BaseException:
            database.close()
            raise
        return cls(database, root, cached_keys)

    def tenant_secret(self, tenant: str) -> bytes:
        """Return the tenant's 32-byte secret for redaction tokens and content digests, the same for ever."""
        with self._lock:
            return self._tenant(tenant).secret

    def encrypt(
        self, tenant: str, subject: str, field: str, event_id: str, plaintext: bytes, *, allow_new_key: bool = False
    ) -> bytes:
        """Return AES-256-GCM ciphertext bound to tenant, subject, event and field (33 bytes longer than the text).

        Raises SubjectErased when the subject's key was destroyed, unless `allow_new_key`: then a new key begins, and
        what the old one sealed stays lost. Durable to read back only after `flush`.
        """
        with self._lock:
            generation, key = self._key_to_write(tenant, subject, allow_new_key)
        nonce = os.urandom(_NONCE_BYTES)
        sealed = AESGCM(key).encrypt(nonce, plaintext, _associated(tenant, event_id, field))
        return bytes((_LAYOUT,)) + generation.to_bytes(4, "big") + nonce + sealed

    def decrypt(self, tenant: str, subject: str, field: str, event_id: str, ciphertext: bytes) -> bytes | None:
        """Return the plaintext, or None when the key it was sealed under has been destroyed.

        Raises CiphertextDamaged when the bytes were changed or belong elsewhere, SubjectKeyUnknown when the store has
        never held the subject's key.
        """
        if len(ciphertext) < _HEADER_BYTES + _NONCE_BYTES + _TAG_BYTES or ciphertext[0] != _LAYOUT:
            raise CiphertextDamaged(f"field {field!r} of event {event_id!r} is no ciphertext of layout {_LAYOUT}")
        with self._lock:
            current = self._find(tenant, subject)
        if current is None:
            raise SubjectKeyUnknown(
                f"no key for the subject of field {field!r} of event {event_id!r} of tenant {tenant!r}: "
                f"{DATABASE_NAME} is older than the journal; restore the newest backup of it"
            )
        generation = int.from_bytes(ciphertext[1:_HEADER_BYTES], "big")
        if generation < current.generation or (generation == current.generation and current.key is None):
            return None
        if generation > current.generation or current.key is None:
            raise CiphertextDamaged(f"field {field!r} of event {event_id!r} names key {generation}, which never was")
        body = _HEADER_BYTES + _NONCE_BYTES
        try:
            return AESGCM(current.key).decrypt(
                ciphertext[_HEADER_BYTES:body], ciphertext[body:], _associated(tenant, event_id, field)
            )
        except InvalidTag:
            raise CiphertextDamaged(
                f"field {field!r} of event {event_id!r} of tenant {tenant!r} does not open under its subject's key: "
                "it was changed, or belongs to another event, field or subject"
            ) from None

    def destroy(self, tenant: str, subject: str) -> bool:
        """Destroy the subject's key, durably and out of the write-ahead log too; False if there was none to destroy.

        Leaves a tombstone. Safe to repeat after a kill at any point.
        """
        with self._lock:
            found = self._find(tenant, subject)
            if found is not None and found.key is not None:
                self._flush()
                self._cache.pop((tenant, subject), None)
                self._database.execute(
                    "UPDATE subjects SET wrapped = NULL WHERE tenant = ? AND subject = ?",
                    (tenant, self._name(tenant, subject)),
                )
            # also after a kill between the two: the old page must not stay in the write-ahead log
            if found is not None:
                self._truncate_log()
            return found is not None and found.key is not None

    def flush(self) -> None:
        """Make every key created so far durable, in one transaction; free when there is none.

        Raises KeysMadeElsewhere, after which nothing sealed since the last flush may be kept; seal it again.
        """
        with self._lock:
            self._flush()

    def close(self) -> None:
        """Flush and close; the store cannot be used afterwards."""
        with self._lock:
            self._flush()
            self._database.close()

    def _tenant(self, tenant: str) -> _TenantKeys:
        found = self._tenants.get(tenant)
        if found is not None:
            return found
        row = self._database.execute("SELECT wrapped FROM tenants WHERE tenant = ?", (tenant,)).fetchone()
        if row is None:
            key = os.urandom(_KEY_BYTES)
            self._new_tenants[tenant] = _wrap(self._root, key, "tenant", tenant)
        else:
            key = _unwrap(self._root, row[0], "tenant", tenant)
        secret, naming, wrapping = (
            blake2b(digest_size=_KEY_BYTES, key=key, person=person).digest()
            for person in (b"millrace-secret", b"millrace-naming", b"millrace-wraps")
        )
        made = self._tenants[tenant] = _TenantKeys(AESGCM(wrapping), secret, naming)
        return made

    def _name(self, tenant: str, subject: str) -> bytes:
        return blake2b(subject.encode(), digest_size=16, key=self._tenant(tenant).naming).digest()

    def _find(self, tenant: str, subject: str) -> _SubjectKey | None:
        place = (tenant, subject)
        pending = self._new_subjects.get(place)
        if pending is not None:
            return pending[1]
        cached = self._cache.get(place)
        if cached is not None:
            self._cache.move_to_end(place)
            return cached
        name = self._name(tenant, subject)
        row = self._database.execute(
            "SELECT generation, wrapped FROM subjects WHERE tenant = ? AND subject = ?", (tenant, name)
        ).fetchone()
        if row is None:
            return None
        generation, wrapped = row
        key = None
        if wrapped is not None:
            key = _unwrap(self._tenant(tenant).wrapping, wrapped, "subject", tenant, name.hex(), str(generation))
        return self._remember(place, _SubjectKey(generation, key))

    def _remember(self, place: tuple[str, str], found: _SubjectKey) -> _SubjectKey:
        self._cache[place] = found
        while len(self._cache) > self._cached_keys:
            self._cache.popitem(last=False)
        return found

    def _key_to_write(self, tenant: str, subject: str, allow_new_key: bool) -> tuple[int, bytes]:
        found = self._find(tenant, subject)
        if found is not None and found.key is not None:
            return found.generation, found.key
        if found is not None and not allow_new_key:
            raise SubjectErased(
                f"the subject of tenant {tenant!r} was erased; nothing more is kept about them unless the erasure "
                "policy allows a new key"
            )
        key = os.urandom(_KEY_BYTES)
        generation = 1 if found is None else found.generation + 1
        name = self._name(tenant, subject)
        wrapped = _wrap(self._tenant(tenant).wrapping, key, "subject", tenant, name.hex(), str(generation))
        self._new_subjects[tenant, subject] = (wrapped, _SubjectKey(generation, key))
        return generation, key

    def _flush(self) -> None:
        if not self._new_tenants and not self._new_subjects:
            return
        rows = [
            (place[0], self._name(*place), made.generation, wrapped)
            for place, (wrapped, made) in self._new_subjects.items()
        ]
        self._database.execute("BEGIN IMMEDIATE")
        try:
            saved = self._database.executemany(_SAVE_TENANT, list(self._new_tenants.items())).rowcount
            saved += self._database.executemany(_SAVE_SUBJECT, rows).rowcount
            if saved != len(self._new_tenants) + len(rows):
                self._forget_new()
                raise KeysMadeElsewhere("another process made keys for the same tenant or subject: seal again")
            self._database.execute("COMMIT")
        except BaseException:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            raise
        self._new_tenants.clear()
        flushed, self._new_subjects = self._new_subjects, {}
        for place, (_, made) in flushed.items():
            self._cache.pop(place, None)
            self._remember(place, made)

    def _forget_new(self) -> None:
        for tenant in self._new_tenants:
            self._tenants.pop(tenant, None)
        self._new_tenants.clear()
        self._new_subjects.clear()

    def _truncate_log(self) -> None:
        busy, _, _ = self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise KeyStoreError(
                f"the key is destroyed, but {DATABASE_NAME}-wal still holds its old page because another process reads "
                "the file; close that process and destroy again"
            )


def _prepare(database: sqlite3.Connection, root: bytes, root_path: Path) -> None:
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON", "busy_timeout = 1000"):
        database.execute(f"PRAGMA {pragma}")
    database.executescript(_SCHEMA)
    root_check = blake2b(digest_size=16, key=root, person=b"millrace-rootchk").digest()
    database.execute("INSERT OR IGNORE INTO store VALUES (1, ?)", (root_check,))
    (kept,) = database.execute("SELECT root_check FROM store").fetchone()
    if kept != root_check:
        raise RootKeyUnfit(f"{root_path} is not the root key that {DATABASE_NAME} was made with; restore the right one")
