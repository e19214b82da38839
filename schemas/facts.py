"""Every kind of fact there is. Instants are microseconds, money minor units; optional means not known."""

from __future__ import annotations

from typing import ClassVar

from schemas.alerts import AlertRaised
from schemas.churning import AccountLost
from schemas.conduct import CONDUCT_KINDS
from schemas.confidence import classified_by
from schemas.credits import CreditEntry, CreditOwed
from schemas.escalation import TicketEscalated
from schemas.explanation import Explanation, Term
from schemas.fact import Fact
from schemas.foresight import FORESIGHT_KINDS
from schemas.health import HEALTH_KINDS
from schemas.lessons import LessonsUnlearned, LessonTaken, ModelDrifted, ModelPromoted, ModelState
from schemas.loops import FEEDBACK_KINDS
from schemas.routing import ROUTING_KINDS
from schemas.sentiment import TicketSentiment


class TicketState(Fact, frozen=True, kw_only=True):
    """A ticket as it stands."""

    kind: ClassVar[str] = "ticket.state"
    identity: ClassVar[tuple[str, ...]] = ("ticket",)

    ticket: str
    account: str | None = None
    status: str
    priority: str | None = None
    channel: str = "other"
    title: str = ""
    requester: str | None = None
    group: str | None = None
    assignee: str | None = None
    category: str | None = None
    language: str | None = None
    tags: tuple[str, ...] = ()
    opened_at: int | None = None
    first_replied_at: int | None = None
    solved_at: int | None = None
    closed_at: int | None = None
    updated_at: int
    reopened: int = 0
    customer_messages: int = 0
    expert_messages: int = 0
    csat_percent: int | None = None
    merged_into: str | None = None


class TicketClassified(Fact, frozen=True, kw_only=True):
    """What triage says a ticket is; `category` is None where it abstains. Terms are log-odds per word."""

    kind: ClassVar[str] = "ticket.classified"
    identity: ClassVar[tuple[str, ...]] = ("ticket",)
    order_bound: ClassVar[bool] = True

    ticket: str
    account: str | None = None
    category: str | None
    probability: float
    candidates: tuple[tuple[str, float], ...]
    language: str | None
    priority: str
    priority_reasons: tuple[Term, ...]
    urgency: float
    model: str
    version: int
    n: int
    logit: float
    terms: tuple[Term, ...]
    event_id: str
    classified_at: int
    confidence: str = "unmeasured"
    right_share: float | None = None

    def explain(self, position: int) -> Explanation:
        """Why this category: the words' log-odds, which sum to the logit."""
        basis = classified_by(self.model, self.version, self.n, self.confidence, self.right_share)
        best = self.candidates[0][0] if self.candidates else "nothing"
        return Explanation(self.ticket, f"category {best}", position, self.logit, "log-odds", basis, self.terms)


class PredictionMade(Fact, frozen=True, kw_only=True):
    """One prediction, and once its label is known, whether it was right."""

    kind: ClassVar[str] = "prediction.made"
    identity: ClassVar[tuple[str, ...]] = ("model", "entity", "event_id")
    order_bound: ClassVar[bool] = True

    model: str
    version: int
    n: int
    entity: str
    event_id: str
    answer: str
    probability: float
    abstained: bool = False
    made_at: int
    label: str | None = None
    correct: bool | None = None
    labelled_at: int | None = None


class SlaClock(Fact, frozen=True, kw_only=True):
    """One promise on one ticket. Terms are segments of business time in seconds; counted ones sum to the elapsed."""

    kind: ClassVar[str] = "sla.clock"
    identity: ClassVar[tuple[str, ...]] = ("ticket", "clock", "cycle")

    ticket: str
    account: str | None = None
    clock: str
    cycle: int
    state: str
    policy: str
    calendar: str
    target_seconds: int
    started_at: int
    due_at: int | None
    elapsed_seconds: float
    remaining_seconds: float
    fulfilled_at: int | None = None
    breached_at: int | None = None
    evaluated_at: int
    terms: tuple[Term, ...] = ()

    def explain(self, position: int) -> Explanation:
        """Which time counted: the segments that sum to the elapsed business time."""
        basis = f"policy {self.policy}, calendar {self.calendar}, target {self.target_seconds} s, {self.state}"
        return Explanation(self.ticket, f"sla {self.clock}", position, self.elapsed_seconds, "s", basis, self.terms)


