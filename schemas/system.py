"""What Millrace itself records in the journal, and what processors say to one another (never journaled)."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, StringConstraints

from schemas.event import Data
from schemas.values import Count, Id, Name, Priority

Value = Annotated[str, StringConstraints(max_length=1_500_000)]


class Tick(Data):
    """The tenant's clock reached this instant although nothing happened: a timer was due."""

    type: ClassVar[str] = "tick"
    example: ClassVar[dict[str, Any]] = {}


class BackfillStarted(Data):
    """History begins here: records up to `backfill.ended` are marked and never late."""

    type: ClassVar[str] = "backfill.started"
    example: ClassVar[dict[str, Any]] = {"name": "helpdesk-2025", "clock": "journal"}

    name: Name
    clock: Literal["live", "journal"] = "live"


class BackfillEnded(Data):
    """History ends here: the timers it made due may fire."""

    type: ClassVar[str] = "backfill.ended"
    example: ClassVar[dict[str, Any]] = {"name": "helpdesk-2025", "records": 41691}

    name: Name
    records: Count = 0


class RecordRefused(Data):
    """One step of one record raised and is left out, now and in every rebuild, for this version of the processor."""

    type: ClassVar[str] = "record.refused"
    example: ClassVar[dict[str, Any]] = {
        "refused_position": 812,
        "event_id": "e-812",
        "stepped": "ticket.opened",
        "processor": "sla",
        "processor_version": 1,
        "key": "T-1001",
        "reason": "ZeroDivisionError",
    }

    refused_position: Count
    event_id: Id
    stepped: Name
    processor: Name
    processor_version: Count
    key: Id
    reason: Name


class RecordRedriven(Data):
    """A refused event comes again, for the one processor that had left it out."""

    type: ClassVar[str] = "record.redriven"
    example: ClassVar[dict[str, Any]] = {"refused_position": 812, "processor": "sla", "key": "T-1001", "event": "{}"}

    refused_position: Count
    processor: Name
    key: Id
    event: Value


class LabelMatured(Data):
    """What a prediction should have been is now known: features as of the prediction, label, weight and who says so."""

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
    features: dict[str, float] = Field(default_factory=dict)
    label: Name
    weight: float = 1.0
    said_by: Id
    revision: Count = 1


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


class SlaBreachHappened(Data):
    """A promise to a customer was broken, or (retracted) turned out to have been kept."""

    type: ClassVar[str] = "sla.breach_happened"
    example: ClassVar[dict[str, Any]] = {
        "ticket": "T-1001",
        "clock": "first_response",
        "cycle": 0,
        "breached_at": 1_780_000_000_000_000,
    }

    ticket: Id
    clock: Name
    cycle: Count = 0
    breached_at: int
    retracted: bool = False


class TimerFired(Data):
    """A cell asked to be woken at this instant of the tenant's clock."""

    type: ClassVar[str] = "timer.fired"
    example: ClassVar[dict[str, Any]] = {"name": "breach"}

    name: Name
