"""A desk on the bench: people come and go, tickets come and end, and what was decided is read."""

from __future__ import annotations

from typing import Any

from processors.catalog import PROCESSORS
from processors.routing import ROUTING
from processors.routing_desk import Desk
from schemas.experts import ExpertAvailabilityChanged, ExpertReplied
from schemas.facts import BY_KIND
from schemas.instant import DAY, HOUR, MINUTE
from schemas.routing import ExpertLoad, RouteJudged, TicketQueued, TicketRouted
from schemas.settings_routing import SettingsRoutingChanged
from schemas.tickets import TicketAssigned, TicketOpened, TicketReopened, TicketResolved
from streams.batch import CellId
from streams.driver import Driver

MONDAY = 1_772_438_400_000_000
"""2026-03-02T08:00:00Z."""

# What routing hears and reads, without the parts that say more of a ticket.
HEARD = (
    "triage",
    "handling",
    "team",
    "routing",
    "settings",
    "accounts",
    "category.model",
    "team.model",
    "handling.model",
)
CATALOG = tuple([one for one in PROCESSORS if one.name in HEARD])

__all__ = ["BY_KIND", "DAY", "HOUR", "MINUTE", "MONDAY", "Bench"]


class Bench(Driver):
    """Says things a minute apart unless told when."""

    def __init__(self) -> None:
        super().__init__(CATALOG)
        self.now = MONDAY

    def say(self, data: Any, at: int | None = None, **stamps: Any) -> None:
        self.now = self.now + MINUTE if at is None else at
        self.send(data, self.now, **stamps)

    def there(self, expert: str, status: str = "online", **told: Any) -> None:
        self.say(ExpertAvailabilityChanged.model_validate({"expert": expert, "status": status, **told}, strict=False))

    def opens(self, ticket: str, at: int | None = None, language: str | None = None, **told: Any) -> None:
        self.say(TicketOpened.model_validate({"ticket": ticket, **told}), at, language=language)

    def replies(self, expert: str, ticket: str, at: int | None = None) -> None:
        self.say(ExpertReplied(ticket=ticket, expert=expert), at)

    def assigns(self, ticket: str, group: str | None = None, assignee: str | None = None) -> None:
        self.say(TicketAssigned(ticket=ticket, group=group, assignee=assignee))

    def solves(self, ticket: str, by: str | None = None, at: int | None = None) -> None:
        self.say(TicketResolved(ticket=ticket, by=by), at)

    def reopens(self, ticket: str) -> None:
        self.say(TicketReopened(ticket=ticket))

    def rules(self, **terms: Any) -> None:
        self.say(SettingsRoutingChanged.model_validate(terms, strict=False))
        self.tick(self.now)

    def routes(self, ticket: str) -> list[TicketRouted]:
        return [one for one in self.facts(TicketRouted) if one.ticket == ticket]

    def taker(self, ticket: str) -> str | None:
        """Who was recommended last."""
        return self.routes(ticket)[-1].expert if self.routes(ticket) else None

    def queued(self) -> list[str]:
        """Who waits, the least time left first."""
        never = 1 << 62
        rows = self.facts(TicketQueued)
        return [one.ticket for one in sorted(rows, key=lambda one: (one.due_at or never, one.queued_at))]

    def verdicts(self) -> dict[str, str]:
        return {f"{one.ticket} {one.number}": one.verdict for one in self.facts(RouteJudged)}

    def loads(self) -> dict[str, ExpertLoad]:
        return {one.expert: one for one in self.facts(ExpertLoad)}

    @property
    def desk(self) -> Desk:
        parts = self.store.cell(self.tenant, CellId(ROUTING.name, "desk"))
        assert parts is not None
        return ROUTING.decode(parts)
