"""A schema that others rely on is not broken; what counts as breaking is tested by itself."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from schemas.compatibility import narrowed, withdrawn
from schemas.export import RELEASED, breaking_changes, export, release, released_schemas
from schemas.registry import EVENT_TYPES
from schemas.topics import TOPICS

CURRENT = released_schemas()
RECORDED = sorted(str(path.relative_to(RELEASED)) for path in RELEASED.rglob("*.json"))
_TALK = ("description", "title", "examples")


def bare(schema: Any) -> Any:
    """The schema without what is only said about it."""
    if isinstance(schema, list):
        return [bare(each) for each in schema]
    if isinstance(schema, dict):
        return {name: bare(each) for name, each in schema.items() if name not in _TALK or isinstance(each, dict)}
    return schema


@pytest.mark.parametrize("path", RECORDED)
def test_no_released_schema_is_broken(path: str) -> None:
    released = json.loads((RELEASED / path).read_text(encoding="utf-8"))
    if path not in CURRENT:
        kind, version = path.removesuffix(".json").rsplit(".", 1)
        name = kind.removeprefix("events/")
        newer = [row for row in EVENT_TYPES if row.name == name and row.data.version > int(version)]
        assert newer, f"{path} was released and is gone: a type or fact is never withdrawn, only superseded"
        assert int(version) in newer[0].upcasters, f"{path}: give {name} an upcaster from version {version}"
        return
    broken = breaking_changes(path, released, CURRENT[path])
    assert not broken, (
        f"{path} is released and others rely on it, but now {'; '.join(broken)}. Take the change back, or raise the "
        "version of the type, write an upcaster from the old one, and run `python -m schemas.export`"
    )


def test_every_schema_is_recorded_as_released() -> None:
    changed = [
        path
        for path, schema in CURRENT.items()
        if path not in RECORDED
        or bare(json.loads((RELEASED / path).read_text(encoding="utf-8"))) != bare(json.loads(json.dumps(schema)))
    ]
    assert not changed, f"run `python -m schemas.export` to record as released: {', '.join(changed)}"


def test_a_release_refuses_what_would_break(tmp_path: Path) -> None:
    assert len(release(tmp_path)) == len(CURRENT)
    assert release(tmp_path) == []
    path = tmp_path / "events" / "ticket.opened.2.json"
    promised = json.loads(path.read_text(encoding="utf-8"))
    promised["$defs"]["TicketOpened"]["properties"]["mood"] = {"type": "string"}
    path.write_text(json.dumps(promised), encoding="utf-8")
    with pytest.raises(ValueError, match=r"ticket\.opened.*mood: is gone"):
        release(tmp_path)


def test_the_export_is_one_document_whose_references_lead_somewhere(tmp_path: Path) -> None:
    export(tmp_path)
    document = json.loads((tmp_path / "asyncapi.json").read_text(encoding="utf-8"))
    assert document["asyncapi"] == "3.0.0"
    assert set(document["channels"]) == {topic.name for topic in TOPICS}
    messages = document["components"]["messages"]
    for channel in document["channels"].values():
        assert channel["messages"]
        for reference in channel["messages"].values():
            assert reference["$ref"].removeprefix("#/components/messages/") in messages
    for message in messages.values():
        reference = message["payload"].get("schema", {}).get("$ref")
        assert reference is None or (tmp_path / reference).is_file()
    opened = json.loads((tmp_path / "events" / "ticket.opened.2.json").read_text(encoding="utf-8"))
    assert opened["$defs"]["TicketOpened"]["properties"]["text"]["x-personal"]["subject"] == "requester"
    assert opened["properties"]["position"]["readOnly"] is True


BASE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 10, "pattern": "^a"},
        "size": {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "null"}]},
        "kind": {"enum": ["a", "b"], "type": "string"},
        "parts": {"type": "array", "items": {"$ref": "#/$defs/Part"}, "maxItems": 5},
    },
    "required": ["name"],
    "$defs": {"Part": {"type": "object", "properties": {"id": {"type": "integer"}}, "additionalProperties": False}},
}


def changed(place: str, value: Any) -> dict[str, Any]:
    """The base with what stands at a place replaced, or (`...`) taken out."""
    schema = deepcopy(BASE)
    *parents, last = place.split("/")
    node = schema
    for name in parents:
        node = node[name]
    if value is ...:
        del node[last]
    else:
        node[last] = value
    return schema


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        ("properties/size", ..., "$.size: is gone"),
        ("required", ["name", "kind"], "$.kind: is required now"),
        ("properties/name/maxLength", 9, "$.name: maxLength is 9 now"),
        ("properties/name/minLength", 1, "$.name: minLength is 1 now"),
        ("properties/name/pattern", "^b", "$.name: pattern"),
        ("properties/name/type", "integer", "$.name: is integer now"),
        ("properties/kind/enum", ["a", "c"], "$.kind: 'b' is taken no more"),
        ("properties/name/enum", ["a"], "$.name: only ['a'] are taken now"),
        ("properties/size/anyOf", [{"type": "integer", "minimum": 0}], "$.size: is integer now, it was null"),
        ("properties/size/anyOf", [{"type": "integer", "minimum": 1}, {"type": "null"}], "$.size: integer is taken"),
        ("properties/parts/maxItems", 4, "$.parts: maxItems is 4 now"),
        ("$defs/Part/properties/id/type", "string", "$.parts[].id: is string now"),
        ("additionalProperties", False, "$: takes no further fields"),
    ],
)
def test_what_takes_less_is_breaking(place: str, value: Any, said: str) -> None:
    found = narrowed(BASE, changed(place, value))
    assert len(found) == 1
    assert found[0].startswith(said)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("properties/more", {"type": "string"}),
        ("required", []),
        ("properties/name/maxLength", 11),
        ("properties/name/pattern", ...),
        ("properties/kind/enum", ["a", "b", "c"]),
        ("properties/size/anyOf", [{"type": "number", "minimum": -1}, {"type": "null"}, {"type": "string"}]),
        ("$defs/Part/properties/id/type", "number"),
        ("description", "the same in other words"),
    ],
)
def test_what_takes_more_is_not(place: str, value: Any) -> None:
    assert narrowed(BASE, changed(place, value)) == []


@pytest.mark.parametrize(
    ("place", "value", "breaks"),
    [
        ("properties/size", ..., True),
        ("properties/size/anyOf", [{"type": "integer", "minimum": 0}], False),
        ("properties/kind/enum", ["a", "b", "c"], True),
        ("properties/more", {"type": "string"}, False),
        ("properties/name/type", "integer", True),
    ],
)
def test_what_is_written_must_stay_readable(place: str, value: Any, breaks: bool) -> None:
    assert bool(withdrawn(BASE, changed(place, value))) is breaks
