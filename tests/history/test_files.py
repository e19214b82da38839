"""Are all forms of a file read alike, and files and look-ups told apart by their columns?"""

from __future__ import annotations

import gzip
from pathlib import Path

import orjson
import pytest

from streams.history.file_roles import GivenFile
from streams.history.mapping import Mapping
from streams.history.mapping_file import MappingError, parse_mapping
from tests.history.helpdesk import COLUMNS, MAPPING, ROWS, csv_bytes, helpdesk, mapped, written

OBJECTS = [{name: cell for name, cell in zip(COLUMNS, row, strict=True) if cell != "?"} for row in ROWS]


def _as(form: str) -> Mapping:
    return parse_mapping(MAPPING.replace("[table.updates]", f"[table.updates]\n{form}"))


@pytest.mark.parametrize(
    ("form", "content"),
    [
        ("", csv_bytes(ROWS)),
        ("", b"\xef\xbb\xbf" + csv_bytes(ROWS)),
        ("", csv_bytes(ROWS).replace(b"\r\n", b"\n\n")),
        ("", gzip.compress(csv_bytes(ROWS))),
        ('delimiter = ";"', csv_bytes(ROWS, delimiter=";")),
        ('encoding = "utf-16"', csv_bytes(ROWS).decode().encode("utf-16")),
        ('format = "jsonl"', b"\n\n".join(map(orjson.dumps, OBJECTS))),
        ('format = "jsonl"', gzip.compress(b"\n".join(map(orjson.dumps, OBJECTS)) + b"\n")),
        ('format = "json"', orjson.dumps(OBJECTS)),
    ],
)
def test_every_form_says_the_same(tmp_path: Path, form: str, content: bytes) -> None:
    events, unmapped = mapped(tmp_path, _as(form), written(tmp_path / "history", content))
    straight, _ = mapped(tmp_path / "straight", helpdesk(), written(tmp_path / "b.csv", csv_bytes(ROWS)))
    assert events == straight
    assert unmapped == []


def test_inner_objects_lists_and_types_of_json(tmp_path: Path) -> None:
    mapping = parse_mapping(
        'name = "m"\n[table.t]\nformat = "jsonl"\ncase = "id"\ninstant = { column = "seen.at" }\n'
        '[[table.t.event]]\ntype = "account.updated"\naccount = "of.account.id"\n'
        'attributes = { from = "*", bools = ["pays"], numbers = ["seen.times"] }\n'
    )
    first = (
        b'{"id": 7, "seen": {"at": "2026-01-01T00:00:00Z", "times": 2.5}, "of": {"account": {"id": "a"}}, "pays": 1}'
    )
    lines = [
        first,
        b"{",
        b"[1]",
        b'{"id": 8, "seen": {"at": "2026-01-01T00:00:00Z"}, "tags": ["x", 1], "later": null}',
    ]
    events, unmapped = mapped(tmp_path, mapping, written(tmp_path / "t.jsonl", b"\n".join(lines)))
    assert [(event.get("account"), event["data"]["attributes"]) for event in events] == [
        ("a", {"of.account.id": "a", "pays": True, "seen.times": 2.5}),
        (None, {"tags": '["x",1]'}),
    ]
    assert [detail[:30] for detail in unmapped] == ["row 2 of t.jsonl: not JSON: un", "row 3 of t.jsonl: a JSON objec"]


JOINED = """
name = "use"
[table.use]
case = "id"
account = "plan.account"
instant = { column = "day" }
[[table.use.event]]
type = "usage.recorded"
fields = { name = "what", unit = "plan.unit" }
[lookup.plan]
key = "plan_id"
by = "plan"
"""
USE = csv_bytes([(1, "p-1", "2026-01-01", "print"), (2, "p-2", "2026-01-01", "scan")], ["id", "plan", "day", "what"])
PLANS = ["plan_id", "account", "unit"]


def test_a_lookup_joins_by_key(tmp_path: Path) -> None:
    plans = csv_bytes([("p-2", "york", ""), ("p-1", "leeds", "page"), ("p-1", "leeds", "page")], PLANS)
    files = [written(tmp_path / "x", plans), written(tmp_path / "y", USE)]
    for order in (files, files[::-1]):
        events, unmapped = mapped(tmp_path / f"from-{order[0].path.name}", parse_mapping(JOINED), *order)
        assert [(event["account"], event["data"]) for event in events] == [
            ("leeds", {"name": "print", "unit": "page"}),
            ("york", {"name": "scan"}),
        ]
        assert unmapped == []


def test_orphans_and_keys_that_stand_for_several(tmp_path: Path) -> None:
    files = (
        written(tmp_path / "use.csv", USE),
        written(tmp_path / "plans.csv", csv_bytes([("p-1", "leeds", "page"), ("p-1", "york", "page")], PLANS)),
    )
    events, unmapped = mapped(tmp_path / "refuse", parse_mapping(JOINED), *files)
    assert events == []
    assert unmapped == [
        "row 1 of use.csv: plan: the key 'p-1' stands in rows that differ",
        "row 2 of use.csv: plan: no row has the plan_id 'p-2'",
    ]
    lenient = parse_mapping(JOINED.replace('by = "plan"', 'by = "plan"\norphans = "missing"'))
    events, unmapped = mapped(tmp_path / "missing", lenient, *files)
    assert [(event.get("account"), event["data"]) for event in events] == [(None, {"name": "scan"})]
    assert len(unmapped) == 1


def test_a_lookup_that_is_not_named(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="`use` looks things up in `plan`: name that file too"):
        mapped(tmp_path, parse_mapping(JOINED), written(tmp_path / "use.csv", USE))
    with pytest.raises(MappingError, match="only look-ups were named; use makes events of use"):
        mapped(tmp_path, parse_mapping(JOINED), written(tmp_path / "plans.csv", csv_bytes([], PLANS)))


TWINS = """
name = "twins"
[table.left]
case = "id"
instant.column = "at"
event = [{ type = "ticket.opened", fields = { ticket = "id" } }]
[table.right]
case = "id"
instant.column = "at"
event = [{ type = "ticket.reopened", fields = { ticket = "id" } }]
"""


def test_two_roles_that_fit_have_to_be_told(tmp_path: Path) -> None:
    file = written(tmp_path / "a.csv", csv_bytes([(1, "2026-01-01")], ["id", "at"]))
    with pytest.raises(MappingError, match=r"a\.csv may be left=a\.csv or right=a\.csv: say which"):
        mapped(tmp_path / "1", parse_mapping(TWINS), file)
    told = GivenFile(file.path, "right")
    events, _ = mapped(tmp_path / "2", parse_mapping(TWINS), told, GivenFile(file.path, "left"))
    # Of one instant, the mapping's order of tables decides, not the files'.
    assert [event["type"] for event in events] == ["ticket.opened", "ticket.reopened"]
