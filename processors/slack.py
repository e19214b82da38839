"""How much is left of what a ticket is promised? Of the earliest promise, counted from its opening.

Pauses are not looked at here: who waits for an expert rarely waits for their customer as well, and `sla` does so to the
second. A ticket that was answered has only its resolution before it.
"""

from __future__ import annotations

from processors.calendars import OpenTime
from processors.contract import Context
from processors.sla_policy import Promise, Promises
from schemas.instant import SECOND


class Ahead:
    """What a ticket has before it: the promises for its account, as of its opening, by its priority and channel."""

    __slots__ = ("_at", "_channel", "_priority", "_promises", "opened_at")

    def __init__(self, context: Context, account: str | None, opened_at: int, priority: str, channel: str) -> None:
        self.opened_at = opened_at
        self._promises = Promises(context, account, opened_at)
        self._priority = priority
        self._channel = channel
        self._at = context.clock

    def due_at(self, *, is_answered: bool) -> int | None:
        """The earliest instant promised; None where nothing is."""
        dues = [self._due_at(promise) for promise in self._promised(is_answered=is_answered)]
        return min([due for due in dues if due is not None], default=None)

    def used_percent(self, at: int, *, is_answered: bool) -> int | None:
        """How much of a promise is used up at an instant, of the one used up most; None where nothing is promised."""
        shares = [self._used_percent(promise, at) for promise in self._promised(is_answered=is_answered)]
        return max(shares, default=None)

    def percents_stopped(self, at: int, status: str, *, is_answered: bool) -> list[int]:
        """How much is used up, at an instant, of each promise that stands still in a status of a story."""
        stopped = [promise for promise in self._promised(is_answered=is_answered) if promise.pauses(status)]
        return [self._used_percent(promise, at) for promise in stopped]

    def _used_percent(self, promise: Promise, at: int) -> int:
        return 100 * OpenTime(promise.calendar, self.opened_at).until(at) // (promise.target_seconds * SECOND)

    def _promised(self, *, is_answered: bool) -> list[Promise]:
        clocks = ("resolution",) if is_answered else ("first_response", "resolution")
        found = [self._promises.promise(clock, self._priority, self._channel, self._at) for clock in clocks]
        return [promise for promise in found if promise is not None]

    def _due_at(self, promise: Promise) -> int | None:
        return OpenTime(promise.calendar, self.opened_at).after(promise.target_seconds * SECOND)
