"""What a text means: a direction in a sentence model's space, as the door found it and the journal keeps it."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import NamedTuple


class Meaning(NamedTuple):
    """A direction, one signed byte a value, and the model it comes from: directions of two models do not compare."""

    model: str
    values: bytes

    def said(self) -> str:
        """As it stands in a record."""
        return f"{self.model} {b64encode(self.values).decode()}"


def meaning_in(said: str | None) -> Meaning | None:
    """The meaning that a record says, if it says one.

    >>> meaning_in(Meaning("words", bytes([64, 129])).said())
    Meaning(model='words', values=b'@\\x81')
    """
    if said is None:
        return None
    model, _, values = said.rpartition(" ")
    return Meaning(model, b64decode(values))
