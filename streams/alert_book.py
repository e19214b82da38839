"""Which alerts stand about a fact: a cell of the engine's own, so that every runtime withdraws the same ones."""

from __future__ import annotations

from typing import ClassVar, Final

import msgspec

from processors.contract import Processor
from schemas.event import Data
from streams.batch import CellId

# Alerts remembered about one fact; an older one is long past the age at which anybody is told of it.
MOST_REMEMBERED: Final = 40


class Standing(msgspec.Struct):
    """One alert about a fact: what is said again when it is withdrawn."""

    kind: str
    occasion: str
    subject: str
    account: str | None
    summary: str
    happened_at: int
    withdrawn: bool = False


class AlertedFact(msgspec.Struct):
    """The alerts about one fact by their ids, oldest first."""

    alerts: dict[str, Standing] = msgspec.field(default_factory=dict)

    def remember(self, alert_id: str, standing: Standing) -> None:
        """Adds an alert, or lets a withdrawn one stand again; the oldest goes when there are too many."""
        self.alerts[alert_id] = standing
        while len(self.alerts) > MOST_REMEMBERED:
            del self.alerts[next(iter(self.alerts))]


class AlertBook(Processor[AlertedFact]):
    """Gives the cells their codec and their place in the state hash. It is stepped by nothing."""

    name: ClassVar[str] = "alert_book"
    consumes: ClassVar[tuple[type[Data], ...]] = ()
    state = AlertedFact


ALERT_BOOK: Final = AlertBook()


def book_cell(about_id: str) -> CellId:
    """The cell of the alerts about a fact."""
    return CellId(AlertBook.name, about_id)
