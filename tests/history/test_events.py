"""Which events do an invented history's rows make, in which order and under which ids?"""

from __future__ import annotations

import random
from pathlib import Path

import orjson
import pytest

from streams.history.mapping_file import parse_mapping
from streams.history.rules import Rules
from tests.history.helpdesk import COLUMNS, ROWS, Told, csv_bytes, helpdesk, mapped, told, written

# Berlin is an hour ahead of UTC in January. T-1's last row changes its person back to nobody.
EXPECTED = [
    Told("2026-01-05T07:00:00Z", "ticket.opened", "york", {"ticket": "T-2", "priority": "urgent"}),
    Told("2026-01-05T07:00:00Z", "ticket.status_changed", "york", {"ticket": "T-2", "status": "open"}),
    Told("2026-01-05T08:00:00Z", "ticket.opened", "leeds", {"ticket": "T-1", "priority": "high"}),
    Told("2026-01-05T08:00:00Z", "ticket.status_changed", "leeds", {"ticket": "T-1", "status": "open"}),
    Told("2026-01-05T08:00:00Z", "ticket.assigned", "leeds", {"ticket": "T-1", "group": "mechanics"}),
    Told("2026-01-05T08:00:00Z", "ticket.status_changed", "leeds", {"ticket": "T-1", "status": "pending"}),
    Told(
        "2026-01-05T08:00:00Z", "ticket.assigned", "leeds", {"ticket": "T-1", "group": "mechanics", "assignee": "ada"}
    ),
    Told("2026-01-06T22:59:00Z", "ticket.status_changed", "york", {"ticket": "T-2", "status": "open"}),
    Told("2026-01-06T22:59:00Z", "ticket.assigned", "york", {"ticket": "T-2", "group": "office", "assignee": "bob"}),
    Told("2026-01-06T22:59:00Z", "ticket.reopened", "york", {"ticket": "T-2"}),
    Told("2026-01-07T17:30:00Z", "ticket.closed", "york", {"ticket": "T-2", "code": "paid"}),
    Told("2026-01-08T06:15:00Z", "ticket.assigned", "leeds", {"ticket": "T-1", "group": "mechanics"}),
    Told("2026-01-08T06:15:00Z", "ticket.closed", "leeds", {"ticket": "T-1", "code": "repaired"}),
]


def test_golden_table(tmp_path: Path) -> None:
    events, unmapped = mapped(tmp_path, helpdesk(), written(tmp_path / "a.csv", csv_bytes(ROWS)))
    assert told(events) == EXPECTED
    assert unmapped == []
    assert {event["source"] for event in events} == {"import/helpdesk"}
    assert events[6]["id"] == "updates/T-1/20260105T080000Z.10/ticket-assigned"
    assert len({event["id"] for event in events}) == len(events)


@pytest.mark.parametrize("sort_records", [1, 2, 3, 100])
@pytest.mark.parametrize("seed", range(4))
def test_order_of_rows_columns_and_files_means_nothing(tmp_path: Path, sort_records: int, seed: int) -> None:
    chance = random.Random(seed)
    rows = list(ROWS)
    chance.shuffle(rows)
    order = list(range(len(COLUMNS)))
    chance.shuffle(order)
    turned = [[row[place] for place in order] for row in rows]
    columns = [COLUMNS[place] for place in order]
    files = [
        written(tmp_path / "one.csv", csv_bytes(turned[:3], columns)),
        written(tmp_path / "two.csv.gz", csv_bytes(turned[3:], columns), packed=True),
    ]
    events, unmapped = mapped(tmp_path, helpdesk(), *files, sort_records=sort_records)
    straight, _ = mapped(tmp_path / "straight", helpdesk(), written(tmp_path / "a.csv", csv_bytes(ROWS)))
    assert events == straight
    assert unmapped == []


def test_limit_takes_the_first_rows_of_each_file(tmp_path: Path) -> None:
    file = written(tmp_path / "a.csv", csv_bytes(ROWS))
    events, _ = mapped(tmp_path, helpdesk(), file, limit=2)
    assert told(events) == [*EXPECTED[2:5]]


def test_a_row_repeated_wholly_is_one(tmp_path: Path) -> None:
    events, unmapped = mapped(tmp_path, helpdesk(), written(tmp_path / "a.csv", csv_bytes([*ROWS, *ROWS])))
    assert told(events) == EXPECTED
    assert unmapped == []


TABLE_WITHOUT_INSTANTS = """
name = "texts"
[table.texts]
instant = { start = "2026-01-01T00:00:00Z", step_seconds = 90 }
[[table.texts.event]]
type = "ticket.opened"
fields = { ticket = "@case", text = { template = "{title}: {text}" } }
[[table.texts.event]]
type = "ticket.closed"
after = { amount = 2, unit = "minutes" }
fields = { ticket = "@case", category = "label" }
"""


