"""What a text means: a direction in a sentence model's space, as the door found it and the journal keeps it."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import NamedTuple

FULL = 127  # what the largest value of a direction is scaled to
_SCALES = 1 << 20  # vectors are brought to whole numbers this fine before they are scaled, so that bits are fixed


class Meaning(NamedTuple):
    """A direction, one signed byte a value, and the model it comes from: directions of two models do not compare."""

    model: str
    values: bytes

    def said(self) -> str:
        """As it stands in a record."""
        return f"{self.model} {b64encode(self.values).decode()}"


def meaning_in(said: str | None) -> Meaning | None:
    """The meaning that a record says, if it says one.

    >>> meaning_in(direction("words", [0.5, -1.0]).said())
    Meaning(model='words', values=b'@\\x81')
    """
    if said is None:
        return None
    model, _, values = said.rpartition(" ")
    return Meaning(model, b64decode(values))


def direction(model: str, vector: Sequence[float]) -> Meaning | None:
    """The direction of a model's vector; None for one that points nowhere. Raises ValueError for NaN or infinity."""
    largest = max(map(abs, vector), default=0.0)
    if largest == 0.0:
        return None
    return whole_direction(model, [round(value / largest * _SCALES) for value in vector])


def whole_direction(model: str, values: Sequence[int]) -> Meaning | None:
    """The same of whole numbers, halves rounded up."""
    largest = max(map(abs, values), default=0)
    if not largest:
        return None
    return Meaning(model, bytes(((2 * FULL * value + largest) // (2 * largest)) & 0xFF for value in values))
