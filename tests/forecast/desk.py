"""A desk on a bench: it promises to resolve within ten hours, and a listener notes what is taught and when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from processors.accounts import ACCOUNTS
from processors.breach_forecast import BREACH_FORECAST
from processors.breach_model import BREACH_MODEL
from processors.contract import Context, Output, Processor
from processors.settings import SETTINGS
from processors.sla import SLA
from schemas.emitted import LabelMatured
from schemas.event import Event
from schemas.forecasts import SlaForecast
from schemas.instant import HOUR, parse_instant
from schemas.settings import ClockTarget, SettingsSlaChanged, SlaPolicy
from schemas.tickets import TicketOpened, TicketResolved
from streams.driver import Driver

START = parse_instant("2026-03-02T00:00:00Z")
TARGET_HOURS = 10


class Taught(NamedTuple):
    """One label: hours since the start, the model, what became of the promise, and what share of its time was used."""

    hours: float
    model: str
    label: str
    share_used: float


class Listener(Processor[list[str]]):
    """Notes every label that matures."""

    name = "listener"
    consumes = (LabelMatured,)
    state = list[str]

    def __init__(self) -> None:
        self.taught: list[Taught] = []

    def key(self, event: Event) -> str | None:
        return "all"

    def step(self, state: list[str], event: Event, context: Context) -> Sequence[Output]:
        label = event.data
        assert isinstance(label, LabelMatured)
        share = label.features["share used"]
        assert isinstance(share, float)
        self.taught.append(Taught((context.clock - START) / HOUR, label.model, label.label, share))
        return ()


class Desk(Driver):
    """One tenant with one promise."""

    def __init__(self, paused_on: tuple[str, ...] = ()) -> None:
        self.listener = Listener()
        super().__init__((SETTINGS, ACCOUNTS, SLA, BREACH_FORECAST, BREACH_MODEL, self.listener))
        target = ClockTarget(
            clock="resolution",
            target_seconds=TARGET_HOURS * 3_600,
            warn_percent=(50,),
            paused_on=paused_on,  # type: ignore[arg-type]
        )
        self.send(SettingsSlaChanged(policies=(SlaPolicy(name="all", targets=(target,)),)), START)

    @property
    def taught(self) -> list[Taught]:
        return self.listener.taught

    def open(self, ticket: str, hours: float, group: str | None = None) -> None:
        """Opens a ticket so many hours after the start."""
        self.send(TicketOpened(ticket=ticket, group=group), self.at(hours), account="acct", id=f"{ticket} opened")

    def solve(self, ticket: str, hours: float) -> None:
        self.send(TicketResolved(ticket=ticket), self.at(hours), account="acct", id=f"{ticket} solved {hours}")

    def pass_until(self, hours: float) -> None:
        """Lets time pass with a tick at every timer, as the door would."""
        while (due := self.engine.next_due(self.tenant)) is not None and due <= self.at(hours):
            self.tick(due)
        self.tick(self.at(hours))

    def at(self, hours: float) -> int:
        return START + round(hours * HOUR)

    def forecasts(self) -> dict[str, SlaForecast]:
        """What is foretold now, by ticket."""
        return {fact.ticket: fact for fact in self.facts(SlaForecast)}
