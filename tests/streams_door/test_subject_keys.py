"""The key store: what is sealed stays sealed, what is destroyed stays destroyed."""

from __future__ import annotations

import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.key_files import KeyFileExposed, KeyStoreError, RootKeyUnfit
from streams.subject_keys import CiphertextDamaged, SubjectErased, SubjectKeys, SubjectKeyUnknown

PROJECT = Path(__file__).parents[2]
SEAL = ("acme", "person-7", "requester", "event-1")


@contextmanager
def opened(path: Path, cached_keys: int = 50_000) -> Iterator[SubjectKeys]:
    keys = SubjectKeys.open(path, cached_keys=cached_keys)
    try:
        yield keys
    finally:
        keys.close()


def bytes_on_disk(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(path.iterdir()) if file.name.startswith("keys.db"))


@given(st.binary(max_size=2_000), st.text(min_size=1, max_size=20), st.text(max_size=20))
@settings(max_examples=50)
def test_what_goes_in_comes_out(
    tmp_path_factory: pytest.TempPathFactory, plaintext: bytes, subject: str, field: str
) -> None:
    with opened(tmp_path_factory.mktemp("keys")) as keys:
        sealed = keys.encrypt("acme", subject, field, "event-1", plaintext)
        assert keys.decrypt("acme", subject, field, "event-1", sealed) == plaintext
        assert len(sealed) == len(plaintext) + 33


def test_the_same_text_never_gives_the_same_ciphertext(tmp_path: Path) -> None:
    with opened(tmp_path) as keys:
        assert len({keys.encrypt(*SEAL, b"hello") for _ in range(200)}) == 200


def test_a_changed_byte_anywhere_is_noticed(tmp_path: Path) -> None:
    with opened(tmp_path) as keys:
        sealed = keys.encrypt(*SEAL, b"call me")
        for place in range(len(sealed)):
            changed = bytearray(sealed)
            changed[place] ^= 0x40
            with pytest.raises(CiphertextDamaged):
                keys.decrypt(*SEAL, bytes(changed))


@pytest.mark.parametrize("size", [0, 1, 5, 17, 32])
def test_a_ciphertext_cut_short_is_noticed(tmp_path: Path, size: int) -> None:
    with opened(tmp_path) as keys, pytest.raises(CiphertextDamaged):
        keys.decrypt(*SEAL, keys.encrypt(*SEAL, b"call me")[:size])


@pytest.mark.parametrize(
    "other",
    [
        ("other", "person-7", "requester", "event-1"),
        ("acme", "person-8", "requester", "event-1"),
        ("acme", "person-7", "body", "event-1"),
        ("acme", "person-7", "requester", "event-2"),
        ("acme", "person-7", "1requester", "event-"),  # the same letters, cut at another place
    ],
)
def test_a_ciphertext_opens_only_where_it_belongs(tmp_path: Path, other: tuple[str, str, str, str]) -> None:
    with opened(tmp_path) as keys:
        sealed = keys.encrypt(*SEAL, b"call me")
        keys.encrypt(*other, b"so that the other subject has a key")
        with pytest.raises(CiphertextDamaged):
            keys.decrypt(*other, sealed)


def test_keys_and_secrets_outlive_the_process(tmp_path: Path) -> None:
    with opened(tmp_path) as keys:
        sealed = keys.encrypt(*SEAL, b"call me")
        secret = keys.tenant_secret("acme")
    with opened(tmp_path) as keys:
        assert keys.decrypt(*SEAL, sealed) == b"call me"
        assert keys.tenant_secret("acme") == secret
        assert keys.tenant_secret("other") != secret
        assert len(secret) == 32


