"""Every type's example is taken, written and read back the same; old versions find their way up."""

from __future__ import annotations

import re
from typing import Any

import orjson
import pytest

from schemas.decode import ENVELOPES, decode, encode
from schemas.export import example_event
from schemas.instant import format_instant, parse_instant
from schemas.personal import personal_fields
from schemas.registry import BY_NAME, EVENT_TYPES, EventType, dataschema

JOURNALED = [row for row in EVENT_TYPES if row.origin != "emitted"]

# (type, old version): data as it was written then, and what it says today.
OLD: dict[tuple[str, int], tuple[dict[str, Any], dict[str, Any]]] = {
    ("ticket.opened", 1): (
        {"ticket": "T-1", "title": "Hello", "body": "The export fails", "via": "email", "priority": 2},
        {"ticket": "T-1", "title": "Hello", "text": "The export fails", "channel": "email", "priority": "high"},
    ),
}


@pytest.mark.parametrize("row", JOURNALED, ids=lambda row: row.name)
def test_the_example_is_taken_and_comes_back_the_same(row: EventType) -> None:
    event = decode(orjson.dumps(example_event(row)))
    assert type(event.data) is row.data
    assert event.occurred_at == parse_instant("2026-03-02T09:30:00Z")
    event.stamped(
        tenant="acme", position=7, recorded_at=event.occurred_at + 1, language="en", sealed="{}", backfill=True
    )
    again = decode(encode(event))
    assert again == event
    assert encode(again) == encode(event)


@pytest.mark.parametrize("row", EVENT_TYPES, ids=lambda row: row.name)
def test_the_example_holds_and_names_only_what_is_personal(row: EventType) -> None:
    data = row.data.model_validate_json(orjson.dumps(row.data.example))
    for name, mark in personal_fields(row.data):
        assert mark.subject is None or mark.subject in row.data.model_fields, (
            f"{name} is said to be of a person in {mark.subject}"
        )
    assert row.data.model_validate_json(data.model_dump_json()) == data


def test_names_are_past_tense_families_said_once() -> None:
    names = [row.name for row in EVENT_TYPES]
    assert len(names) == len(set(names)) == len(BY_NAME)
    assert [name for name in names if not re.fullmatch(r"tick|[a-z]+\.[a-z_]+", name)] == []
    assert set(ENVELOPES) == {row.name for row in JOURNALED}


def test_every_old_version_has_an_upcaster_and_a_case_here() -> None:
    versions = {(row.name, version) for row in EVENT_TYPES for version in range(1, row.data.version)}
    assert versions == {(row.name, version) for row in EVENT_TYPES for version in row.upcasters}
    assert versions == set(OLD)


@pytest.mark.parametrize("case", OLD, ids=lambda case: f"{case[0]} {case[1]}")
def test_old_versions_say_the_same_today(case: tuple[str, int]) -> None:
    name, version = case
    before, today = OLD[case]
    envelope = example_event(BY_NAME[name])
    old = decode(orjson.dumps(envelope | {"dataschema": dataschema(name, version), "data": before}))
    new = decode(orjson.dumps(envelope | {"data": today}))
    assert old == new
    assert old.dataschema == BY_NAME[name].dataschema


@pytest.mark.parametrize(
    "text",
    ["1990-01-01T00:00:00Z", "2026-01-31T09:30:00.000001Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"],
)
def test_instants_are_written_as_they_were_read(text: str) -> None:
    assert format_instant(parse_instant(text)) == text


def test_offsets_name_the_same_instant() -> None:
    texts = ["2026-01-31T09:30:00Z", "2026-01-31T15:15:00+05:45", "2026-01-31t04:00:00.000-05:30"]
    assert len({parse_instant(text) for text in texts}) == 1
