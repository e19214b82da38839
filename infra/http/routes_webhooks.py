"""Who hears of a tenant's alerts, what became of each, and the alerts themselves for those who ask instead."""

from __future__ import annotations

import asyncio
import time
from dataclasses import asdict
from typing import Any

import msgspec
import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.alert_limits import LAST_CURSOR, MOST_ALERTS, MOST_DELIVERIES
from infra.http import audit
from infra.http.operator import asked
from infra.http.problems import Problem, json_response
from infra.http.surface import Surface, asked_by, whole_number
from schemas.instant import format_if_known, format_instant, parse_instant
from sinks.webhook.alert_log import LOOKED_BACK, LOOKED_BACK_DAYS, SaidAlert
from sinks.webhook.delivery_row import DeliveryRow
from sinks.webhook.signature import PRIVATE_PREFIX, public_key
from sinks.webhook.sink import EndpointStanding

# Longer than one attempt may last.
_TRIAL_SECONDS = 20.0
_LOOKED_AT_SECONDS = 0.05
_INSTANTS = ("happened_at", "enqueued_at", "due_at", "last_attempt_at", "ended_at")


class AskedRecovery(msgspec.Struct, forbid_unknown_fields=True):
    """Body of `POST /v1/webhooks/{id}/recover`: an RFC 3339 instant with an offset, at most 32 days ago."""

    since: str


async def endpoints(request: Request) -> Response:
    """`GET /v1/webhooks`: never their addresses or secrets, which are as good as keys."""
    surface, _, tenant = asked_by(request, "read")
    found = await asyncio.to_thread(surface.application.webhooks.endpoints, tenant)
    return json_response({"webhooks": [_endpoint(one, surface.application.clock()) for one in found]})


async def enable(request: Request) -> Response:
    """`POST /v1/webhooks/{id}/enable`: another chance for one that was disabled by its failures."""
    surface, principal, tenant = asked_by(request, "admin")
    id_ = _named(surface, request, tenant)
    await asyncio.to_thread(surface.application.webhooks.enable, tenant, id_)
    await audit.told(surface, principal, tenant, "webhook.enabled", subject=id_)
    return json_response({"enabled": id_})


async def recover(request: Request) -> Response:
    """`POST /v1/webhooks/{id}/recover`: tells it what it missed since an instant."""
    surface, principal, tenant = asked_by(request, "admin")
    id_ = _named(surface, request, tenant)
    since = _since((await asked(request, AskedRecovery)).since, surface.application.clock())
    try:
        failed, unsent = await asyncio.to_thread(surface.application.webhooks.recover, tenant, id_, since)
    except ValueError as error:
        raise Problem(409, "endpoint is off", f"{error}; enable it first") from error
    detail = f"since {format_instant(since)}: {failed} given up, {unsent} never sent"
    await audit.told(surface, principal, tenant, "webhook.recovered", subject=id_, detail=detail)
    return json_response({"given_up": failed, "never_sent": unsent})


async def try_out(request: Request) -> Response:
    """`POST /v1/webhooks/{id}/trial`: sends it an alert that means nothing, and answers what became of that."""
    surface, principal, tenant = asked_by(request, "admin")
    id_ = _named(surface, request, tenant)
    webhooks = surface.application.webhooks
    webhook_id = await asyncio.to_thread(webhooks.try_out, tenant, id_)
    await audit.told(surface, principal, tenant, "webhook.tried", subject=id_)
    ends = time.monotonic() + _TRIAL_SECONDS
    while True:
        (row,) = await asyncio.to_thread(webhooks.deliveries, tenant, 1, endpoint_id=id_, webhook_id=webhook_id)
        if row.attempts or row.state != "pending" or time.monotonic() > ends:
            return json_response({"delivery": _delivery(row)})
        await asyncio.sleep(_LOOKED_AT_SECONDS)


async def deliveries(request: Request) -> Response:
    """`GET /v1/deliveries`: what became of webhooks, the newest first."""
    surface, _, tenant = asked_by(request, "read")
    limit = whole_number(request, "limit", 500, MOST_DELIVERIES)
    named = request.query_params.get("endpoint")
    rows = await asyncio.to_thread(surface.application.webhooks.deliveries, tenant, limit, endpoint_id=named)
    return json_response({"deliveries": [_delivery(row) for row in rows]})


async def alerts(request: Request) -> Response:
    """`GET /v1/alerts`: those of the last 32 days as they were raised and withdrawn, after a cursor."""
    surface, _, tenant = asked_by(request, "read")
    after = whole_number(request, "after", 0, LAST_CURSOR, least=0)
    limit = whole_number(request, "limit", 100, MOST_ALERTS)
    found = await asyncio.to_thread(surface.application.webhooks.alerts, tenant, after, limit)
    return json_response({"alerts": [_alert(one) for one in found], "next": found[-1].cursor if found else after})


def _named(surface: Surface, request: Request, tenant: str) -> str:
    id_: str = request.path_params["id"]
    if not surface.application.webhooks.has(tenant, id_):
        raise Problem(404, "not found", "there is no such webhook in settings.toml")
    return id_


def _since(said: str, now: int) -> int:
    try:
        since = parse_instant(said)
    except ValueError as error:
        raise Problem(422, "not an instant", f"since: {error}") from error
    if not now - LOOKED_BACK <= since <= now:
        raise Problem(422, "too long ago", f"alerts are kept for {LOOKED_BACK_DAYS} days; name an instant since then")
    return since


def _endpoint(standing: EndpointStanding, now: int) -> dict[str, Any]:
    endpoint, circuit = standing.endpoint, standing.circuit
    resting = circuit.open_until is not None and circuit.open_until > now
    state = "off" if not endpoint.enabled else "disabled" if circuit.disabled_reason else "resting" if resting else "on"
    return {
        "id": endpoint.id,
        "state": state,
        "disabled_reason": circuit.disabled_reason,
        "failures": circuit.failures,
        "failing_since": format_if_known(circuit.failing_since),
        "resting_until": format_if_known(circuit.open_until) if resting else None,
        "waiting": standing.waiting,
        "shape": endpoint.shape,
        "kinds": endpoint.kinds,
        "group_seconds": endpoint.group_seconds,
        "cool_down_seconds": endpoint.cool_down_seconds,
        "office_hours_only": endpoint.office_hours_only,
        "at_any_hour": endpoint.at_any_hour,
        "public_keys": [public_key(one) for one in endpoint.secrets if one.startswith(PRIVATE_PREFIX)],
    }


def _delivery(row: DeliveryRow) -> dict[str, Any]:
    said = asdict(row)
    for name in _INSTANTS:
        said[name] = format_if_known(said[name])
    return said


def _alert(said: SaidAlert) -> dict[str, Any]:
    told = {"cursor": said.cursor, "id": said.alert_id, "withdrawn": bool(said.withdrawn)}
    return told | {"alert": orjson.loads(said.body)}


ROUTES = [
    Route("/v1/webhooks", endpoints),
    Route("/v1/webhooks/{id}/enable", enable, methods=["POST"]),
    Route("/v1/webhooks/{id}/recover", recover, methods=["POST"]),
    Route("/v1/webhooks/{id}/trial", try_out, methods=["POST"]),
    Route("/v1/deliveries", deliveries),
    Route("/v1/alerts", alerts),
]
