"""Is the team advised that will solve the ticket, told when it is opened and learned only once it was solved?

Data: `uci_incident` (7,934 incidents opened in April 2016, of one desk with 65 groups). Told of an opening is the first
row alone, without what the log fills in backwards (who resolved and closed it, when, and how). The label is the group
of the row that says resolved, learned at that row's instant. Every prediction is made before; nothing is warmed up.
"""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from infra.quality.row import Row
from processors.settings import SETTINGS
from processors.team import TEAM
from processors.team_model import MODEL, TEAM_MODEL
from schemas.emitted import TicketClassified
from schemas.event import Data
from schemas.facts import PredictionMade
from schemas.instant import SECOND
from schemas.tickets import TicketAssigned, TicketOpened, TicketResolved
from streams.driver import Driver

_UNSAID = "?"
_ATTRIBUTES = ("location", "category", "subcategory", "u_symptom", "impact", "urgency", "opened_by")
FILE = "dev_cases_opened_2016-04.csv.gz"

Rows = Sequence[Mapping[str, str]]
Told = tuple[int, int, Data]


def measure(datasets: Path) -> list[Row]:
    """Shares of incidents whose solving group was foreseen, beside simple rules; FileNotFoundError without the data."""
    incidents = read_incidents(datasets / "uci_incident" / FILE)
    solved = {number: group for number, rows in incidents.items() if (group := solving_group(rows)) is not None}
    first = {number: rows[0]["assignment_group"] for number, rows in incidents.items()}
    kept = sum([first[number] == group for number, group in solved.items()]) / len(solved)
    most = Counter(solved.values()).most_common(1)[0][1] / len(solved)
    foreseen, wrong = advised(incidents, with_group=True)
    blind, _ = advised(incidents, with_group=False)
    given = "the group given at the opening"
    wrong_given = sum([_is_given_on(rows) for rows in incidents.values()]) / len(incidents)
    return [
        Row("uci_incident solving team, told the group given at the opening", foreseen, "share", 0.66, kept, given),
        Row("uci_incident solving team, not told it", blind, "share", None, most, "the group that solves most"),
        Row("uci_incident teams advised wrongly", wrong, "share", None, 1.0 - kept, given),
        Row("uci_incident given to another group within a day", wrong_given, "share"),
    ]


def advised(incidents: Mapping[str, Rows], *, with_group: bool) -> tuple[float, float]:
    """Of the incidents that were solved: the share whose group was foreseen, and that of wrong advice among advice."""
    told = sorted(
        [one for place, rows in enumerate(incidents.values()) for one in _told(rows, place, with_group=with_group)],
        key=lambda one: one[:2],
    )
    driver = Driver([TEAM, SETTINGS, TEAM_MODEL])
    driver.fold([driver.event(data, at, id=f"e-{number}") for number, (at, _, data) in enumerate(told)])
    made = [one for one in driver.facts(PredictionMade) if one.model == MODEL and one.correct is not None]
    right = sum([bool(one.correct) for one in made])
    count = sum([solving_group(rows) is not None for rows in incidents.values()])
    return right / count, 1.0 - right / len(made)


def read_incidents(path: Path) -> dict[str, Rows]:
    """The rows of each incident in their order, by number."""
    incidents: dict[str, list[dict[str, str]]] = {}
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            incidents.setdefault(row["number"], []).append(row)
    return {number: sorted(rows, key=lambda row: int(row["sys_mod_count"])) for number, rows in incidents.items()}


def solving_group(rows: Rows) -> str | None:
    """The group of the first row that says resolved or closed; None where it names none."""
    ended = next((row for row in rows if row["incident_state"] in ("Resolved", "Closed")), None)
    return None if ended is None else said_of(ended["assignment_group"])


def _told(rows: Rows, place: int, *, with_group: bool) -> Iterator[Told]:
    """The opening as its first row tells it, and the group that solved it when it did."""
    first, ticket = rows[0], rows[0]["number"]
    attributes = {name: first[name] for name in _ATTRIBUTES if said_of(first[name])}
    given = said_of(first["assignment_group"]) if with_group else None
    opened_at = instant_of(first["opened_at"])
    opening = TicketOpened(
        ticket=ticket, requester=said_of(first["caller_id"]), group=given, attributes=dict(attributes)
    )
    yield opened_at, place, opening
    yield opened_at, place, TicketClassified(ticket=ticket)
    group = solving_group(rows)
    if group is not None:
        ended = next(row for row in rows if row["incident_state"] in ("Resolved", "Closed"))
        solved_at = max(opened_at + 1, instant_of(ended["sys_updated_at"]))
        yield solved_at, place, TicketAssigned(ticket=ticket, group=group)
        yield solved_at, place, TicketResolved(ticket=ticket)


def _is_given_on(rows: Rows) -> bool:
    """Whether another group had it within a day of its opening."""
    until, group = instant_of(rows[0]["opened_at"]) + 86_400 * SECOND, said_of(rows[0]["assignment_group"])
    later = [said_of(row["assignment_group"]) for row in rows if instant_of(row["sys_updated_at"]) <= until]
    return group is not None and any(one not in (None, group) for one in later)


def said_of(value: str) -> str | None:
    """A value of the log; None where it says nothing."""
    return None if value == _UNSAID else value


def instant_of(text: str) -> int:
    """Day first, to the minute."""
    return int(datetime.strptime(text, "%d/%m/%Y %H:%M").replace(tzinfo=UTC).timestamp()) * SECOND
