"""A small file replaced as a whole: after a crash it holds the old bytes or the new ones."""

from __future__ import annotations

import os
from pathlib import Path


def write_durably(file: Path, content: bytes) -> None:
    """Replaces the file, readable by its owner only, and returns when it is on disk under its name."""
    temporary = file.with_name(f"{file.name}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(file)
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
