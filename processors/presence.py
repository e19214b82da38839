"""Is an account with us, when did it leave, and when did it come back?

It comes back by being created or renewed after it left, as the instants of the events tell it, whatever came first. Of
one instant the leaving holds: a table of accounts may tell of both at once.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence
from typing import Final, NamedTuple

from schemas.accounts import AccountChurned, AccountCreated, AccountRenewed
from schemas.event import Event

MOST_PASSAGES: Final = 16  # of an account: the latest
PASSAGES: Final = (AccountCreated, AccountRenewed, AccountChurned)

# When, whether it left, which event told it, and the reason if one was told.
Passage = tuple[int, bool, str, str]


class Presence(NamedTuple):
    """When an account was away.

    `gone_since` is the instant of the leaving and the event that told it, None while it is with us; `reason` the last
    one that was told of that leaving; `absences` are those that are over: when it left, and when it came back.
    """

    gone_since: tuple[int, str] | None
    reason: str | None
    absences: tuple[tuple[int, int], ...]


def note_passage(passages: list[Passage], event: Event) -> None:
    """Puts a coming or a leaving in its place; other events change nothing."""
    match event.data:
        case AccountChurned(reason=reason):
            passage = event.occurred_at, True, event.id, reason or ""
        case AccountCreated() | AccountRenewed():
            passage = event.occurred_at, False, event.id, ""
        case _:
            return
    if passage not in passages:
        insort(passages, passage)
        del passages[:-MOST_PASSAGES]


def presence(passages: Sequence[Passage]) -> Presence:
    """What passages in their order tell."""
    absences: list[tuple[int, int]] = []
    since: tuple[int, str] | None = None
    reason = ""
    for at, has_left, event_id, told in passages:
        if has_left:
            since, reason = (since, told or reason) if since is not None else ((at, event_id), told)
        elif since is not None:
            absences.append((since[0], at))
            since, reason = None, ""
    return Presence(since, reason or None, tuple(absences))
