"""A helpdesk whose experts teach: tickets are opened, resolved and corrected, and the model is asked."""

from __future__ import annotations

from processors.accounts import ACCOUNTS
from processors.category_knowledge import CategoryKnowledge
from processors.category_model import CATEGORY_MODEL
from processors.settings import SETTINGS
from processors.triage import TRIAGE
from schemas.experts import ExpertCorrected
from schemas.facts import TicketClassified
from schemas.instant import HOUR, MINUTE
from schemas.lessons import LessonsWithdrawn
from schemas.settings import SettingsLimitsChanged
from schemas.tickets import TicketMessageAdded, TicketOpened, TicketResolved
from streams.driver import Driver

START = 1_780_000_000_000_000
CATALOG = (TRIAGE, SETTINGS, ACCOUNTS, CATEGORY_MODEL)


class Desk:
    """Triage and its model on a bench; `at` is the time, which each act moves by a second."""

    def __init__(self, tenant: str = "acme") -> None:
        self.driver = Driver(CATALOG, tenant)
        self.at = START

    def limit(self, **limits: int) -> None:
        self.driver.send(SettingsLimitsChanged(**limits), self._next())

    def open(self, ticket: str, text: str) -> None:
        self.driver.send(TicketOpened(ticket=ticket, title="", text=text), self._next())

    def write(self, ticket: str, text: str) -> None:
        said = TicketMessageAdded(ticket=ticket, author="customer", text=text)
        self.driver.send(said, self._next())

    def resolve(self, ticket: str, category: str, by: str | None, dated: int | None = None) -> None:
        """A ticket is resolved now, or is said now to have been at another time."""
        now = self._next()
        said = TicketResolved(ticket=ticket, by=by, category=category)
        self.driver.send(said, now if dated is None else dated, taken_at=now)

    def correct(self, ticket: str, category: str, by: str) -> None:
        said = ExpertCorrected(ticket=ticket, expert=by, field="category", value=category)
        self.driver.send(said, self._next())

    def withdraw(self, by: str, since: int | None = None, until: int | None = None) -> None:
        self.driver.send(LessonsWithdrawn(by=by, since=since, until=until), self._next())

    def teach(self, examples: list[tuple[str, str]], people: int = 3, minutes: int = 10, name: str = "T") -> None:
        """Tickets of several people, each resolved with its category."""
        for number, (text, label) in enumerate(examples):
            self.at += minutes * MINUTE
            self.open(f"{name}-{number}", text)
            self.resolve(f"{name}-{number}", label, f"expert-{number % people}")

    def next_hour(self) -> None:
        self.at = (self.at // HOUR + 1) * HOUR

    def classified(self, ticket: str) -> TicketClassified:
        (found,) = [fact for fact in self.driver.facts(TicketClassified) if fact.ticket == ticket]
        return found

    @property
    def knowledge(self) -> CategoryKnowledge:
        found = self.driver.engine.fold_of(self.driver.tenant).read(CATEGORY_MODEL, "category")
        return CategoryKnowledge() if found is None else found

    def answers(self, texts: list[str]) -> list[dict[str, float]]:
        """The probability of each label for each text, as the model that answers gives it."""
        model = self.knowledge.answerer
        return [{str(label): chance for label, chance in model.predict_proba_one(text).items()} for text in texts]

    def _next(self) -> int:
        self.at += 1_000_000
        return self.at


def moved(before: list[dict[str, float]], after: list[dict[str, float]]) -> float:
    """How far the probability of any label of any text lies apart."""
    return max(
        abs(new.get(label, 0.0) - old.get(label, 0.0))
        for old, new in zip(before, after, strict=True)
        for label in {**old, **new}
    )
