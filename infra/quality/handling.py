"""Is it foreseen how many minutes of work a ticket takes, told when it is opened and learned once it was solved?

Data: `uci_incident` (7,934 incidents opened in April 2016). The log has no minutes of work: its updates up to the row
that says resolved are taken as acts of who made them, and counted as `processors.handling` counts acts. The demo's
company is folded with triage, so that categories are those that triage names. Every forecast is made before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean
from typing import Final

from infra.quality.conduct import told_by_company
from infra.quality.routing import FILE, Rows, Told, instant_of, read_incidents, said_of
from infra.quality.row import Row
from processors.accounts import ACCOUNTS
from processors.category_model import CATEGORY_MODEL
from processors.handling import HANDLING
from processors.handling_model import HANDLING_MODEL, LEAST_LABELS
from processors.learners.elementary import log
from processors.settings import SETTINGS
from processors.triage import TRIAGE
from schemas.emitted import TicketClassified
from schemas.experts import ExpertNoted
from schemas.foresight import HandlingForecast
from schemas.tickets import TicketOpened, TicketResolved
from schemas.values import Priority
from streams.driver import Driver

_ATTRIBUTES: Final = ("location", "subcategory", "u_symptom", "contact_type", "opened_by")
_PRIORITIES: Final[dict[str, Priority]] = {"1": "urgent", "2": "high", "3": "normal", "4": "low"}
_BATCH: Final = 2_000
_LEAST_HELD, _HELD = 0.75, 0.8


def measure(datasets: Path) -> list[Row]:
    """How far forecasts are out in log minutes beside the constant median, and how often their range holds."""
    incidents = read_incidents(datasets / "uci_incident" / FILE)
    told = sorted([one for place, rows in enumerate(incidents.values()) for one in _told(rows, place)], key=_order)
    desk = Driver([HANDLING, SETTINGS, HANDLING_MODEL])
    events = [desk.event(data, at, id=f"e-{number}") for number, (at, _, data) in enumerate(told)]
    for first in range(0, len(events), _BATCH):
        desk.fold(events[first : first + _BATCH])
    company = Driver([TRIAGE, HANDLING, SETTINGS, ACCOUNTS, CATEGORY_MODEL, HANDLING_MODEL])
    company.fold(list(told_by_company()))
    # What the demo's experts do takes the same time whatever the ticket is: there is nothing to be better at.
    return [*_rows("uci_incident handled minutes", desk, is_better=True), *_rows("demo handled minutes", company)]


def _rows(name: str, driver: Driver, *, is_better: bool = False) -> list[Row]:
    made = [one for one in driver.facts(HandlingForecast) if one.handled_minutes is not None and one.n >= LEAST_LABELS]
    held = fmean(one.low_minutes <= (one.handled_minutes or 0) <= one.high_minutes for one in made)
    ours = _missed([(one.minutes, one.handled_minutes or 1) for one in made])
    usual = _missed([(one.usual_minutes, one.handled_minutes or 1) for one in made])
    return [
        Row(
            f"{name}, mean absolute error", ours, "ln minutes", usual if is_better else None, usual, "the median so far"
        ),
        Row(f"{name}, within the range of four of five", held, "share", _LEAST_HELD, _HELD, "what it should be"),
    ]


def _missed(pairs: Sequence[tuple[int, int]]) -> float:
    return fmean(abs(log(float(said)) - log(float(took))) for said, took in pairs)


def _order(one: Told) -> tuple[int, int]:
    return one[:2]


def _told(rows: Rows, place: int) -> Iterator[Told]:
    """The opening as its first row tells it, an act for each further row, and its end."""
    first, ticket = rows[0], rows[0]["number"]
    opened_at = instant_of(first["opened_at"])
    attributes = {name: first[name] for name in _ATTRIBUTES if said_of(first[name])}
    group = said_of(first["assignment_group"])
    yield opened_at, place, TicketOpened(ticket=ticket, group=group, attributes=dict(attributes))
    priority = _PRIORITIES.get(first["priority"][:1], "normal")
    yield opened_at, place, TicketClassified(ticket=ticket, category=said_of(first["category"]), priority=priority)
    for row in rows[1:]:
        at, by = max(opened_at + 1, instant_of(row["sys_updated_at"])), row["sys_updated_by"]
        if row["incident_state"] in ("Resolved", "Closed"):
            yield at, place, TicketResolved(ticket=ticket, by=by)
            return
        yield at, place, ExpertNoted(ticket=ticket, expert=by)
