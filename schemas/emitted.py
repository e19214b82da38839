"""What processors say to one another within a record; recomputed in every rebuild, never journaled."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from schemas.event import Data
from schemas.values import Count, EventId, Id, Name, Priority


class LabelMatured(Data):
    """What a prediction should have been is now known: features as of the prediction, label, weight and who says so.

    `meaning` is what the text means, as records say it, where that was found. `how` it became known: an expert's
    `correction`, the `outcome`, or an outcome that is the `confirmation` of what somebody else had corrected. What was
    last predicted before is the `answer`; empty where nothing was. `said_in` is the event that says the label where it
    came before what it labels.
    """

    type: ClassVar[str] = "label.matured"
    example: ClassVar[dict[str, Any]] = {
        "model": "category",
        "entity": "T-1001",
        "text": "invoice shows the wrong amount",
        "label": "billing",
        "said_by": "expert-3",
        "revision": 1,
    }

    model: Name
    entity: Id
    text: str = ""
    meaning: str | None = None
    features: dict[str, float | str] = Field(default_factory=dict)
    rule_answer: str = ""
    rule_probability: float = 0.0
    label: Name
    weight: float = 1.0
    said_by: Id
    revision: Count = 1
    how: Literal["correction", "outcome", "confirmation"] = "outcome"
    answer: str = ""
    said_in: str = ""


class TicketClassified(Data):
    """Triage said what a ticket is."""

    type: ClassVar[str] = "ticket.classified"
    example: ClassVar[dict[str, Any]] = {
        "ticket": "T-1001",
        "category": "billing",
        "probability": 0.93,
        "priority": "high",
    }

    ticket: Id
    category: Name | None = None
    probability: float = 0.0
    priority: Priority = "normal"


class FeedbackHeard(Data):
    """The tenant's models read in a text what its form and score did not say; empty where they are not sure."""

    type: ClassVar[str] = "feedback.heard"
    example: ClassVar[dict[str, Any]] = {"feedback": "F-31", "event_id": "e-1", "topic": "speed", "severity": "mild"}

    feedback: Id
    event_id: EventId
    topic: str = ""
    severity: str = ""


class TeamAdvised(Data):
    """Which team should have a ticket that was opened just now; none where nobody can tell yet."""

    type: ClassVar[str] = "team.advised"
    example: ClassVar[dict[str, Any]] = {"ticket": "T-1001", "group": "billing", "probability": 0.81}

    ticket: Id
    group: Name | None = None
    probability: float = 0.0


class QualityMeasured(Data):
    """The checklist of a ticket that ended: items passed, of those that applied; said again when more becomes known."""

    type: ClassVar[str] = "quality.measured"
    example: ClassVar[dict[str, Any]] = {"ticket": "T-1001", "expert": "expert-3", "passed": 11, "applicable": 12}

    ticket: Id
    expert: Id
    passed: Count
    applicable: Count


class SlaBreachHappened(Data):
    """A promise to a customer was broken, or (retracted) turned out to have been kept.

    `event_id` is the event that began the wait: who made the customer wait, however late it became known.
    """

    type: ClassVar[str] = "sla.breach_happened"
    example: ClassVar[dict[str, Any]] = {
        "ticket": "T-1001",
        "clock": "first_response",
        "cycle": 0,
        "breached_at": 1_780_000_000_000_000,
        "event_id": "e-1",
    }

    ticket: Id
    clock: Name
    cycle: Count = 0
    breached_at: int
    event_id: str = ""
    retracted: bool = False


class SlaClockMoved(Data):
    """A promise on a ticket stands like this now; `withdrawn` where it turned out that nothing was promised.

    `due_at` is when its time is, was or would have been used up, as far as that is known; `event_id` began the wait.
    """

    type: ClassVar[str] = "sla.clock_moved"
    example: ClassVar[dict[str, Any]] = {
        "ticket": "T-1001",
        "clock": "first_response",
        "cycle": 0,
        "state": "running",
        "target_seconds": 28_800,
        "started_at": 1_780_000_000_000_000,
        "due_at": 1_780_028_800_000_000,
        "elapsed_seconds": 0.0,
        "event_id": "e-1",
    }

    ticket: Id
    clock: Name
    cycle: Count = 0
    state: Name
    target_seconds: Count = 0
    started_at: int = 0
    due_at: int | None = None
    elapsed_seconds: float = 0.0
    event_id: str = ""


class TimerFired(Data):
    """A cell asked to be woken at this instant of the tenant's clock."""

    type: ClassVar[str] = "timer.fired"
    example: ClassVar[dict[str, Any]] = {"name": "breach"}

    name: Name


