"""A tenant on an embedded runtime that pulls from a tool, and hears of it live; waiting takes no time here."""

from __future__ import annotations

from itertools import repeat
from pathlib import Path
from typing import Any

import orjson

from infra.pulling import EmbeddedJournal, Pull
from infra.tool_web import Access, ToolWeb
from processors.catalog import PROCESSORS
from schemas.alerts import AlertRaised
from schemas.event import Event
from schemas.fact import Fact
from schemas.facts import TicketState
from schemas.instant import DAY, parse_instant
from schemas.sources import SourcePulled
from schemas.system import Tick
from streams.connectors.catalog import BY_NAME
from streams.connectors.pull_catalog import PULLER_OF
from streams.connectors.request import Request
from streams.embedded import Embedded
from tests.connectors.asking import set_up
from tests.laws.world import folded
from tests.pulling.tool import Tool

TENANT = "acme"
NOW = parse_instant("2026-03-02T18:30:00Z")


class Desk:
    """One tenant's journal and fold. The clock stands where it is put, a microsecond further with each look."""

    def __init__(self, home: Path) -> None:
        self.now = NOW
        self.waits: list[float] = []
        self.embedded = Embedded(home, PROCESSORS, clock=self._clock)

    def pull(self, tool: Tool, source: str, *, since: int | None = None, **setup: Any) -> dict[str, Any]:
        """Pulls from a tool until it has nothing more; the counts."""
        puller, setup_ = PULLER_OF[source], set_up(source, **setup)
        access = Access(tool.address, "a-token-of-this-test", "ines@larkspur.example")
        with ToolWeb(puller, access, wait=self.waits.append, chance=lambda: 0.0, now=lambda: 0.0) as web:
            journal = EmbeddedJournal(self.embedded)
            return Pull(puller, web, journal, TENANT, setup_, self._clock, since=since).run(lambda *_: None)

    def hear(self, source: str, body: Any, **setup: Any) -> list[str]:
        """A request of the tool comes in at the door; what became of its events."""
        request = Request(orjson.dumps(body), {}, set_up(source, **setup), self._clock())
        raws = [made.raw() for made in BY_NAME[source].events(request)]
        return [taken.status for taken in self.embedded.take(TENANT, raws)]

    def journal(self) -> list[Event]:
        return self.embedded.log.read(TENANT, 0, 1_000_000)

    def pulled(self) -> list[SourcePulled]:
        return [event.data for event in self.journal() if isinstance(event.data, SourcePulled)]

    def said(self, *types: str) -> list[str]:
        """The ids of the events there are, of the types or of all that a tool told."""
        told = [event for event in self.journal() if event.type in types or (not types and event.source != "millrace")]
        return [event.id for event in told]

    def facts(self) -> dict[str, Fact]:
        """The current facts that the order of arrival may not change, by id, once all is quiet."""
        self.now += 40 * DAY
        self.embedded.record(TENANT, Tick(), id=f"quiet-{self.now}")
        self.embedded.fold_all()
        current = folded(self.journal(), repeat(2_000)).current[TENANT]
        return {id_: fact for id_, fact in current.items() if not fact.order_bound}

    def alarms(self) -> list[str]:
        """About which tickets something was raised by now."""
        self.embedded.record(TENANT, Tick(), id=f"now-{self.now}")
        current = folded(self.journal(), repeat(2_000)).current[TENANT]
        return sorted(fact.subject for fact in current.values() if isinstance(fact, AlertRaised))

    def tickets(self) -> dict[str, TicketState]:
        """How each ticket stands."""
        return {fact.ticket: fact for fact in self.facts().values() if isinstance(fact, TicketState)}

    def close(self) -> None:
        self.embedded.close()

    def _clock(self) -> int:
        self.now += 1
        return self.now
