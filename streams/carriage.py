"""What a reader of one partition of the journal takes for true: whose records hold, and which one comes next.

Every writer of a partition begins with a `writer.began` of an epoch above all before it; the first of an epoch wins.
From there on records of lower epochs, written by one that does not know yet that it was replaced, count for nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import msgspec

from schemas.decode import decode
from schemas.event import Event
from schemas.reasons import Refusal
from streams.failures import FoldBroken, JournalGap

WRITER_BEGAN = "writer.began"
# No event begins like this: its first attribute is `specversion`.
_BEGINNING = b'{"epoch":'


class Beginning(msgspec.Struct, frozen=True):
    """A writer took a partition over; `writer` tells two of one epoch apart, `at` is the machine's time."""

    epoch: int
    writer: str
    at: int


class _Saved(msgspec.Struct, array_like=True):
    epoch: int
    ends: dict[str, int]


def encode_beginning(beginning: Beginning) -> bytes:
    """The value of a `writer.began` record."""
    return msgspec.json.encode(beginning)


def decode_beginning(value: bytes) -> Beginning:
    """What a `writer.began` record says. Raises FoldBroken where it cannot be read."""
    try:
        return msgspec.json.decode(value, type=Beginning)
    except msgspec.MsgspecError as error:
        raise FoldBroken(f"a {WRITER_BEGAN} record cannot be read ({error}): restore the journal from a copy") from None


def is_beginning(type_: str | None, value: bytes) -> bool:
    """Whether a record is a `writer.began`: by its `ce_type`, or by its value where headers are not at hand (None)."""
    return type_ == WRITER_BEGAN if type_ is not None else value.startswith(_BEGINNING)


class Carriage:
    """The reader's state for one partition: the epoch that holds, and each tenant's last position.

    Fed every record of the partition in order, it gives the events that hold, each once.
    """

    __slots__ = ("ends", "epoch")

    def __init__(self, epoch: int = 0, ends: Mapping[str, int] | None = None) -> None:
        self.epoch = epoch
        self.ends: dict[str, int] = dict(ends or {})

    def take(self, type_: str | None, value: bytes) -> Event | None:
        """The event of one record; None for `writer.began`, a replaced writer's record, or a producer's retry.

        `type_` is the header `ce_type`, None where headers are not at hand. Raises JournalGap for a position that
        does not continue, FoldBroken for a record that cannot be read or whose epoch never began.
        """
        if is_beginning(type_, value):
            self.epoch = max(self.epoch, decode_beginning(value).epoch)
            return None
        try:
            event = decode(value)
        except Refusal as refusal:
            raise FoldBroken(f"a record of the journal cannot be read ({refusal}): restore it from a copy") from refusal
        epoch = event.epoch or 0
        if epoch != self.epoch:
            if epoch < self.epoch:
                return None
            raise FoldBroken(
                f"the record {event.tenant}/{event.position} is of epoch {epoch}, and only {self.epoch} has begun: "
                "read the journal from its beginning, or restore it from a copy"
            )
        tenant, position = event.tenant, event.position
        expected = self.ends.get(tenant, 0) + 1
        if position != expected:
            if position < expected:
                return None
            raise JournalGap(tenant, expected, position)
        self.ends[tenant] = position
        return event

    def saved(self) -> bytes:
        """This state in bytes, to be kept beside the offset of the next record."""
        return msgspec.msgpack.encode(_Saved(self.epoch, self.ends))

    @classmethod
    def restored(cls, saved: bytes) -> Self:
        """The state that `saved` gave."""
        state = msgspec.msgpack.decode(saved, type=_Saved)
        return cls(state.epoch, state.ends)
