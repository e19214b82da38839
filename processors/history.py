"""Values by the instant they began to hold, so that what was in force at any moment can be asked whatever came when."""

from __future__ import annotations

from bisect import bisect_left
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")

LONGEST_HISTORY = 64


class Dated(msgspec.Struct, Generic[T], array_like=True):
    """A value that holds from `at` on; the event's id decides between two of one instant."""

    at: int
    event_id: str
    value: T


def insert_dated(history: list[Dated[T]], at: int, event_id: str, value: T) -> None:
    """Puts a value in its place by (instant, event id).

    Beyond the longest history kept the oldest value that repeats the one before it goes, or the oldest of all.
    """
    place = bisect_left(history, (at, event_id), key=lambda dated: (dated.at, dated.event_id))
    if place < len(history) and (history[place].at, history[place].event_id) == (at, event_id):
        return
    history.insert(place, Dated(at, event_id, value))
    if len(history) > LONGEST_HISTORY:
        repeated = (place for place in range(1, len(history)) if history[place].value == history[place - 1].value)
        del history[next(repeated, 0)]


def dated_as_of(history: list[Dated[T]], at: int) -> Dated[T] | None:
    """What `as_of` gives, with the instant and the event that said it."""
    place = bisect_left(history, at + 1, key=lambda dated: dated.at)
    return history[max(0, place - 1)] if history else None


def as_of(history: list[Dated[T]], at: int) -> T | None:
    """The value in force at an instant: the last that began at or before it, else the first known, else None."""
    if history and history[-1].at <= at:
        return history[-1].value
    place = bisect_left(history, at + 1, key=lambda dated: dated.at)
    if place:
        return history[place - 1].value
    return history[0].value if history else None
