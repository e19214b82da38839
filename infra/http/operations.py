"""What can be asked over HTTP: a line for each route, with what it takes and answers."""

from __future__ import annotations

from infra.http.operation import PAGE, Operation, limit_of
from infra.http.operations_admin import ADMINISTERED
from infra.http.shapes import ROW, TEXT, Shape, many, of, ref
from infra.reply_limits import LOOKED_AT
from infra.taught import CANDIDATES, MOST_GROUPS

_GROUPS = (limit_of(MOST_GROUPS),)
EVENTS: Shape = {
    "oneOf": [ref("Event"), many(ref("Event"))],
    "description": "structured, batch (an array, or a line each as application/x-ndjson) or binary mode; plain or gzip",
}
_ANYTHING: Shape = {"description": "what the tool sends: JSON, or XML"}
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
    limit_of(200),
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
    Operation("GET", "/v1/tenants", "The tenants the key may read", "read", of(tenants=many(TEXT))),
    Operation("GET", "/v1/totals", "How many of everything, and the tenant's clock", "read", ref("Totals")),
    Operation(
        "GET",
        "/v1/accounts",
        "Accounts, the likeliest to leave first",
        "read",
        of(accounts=many(ROW)),
        PAGE,
    ),
    Operation("GET", "/v1/at-risk", "Accounts by recurring revenue at risk", "read", of(accounts=many(ROW)), PAGE),
    Operation("GET", "/v1/lost-accounts", "Accounts that left", "read", of(accounts=many(ROW)), PAGE),
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
        (limit_of(LOOKED_AT),),
        errors=(404,),
    ),
    Operation(
        "GET",
        "/v1/breaches",
        "Promises at risk or broken, by time left",
        "read",
        of(breaches=many(ROW)),
        PAGE,
    ),
    Operation("GET", "/v1/queue", "Tickets that wait, by time left", "read", of(waiting=many(ROW)), PAGE),
    Operation("GET", "/v1/escalations", "Tickets to be seen to", "read", of(escalations=many(ROW)), PAGE),
    Operation(
        "GET",
        "/v1/demand",
        "Tickets expected in six hours, and spikes",
        "read",
        of(expected=many(ROW), spikes=many(ROW)),
        PAGE,
    ),
    Operation("GET", "/v1/experts", "Experts and teams", "read", of(experts=many(ROW), teams=many(ROW)), PAGE),
    Operation(
        "GET",
        "/v1/feedback",
        "Feedback that asks for something, how far its answer has come, and how each step turned out",
        "read",
        of(loops=many(ROW), steps=many(ROW)),
        (("open", {"type": "boolean"}, "only what is not closed"), limit_of(10_000)),
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
        "/v1/sla-events/{id}",
        "What happened to the clocks of a ticket, in the shape of Zendesk's ticket metric events",
        "read",
        of(ticket_metric_events=many(ROW), count={"type": "integer"}),
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
        (limit_of(CANDIDATES),),
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
    *ADMINISTERED,
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
