"""What can be said and known, as JSON Schema per type and one AsyncAPI document over the topics.

`python -m schemas.export` records the schemas of today as released, beside this file; it refuses what would break one.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from schemas.alerts import AlertRaised
from schemas.compatibility import narrowed, withdrawn
from schemas.decode import ENVELOPES
from schemas.event import Event
from schemas.fact import Fact
from schemas.facts import BY_KIND, DeadLetter
from schemas.personal import personal_fields
from schemas.registry import EVENT_TYPES, EventType
from schemas.topics import TOPICS, Topic

RELEASED = Path(__file__).parent / "released"

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_STAMPED = ("recordedtime", "position", "epoch", "intake", "backfill", "language", "meaning", "redaction", "sealed")
_EXTERNAL = tuple(row for row in EVENT_TYPES if row.origin != "emitted")


def event_schema(row: EventType) -> dict[str, Any]:
    """The JSON Schema of one event type, envelope included.

    What the door stamps is marked `readOnly`; fields with a person's words carry `x-personal` with whose they are.
    """
    envelope: type[Event] = ENVELOPES[row.name]
    schema = envelope.model_json_schema(by_alias=True, mode="validation")
    schema = {"$schema": _DIALECT, "$id": row.dataschema, **schema, "title": row.name}
    schema["description"] = (row.data.__doc__ or "").strip()
    schema["examples"] = [example_event(row)]
    for name in _STAMPED:
        schema["properties"][name]["readOnly"] = True
    fields = schema["$defs"][row.data.__name__]["properties"]
    for name, mark in personal_fields(row.data):
        fields[name]["x-personal"] = {"subject": mark.subject, "whole": mark.whole}
    return schema


def example_event(row: EventType) -> dict[str, Any]:
    """One invented event of the type, as a sender would write it."""
    return {
        "specversion": "1.0",
        "id": f"{row.name}-1",
        "source": "example",
        "type": row.name,
        "time": "2026-03-02T09:30:00Z",
        "dataschema": row.dataschema,
        "account": "A-100",
        "data": row.data.example,
    }


def fact_schema(kind: type[Fact]) -> dict[str, Any]:
    """The JSON Schema of one kind of fact; instants are microseconds since 1970-01-01T00:00:00Z."""
    schema = msgspec.json.schema(kind)
    definitions = schema.get("$defs", {})
    body = definitions.pop(kind.__name__)
    made = {"$schema": _DIALECT, "$id": f"urn:millrace:fact:{kind.kind}", **body, "title": kind.kind}
    made["x-identity"] = list(kind.identity)
    made["x-history"], made["x-order-bound"] = kind.history, kind.order_bound
    if definitions:
        made["$defs"] = definitions
    # Defaults come as tuples, and as lists when read back.
    plain: dict[str, Any] = json.loads(json.dumps(made))
    return plain


def released_schemas() -> dict[str, dict[str, Any]]:
    """Every schema that is a promise to others, by its path below the released folder."""
    events = {f"events/{row.name}.{row.data.version}.json": event_schema(row) for row in _EXTERNAL}
    return events | {f"facts/{name}.json": fact_schema(kind) for name, kind in BY_KIND.items()}


def breaking_changes(path: str, released: Mapping[str, Any], current: Mapping[str, Any]) -> list[str]:
    """What a schema takes back of what it promised: events must go on being taken, facts go on being readable."""
    if path.startswith("facts/"):
        return withdrawn(released, current)
    return narrowed(_said_by_senders(released), _said_by_senders(current))


def export(directory: Path) -> list[Path]:
    """Writes `events/TYPE.VERSION.json`, `facts/KIND.json` and `asyncapi.json`; the paths written."""
    schemas = released_schemas()
    schemas["asyncapi.json"] = asyncapi()
    return [_written(directory / path, schema) for path, schema in schemas.items()]


def release(directory: Path = RELEASED) -> list[Path]:
    """Records today's schemas as released; the paths that changed. ValueError where that would break a promise."""
    changed = []
    for name, schema in released_schemas().items():
        path = directory / name
        before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
        if before == schema:
            continue
        broken = [] if before is None else breaking_changes(name, before, schema)
        if broken:
            raise ValueError(f"{name} is released; give the type a new version and an upcaster: {'; '.join(broken)}")
        changed.append(_written(path, schema))
    return changed


def asyncapi() -> dict[str, Any]:
    """One AsyncAPI 3 document: a channel per topic, a message per event type; schemas are referred to by file."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Millrace",
            "version": "1",
            "description": "What can be said to Millrace, and what it says. Records are keyed and ordered by tenant.",
        },
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic) for topic in TOPICS},
        "operations": {f"{_action(topic)}-{topic.name}": _operation(topic) for topic in TOPICS},
        "components": {"messages": _messages()},
    }


def _said_by_senders(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Stamped attributes are ours to change, and `$id` and the version's name tell versions apart, not contents."""
    properties = {name: field for name, field in schema["properties"].items() if not field.get("readOnly")}
    return {**schema, "properties": properties}


def _action(topic: Topic) -> str:
    return "receive" if topic.role == "intake" else "send"


def _operation(topic: Topic) -> dict[str, Any]:
    return {"action": _action(topic), "channel": {"$ref": f"#/channels/{topic.name}"}, "summary": topic.holds}


def _channel(topic: Topic) -> dict[str, Any]:
    names = topic.types or tuple(name for name in _messages() if name.startswith(f"{topic.name}:"))
    return {
        "address": topic.name,
        "description": topic.holds,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "x-key": topic.key,
        "x-retention-days": topic.retention_days,
        "x-compacted": topic.compacted,
    }


def _messages() -> dict[str, Any]:
    events = {
        row.name: _message(row.name, f"events/{row.name}.{row.data.version}.json", (row.data.__doc__ or "").strip())
        for row in _EXTERNAL
    }
    facts = {
        f"facts:{name}": _message(name, f"facts/{name}.json", (kind.__doc__ or "").strip())
        for name, kind in BY_KIND.items()
    }
    waits = {"type": "object", "properties": {"tenant": {"type": "string"}, "due": {"type": "integer"}}}
    return (
        events
        | facts
        | {
            "alerts:raised": _message(
                "alert", f"facts/{AlertRaised.kind}.json", "An alert; its body goes to webhooks."
            ),
            "dead-letters:kept": _message("dead letter", f"facts/{DeadLetter.kind}.json", "Input that was not taken."),
            "waits:due": {"name": "wait", "summary": "When a tenant should be woken.", "payload": waits},
        }
    )


def _message(name: str, path: str, summary: str) -> dict[str, Any]:
    schema = {"schemaFormat": "application/schema+json;version=draft-2020-12", "schema": {"$ref": path}}
    return {"name": name, "summary": summary, "payload": schema}


def _written(path: Path, schema: Mapping[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(schema, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


if __name__ == "__main__":
    sys.stdout.write("".join(f"{path.relative_to(RELEASED)}\n" for path in release()))
