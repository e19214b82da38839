"""Do the shipped mappings take the real data sets in, whole, and without a look at what came later?"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pytest

import infra
from streams.history.file_roles import GivenFile
from streams.history.importing import import_history
from streams.history.mapped import MappedHistory, map_history
from streams.history.mapping_file import find_mapping
from tests.history.conftest import OpenDesk
from tests.history.helpdesk import TENANT

SHIPPED = Path(infra.__file__).parent / "mappings"


class History(NamedTuple):
    """A data set, its mapping, and what must come of all of it."""

    mapping: str
    files: tuple[str, ...]
    events: dict[str, int]
    unmapped: Counter[str]


SERVICENOW = History(
    "servicenow-incidents",
    ("uci_incident/dev_cases_opened_2016-04.csv.gz",),
    {
        "ticket.opened": 7_934,
        "ticket.closed": 7_934,
        "ticket.resolved": 8_015,
        "ticket.reopened": 82,
        "ticket.assigned": 9_488,
        "ticket.priority_changed": 104,
        "ticket.status_changed": 6_564,
    },
    Counter(),
)
BANKING = History(
    "labelled-tickets",
    ("banking77/train.csv", "banking77/test.csv"),
    {"ticket.opened": 13_083, "ticket.closed": 13_083},
    Counter(),
)
COMMENTS = History(
    "survey-comments",
    ("nhs_feedback/phase1_text_data.csv",),
    {"feedback.given": 10_303},
    Counter({"criticality: '-o' is no number": 21, "criticality: -9 lies outside -5 to 5": 6})
    + Counter({f"criticality: {word!r} is no number": 1 for word in ("cc", "SS", "A")})
    + Counter({"criticality: -6 lies outside -5 to 5": 1}),
)
ACCOUNTS = History(
    "account-table",
    ("telco_churn/Telco-Customer-Churn.csv",),
    {"account.created": 7_043, "account.updated": 7_043, "account.churned": 1_869},
    Counter(),
)
RAVENSTACK = History(
    "ravenstack",
    tuple(
        f"ravenstack/ravenstack_{name}.csv"
        for name in ("churn_events", "feature_usage", "accounts", "subscriptions", "support_tickets")
    ),
    {
        "account.created": 500,
        "account.updated": 5_000,
        "account.churned": 600,
        "usage.recorded": 24_979,
        "usage.session_ended": 24_979,
        "ticket.opened": 2_000,
        "ticket.message_added": 2_000,
        "ticket.closed": 2_000,
        "ticket.csat_answered": 1_175,
    },
    Counter({"another row has the usage_id": 21}),
)
ALL = (SERVICENOW, BANKING, COMMENTS, ACCOUNTS, RAVENSTACK)


def _files(datasets: Path, history: History) -> list[GivenFile]:
    return [GivenFile(datasets / name) for name in history.files]


def _mapped(datasets: Path, history: History, folder: Path) -> MappedHistory:
    return map_history(_files(datasets, history), find_mapping(history.mapping, SHIPPED), folder)


def _reason(detail: str) -> str:
    """What is wrong, without the row's number and the ids in it."""
    return detail.split(": ", 1)[1].split(" 'U-", maxsplit=1)[0]


@pytest.mark.parametrize("history", ALL, ids=lambda history: history.mapping)
def test_every_row_makes_its_events_or_is_told_of(datasets: Path, tmp_path: Path, history: History) -> None:
    mapped = _mapped(datasets, history, tmp_path)
    assert dict(mapped.by_type) == history.events
    assert Counter(_reason(row.detail) for row in mapped.unmapped()) == history.unmapped
    assert mapped.repeated_rows == 0


@pytest.mark.parametrize("history", ALL, ids=lambda history: history.mapping)
def test_the_door_takes_them(datasets: Path, open_desk: OpenDesk, history: History) -> None:
    mapping = find_mapping(history.mapping, SHIPPED)
    report = import_history(open_desk("home").door, _files(datasets, history), mapping, TENANT, limit=300)
    assert report.refused == {}
    assert report.accepted == report.events > 0


def test_an_incident_tells_nothing_ahead_of_its_end(datasets: Path, tmp_path: Path) -> None:
    last_row: dict[str, int] = {}
    closed: dict[str, dict[str, Any]] = {}
    stages: dict[str, list[str]] = {}
    for instant, raw in _mapped(datasets, SERVICENOW, tmp_path).events():
        event = orjson.loads(raw)
        data = event["data"]
        ticket = data["ticket"]
        last_row[ticket] = instant
        stages.setdefault(ticket, []).append(event["type"])
        assert b"made_sla" not in raw
        if event["type"] == "ticket.closed":
            assert ticket not in closed
            closed[ticket] = {**data, "at": instant}
        else:
            # These words stand on every row of the file, and in no event but the last.
            assert b"Resolved by" not in raw
            assert b'"code' not in raw
    assert len(closed) == 7_934
    assert all(closed[ticket]["at"] == instant for ticket, instant in last_row.items())
    assert all(types[0] == "ticket.opened" and types[-1] == "ticket.closed" for types in stages.values())
    assert all(data["category"] for data in closed.values())