class SlaBreached(Fact, frozen=True, kw_only=True):
    """A promise was broken at this instant."""

    kind: ClassVar[str] = "sla.breached"
    identity: ClassVar[tuple[str, ...]] = ("ticket", "clock", "cycle")
    alerted: ClassVar[bool] = True

    ticket: str
    account: str | None = None
    clock: str
    cycle: int
    policy: str
    target_seconds: int
    breached_at: int


class SlaWarned(Fact, frozen=True, kw_only=True):
    """So many percent of a promise's time were used up at this instant, or so many seconds of it were left."""

    kind: ClassVar[str] = "sla.warned"
    identity: ClassVar[tuple[str, ...]] = ("ticket", "clock", "cycle", "percent", "before_seconds")
    alerted: ClassVar[bool] = True

    ticket: str
    account: str | None = None
    clock: str
    cycle: int
    percent: int
    before_seconds: int = 0
    warned_at: int
    due_at: int | None


class HealthScored(Fact, frozen=True, kw_only=True):
    """An account's health from 0 to 100. Terms are the driver groups' points, which sum to the score.

    `scored_at` is when the latest thing happened that counts in it, however late that became known.
    """

    kind: ClassVar[str] = "health.score"
    identity: ClassVar[tuple[str, ...]] = ("account",)
    alerted: ClassVar[bool] = True

    account: str
    score: float
    band: str
    terms: tuple[Term, ...]
    scored_at: int

    def explain(self, position: int) -> Explanation:
        """Why this score: points per driver group."""
        return Explanation(
            self.account, "health", position, self.score, "points", "weights of the tenant's settings", self.terms
        )


class HealthChanged(Fact, frozen=True, kw_only=True):
    """A health score moved. Terms are what each driver group added, which sum to `after - before`."""

    kind: ClassVar[str] = "health.changed"
    identity: ClassVar[tuple[str, ...]] = ("account", "event_id", "changed_at")
    history: ClassVar[bool] = True

    account: str
    event_id: str
    before: float
    after: float
    terms: tuple[Term, ...]
    changed_at: int

    def explain(self, position: int) -> Explanation:
        """Why it changed: signed points per driver group, with the events behind each."""
        total = self.after - self.before
        return Explanation(
            self.account, "health change", position, total, "points", "weights of the tenant's settings", self.terms
        )


class ChurnRisk(Fact, frozen=True, kw_only=True):
    """How likely an account leaves within 30, 60 and 90 days. Terms are log-odds of the 90-day answer."""

    kind: ClassVar[str] = "churn.risk"
    identity: ClassVar[tuple[str, ...]] = ("account",)
    alerted: ClassVar[bool] = True
    order_bound: ClassVar[bool] = True

    account: str
    probability_30: float
    probability_60: float
    probability_90: float
    recurring_minor: int | None = None
    model: str
    version: int
    n: int
    logit: float
    terms: tuple[Term, ...]
    predicted_at: int
    cause: str | None = None
    winnable_percent: int | None = None

    def explain(self, position: int) -> Explanation:
        """Why this risk: what each behaviour adds to the log-odds of leaving within 90 days."""
        basis = f"{self.model} version {self.version} after {self.n} labels"
        return Explanation(self.account, "churn within 90 days", position, self.logit, "log-odds", basis, self.terms)


