"""What can be asked over HTTP: a line for each route, with what it takes and answers."""

from __future__ import annotations

import re
from dataclasses import dataclass

from infra.access import SCOPES, Scope
from infra.http.shapes import ROW, TEXT, Shape, many, of, ref
from infra.reply_limits import LOOKED_AT
from infra.taught import CANDIDATES, MOST_GROUPS

_OPERATOR = "operator"
Asked = tuple[str, Shape, str]


def _limit(most: int) -> Asked:
    return ("limit", {"type": "integer", "minimum": 1, "maximum": most}, "how many at most")


_PAGE = (_limit(10_000),)
_CANDIDATES = (_limit(CANDIDATES),)
_GROUPS = (_limit(MOST_GROUPS),)


@dataclass(frozen=True, slots=True)
class Operation:
    """One route. `answers` names the shape of its answer; `body` that of what it takes."""

    method: str
    path: str
    summary: str
    scope: Scope | str | None
    answers: Shape
    query: tuple[Asked, ...] = ()
    needed: tuple[str, ...] = ()
    body: Shape | None = None
    status: int = 200
    media: str = "application/json"
    errors: tuple[int, ...] = ()

    @property
    def parameters(self) -> list[Shape]:
        """What stands in the path and after it."""
        named = re.findall(r"{(\w+)}", self.path)
        places = [{"name": name, "in": "path", "required": True, "schema": TEXT} for name in named]
        asked = [
            {"name": name, "in": "query", "required": name in self.needed, "description": said, "schema": schema}
            for name, schema, said in self.query
        ]
        tenant = [{"$ref": "#/components/parameters/tenant"}] if self.scope in SCOPES else []
        return [*places, *asked, *tenant]


_HASHES = of(state_hash=TEXT, tenants={"type": "object", "additionalProperties": TEXT})
_PROGRESS: Shape = {"type": "string", "description": "JSON lines: {done, total, stage} …, then {result} or {error}"}
EVENTS: Shape = {
    "oneOf": [ref("Event"), many(ref("Event"))],
    "description": "structured, batch (an array, or a line each as application/x-ndjson) or binary mode; plain or gzip",
}
_ANYTHING: Shape = {"description": "what the tool sends: JSON, or XML"}
_LINES = "application/x-ndjson"
_FILES = "text/html, text/css, text/javascript, image/svg+xml"
_LISTEN = (
    "after",
    {"type": "integer", "minimum": 0, "maximum": 10**18 - 1},
    "like Last-Event-ID: go on after this event",
)
_HEALTH = (
    ("as_of", TEXT | {"format": "date-time"}, "instant; now if absent"),
    ("config", TEXT, "the event id of a version, or `default`"),
)
_SEARCH = (
    ("q", TEXT | {"pattern": r"\S"}, "words"),
    ("kind", many({"enum": ["ticket", "feedback", "answer"]}), "may be repeated"),
    ("status", TEXT, "of the ticket"),
    ("category", TEXT, "of the ticket"),
    ("account", TEXT, "whose"),
    _limit(200),
)

