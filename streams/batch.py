"""What folding a run of records gives: everything to be saved, whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from schemas.fact import Fact


@dataclass(slots=True)
class Header:
    """Where a tenant's fold stands. `clock_mode` is empty before the first record; `backfill` names a running one.

    `backfill_clock` is the clock when the backfill began: timers due up to it wait for its end.
    """

    position: int = 0
    clock: int = 0
    clock_mode: str = ""
    backfill: str | None = None
    backfill_clock: int = 0


class CellId(NamedTuple):
    """One cell: the processor's name and the cell's key."""

    processor: str
    key: str


class SavedCell(NamedTuple):
    """Parts of a cell to be written over what is saved of it."""

    cell: CellId
    parts: Mapping[str, bytes]


class Said(NamedTuple):
    """A fact as it was said, or (`fact` is None) its retraction. `revision` rises with position and output index."""

    fact_id: str
    kind: str
    revision: int
    said_at: int
    fact: Fact | None


class PackedSaid(NamedTuple):
    """`Said` with the fact in MessagePack, as another process hands it on."""

    fact_id: str
    kind: str
    revision: int
    said_at: int
    fact: msgspec.Raw


class RaisedAlert(NamedTuple):
    """An alert ready to be sent: `body` is canonical JSON, the same in every rebuild; empty where it is `withdrawn`."""

    alert_id: str
    about_id: str
    kind: str
    account: str | None
    subject: str
    happened_at: int
    body: bytes
    withdrawn: bool = False


@dataclass(slots=True)
class Batch:
    """The outcome of folding records `after`+1 to `header.position` of a tenant.

    `said` holds the last statement of each fact; `alerts` every alert raised or withdrawn, in order.
    """

    tenant: str
    after: int
    header: Header
    cells: list[SavedCell] = field(default_factory=list)
    timers: list[tuple[CellId, str, int | None]] = field(default_factory=list)
    openings: list[tuple[CellId, str | None]] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    alerts: list[RaisedAlert] = field(default_factory=list)


@dataclass(slots=True)
class PackedBatch:
    """A `Batch` that another process folded: to be saved and told as the bytes it is."""

    tenant: str
    after: int
    header: Header
    cells: list[SavedCell]
    timers: list[tuple[CellId, str, int | None]]
    openings: list[tuple[CellId, str | None]]
    said: list[PackedSaid]
    alerts: list[RaisedAlert]


AnyBatch = Batch | PackedBatch
