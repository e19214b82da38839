"""Marks fields that hold a person's words or identity, so redaction, encryption and erasure need no list."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from pydantic import BaseModel


@dataclass(frozen=True, slots=True)
class Personal:
    """The field holds words by or about the person whose id stands in the sibling field `subject`.

    `whole` means the value itself identifies the person (a name, an address) and is replaced entirely. `prose` is
    false of names and values, in which nobody speaks a language. Without a sibling they are the account's.
    """

    subject: str | None = None
    whole: bool = False
    prose: bool = True


@cache
def personal_fields(model: type[BaseModel]) -> tuple[tuple[str, Personal], ...]:
    """(field name, mark) of every personal field of an event's data, in field order."""
    return tuple(
        (name, mark)
        for name, field in model.model_fields.items()
        for mark in field.metadata
        if isinstance(mark, Personal)
    )
