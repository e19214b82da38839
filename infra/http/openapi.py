"""The HTTP surface described as OpenAPI 3.1: one line for each route, and the shapes they take and give."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec

from infra.access import SCOPES, Scope
from infra.http.routes_admin import AskedKey, AskedRedrive
from infra.http.routes_audit import AskedAudit
from infra.http.routes_connectors import AskedConnection, AskedRotation, AskedSwitch
from infra.http.routes_import import AskedImport
from infra.http.routes_out import AskedSql
from infra.http.routes_pull import AskedPull
from schemas.explanation import Explanation
from schemas.facts import BY_KIND
from schemas.reasons import REASONS

Shape = dict[str, Any]

_LIMIT = ("limit", "integer", "how many at most")
_TEXT: Shape = {"type": "string"}
_ROW: Shape = {"type": "object"}
_OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Operation:
    """One route. `answers` names the shape of its answer; `body` that of what it takes."""

    method: str
    path: str
    summary: str
    scope: Scope | str | None
    answers: Shape
    query: tuple[tuple[str, str, str], ...] = ()
    body: Shape | None = None
    status: int = 200
    media: str = "application/json"
    errors: tuple[int, ...] = ()

    @property
    def parameters(self) -> list[Shape]:
        """What stands in the path and after it."""
        named = re.findall(r"{(\w+)}", self.path)
        places = [{"name": name, "in": "path", "required": True, "schema": _TEXT} for name in named]
        asked = [
            {"name": name, "in": "query", "description": said, "schema": {"type": kind}}
            for name, kind, said in self.query
        ]
        tenant = [{"$ref": "#/components/parameters/tenant"}] if self.scope in SCOPES else []
        return [*places, *asked, *tenant]


def _ref(name: str) -> Shape:
    return {"$ref": f"#/components/schemas/{name}"}


def _of(**properties: Shape) -> Shape:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _many(shape: Shape) -> Shape:
    return {"type": "array", "items": shape}


_NUMBER: Shape = {"type": "integer"}
_HASHES = _of(state_hash=_TEXT, tenants={"type": "object", "additionalProperties": _TEXT})
_PROGRESS: Shape = {"type": "string", "description": "JSON lines: {done, total, stage} …, then {result} or {error}"}
_EVENTS: Shape = {
    "oneOf": [_ref("Event"), _many(_ref("Event"))],
    "description": "structured, batch (an array, or a line each as application/x-ndjson) or binary mode; plain or gzip",
}
_ANYTHING: Shape = {"description": "what the tool sends: JSON, or XML"}
_LINES = "application/x-ndjson"
_LISTEN = ("after", "integer", "like Last-Event-ID: go on after this event")
_SEARCH = (
    ("q", "string", "words"),
    ("kind", "string", "ticket, feedback or answer; may be repeated"),
    ("status", "string", "of the ticket"),
    ("category", "string", "of the ticket"),
    ("account", "string", "whose"),
    _LIMIT,
)

OPERATIONS: tuple[Operation, ...] = (
    Operation("GET", "/healthz", "Whether the process answers", None, _of(status=_TEXT)),
    Operation("GET", "/readyz", "Whether records are folded and shown", None, _ref("Readiness"), errors=(503,)),
    Operation(
        "POST",
        "/v1/events",
        "Take events; a result for each",
        "ingest",
        _ref("Results"),
        body=_EVENTS,
        errors=(207, 409, 413, 415, 422, 429, 503),
    ),
    Operation(
        "POST",
        "/v1/connect/{source}/{connection}",
        "What a connected tool pushes, signed its own way; answered as the tool expects",
        None,
        _ROW,
        body=_ANYTHING,
        errors=(401, 404, 405, 409, 413, 415, 503),
    ),
    Operation(
        "OPTIONS",
        "/v1/connect/{source}/{connection}",
        "Whether a CloudEvents sender may send",
        None,
        _TEXT,
        media="text/plain",
        errors=(404, 405),
    ),
    Operation(
        "GET", "/v1/connections", "Connected tools, without their secrets", "admin", _of(connections=_many(_ROW))
    ),
    Operation(
        "POST",
        "/v1/connections",
        "Connect a tool: a secret made here is shown in this answer only",
        "admin",
        _ROW,
        body=_ref("AskedConnection"),
        status=201,
    ),
    Operation(
        "POST",
        "/v1/connections/{id}",
        "Stop a connection, or let it go on",
        "admin",
        _ROW,
        body=_ref("AskedSwitch"),
        errors=(404,),
    ),
    Operation("DELETE", "/v1/connections/{id}", "End a connection at once", "admin", _of(removed=_TEXT), errors=(404,)),
    Operation(
        "POST",
        "/v1/connections/{id}/secrets",
        "Give a connection another secret; the one before signs for a while yet",
        "admin",
        _ROW,
        body=_ref("AskedRotation"),
        errors=(404,),
    ),
    Operation("GET", "/v1/tenants", "The tenants the key may read", "read", _of(tenants=_many(_TEXT))),
    Operation("GET", "/v1/totals", "How many of everything, and the tenant's clock", "read", _ref("Totals")),
    Operation(
        "GET", "/v1/accounts", "Accounts, the likeliest to leave first", "read", _of(accounts=_many(_ROW)), (_LIMIT,)
    ),
    Operation(
        "GET",
        "/v1/accounts/{id}",
        "An account with its health history, tickets and reasons",
        "read",
        _ref("Explained"),
        errors=(404,),
    ),
    Operation(
        "GET",
        "/v1/tickets/{id}",
        "A ticket with its clocks, timeline, words, reasons and similar ones",
        "read",
        _ref("Explained"),
        errors=(404,),
    ),
    Operation(
        "GET", "/v1/breaches", "Promises at risk or broken, by time left", "read", _of(breaches=_many(_ROW)), (_LIMIT,)
    ),
    Operation(
        "GET",
        "/v1/why/{id}",
        "Every explanation of a ticket or an account",
        "read",
        _of(explanations=_many(_ref("Explanation"))),
        errors=(404,),
    ),
    Operation(
        "GET",
        "/v1/sla/{id}",
        "Every clock of a ticket, segment by segment",
        "read",
        _of(clocks=_many(_ROW)),
        errors=(404,),
    ),
    Operation(
        "GET", "/v1/search", "Tickets, answers and feedback nearest to words", "read", _of(hits=_many(_ROW)), _SEARCH
    ),
    Operation("POST", "/v1/sql", "One SELECT over the tenant's views", "read", _ref("Table"), body=_ref("AskedSql")),
    Operation(
        "GET",
        "/v1/changes",
        "Changing facts as server-sent events; `event` is the kind of fact",
        "read",
        _ref("Change"),
        (_LISTEN,),
        media="text/event-stream",
        errors=(503,),
    ),
    Operation(
        "GET", "/v1/dead-letters", "Input that could not be taken", "read", _of(dead_letters=_many(_ROW)), (_LIMIT,)
    ),
    Operation("GET", "/v1/dead-letters/{id}", "One of them, with its bytes as they came", "admin", _ROW, errors=(404,)),
    Operation(
        "POST",
        "/v1/dead-letters/redrive",
        "Send dead letters again",
        "admin",
        _of(redriven=_many(_ROW)),
        body=_ref("AskedRedrive"),
    ),
    Operation("GET", "/v1/keys", "API keys, without the keys", "admin", _of(keys=_many(_ROW))),
    Operation(
        "POST",
        "/v1/keys",
        "Make a key: it is shown in this answer only",
        "admin",
        _of(key=_TEXT),
        body=_ref("AskedKey"),
        status=201,
    ),
    Operation("DELETE", "/v1/keys/{hint}", "Revoke a key at once", "admin", _of(revoked=_TEXT), errors=(404,)),
    Operation(
        "POST",
        "/v1/audit",
        "Acts of administration, and whether each stands as it was written",
        "admin",
        _PROGRESS,
        body=_ref("AskedAudit"),
        media=_LINES,
    ),
    Operation("GET", "/v1/deliveries", "What became of webhooks", "read", _of(deliveries=_many(_ROW))),
    Operation(
        "POST", "/v1/admin/run", "Fold until nothing waits and the sinks have it", _OPERATOR, _PROGRESS, media=_LINES
    ),
    Operation("GET", "/v1/admin/state-hash", "SHA-256 of everything that is folded", _OPERATOR, _HASHES, errors=(409,)),
    Operation(
        "POST",
        "/v1/admin/rebuild",
        "Fold the journal again and compare",
        _OPERATOR,
        _PROGRESS,
        (("accept_refusals", "boolean", "replace the state also where the journal knows no refusal"),),
        media=_LINES,
    ),
    Operation(
        "POST",
        "/v1/admin/import",
        "Bring history in out of files",
        _OPERATOR,
        _PROGRESS,
        body=_ref("AskedImport"),
        media=_LINES,
    ),
    Operation(
        "POST",
        "/v1/admin/pull",
        "Read a connected tool's history through its API",
        _OPERATOR,
        _PROGRESS,
        body=_ref("AskedPull"),
        media=_LINES,
    ),
    Operation("GET", "/", "The console", None, _TEXT, media="text/html"),
    Operation("GET", "/console/{name}", "A file of the console", None, _TEXT, media="text/javascript", errors=(404,)),
    Operation("GET", "/openapi.json", "This document", None, _ROW),
    Operation(
        "GET",
        "/metrics",
        "Prometheus text; for the operator only where others may reach it",
        None,
        _TEXT,
        media="text/plain",
    ),
)


@cache
def document() -> Shape:
    """The whole document."""
    paths: dict[str, Shape] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _described(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Millrace", "version": "1", "description": "Events in, explainable answers out."},
        "paths": paths,
        "components": {
            "schemas": _schemas(),
            "parameters": {"tenant": _TENANT},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "bearerFormat": "mr_live_…"}},
        },
    }


_TENANT: Shape = {
    "name": "x-millrace-tenant",
    "in": "header",
    "schema": _TEXT,
    "description": "for the operator's token where there are several tenants; a key has one tenant and needs no header",
}


def _described(operation: Operation) -> Shape:
    errors = {*operation.errors, *((400, 401, 403) if operation.scope else ())}
    answers: Shape = {
        str(operation.status): {
            "description": operation.summary,
            "content": {operation.media: {"schema": operation.answers}},
        }
    }
    for status in sorted(errors):
        media, shape = ("application/json", "Results") if status == 207 else ("application/problem+json", "Problem")
        answers[str(status)] = {"description": _STATUS[status], "content": {media: {"schema": _ref(shape)}}}
    said: Shape = {"summary": operation.summary, "parameters": operation.parameters, "responses": answers}
    if operation.scope:
        said["security"] = [{"key": []}]
        said["description"] = f"Needs the scope `{operation.scope}`." if operation.scope in SCOPES else "Operator only."
    if operation.body is not None:
        media = "application/cloudevents+json" if operation.body is _EVENTS else "application/json"
        said["requestBody"] = {"required": True, "content": {media: {"schema": operation.body}}}
    return said


_STATUS = {
    207: "Some were taken and some were not; each says so",
    400: "What was sent cannot be read, or asks for what there is not",
    401: "No valid key",
    403: "The key lacks a scope, or the tenant is another",
    404: "Nothing is known under this id",
    405: "Nothing is taken that way here",
    409: "The id was taken with other content, or what is asked is not so now",
    413: "More than is taken at once",
    415: "A media type or encoding that is not taken",
    422: "The event does not hold what its type says",
    429: "Too much at once; try again after what Retry-After says",
    503: "Not now; try again",
}


def _schemas() -> Shape:
    asked = (
        AskedSql,
        AskedKey,
        AskedRedrive,
        AskedAudit,
        AskedImport,
        AskedPull,
        AskedConnection,
        AskedRotation,
        AskedSwitch,
    )
    kinds = (Explanation, *asked)
    _, components = msgspec.json.schema_components(kinds, ref_template="#/components/schemas/{name}")
    reason: Shape = {"enum": [reason.name for reason in REASONS]}
    term = _of(label=_TEXT, amount={"type": "number"}, event_ids=_many(_TEXT))
    components["Term"] = term
    event = _of(specversion={"const": "1.0"}, id=_TEXT, source=_TEXT, type=_TEXT, time=_TEXT, data=_ROW)
    result: Shape = _of(status={"enum": ["accepted", "queued", "duplicate", "refused", "turned_away"]})
    result["properties"] |= dict.fromkeys(("event_id", "detail", "where", "remedy", "letter"), _TEXT)
    result["properties"] |= {"position": _NUMBER, "reason": reason}
    change = _of(
        kind={"enum": [*BY_KIND, "missed"]},
        fact_id=_TEXT,
        revision=_NUMBER,
        said_at=_TEXT,
        retracted={"type": "boolean"},
    )
    return {
        **components,
        "Event": event | {"description": "CloudEvents 1.0; `millrace schemas export` writes the schema of each type"},
        "Results": _of(accepted=_NUMBER, queued=_NUMBER, duplicate=_NUMBER, refused=_NUMBER, results=_many(result)),
        "Problem": _of(status=_NUMBER, title=_TEXT, detail=_TEXT),
        "Readiness": _of(status={"enum": ["ready", "not ready"]}, backlog=_NUMBER, faults=_ROW),
        "Totals": _of(tenant=_TEXT, now=_TEXT, live={"type": "boolean"}, tickets=_NUMBER, accounts=_NUMBER),
        "Explained": _of(why=_many(_ref("Explanation"))),
        "Table": _of(columns=_many(_TEXT), types=_many(_TEXT), rows=_many(_many({}))),
        "Change": change | {"description": "Beside these, the fields of the fact; none where it is retracted"},
    }
