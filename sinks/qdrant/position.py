"""How far a search index has been filled: a small file beside it, valid only for the index it was written for."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from sinks.qdrant.durable import write_durably

NOTHING: Final = -1


class _Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    identity: str
    token: int


class PositionFile:
    """The last token applied. An unreadable file, or one of another index, reads as nothing: all is sent again."""

    def __init__(self, file: Path, identity: str) -> None:
        self._file = file
        self._identity = identity

    def read(self) -> int:
        """The token, or -1."""
        try:
            record = msgspec.json.decode(self._file.read_bytes(), type=_Record)
        except (FileNotFoundError, msgspec.DecodeError):
            return NOTHING
        return record.token if record.identity == self._identity else NOTHING

    def write(self, token: int) -> None:
        """Records the token, durably."""
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_durably(self._file, msgspec.json.encode(_Record(self._identity, token)))