OPERATIONS: tuple[Operation, ...] = (
    Operation("GET", "/healthz", "Whether the process answers", None, of(status=TEXT)),
    Operation("GET", "/readyz", "Whether records are folded and shown", None, ref("Readiness"), errors=(503,)),
    Operation(
        "POST",
        "/v1/events",
        "Take events; a result for each",
        "ingest",
        ref("Results"),
        body=EVENTS,
        errors=(207, 409, 413, 415, 422, 429, 503),
    ),
    Operation(
        "POST",
        "/v1/connect/{source}/{connection}",
        "What a connected tool pushes, signed its own way; answered as the tool expects",
        None,
        ROW,
        body=_ANYTHING,
        errors=(401, 404, 405, 409, 413, 415, 503),
    ),
    Operation(
        "OPTIONS",
        "/v1/connect/{source}/{connection}",
        "Whether a CloudEvents sender may send",
        None,
        TEXT,
        media="text/plain",
        errors=(404, 405),
    ),
    Operation("GET", "/v1/connections", "Connected tools, without their secrets", "admin", of(connections=many(ROW))),
    Operation(
        "POST",
        "/v1/connections",
        "Connect a tool: a secret made here is shown in this answer only",
        "admin",
        ROW,
        body=ref("AskedConnection"),
        status=201,
    ),
    Operation(
        "POST",
        "/v1/connections/{id}",
        "Stop a connection, or let it go on",
        "admin",
        ROW,
        body=ref("AskedSwitch"),
        errors=(404,),
    ),
    Operation("DELETE", "/v1/connections/{id}", "End a connection at once", "admin", of(removed=TEXT), errors=(404,)),
    Operation(
        "POST",
        "/v1/connections/{id}/secrets",
        "Give a connection another secret; the one before signs for a while yet",
        "admin",
        ROW,
        body=ref("AskedRotation"),
        errors=(404,),
    ),
    Operation("GET", "/v1/tenants", "The tenants the key may read", "read", of(tenants=many(TEXT))),
    Operation("GET", "/v1/totals", "How many of everything, and the tenant's clock", "read", ref("Totals")),
    Operation(
        "GET",
        "/v1/accounts",
        "Accounts, the likeliest to leave first",
        "read",
        of(accounts=many(ROW)),
        _PAGE,
    ),
    Operation("GET", "/v1/at-risk", "Accounts by recurring revenue at risk", "read", of(accounts=many(ROW)), _PAGE),
    Operation("GET", "/v1/lost-accounts", "Accounts that left", "read", of(accounts=many(ROW)), _PAGE),
    Operation(
        "GET",
        "/v1/accounts/{id}",
        "An account with its health history, tickets and reasons",
        "read",
        ref("Explained"),
        errors=(404,),
    ),
    Operation(
        "GET",
        "/v1/tickets/{id}",
        "A ticket with its clocks, timeline, words, reasons and similar ones",
        "read",
        ref("Explained"),
        errors=(404,),
    ),
    Operation(
        "GET",
        "/v1/replies/{id}",
        "What experts answered on solved tickets like this one, each answer once",
        "read",
        of(replies=many(ROW)),
        (_limit(LOOKED_AT),),
        errors=(404,),
    ),
    Operation(
        "GET",
        "/v1/breaches",
        "Promises at risk or broken, by time left",
        "read",
        of(breaches=many(ROW)),
        _PAGE,
    ),
    Operation("GET", "/v1/queue", "Tickets that wait, by time left", "read", of(waiting=many(ROW)), _PAGE),
    Operation("GET", "/v1/escalations", "Tickets to be seen to", "read", of(escalations=many(ROW)), _PAGE),
    Operation(
        "GET",
        "/v1/demand",
        "Tickets expected in six hours, and spikes",
        "read",
        of(expected=many(ROW), spikes=many(ROW)),
        _PAGE,
    ),
    Operation("GET", "/v1/experts", "Experts and teams", "read", of(experts=many(ROW), teams=many(ROW)), _PAGE),
    Operation(
        "GET",
        "/v1/feedback",
        "Feedback that asks for something, how far its answer has come, and how each step turned out",
        "read",
        of(loops=many(ROW), steps=many(ROW)),
        (("open", {"type": "boolean"}, "only what is not closed"), _limit(10_000)),
    ),
    Operation(
        "GET",
        "/v1/themes",
        "What feedback speaks of, by revenue and lately, and how each scale was answered by month",
        "read",
        of(themes=many(ROW), severe=many(ROW), scales=many(ROW)),
    ),
    Operation(
        "GET",
        "/v1/why/{id}",
        "Every explanation of a ticket or an account",
        "read",
        of(explanations=many(ref("Explanation"))),
        errors=(404,),
    ),
    Operation(
        "GET",
        "/v1/sla/{id}",
        "Every clock of a ticket, segment by segment",
        "read",
        of(clocks=many(ROW)),
        errors=(404,),
    ),
    Operation(
        "GET",
        "/v1/models",
        "How good the models are, who answers, who taught, what became worse, and what was taken back",
        "read",
        of(models=many(ROW), teachers=many(ROW), promotions=many(ROW), drifts=many(ROW), unlearned=many(ROW)),
    ),
    Operation(
        "GET",
        "/v1/models/topics",
        "What the latest tickets ask whose category was held back: groups of like ones",
        "read",
        of(held_back={"type": "integer"}, topics=many(ROW)),
        _GROUPS,
    ),
    Operation(
        "GET",
        "/v1/models/advice",
        "Categories that are taken for each other, categories that hold two things, and what telling so would gain",
        "read",
        of(judged={"type": "integer"}, right={"type": "integer"}, pairs=many(ROW), splits=many(ROW)),
        _GROUPS,
    ),
    Operation(
        "GET",
        "/v1/teach/suggested",
        "Tickets that would teach most",
        "read",
        of(tickets=many(ROW)),
        (_limit(CANDIDATES),),
    ),
    Operation(
        "GET",
        "/v1/health/{id}",
        "An account's scores at an instant, by the rules of then or by one version, beside what was seen",
        "read",
        of(scores=many(ROW)),
        _HEALTH,
        errors=(404,),
    ),
    Operation(
        "GET",
        "/v1/search",
        "Tickets, answers and feedback nearest to words",
        "read",
        of(hits=many(ROW)),
        _SEARCH,
        ("q",),
    ),
    Operation("POST", "/v1/sql", "One SELECT over the tenant's views", "read", ref("Table"), body=ref("AskedSql")),
    Operation(
        "GET",
        "/v1/changes",
        "Changing facts as server-sent events; `event` is the kind of fact",
        "read",
        ref("Change"),
        (_LISTEN,),
        media="text/event-stream",
        errors=(503,),
    ),
    Operation(
        "GET",
        "/v1/dead-letters",
        "Input that could not be taken",
        "read",
        of(dead_letters=many(ROW)),
        _PAGE,
    ),
    Operation("GET", "/v1/dead-letters/{id}", "One of them, with its bytes as they came", "admin", ROW, errors=(404,)),
    Operation(
        "POST",
        "/v1/dead-letters/redrive",
        "Send dead letters again",
        "admin",
        of(redriven=many(ROW)),
        body=ref("AskedRedrive"),
    ),
    Operation("GET", "/v1/keys", "API keys, without the keys", "admin", of(keys=many(ROW))),
    Operation(
        "POST",
        "/v1/keys",
        "Make a key: it is shown in this answer only",
        "admin",
        of(key=TEXT),
        body=ref("AskedKey"),
        status=201,
    ),
    Operation("DELETE", "/v1/keys/{hint}", "Revoke a key at once", "admin", of(revoked=TEXT), errors=(404,)),
    Operation(
        "POST",
        "/v1/audit",
        "Acts of administration, and whether each stands as it was written",
        "admin",
        _PROGRESS,
        body=ref("AskedAudit"),
        media=_LINES,
    ),
    Operation("GET", "/v1/deliveries", "What became of webhooks", "read", of(deliveries=many(ROW))),
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
        (("accept_refusals", {"type": "boolean"}, "replace the state also where the journal knows no refusal"),),
        media=_LINES,
    ),
    Operation(
        "POST",
        "/v1/admin/sla-diff",
        "What other promises, calendars, tiers or credits would have changed; writes nothing",
        _OPERATOR,
        _PROGRESS,
        body=ref("AskedSlaDiff"),
        media=_LINES,
        errors=(404,),
    ),
    Operation(
        "POST",
        "/v1/admin/import",
        "Bring history in out of files",
        _OPERATOR,
        _PROGRESS,
        body=ref("AskedImport"),
        media=_LINES,
    ),
    Operation(
        "POST",
        "/v1/admin/pull",
        "Read a connected tool's history through its API",
        _OPERATOR,
        _PROGRESS,
        body=ref("AskedPull"),
        media=_LINES,
    ),
    Operation("GET", "/", "The console", None, TEXT, media="text/html"),
    Operation("GET", "/console/{name}", "A file of the console", None, TEXT, media=_FILES, errors=(404,)),
    Operation("GET", "/openapi.json", "This document", None, ROW),
    Operation(
        "GET",
        "/metrics",
        "Prometheus text; for the operator only where others may reach it",
        None,
        TEXT,
        media="text/plain",
        errors=(401, 403),
    ),
)