KILLED = """
import os, signal, sys
from pathlib import Path
from streams.subject_keys import SubjectKeys
keys = SubjectKeys.open(Path(sys.argv[1]))
print(keys.encrypt("acme", "flushed", "f", "e", b"kept").hex())
keys.encrypt("acme", "gone", "f", "e", b"erased")
keys.flush()
print(keys.encrypt("acme", "unflushed", "f", "e", b"lost").hex())
keys.destroy("acme", "gone") if sys.argv[2] == "destroy" else None
sys.stdout.flush()
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("last", ["destroy", "none"])
def test_a_kill_loses_only_keys_that_were_not_flushed(tmp_path: Path, last: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path), last], capture_output=True, text=True, cwd=PROJECT, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    flushed, unflushed = (bytes.fromhex(line) for line in done.stdout.split())
    with opened(tmp_path) as keys:
        assert keys.decrypt("acme", "flushed", "f", "e", flushed) == b"kept"
        if last == "none":
            with pytest.raises(SubjectKeyUnknown):
                keys.decrypt("acme", "unflushed", "f", "e", unflushed)
        assert keys.destroy("acme", "gone") is (last == "none")
        with pytest.raises(SubjectErased):
            keys.encrypt("acme", "gone", "f", "e", b"again")


def test_a_destroyed_key_answers_none_for_ever(tmp_path: Path) -> None:
    with opened(tmp_path) as keys:
        sealed = keys.encrypt(*SEAL, b"call me")
        neighbour = keys.encrypt("acme", "person-8", "requester", "event-1", b"stay")
        assert keys.destroy("acme", "person-7") is True
        assert keys.destroy("acme", "person-7") is False
        assert keys.decrypt(*SEAL, sealed) is None
        with pytest.raises(SubjectErased, match="acme"):
            keys.encrypt(*SEAL, b"again")
    with opened(tmp_path) as keys:
        assert keys.decrypt(*SEAL, sealed) is None
        assert keys.decrypt("acme", "person-8", "requester", "event-1", neighbour) == b"stay"
        with pytest.raises(SubjectErased):
            keys.encrypt(*SEAL, b"again")


def test_a_new_key_must_be_allowed_and_does_not_open_the_past(tmp_path: Path) -> None:
    with opened(tmp_path) as keys:
        before = keys.encrypt(*SEAL, b"before")
        keys.destroy("acme", "person-7")
        after = keys.encrypt(*SEAL, b"after", allow_new_key=True)
        assert keys.decrypt(*SEAL, after) == b"after"
        assert keys.decrypt(*SEAL, before) is None
    with opened(tmp_path) as keys:
        assert keys.decrypt(*SEAL, after) == b"after"
        assert keys.decrypt(*SEAL, before) is None
        assert keys.destroy("acme", "person-7") is True
        assert keys.decrypt(*SEAL, after) is None


def test_destroying_a_stranger_changes_nothing(tmp_path: Path) -> None:
    with opened(tmp_path) as keys:
        assert keys.destroy("acme", "nobody") is False
        assert keys.encrypt("acme", "nobody", "f", "e", b"now known")


def test_no_byte_of_a_destroyed_key_and_no_name_stays_on_disk(tmp_path: Path) -> None:
    with opened(tmp_path) as keys:
        for number in range(50):
            keys.encrypt("acme", f"canary-person-{number}", "f", "e", b"x")
        keys.flush()
        with sqlite3.connect(tmp_path / "keys.db") as reader:
            wrapped = [row[0] for row in reader.execute("SELECT wrapped FROM subjects")]
        reader.close()
        assert len(wrapped) == 50
        assert all(key[12:] in bytes_on_disk(tmp_path) for key in wrapped)
        for number in range(50):
            assert keys.destroy("acme", f"canary-person-{number}")
        left = bytes_on_disk(tmp_path)
    assert not [key for key in wrapped if key[12:] in left]
    assert b"canary-person" not in left


def test_destroying_says_so_when_a_reader_keeps_the_old_page(tmp_path: Path) -> None:
    with opened(tmp_path) as keys:
        sealed = keys.encrypt(*SEAL, b"call me")
        keys.flush()
        reader = sqlite3.connect(tmp_path / "keys.db", isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM subjects").fetchone()
        with pytest.raises(KeyStoreError, match="another process reads"):
            keys.destroy("acme", "person-7")
        reader.close()
        assert keys.destroy("acme", "person-7") is False  # nothing left to destroy, and the log is now truncated
        assert (tmp_path / "keys.db-wal").stat().st_size == 0
        assert keys.decrypt(*SEAL, sealed) is None


def test_files_are_for_the_owner_only(tmp_path: Path) -> None:
    with opened(tmp_path) as keys:
        keys.encrypt(*SEAL, b"call me")
        keys.flush()
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    assert set(modes) >= {"keys.db", "keys.db-wal", "keys.root"}
    assert set(modes.values()) == {0o600}


@pytest.mark.parametrize("name", ["keys.root", "keys.db"])
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644, 0o601])
def test_exposed_files_are_refused(tmp_path: Path, name: str, mode: int) -> None:
    with opened(tmp_path):
        pass
    (tmp_path / name).chmod(mode)
    with pytest.raises(KeyFileExposed, match=f"{name} has mode {mode:04o}.*chmod 600"):
        SubjectKeys.open(tmp_path)


def test_a_lost_short_or_foreign_root_key_is_refused(tmp_path: Path) -> None:
    with opened(tmp_path) as keys:
        keys.encrypt(*SEAL, b"call me")
    root = tmp_path / "keys.root"
    kept = root.read_bytes()
    root.unlink()
    with pytest.raises(RootKeyUnfit, match="missing"):
        SubjectKeys.open(tmp_path)
    assert not root.exists()
    for content, message in [(kept[:31], "31 bytes"), (bytes(32), "not the root key")]:
        root.touch(mode=0o600)
        root.write_bytes(content)
        with pytest.raises(RootKeyUnfit, match=message):
            SubjectKeys.open(tmp_path)
    root.write_bytes(kept)
    with opened(tmp_path):
        pass


def test_a_wrapped_key_moved_to_another_subject_does_not_open(tmp_path: Path) -> None:
    with opened(tmp_path) as keys:
        sealed = keys.encrypt(*SEAL, b"call me")
        keys.encrypt("acme", "person-8", "f", "e", b"x")
    with sqlite3.connect(tmp_path / "keys.db") as database:
        first, second = database.execute("SELECT subject, wrapped FROM subjects").fetchall()
        database.execute("UPDATE subjects SET wrapped = ? WHERE subject = ?", (first[1], second[0]))
        database.execute("UPDATE subjects SET wrapped = ? WHERE subject = ?", (second[1], first[0]))
    database.close()
    with opened(tmp_path) as keys, pytest.raises(KeyStoreError, match="does not open"):
        keys.decrypt(*SEAL, sealed)


def test_a_small_cache_forgets_no_key(tmp_path: Path) -> None:
    with opened(tmp_path, cached_keys=3) as keys:
        sealed = [keys.encrypt("acme", f"person-{n}", "f", "e", b"%d" % n) for n in range(40)]
        assert [keys.decrypt("acme", f"person-{n}", "f", "e", sealed[n]) for n in range(40)] == [
            b"%d" % n for n in range(40)
        ]
        keys.flush()
        for n in reversed(range(40)):
            assert keys.decrypt("acme", f"person-{n}", "f", "e", sealed[n]) == b"%d" % n
        keys.destroy("acme", "person-5")
        assert keys.decrypt("acme", "person-5", "f", "e", sealed[5]) is None


def test_threads_agree_on_one_key_per_subject(tmp_path: Path) -> None:
    with opened(tmp_path) as keys:
        sealed: list[tuple[str, bytes]] = []

        def write(thread: int) -> None:
            for n in range(100):
                subject = f"person-{n % 10}"
                sealed.append((subject, keys.encrypt("acme", subject, "f", "e", b"%d" % thread)))
                if n % 25 == 0:
                    keys.flush()

        threads = [threading.Thread(target=write, args=(thread,)) for thread in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(sealed) == 400
        assert {keys.decrypt("acme", subject, "f", "e", text) for subject, text in sealed} == {b"0", b"1", b"2", b"3"}


def test_a_cache_without_room_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cached_keys"):
        SubjectKeys.open(tmp_path, cached_keys=0)
