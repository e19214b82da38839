"""The shapes that the HTTP surface takes and gives, as JSON Schema."""

from __future__ import annotations

from typing import Any

import msgspec

from schemas.explanation import Explanation
from schemas.facts import BY_KIND
from schemas.reasons import REASONS

Shape = dict[str, Any]

TEXT: Shape = {"type": "string"}
NUMBER: Shape = {"type": "integer"}
ROW: Shape = {"type": "object"}


def ref(name: str) -> Shape:
    """A shape by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def of(**properties: Shape) -> Shape:
    """An object with these properties, all of them there."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def many(shape: Shape) -> Shape:
    """An array."""
    return {"type": "array", "items": shape}


def components(asked: tuple[type[msgspec.Struct], ...]) -> Shape:
    """The shapes that have a name, those of the bodies that are asked for among them."""
    _, shapes = msgspec.json.schema_components((Explanation, *asked), ref_template="#/components/schemas/{name}")
    reason: Shape = {"enum": [reason.name for reason in REASONS]}
    term = of(label=TEXT, amount={"type": "number"}, event_ids=many(TEXT))
    shapes["Term"] = term
    event = of(specversion={"const": "1.0"}, id=TEXT, source=TEXT, type=TEXT, time=TEXT, data=ROW)
    result: Shape = of(status={"enum": ["accepted", "queued", "duplicate", "refused", "turned_away"]})
    result["properties"] |= dict.fromkeys(("event_id", "detail", "where", "remedy", "letter"), TEXT)
    result["properties"] |= {"position": NUMBER, "reason": reason}
    change = of(
        kind={"enum": [*BY_KIND, "missed"]},
        fact_id=TEXT,
        revision=NUMBER,
        said_at=TEXT,
        retracted={"type": "boolean"},
    )
    return {
        **shapes,
        "Event": event | {"description": "CloudEvents 1.0; `millrace schemas export` writes the schema of each type"},
        "Results": of(accepted=NUMBER, queued=NUMBER, duplicate=NUMBER, refused=NUMBER, results=many(result)),
        "Problem": of(status=NUMBER, title=TEXT, detail=TEXT),
        "Readiness": of(status={"enum": ["ready", "not ready"]}, backlog=NUMBER, faults=ROW),
        "Totals": of(tenant=TEXT, now=TEXT, live={"type": "boolean"}, tickets=NUMBER, accounts=NUMBER),
        "Explained": of(why=many(ref("Explanation"))),
        "Table": of(columns=many(TEXT), types=many(TEXT), rows=many(many({}))),
        "Change": change | {"description": "Beside these, the fields of the fact; none where it is retracted"},
    }
