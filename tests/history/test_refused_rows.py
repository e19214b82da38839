"""Does a row that cannot be mapped become a dead letter, alone, and say where it stands and why?"""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.history.mapping_file import MappingError, parse_mapping
from tests.history.conftest import OpenDesk
from tests.history.helpdesk import COLUMNS, MAPPING, ROWS, csv_bytes, helpdesk, mapped, written

GOOD = ("T-5", "leeds", "09/01/2026 09:00", 0, "new", 2, "?", "?", 0, "?")


def _with(**cells: object) -> list[object]:
    cells = {"case": "T-6", **cells}
    return [cells.get(column, cell) for column, cell in zip(COLUMNS, GOOD, strict=True)]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (_with(saved="31/02/2026 09:00"), "saved: '31/02/2026 09:00' is no instant of the format '%d/%m/%Y %H:%M'"),
        (_with(saved="?"), "the column 'saved', which says when, is empty"),
        (_with(case=""), "the column 'case', which names the case, is empty"),
        (_with(prio="9"), "prio: '9' is not among the values that the map of `priority` knows"),
        (_with(case="T-\x07"), "ticket-opened: id: String should match pattern"),
        (_with(site="s" * 200), "ticket-opened: account: String should have at most 128 characters"),
        (GOOD[:-1], "9 cells, and the header has 10 columns"),
        (_with(outcome="x" * 200_000), "not CSV: field larger than field limit (131072)"),
    ],
)
def test_one_row_is_refused_and_nothing_else(tmp_path: Path, row: list[object], reason: str) -> None:
    events, unmapped = mapped(tmp_path, helpdesk(), written(tmp_path / "a.csv", csv_bytes([*ROWS, row, GOOD])))
    straight, _ = mapped(tmp_path / "straight", helpdesk(), written(tmp_path / "b.csv", csv_bytes([*ROWS, GOOD])))
    assert events == straight
    assert len(unmapped) == 1
    assert unmapped[0].startswith(f"row 9 of a.csv: {reason}")


def test_broken_utf8_is_one_row(tmp_path: Path) -> None:
    content = csv_bytes([_with(site="le\xffeds"), GOOD]).replace("\xff".encode(), b"\xff")
    events, unmapped = mapped(tmp_path, helpdesk(), written(tmp_path / "a.csv", content))
    assert len(events) == 1
    assert unmapped == ["row 1 of a.csv: not UTF-8 at character 7: the mapping's `encoding` says what it is"]


def test_a_line_without_end_is_one_row(tmp_path: Path) -> None:
    content = csv_bytes([GOOD]) + b"x" * 3_000_000 + b"\n" + csv_bytes([_with()]).split(b"\r\n", 1)[1]
    events, unmapped = mapped(tmp_path, helpdesk(), written(tmp_path / "a.csv", content))
    assert [event["data"]["ticket"] for event in events] == ["T-5", "T-6"]
    assert len(unmapped) == 1


def test_rows_that_contradict_each_other_at_one_place(tmp_path: Path) -> None:
    file = written(tmp_path / "a.csv", csv_bytes([GOOD, _with(case="T-5", state="open")]))
    events, unmapped = mapped(tmp_path, helpdesk(), file)
    assert len({event["id"] for event in events}) == len(events)
    assert len(unmapped) == 1
    assert "has the same instant and order and says something else" in unmapped[0]


def test_a_second_row_where_a_case_has_one(tmp_path: Path) -> None:
    mapping = parse_mapping(
        'name = "m"\n[table.t]\ncase = "id"\nrows = "one"\ninstant.column = "at"\n'
        '[[table.t.event]]\ntype = "account.created"\nfields.name = "name"\n'
    )
    rows = [("a", "2026-01-02", "later"), ("a", "2026-01-01", "first"), ("a", "2026-01-01", "first")]
    events, unmapped = mapped(tmp_path, mapping, written(tmp_path / "a.csv", csv_bytes(rows, ["id", "at", "name"])))
    assert [event["data"]["name"] for event in events] == ["first"]
    assert unmapped == ["""row 1 of a.csv: another row has the id 'a', and `rows = "one"` is said"""]


