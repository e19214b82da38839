"""A customer book on a bench: accounts, what they do, and what is said and taught of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from processors.accounts import ACCOUNTS
from processors.churn import CHURN
from processors.churn_model import CHURN_MODEL
from processors.contract import Context, Output, Processor
from schemas.accounts import AccountChurned, AccountCreated
from schemas.emitted import AccountObserved, LabelMatured
from schemas.event import Event
from schemas.instant import DAY, parse_instant
from streams.driver import Driver

START = parse_instant("2026-01-01T00:00:00Z")
CALM = {"usage driver": 90.0, "support driver": 90.0, "sentiment driver": 80.0, "commercial driver": 80.0}
TROUBLED = CALM | {"usage driver": 10.0, "days since last use": 40.0}


class Listener(Processor[list[str]]):
    """Notes every label that matures: day, account, horizon, label, revision."""

    name = "listener"
    consumes = (LabelMatured,)
    state = list[str]

    def __init__(self) -> None:
        self.taught: list[tuple[float, str, str, str, int]] = []

    def key(self, event: Event) -> str | None:
        return "all"

    def step(self, state: list[str], event: Event, context: Context) -> Sequence[Output]:
        label = event.data
        assert isinstance(label, LabelMatured)
        day = (context.clock - START) / DAY
        self.taught.append((day, label.entity, label.model, label.label, label.revision))
        return ()


class Book(Driver):
    """One tenant; days count from the start."""

    def __init__(self) -> None:
        self.listener = Listener()
        super().__init__((CHURN, ACCOUNTS, CHURN_MODEL, self.listener))

    @property
    def taught(self) -> list[tuple[float, str, str, str, int]]:
        return self.listener.taught

    def create(self, account: str, day: float, **known: Any) -> None:
        self.send(AccountCreated(name=account, **known), self.at(day), account=account)

    def observe(
        self, account: str, day: float, features: dict[str, float], score: float = 70.0, heard_on: float | None = None
    ) -> None:
        """Something was heard of an account that day, or on the day said, and this is how it stands."""
        at = self.at(day)
        heard_at = at if heard_on is None else self.at(heard_on)
        ids = dict.fromkeys(features, f"{account} did {day}")
        observed = AccountObserved(day=at // DAY, score=score, features=features, event_ids=ids, heard_at=heard_at)
        self.send(observed, at, account=account)

    def leave(self, account: str, day: float, told_on: float | None = None, reason: str | None = None) -> None:
        taken_at = None if told_on is None else self.at(told_on)
        self.send(AccountChurned(reason=reason), self.at(day), account=account, taken_at=taken_at)

    def pass_until(self, day: float) -> None:
        while (due := self.engine.next_due(self.tenant)) is not None and due <= self.at(day):
            self.tick(due)
        self.tick(self.at(day))

    def at(self, day: float) -> int:
        return START + round(day * DAY)
