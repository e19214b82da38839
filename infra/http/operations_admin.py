"""What is administered over HTTP: a line for each route, with what it takes and answers."""

from __future__ import annotations

from infra.alert_limits import LAST_CURSOR, MOST_ALERTS, MOST_DELIVERIES
from infra.http.operation import LINES, OPERATOR, PAGE, Operation, limit_of
from infra.http.shapes import NUMBER, ROW, TEXT, Shape, many, of, ref

_HASHES = of(state_hash=TEXT, tenants={"type": "object", "additionalProperties": TEXT})
_PROGRESS: Shape = {"type": "string", "description": "JSON lines: {done, total, stage} …, then {result} or {error}"}
_AFTER = ("after", {"type": "integer", "minimum": 0, "maximum": LAST_CURSOR}, "`next` of the answer before")

ADMINISTERED: tuple[Operation, ...] = (
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
    Operation(
        "GET",
        "/v1/dead-letters",
        "Input that could not be taken",
        "read",
        of(dead_letters=many(ROW)),
        PAGE,
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
        media=LINES,
    ),
    Operation("GET", "/v1/webhooks", "Who hears of alerts, and how each fares", "read", of(webhooks=many(ROW))),
    Operation(
        "POST",
        "/v1/webhooks/{id}/enable",
        "Give an endpoint that was disabled by its failures another chance",
        "admin",
        of(enabled=TEXT),
        errors=(404,),
    ),
    Operation(
        "POST",
        "/v1/webhooks/{id}/recover",
        "Tell an endpoint what was given up or never sent since an instant",
        "admin",
        of(given_up=NUMBER, never_sent=NUMBER),
        body=ref("AskedRecovery"),
        errors=(404, 409),
    ),
    Operation(
        "POST",
        "/v1/webhooks/{id}/trial",
        "Send an alert that means nothing, and say what became of it",
        "admin",
        of(delivery=ROW),
        errors=(404,),
    ),
    Operation(
        "GET",
        "/v1/deliveries",
        "What became of alerts, the newest first",
        "read",
        of(deliveries=many(ROW)),
        (limit_of(MOST_DELIVERIES), ("endpoint", TEXT, "only what this one was owed")),
    ),
    Operation(
        "GET",
        "/v1/alerts",
        "Alerts of the last 32 days as they were raised and withdrawn, for who asks instead of listening",
        "read",
        of(alerts=many(ROW), next=NUMBER),
        (limit_of(MOST_ALERTS), _AFTER),
    ),
    Operation(
        "POST", "/v1/admin/run", "Fold until nothing waits and the sinks have it", OPERATOR, _PROGRESS, media=LINES
    ),
    Operation("GET", "/v1/admin/state-hash", "SHA-256 of everything that is folded", OPERATOR, _HASHES, errors=(409,)),
    Operation(
        "POST",
        "/v1/admin/rebuild",
        "Fold the journal again and compare",
        OPERATOR,
        _PROGRESS,
        (("accept_refusals", {"type": "boolean"}, "replace the state also where the journal knows no refusal"),),
        media=LINES,
    ),
    Operation(
        "POST",
        "/v1/admin/sla-diff",
        "What other promises, calendars, tiers or credits would have changed; writes nothing",
        OPERATOR,
        _PROGRESS,
        body=ref("AskedSlaDiff"),
        media=LINES,
        errors=(404,),
    ),
    Operation(
        "POST",
        "/v1/admin/import",
        "Bring history in out of files",
        OPERATOR,
        _PROGRESS,
        body=ref("AskedImport"),
        media=LINES,
    ),
    Operation(
        "POST",
        "/v1/admin/pull",
        "Read a connected tool's history through its API",
        OPERATOR,
        _PROGRESS,
        body=ref("AskedPull"),
        media=LINES,
    ),
)