def test_instants_are_made_by_row(tmp_path: Path) -> None:
    file = written(
        tmp_path / "a.csv",
        csv_bytes([("Loom", "stops", "machine"), ("Bill", "wrong", "money")], ["title", "text", "label"]),
    )
    events, _ = mapped(tmp_path, parse_mapping(TABLE_WITHOUT_INSTANTS), file)
    assert [(event["time"], event["type"]) for event in events] == [
        ("2026-01-01T00:00:00Z", "ticket.opened"),
        ("2026-01-01T00:01:30Z", "ticket.opened"),
        ("2026-01-01T00:02:00Z", "ticket.closed"),
        ("2026-01-01T00:03:30Z", "ticket.closed"),
    ]
    assert events[0]["data"]["text"] == "Loom: stops"
    assert events[0]["data"]["ticket"] == events[2]["data"]["ticket"]


def test_with_slots_neither_order_nor_neighbours_decide(tmp_path: Path) -> None:
    mapping = parse_mapping(TABLE_WITHOUT_INSTANTS.replace("step_seconds = 90", "step_seconds = 90, slots = 500"))
    rows = [("Loom", f"stops {number}", "machine") for number in range(50)]
    rows += rows[:5]
    columns = ["title", "text", "label"]
    forward, _ = mapped(tmp_path / "f", mapping, written(tmp_path / "f" / "a.csv", csv_bytes(rows, columns)))
    backward, _ = mapped(tmp_path / "b", mapping, written(tmp_path / "b" / "z.csv", csv_bytes(rows[::-1], columns)))
    assert forward == backward
    opened = [event["data"]["text"] for event in forward if event["type"] == "ticket.opened"]
    assert len(opened) == 55
    assert opened != sorted(opened)
    assert len({event["data"]["ticket"] for event in forward}) == 55


ACCOUNTS = """
name = "accounts"
[table.accounts]
case = "id"
account = "id"
rows = "one"
final_only = ["left", "left_on"]
instant = { column = "since" }
[[table.accounts.event]]
type = "account.created"
fields.recurring_minor = { column = "monthly", type = "minor_units", times = 12 }
fields.currency = { value = "EUR", only_with = "recurring_minor" }
fields.seats = { column = "seats", type = "integer", unreadable = "missing", least = 1 }
attributes = { from = "*", except = ["seats"], numbers = ["monthly", "age"], bools = ["paperless"] }
[[table.accounts.event]]
type = "account.churned"
when = { last = true, where = [{ column = "left", matches = "^(Y|y)es$" }] }
at = "left_on"
"""


def test_attributes_money_bounds_and_what_is_known_later(tmp_path: Path) -> None:
    columns = ["id", "since", "monthly", "seats", "age", "paperless", "city", "left", "left_on"]
    rows = [
        ("a-1", "2026-01-01", "29.85", "3", "41.5", "Yes", "York", "yes", "2026-02-01T10:00:00+01:00"),
        ("a-2", "2026-01-02", "", "0", "7", "no", "", "no", ""),
    ]
    events, unmapped = mapped(tmp_path, parse_mapping(ACCOUNTS), written(tmp_path / "a.csv", csv_bytes(rows, columns)))
    first = {"monthly": 29.85, "age": 41.5, "paperless": True, "city": "York"}
    created = {"recurring_minor": 35820, "currency": "EUR", "seats": 3, "attributes": first}
    assert told(events) == [
        Told("2026-01-01T00:00:00Z", "account.created", "a-1", created),
        Told("2026-01-02T00:00:00Z", "account.created", "a-2", {"attributes": {"age": 7, "paperless": False}}),
        Told("2026-02-01T09:00:00Z", "account.churned", "a-1", {}),
    ]
    assert unmapped == []


def test_what_knows_the_future_is_missing_on_every_row_but_the_last(tmp_path: Path) -> None:
    # The table declares more than any rule reads: the declaration alone keeps it from `*` and from `changed`.
    file = written(tmp_path / "a.csv", csv_bytes(ROWS))
    events, _ = mapped(tmp_path, helpdesk(), file)
    for event in events:
        if event["type"] != "ticket.closed":
            assert b"repaired" not in orjson.dumps(event)
            assert b"paid" not in orjson.dumps(event)


def test_rules_see_the_future_on_the_last_row_only() -> None:
    rules = Rules(helpdesk(), "updates", COLUMNS, ())
    cells = [str(cell) for cell in ROWS[0]]
    assert rules.shown([*cells], "T-1", last=True) == [*cells, "T-1"]
    assert rules.shown([*cells], "T-1", last=False) == [*cells[:-1], None, "T-1"]
