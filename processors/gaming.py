"""Is somebody playing for the figures? Three patterns, each with the events that show it.

- `pause before breach`: a ticket is set to wait for somebody else when less than a tenth is left of a promise that
  stands still while it does, and nobody has written to the customer since they wrote last. Only the first pause that
  stops a promise is looked at, for time is counted from the ticket's opening here.
- `empty answer`: a public answer of fewer than ten letters while the customer waits.
- `flapping`: four changes into or out of a pause within a day, without a word of anybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from processors.checklist import EMPTY_LETTERS, letters_of
from processors.contract import Context, Output, Processor
from processors.sla_story import WAITING, status_and_reason, with_reason
from processors.slack import Ahead
from schemas.conduct import GamingSuspected
from schemas.event import Data, Event
from schemas.experts import ExpertReplied
from schemas.instant import DAY
from schemas.tickets import (
    TicketAssigned,
    TicketClosed,
    TicketMessageAdded,
    TicketOpened,
    TicketPriorityChanged,
    TicketReopened,
    TicketResolved,
    TicketStatusChanged,
)

PAUSE: Final = "pause before breach"
EMPTY: Final = "empty answer"
FLAPPING: Final = "flapping"
_NEARLY_USED: Final = 90  # percent
_FLAPS: Final = 4
_AFTER: Final[dict[type[Data], str]] = {TicketResolved: "solved", TicketReopened: "open", TicketClosed: "closed"}

Flap = tuple[int, str]


class Play(msgspec.Struct, array_like=True, gc=False):
    """What is kept of a ticket to tell whether its figures are played with. Some 300 bytes."""

    account: str | None = None
    opened_at: int | None = None
    priority: str = "normal"
    channel: str = "other"
    assignee: str | None = None
    is_answered: bool = False
    waits_since: str = ""
    status: str = "new"
    was_paused: bool = False
    flaps: list[Flap] = msgspec.field(default_factory=list)


class Gaming(Processor[Play]):
    """Watches pauses, answers and changes of status; suspects, and never judges."""

    name = "gaming"
    version = 2  # since only a pause that stops a promise is suspected
    consumes = (
        TicketOpened,
        TicketMessageAdded,
        TicketAssigned,
        TicketPriorityChanged,
        TicketStatusChanged,
        TicketResolved,
        TicketReopened,
        TicketClosed,
        ExpertReplied,
    )
    facts = (GamingSuspected,)
    state = Play

    def key(self, event: Event) -> str | None:
        ticket: str | None = getattr(event.data, "ticket", None)
        return ticket

    def step(self, state: Play, event: Event, context: Context) -> Sequence[Output]:
        state.account = event.account or state.account
        match event.data:
            case TicketOpened(priority=priority, channel=channel, assignee=assignee):
                state.opened_at, state.channel = event.occurred_at, channel
                state.priority = priority or state.priority
                state.assignee = assignee or state.assignee
                state.waits_since = event.id
            case TicketMessageAdded(author="customer"):
                state.waits_since = event.id
                state.flaps.clear()
            case ExpertReplied(expert=expert, public=public, text=text):
                return _answered(state, event, expert, text) if public else ()
            case TicketMessageAdded(author="expert", person=person, public=public, text=text):
                return _answered(state, event, person, text) if public else ()
            case TicketAssigned(assignee=assignee):
                state.assignee = assignee
            case TicketPriorityChanged(priority=priority):
                state.priority = priority
            case TicketStatusChanged(status=status, status_raw=reason, by=by):
                return _moved(state, event, with_reason(status, reason), by or state.assignee, context)
            case TicketResolved(by=by) | TicketReopened(by=by) | TicketClosed(by=by):
                return _moved(state, event, _AFTER[type(event.data)], by or state.assignee, context)
        return ()


GAMING: Final = Gaming()


def _answered(state: Play, event: Event, expert: str | None, text: str) -> Sequence[Output]:
    waited, state.waits_since = state.waits_since, ""
    state.is_answered = True
    state.flaps.clear()
    # Some tools tell that somebody answered and not what: an answer without any text is not called empty.
    if not waited or not text or letters_of(text) >= EMPTY_LETTERS:
        return ()
    detail = f"an answer of {letters_of(text)} letters"
    return (_suspected(state, event, EMPTY, expert or state.assignee, detail, (waited, event.id)),)


def _moved(state: Play, event: Event, status: str, by: str | None, context: Context) -> list[Output]:
    was, state.status = state.status, status_and_reason(status)[0]
    is_pause = state.status in WAITING
    outputs: list[Output] = []
    if is_pause and not state.was_paused:
        outputs += _paused(state, event, status, by, context)
    if is_pause == (was in WAITING):
        return outputs
    state.flaps = [flap for flap in state.flaps if event.occurred_at - flap[0] <= DAY]
    state.flaps.append((event.occurred_at, event.id))
    if len(state.flaps) >= _FLAPS:
        ids = tuple([event_id for _, event_id in state.flaps])
        detail = f"{len(ids)} changes into and out of a pause within a day, without a word"
        outputs.append(_suspected(state, event, FLAPPING, by, detail, ids))
        state.flaps.clear()
    return outputs


def _paused(state: Play, event: Event, status: str, by: str | None, context: Context) -> list[Output]:
    if state.opened_at is None or event.occurred_at <= state.opened_at:
        return []
    ahead = Ahead(context, state.account, state.opened_at, state.priority, state.channel)
    stopped = ahead.percents_stopped(event.occurred_at, status, is_answered=state.is_answered)
    state.was_paused = bool(stopped)
    nearly_used = [percent for percent in stopped if _NEARLY_USED <= percent < 100]
    if not nearly_used or not state.waits_since:
        return []
    detail = f"{max(nearly_used)} % of a promise that stood still was used up, and the customer had no answer"
    return [_suspected(state, event, PAUSE, by, detail, (state.waits_since, event.id))]


def _suspected(
    state: Play, event: Event, pattern: str, expert: str | None, detail: str, evidence: tuple[str, ...]
) -> GamingSuspected:
    return GamingSuspected(
        ticket=event.data.ticket,  # type: ignore[attr-defined]  # all that it consumes have one
        pattern=pattern,
        event_id=event.id,
        account=state.account,
        expert=expert,
        detail=detail,
        evidence=evidence,
        happened_at=event.occurred_at,
    )