class AccountState(Fact, frozen=True, kw_only=True):
    """An account as it stands."""

    kind: ClassVar[str] = "account.state"
    identity: ClassVar[tuple[str, ...]] = ("account",)

    account: str
    name: str | None = None
    plan: str | None = None
    tier: str | None = None
    contract: str | None = None
    recurring_minor: int | None = None
    currency: str | None = None
    renewal_at: int | None = None
    seats: int | None = None
    owner: str | None = None
    parent: str | None = None
    region: str | None = None
    created_at: int | None = None
    churned_at: int | None = None
    churn_reason: str | None = None
    updated_at: int


class FeedbackItem(Fact, frozen=True, kw_only=True):
    """One piece of feedback; scales are kept apart."""

    kind: ClassVar[str] = "feedback.item"
    identity: ClassVar[tuple[str, ...]] = ("feedback",)

    feedback: str
    account: str | None = None
    ticket: str | None = None
    person: str | None = None
    form: str
    scale: str | None = None
    score: float | None = None
    topic: str | None = None
    language: str | None = None
    text: str = ""
    given_at: int


class UsageDay(Fact, frozen=True, kw_only=True):
    """What an account used on one day in UTC; `day` counts days since 1970-01-01."""

    kind: ClassVar[str] = "usage.day"
    identity: ClassVar[tuple[str, ...]] = ("account", "name", "day")

    account: str
    name: str
    day: int
    quantity: int
    events: int


class EventLate(Fact, frozen=True, kw_only=True):
    """An event came after the horizon: it is kept, and changes nothing that was settled."""

    kind: ClassVar[str] = "event.late"
    identity: ClassVar[tuple[str, ...]] = ("processor", "event_id")
    history: ClassVar[bool] = True

    processor: str
    entity: str
    event_id: str
    event_type: str
    occurred_at: int
    late_by_seconds: int


class DeadLetter(Fact, frozen=True, kw_only=True):
    """Input that could not be taken, or a step that failed; the raw bytes are kept beside it."""

    kind: ClassVar[str] = "dead.letter"
    identity: ClassVar[tuple[str, ...]] = ("letter",)
    history: ClassVar[bool] = True

    letter: str
    reason: str
    detail: str
    where: str = ""
    origin: str = ""
    event_id: str | None = None
    kept_at: int
    redriven_at: int | None = None


class DocumentWritten(Fact, frozen=True, kw_only=True):
    """Words worth finding again, already redacted: what a ticket asks, or what answered it."""

    kind: ClassVar[str] = "document.written"
    identity: ClassVar[tuple[str, ...]] = ("form", "entity")

    form: str
    entity: str
    ticket: str
    account: str | None = None
    person: str | None = None
    text: str
    language: str | None = None
    status: str
    category: str | None = None
    csat_percent: int | None = None
    answer: str = ""
    written_at: int
    updated_at: int


# Kinds with a table of their own.
FACT_KINDS: tuple[type[Fact], ...] = (
    TicketState,
    TicketClassified,
    PredictionMade,
    ModelState,
    ModelPromoted,
    ModelDrifted,
    LessonTaken,
    LessonsUnlearned,
    SlaClock,
    SlaBreached,
    SlaWarned,
    CreditOwed,
    CreditEntry,
    HealthScored,
    HealthChanged,
    *HEALTH_KINDS,
    *FEEDBACK_KINDS,
    ChurnRisk,
    AccountLost,
    AccountState,
    FeedbackItem,
    UsageDay,
    EventLate,
    AlertRaised,
    DeadLetter,
    *ROUTING_KINDS,
    TicketEscalated,
    TicketSentiment,
    *CONDUCT_KINDS,
    *FORESIGHT_KINDS,
)

# Kinds that go to the search index only.
DOCUMENT_KINDS: tuple[type[Fact], ...] = (DocumentWritten,)

BY_KIND: dict[str, type[Fact]] = {kind.kind: kind for kind in (*FACT_KINDS, *DOCUMENT_KINDS)}
