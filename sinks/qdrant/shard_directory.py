"""The directory of an embedded index: who holds it, which shard in it is live, how the index was built.

owner.lock     held while open; says which process
index.json     the header, replaced whole: identity, live shard, how it was built
shard-N/       the shard's own files; any other shard-* is a rewrite that broke off
"""

from __future__ import annotations

import fcntl
import os
import shutil
import time
import uuid
from pathlib import Path
from typing import Final

import msgspec

from sinks.qdrant.contract import IndexBroken, IndexLocked, IndexMismatch
from sinks.qdrant.durable import write_durably
from sinks.qdrant.sparse import WORDS_VERSION

_FORMAT: Final = 1


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `index.json` says. `rewrite_due` is set before points are removed whose text must leave the files too."""

    identity: str
    shard: int = 1
    rewrite_due: bool = False
    format: int = _FORMAT
    words_version: int = WORDS_VERSION
    model: str | None = None
    dimension: int | None = None


class ShardDirectory:
    """Holds the directory, readable by its owner only. Raises IndexLocked, IndexMismatch or IndexBroken."""

    def __init__(self, path: Path, model: str | None, dimension: int | None, lock_wait_seconds: float) -> None:
        self.path = path
        if path.exists() and not path.is_dir():
            raise IndexBroken(f"{path} exists and is not a directory: name another place for the search index")
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.chmod(0o700)
        self._lock = self._locked(lock_wait_seconds)
        try:
            self.header, self.is_new = self._opened(model, dimension)
            self._remove_leftovers()
        except BaseException:
            self.release()
            raise

    @property
    def shard_path(self) -> Path:
        """Where the live shard lies."""
        return self.path / f"shard-{self.header.shard}"

    def next_shard_path(self) -> Path:
        """Where a rewrite is built; what an earlier one left there is removed."""
        self._remove_leftovers()
        return self.path / f"shard-{self.header.shard + 1}"

    def save(self, header: Header) -> None:
        """Replaces the header, durably."""
        write_durably(self.path / "index.json", msgspec.json.encode(header))
        self.header = header
        self.is_new = False

    def switch(self) -> None:
        """Makes the rewritten shard the live one and removes the old files."""
        self.save(msgspec.structs.replace(self.header, shard=self.header.shard + 1, rewrite_due=False))
        self._remove_leftovers()

    def release(self) -> None:
        """Gives the directory back."""
        if self._lock >= 0:
            os.close(self._lock)  # which also unlocks
            self._lock = -1

    def _locked(self, wait_seconds: float) -> int:
        descriptor = os.open(self.path / "owner.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + wait_seconds
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    owner = os.pread(descriptor, 64, 0).decode(errors="replace").strip() or "unknown"
                    os.close(descriptor)
                    message = f"the search index {self.path} is open in process {owner}"
                    raise IndexLocked(f"{message}: stop that process, or ask it for searches instead") from None
                time.sleep(0.05)
            else:
                os.ftruncate(descriptor, 0)
                os.pwrite(descriptor, str(os.getpid()).encode(), 0)
                return descriptor

    def _opened(self, model: str | None, dimension: int | None) -> tuple[Header, bool]:
        file = self.path / "index.json"
        if not file.exists():
            return Header(identity=uuid.uuid4().hex, model=model, dimension=dimension), True
        try:
            header = msgspec.json.decode(file.read_bytes(), type=Header)
        except msgspec.DecodeError as error:
            raise IndexBroken(f"{file} cannot be read ({error}): {self._remedy()}") from error
        built = (header.format, header.words_version, header.model, header.dimension)
        asked = (_FORMAT, WORDS_VERSION, model, dimension)
        if built != asked:
            message = f"the search index {self.path} is built as (format, words, model, dimension) {built}, not {asked}"
            raise IndexMismatch(f"{message}: {self._remedy()}")
        return header, False

    def _remedy(self) -> str:
        return f"remove {self.path} and send the documents again; it is a cache"

    def _remove_leftovers(self) -> None:
        for leftover in sorted(self.path.glob("shard-*")):
            if self.is_new or leftover != self.shard_path:
                shutil.rmtree(leftover)