def test_values_that_may_be_unreadable(tmp_path: Path) -> None:
    mapping = parse_mapping(
        'name = "m"\n[table.t]\ncase = "id"\ninstant = { column = "at", format = ["%d.%m.%Y", "epoch_seconds"] }\n'
        '[[table.t.event]]\ntype = "feedback.given"\nfields.feedback = "id"\n'
        'fields.scale = { value = "nps", only_with = "score" }\n'
        'fields.score = { column = "n", type = "number", least = 0, most = 10, missing = ["-"], '
        'unreadable = "missing" }\n'
        'fields.text = { column = "t", default = "nothing said" }\n'
    )
    rows = [(1, "01.02.2026", "7.5", "a"), (2, "1767225600", "eleven", "b"), (3, "1767225601", "-", "")]
    rows += [(4, "1767225602", "11", "d"), (5, "1767225603", "nan", "e")]
    events, unmapped = mapped(tmp_path, mapping, written(tmp_path / "a.csv", csv_bytes(rows, ["id", "at", "n", "t"])))
    assert unmapped == []
    by_id = {event["data"]["feedback"]: event for event in events}
    assert by_id["1"]["data"] == {"feedback": "1", "scale": "nps", "score": 7.5, "text": "a"}
    assert [by_id[name]["data"] for name in "2345"] == [
        {"feedback": "2", "text": "b"},
        {"feedback": "3", "text": "nothing said"},
        {"feedback": "4", "text": "d"},
        {"feedback": "5", "text": "e"},
    ]
    assert by_id["2"]["time"] == "2026-01-01T00:00:00Z"


@pytest.mark.parametrize("cut", [10, 60])
def test_a_truncated_archive_is_refused_before_anything_enters(tmp_path: Path, open_desk: OpenDesk, cut: int) -> None:
    file = written(tmp_path / "a.csv.gz", csv_bytes(ROWS), packed=True)
    file.path.write_bytes(file.path.read_bytes()[:-cut])
    desk = open_desk("home")
    with pytest.raises(MappingError, match=r"a\.csv\.gz: cannot be read"):
        desk.imported(file)
    assert desk.journal() == []


def test_dead_letters_name_row_and_reason_and_hold_the_row(tmp_path: Path, open_desk: OpenDesk) -> None:
    desk = open_desk("home")
    bad = _with(saved="yesterday")
    report = desk.imported(written(tmp_path / "a.csv", csv_bytes([*ROWS, bad, _with(saved="01/02/1970 09:00")])))
    assert (report.rows, report.unmapped_rows, report.refused) == (10, 1, {"ancient_dated": 1})
    assert report.accepted == report.events - 1
    assert sorted((reason, detail) for reason, detail, _ in desk.letters()) == [
        ("ancient_dated", "it says 1970-02-01T08:00:00Z"),
        ("unmapped_row", "row 9 of a.csv: saved: 'yesterday' is no instant of the format '%d/%m/%Y %H:%M'"),
    ]
    assert desk.types()[-1] == "backfill.ended"
    facts = [one.fact for one in desk.runtime.store.statements(0, 10)]
    assert {getattr(fact, "reason", None) for fact in facts} == {"ancient_dated", "unmapped_row"}


def test_a_history_of_broken_rows_only_begins_no_backfill(tmp_path: Path, open_desk: OpenDesk) -> None:
    desk = open_desk("home")
    report = desk.imported(written(tmp_path / "a.csv", csv_bytes([_with(saved="never")])))
    assert (report.events, report.unmapped_rows) == (0, 1)
    assert desk.journal() == []
    assert [reason for reason, _, _ in desk.letters()] == ["unmapped_row"]


def test_an_open_map_has_something_for_every_value(tmp_path: Path) -> None:
    text = MAPPING.replace('map = { "1" = "urgent", "2" = "high" }', 'map = { "1" = "urgent" }, otherwise = "low"')
    events, unmapped = mapped(tmp_path, parse_mapping(text), written(tmp_path / "a.csv", csv_bytes([_with(prio="9")])))
    assert [event["data"].get("priority") for event in events] == ["low"]
    assert unmapped == []
