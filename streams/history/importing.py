"""Brings a history in: files, through a mapping, into a tenant's journal."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Literal, TypeVar

import orjson

from schemas.instant import DAY, parse_instant
from streams.history.door import Beginning, Door
from streams.history.external_sort import DEFAULT_RECORDS
from streams.history.file_roles import GivenFile
from streams.history.mapped import MappedHistory, map_history
from streams.history.mapping import Mapping
from streams.history.progress import OnProgress, ProgressTeller

Item = TypeVar("Item")

BATCH_RECORDS = 2_000
# The door takes nothing beyond these, so they do not decide where the history begins or ends.
_EARLIEST = parse_instant("1990-01-01T00:00:00Z")
_FURTHEST_FUTURE = DAY


@dataclass(slots=True)
class ImportReport:
    """What became of an import. `state` says whether it was new, was taken up again, or had ended before."""

    name: str = ""
    state: Literal["new", "resumed", "ended"] = "new"
    rows: int = 0
    repeated_rows: int = 0
    unmapped_rows: int = 0
    events: int = 0
    by_type: dict[str, int] = field(default_factory=dict)
    accepted: int = 0
    duplicates: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    first_at: int | None = None
    last_at: int | None = None


def import_history(
    door: Door,
    files: Sequence[GivenFile],
    mapping: Mapping,
    tenant: str,
    *,
    limit: int | None = None,
    progress: OnProgress | None = None,
    sort_records: int = DEFAULT_RECORDS,
) -> ImportReport:
    """Imports files as history, `limit` rows of each at most; run again, it adds only what is not there yet.

    Sorting uses the system's folder for temporary files: about three times the size of the rows.
    Raises MappingError before anything is written when files and mapping do not fit.
    """
    teller = ProgressTeller(progress)
    with tempfile.TemporaryDirectory(prefix="millrace-import-") as made:
        history = map_history(files, mapping, Path(made), limit=limit, teller=teller, sort_records=sort_records)
        report = ImportReport(
            name=f"{mapping.name}-{history.digest}",
            rows=history.rows,
            repeated_rows=history.repeated_rows,
            unmapped_rows=history.unmapped_rows,
            events=history.count,
            by_type=dict(sorted(history.by_type.items())),
        )
        _bring(door, history, mapping, tenant, report, teller)
    return report


def _bring(
    door: Door, history: MappedHistory, mapping: Mapping, tenant: str, report: ImportReport, teller: ProgressTeller
) -> None:
    if not history.count:
        _refuse(door, history, mapping, tenant)
        return
    report.first_at, report.last_at = first_at, last_at = _span(history, door.now())
    usage = any(name.startswith("usage.") for name in history.by_type)
    standing = door.begin(tenant, Beginning(report.name, mapping.source, first_at, last_at, usage))
    report.state = standing.state
    if standing.state == "ended":
        report.duplicates = history.count
        return
    _refuse(door, history, mapping, tenant)
    teller.begin("taking")
    refused: Counter[str] = Counter()
    done = 0
    for batch in _batches(raw for _, raw in history.events()):
        fresh = [raw for raw in batch if not standing.taken(_id(raw))]
        outcomes = door.take(tenant, fresh, mapping.source) if fresh else ()
        accepted = sum(outcome.status in ("accepted", "queued") for outcome in outcomes)
        refused.update(outcome.reason or "" for outcome in outcomes if outcome.status == "refused")
        report.accepted += accepted
        done += len(batch)
        report.refused = dict(sorted(refused.items()))
        report.duplicates = done - report.accepted - refused.total()
        teller.tell(done, history.count)
    door.end(tenant, report.name, last_at, history.count)
    teller.tell(done, history.count, now=True)


def _refuse(door: Door, history: MappedHistory, mapping: Mapping, tenant: str) -> None:
    for rows in _batches(history.unmapped()):
        door.refuse(tenant, rows, mapping.source)


def _span(history: MappedHistory, now: int) -> tuple[int, int]:
    """First and last instant of the events that a door would take; of all where it takes none."""
    latest = now + _FURTHEST_FUTURE
    low: int | None = None
    high: int | None = None
    lowest: int | None = None
    highest: int | None = None
    for instant, _ in history.events():
        lowest = instant if lowest is None else lowest
        highest = instant
        if _EARLIEST <= instant <= latest:
            low = instant if low is None else low
            high = instant
    return low or lowest or 0, high or highest or 0


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    waiting = iter(items)
    while batch := list(islice(waiting, BATCH_RECORDS)):
        yield batch


def _id(raw: bytes) -> str:
    name: str = orjson.loads(raw)["id"]
    return name
