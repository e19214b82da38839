"""Which category did people say of a ticket that nothing was heard of yet?"""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence
from typing import Final

import msgspec

from schemas.event import Event, made, unchecked
from schemas.experts import ExpertCorrected
from schemas.tickets import TicketClosed, TicketResolved

_MOST: Final = 4  # of a ticket; the latest stay


class EarlyLabel(msgspec.Struct, array_like=True, order=True, frozen=True):
    """A category that was said before the ticket's words came, in order of event time."""

    at: int
    event_id: str
    label: str
    said_by: str
    is_correction: bool


def keep(labels: list[EarlyLabel], event: Event) -> None:
    """Keeps what an event says until the ticket's words come."""
    match event.data:
        case ExpertCorrected(value=label, expert=person):
            insort(labels, EarlyLabel(event.occurred_at, event.id, label, person, True))
        case TicketResolved(category=str(label), by=by) | TicketClosed(category=str(label), by=by):
            insort(labels, EarlyLabel(event.occurred_at, event.id, label, by or "", False))
    del labels[:-_MOST]


def said_again(labels: Sequence[EarlyLabel], ticket: str, heard: Event) -> list[Event]:
    """What was said early, as if it came right after the event by which the ticket was first heard of."""
    said = []
    for one in labels:
        data: ExpertCorrected | TicketResolved
        if one.is_correction:
            data = unchecked(ExpertCorrected, ticket=ticket, expert=one.said_by, field="category", value=one.label)
        else:
            data = unchecked(TicketResolved, ticket=ticket, by=one.said_by or None, category=one.label)
        said.append(
            made(
                data,
                id=one.event_id,
                tenant=heard.tenant,
                account=heard.account,
                occurred_at=one.at,
                recorded_at=heard.recorded_at,
            )
        )
    return said