class TicketChanged(Data):
    """A ticket stands like this now: the whole of what account-level answers need, so that repeats are harmless.

    `event_id` is what last opened, solved or reopened it, at `moved_at`; nothing is known of that before its opening.
    """

    type: ClassVar[str] = "ticket.changed"
    example: ClassVar[dict[str, Any]] = {
        "ticket": "T-1001",
        "event_id": "e-1",
        "opened_at": 1_780_000_000_000_000,
        "updated_at": 1_780_000_600_000_000,
        "status": "open",
        "priority": "high",
    }

    ticket: Id
    event_id: EventId
    opened_at: int
    updated_at: int
    status: Name
    priority: Name | None = None
    category: Name | None = None
    solved_at: int | None = None
    reopened: Count = 0
    customer_messages: Count = 0
    csat_percent: int | None = None
    csat_at: int | None = None
    csat_event_id: EventId | None = None
    moved_at: int | None = None


class UsageMeasured(Data):
    """How much an account used on one day in UTC: `closed` once the day is over, when `events` is its full count.

    Comes with the first event of a day (not closed, counts say only that there was some), at its end, and again
    when late events correct a closed day. `session_seconds` is the day's time in the product; `seats_used` and
    `seats_licensed` are the last that were counted.
    """

    type: ClassVar[str] = "usage.measured"
    example: ClassVar[dict[str, Any]] = {"day": 20_500, "events": 37, "closed": True, "event_id": "e-7"}

    day: int
    events: Count
    closed: bool
    event_id: EventId
    session_seconds: Count = 0
    seats_used: int | None = None
    seats_licensed: int | None = None


class AccountObserved(Data):
    """What can be said of an account's behaviour on one day: features for models, each with the event behind it.

    `heard_at` is when the latest thing happened that is known of the account.
    """

    type: ClassVar[str] = "account.observed"
    example: ClassVar[dict[str, Any]] = {
        "day": 20_500,
        "score": 71.25,
        "features": {"usage ratio": 0.8, "open tickets": 2.0},
        "event_ids": {"usage ratio": "e-7"},
    }

    day: int
    score: float
    features: dict[str, float] = Field(default_factory=dict)
    event_ids: dict[str, str] = Field(default_factory=dict)
    heard_at: int = 0


class HealthDriven(Data):
    """The driver groups of an account's health as they stand: each a value from 0 to 100 and the events behind it.

    A group nothing is known of has no `latest_days`; days count from 1970-01-01 in UTC, 0 means long ago.
    """

    type: ClassVar[str] = "health.driven"
    example: ClassVar[dict[str, Any]] = {
        "day": 20_500,
        "values": {"usage": 80},
        "latest_days": {"usage": 20_499},
        "event_ids": {"usage": ["e-7"]},
    }

    day: int
    values: dict[str, int]
    latest_days: dict[str, int] = Field(default_factory=dict)
    event_ids: dict[str, tuple[str, ...]] = Field(default_factory=dict)


class ScoreMoved(Data):
    """An account's score stands at so many quarter points now; none: it is told no more."""

    type: ClassVar[str] = "score.moved"
    example: ClassVar[dict[str, Any]] = {"score": "health", "quarters": 285}

    score: Name
    quarters: int | None = None


class PeerMoved(Data):
    """Among the accounts of a peer group, one left a place in quarter points, came to one, or both."""

    type: ClassVar[str] = "peer.moved"
    example: ClassVar[dict[str, Any]] = {"score": "health", "peers": "tier premium", "left": 280, "came": 285}

    score: Name
    peers: str
    left: int | None = None
    came: int | None = None


class HandlingForetold(Data):
    """A new ticket is likely to be so many minutes more work than the usual one; below 0 for less."""

    type: ClassVar[str] = "handling.foretold"
    example: ClassVar[dict[str, Any]] = {"ticket": "T-1001", "more_minutes": 25}

    ticket: Id
    more_minutes: int


class HandlingObserved(Data):
    """A ticket was solved after so many seconds of work; `values` are what was known of it as it was opened."""

    type: ClassVar[str] = "handling.observed"
    example: ClassVar[dict[str, Any]] = {
        "ticket": "T-1001",
        "values": ["priority=high", "channel=email"],
        "seconds": 840,
    }

    ticket: Id
    values: tuple[str, ...] = ()
    seconds: Count


class CourseObserved(Data):
    """How far an account's score moved lately, in quarter points, and how far a forecast now due was out.

    `errors` are by way of forecasting, in the order of `processors.course_model.WAYS`; `missed` is the one of the way
    that was taken.
    """

    type: ClassVar[str] = "course.observed"
    example: ClassVar[dict[str, Any]] = {"score": "health", "moved_7": -6, "moved_14": 9, "errors": [4, 3, 5, 12]}

    score: Name
    moved_7: int | None = None
    moved_14: int | None = None
    errors: tuple[int, ...] = ()
    missed: int | None = None
