"""Which files hold keys, and may we trust how they lie on the disk?"""

from __future__ import annotations

import os
import stat
from pathlib import Path

ROOT_KEY_BYTES = 32
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class KeyStoreError(Exception):
    """The key store cannot do what was asked; the message says what to do about it."""


class KeyFileExposed(KeyStoreError):
    """A key file can be read or written by other users of the machine."""


class RootKeyUnfit(KeyStoreError):
    """The root key file is missing, cut short, or belongs to another key store."""


def refuse_exposed(path: Path) -> None:
    """Raise KeyFileExposed unless only the owner may touch the file."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & _OTHERS:
        raise KeyFileExposed(
            f"{path} has mode {mode:04o}: other users can reach the keys in it; run `chmod 600 {path}` "
            "and consider whether the keys have leaked"
        )


def create_private(path: Path) -> None:
    """Create the empty file with mode 0600 if absent; refuse an existing one that others can reach."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        refuse_exposed(path)


def read_root_key(path: Path) -> bytes:
    """Return the 32 bytes of the root key file; raises RootKeyUnfit or KeyFileExposed."""
    try:
        refuse_exposed(path)
        root = path.read_bytes()
    except FileNotFoundError:
        raise RootKeyUnfit(
            f"{path} is missing: without it no key can be unwrapped; restore it from its backup"
        ) from None
    if len(root) != ROOT_KEY_BYTES:
        raise RootKeyUnfit(f"{path} holds {len(root)} bytes instead of {ROOT_KEY_BYTES}; restore it from its backup")
    return root


def create_root_key(path: Path) -> bytes:
    """Make a new random root key file (0600), durable before this returns, and return its bytes.

    The file appears whole or not at all: a kill in between leaves a `.new` file that the next call replaces.
    """
    root = os.urandom(ROOT_KEY_BYTES)
    unfinished = path.with_name(path.name + ".new")
    unfinished.unlink(missing_ok=True)
    handle = os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        os.write(handle, root)
        os.fsync(handle)
    finally:
        os.close(handle)
    unfinished.rename(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return root
