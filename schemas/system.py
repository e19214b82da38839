"""What Millrace itself records in the journal."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import Field, StringConstraints

from schemas.event import Data
from schemas.values import Count, EventId, Id, Name

Value = Annotated[str, StringConstraints(max_length=1_500_000)]
# Cells are named by processors, out of bounded parts; empty where a processor could not even say which cell.
CellKey = Annotated[str, StringConstraints(max_length=1_024)]
# SHA-256 in hexadecimal.
Digest = Annotated[str, StringConstraints(max_length=64)]

AdminAction = Literal[
    "key.created",
    "key.revoked",
    "dead_letters.redriven",
    "connection.created",
    "connection.rotated",
    "connection.enabled",
    "connection.disabled",
    "connection.removed",
    "webhook.enabled",
    "webhook.recovered",
    "webhook.tried",
    "settings.changed",
    "history.imported",
    "history.pulled",
    "state.rebuilt",
]


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
    event_id: EventId
    stepped: Name
    processor: Name
    processor_version: Count
    key: CellKey
    reason: Name


class GenerationSwitched(Data):
    """From here on readers see the answers of another fold of the same journal, up to `folded_position` so far."""

    type: ClassVar[str] = "generation.switched"
    example: ClassVar[dict[str, Any]] = {
        "generation": 2,
        "replaced": 1,
        "folded_position": 90210,
        "state_hash": "5f2b" * 16,
        "differing": ["churn_risk"],
    }

    generation: Count
    replaced: Count
    folded_position: Count
    state_hash: Name
    differing: tuple[Name, ...] = Field(default=(), max_length=256)


class AdminActed(Data):
    """Somebody who may administer the tenant did so. `actor` is the operator, or a key by its first letters.

    `subject` is the key (its first letters), the connection, or how many dead letters; `detail` never holds a secret.
    It says nothing of customers: it moves no clock, and a history that follows is still one.

    Acts of one home folder are one chain a tenant: `sequence` counts them from 1, `previous` is the `digest` of the one
    before, `digest` is of all that this one says. Empty where an act was written before acts were chained.
    """

    type: ClassVar[str] = "admin.acted"
    example: ClassVar[dict[str, Any]] = {
        "action": "key.created",
        "actor": "operator",
        "subject": "Zk3vP0aQ",
        "detail": "scopes ingest, read",
        "chain": "9f2c4e6a8b0d1f35",
        "sequence": 2,
        "previous": "5f2b" * 16,
        "digest": "c41d" * 16,
    }

    action: AdminAction
    actor: Name
    subject: Id
    detail: Annotated[str, StringConstraints(max_length=512)] = ""
    chain: Annotated[str, StringConstraints(max_length=16)] = ""
    sequence: Count = 0
    previous: Digest = ""
    digest: Digest = ""


class RecordRedriven(Data):
    """What a refused step was given comes again, for the one cell that had left it out."""

    type: ClassVar[str] = "record.redriven"
    example: ClassVar[dict[str, Any]] = {"refused_position": 812, "processor": "sla", "key": "T-1001", "event": "{}"}

    refused_position: Count
    processor: Name
    key: CellKey
    event: Value


ADMINISTRATION: Final[tuple[type[Data], ...]] = (AdminActed, GenerationSwitched, RecordRefused, RecordRedriven)
"""What is said of the work on the journal and nothing of customers: it moves no clock, and a history stays one."""

ABOUT_THE_JOURNAL: Final[tuple[type[Data], ...]] = (*ADMINISTRATION, BackfillStarted, BackfillEnded)
"""That, and where a history begins and ends: no events of the tenant's, when they happened or what they say."""
