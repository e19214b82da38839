"""Answers out: accounts, tickets, reasons, search and SQL."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.answers import Answers
from infra.http.bodies import body_of
from infra.http.problems import Problem, json_response
from infra.http.surface import asked_by, surface_of, whole_number
from infra.reply_limits import LOOKED_AT
from infra.view_rows import Row, plain_values
from schemas.instant import format_instant

MOST_ROWS = 10_000
MOST_REPLIES = LOOKED_AT
_KINDS = ("ticket", "feedback", "answer")
_LARGEST_QUERY = 1 << 20


class AskedSql(msgspec.Struct, forbid_unknown_fields=True):
    """Body of `POST /v1/sql`."""

    sql: Annotated[str, msgspec.Meta(max_length=100_000)]


async def _listed(request: Request, name: str, ask: Callable[[Answers, str, int], list[Row]]) -> Response:
    """The first rows of a list, as many as the reader wants."""
    surface, _, tenant = asked_by(request, "read")
    limit = whole_number(request, "limit", 50, MOST_ROWS)
    return json_response({name: await asyncio.to_thread(ask, surface.answers, tenant, limit)})


async def totals(request: Request) -> Response:
    """`GET /v1/totals`."""
    surface, _, tenant = asked_by(request, "read")
    said = await asyncio.to_thread(surface.answers.totals, tenant)
    # What is left of a promise counts from the tenant's clock: the machine's, or that of a history that was imported.
    now, live = await asyncio.to_thread(surface.application.records.now, tenant, surface.application.clock())
    return json_response(said | {"tenant": tenant, "now": format_instant(now), "live": live})


async def tenants(request: Request) -> Response:
    """`GET /v1/tenants`: all of them for the operator, its own for a key."""
    surface = surface_of(request)
    principal = surface.identity.principal(request, "read")
    surface.identity.named(request, principal)
    known = [principal.tenant] if principal.tenant else await asyncio.to_thread(surface.application.records.tenants)
    return json_response({"tenants": list(known)})


async def accounts(request: Request) -> Response:
    """`GET /v1/accounts`: the likeliest to leave first."""
    return await _listed(request, "accounts", Answers.accounts)


async def at_risk(request: Request) -> Response:
    """`GET /v1/at-risk`: the most recurring revenue at risk first."""
    return await _listed(request, "accounts", Answers.leaving)


async def lost(request: Request) -> Response:
    """`GET /v1/lost-accounts`: who left, the latest first."""
    return await _listed(request, "accounts", partial(Answers.leaving, lost=True))


async def account(request: Request) -> Response:
    """`GET /v1/accounts/{id}`."""
    surface, _, tenant = asked_by(request, "read")
    said = await asyncio.to_thread(surface.answers.account, tenant, request.path_params["id"])
    return json_response(said | {"why": [_explanation(one) for one in said["why"]]})


async def ticket(request: Request) -> Response:
    """`GET /v1/tickets/{id}`."""
    surface, _, tenant = asked_by(request, "read")
    said = await asyncio.to_thread(surface.answers.ticket, tenant, request.path_params["id"])
    return json_response(said | {"why": [_explanation(one) for one in said["why"]]})


async def replies(request: Request) -> Response:
    """`GET /v1/replies/{id}?limit=…`: what was answered on solved tickets like it."""
    surface, _, tenant = asked_by(request, "read")
    limit = whole_number(request, "limit", 5, MOST_REPLIES)
    found = await asyncio.to_thread(surface.answers.replies, tenant, request.path_params["id"], limit)
    return json_response({"replies": found})


async def breaches(request: Request) -> Response:
    """`GET /v1/breaches`: promises at risk by time left."""
    return await _listed(request, "breaches", Answers.breach_queue)


async def waiting(request: Request) -> Response:
    """`GET /v1/queue`: tickets that wait for an expert, by time left."""
    return await _listed(request, "waiting", Answers.waiting)


async def escalations(request: Request) -> Response:
    """`GET /v1/escalations`: tickets that somebody senior should see."""
    return await _listed(request, "escalations", Answers.escalated)


async def experts(request: Request) -> Response:
    """`GET /v1/experts`: who helps, what they have in hand, and their teams."""
    surface, _, tenant = asked_by(request, "read")
    limit = whole_number(request, "limit", 1_000, MOST_ROWS)
    said = await asyncio.to_thread(surface.answers.experts, tenant, limit)
    return json_response({"experts": said, "teams": await asyncio.to_thread(surface.answers.teams, tenant)})


async def themes(request: Request) -> Response:
    """`GET /v1/themes`: what feedback speaks of, and how each scale was answered."""
    surface, _, tenant = asked_by(request, "read")
    return json_response(await asyncio.to_thread(surface.answers.spoken_of, tenant))


async def why(request: Request) -> Response:
    """`GET /v1/why/{id}`: every explanation of a ticket or an account."""
    surface, _, tenant = asked_by(request, "read")
    found = await asyncio.to_thread(surface.answers.why, tenant, request.path_params["id"])
    return json_response({"explanations": [_explanation(one) for one in found]})


async def search(request: Request) -> Response:
    """`GET /v1/search?q=…&kind=ticket&status=solved`."""
    surface, _, tenant = asked_by(request, "read")
    text = request.query_params.get("q", "")
    if not text.strip():
        raise Problem(400, "what shall be searched?", "give words as `q`")
    kinds = request.query_params.getlist("kind")
    if unknown := [kind for kind in kinds if kind not in _KINDS]:
        raise Problem(400, f"no documents are of kind {unknown[0]!r}", f"one of {', '.join(_KINDS)}")
    filters = {
        name: request.query_params[name] for name in ("status", "category", "account") if name in request.query_params
    }
    limit = whole_number(request, "limit", 10, 200)
    hits = await asyncio.to_thread(
        surface.answers.search, tenant, text, kinds=tuple(kinds), filters=filters or None, limit=limit
    )
    return json_response({"hits": hits})


async def sql(request: Request) -> Response:
    """`POST /v1/sql`: `{"sql": "SELECT …"}`, one SELECT over the tenant's views."""
    surface, _, tenant = asked_by(request, "read")
    said = msgspec.json.decode(await body_of(request, _LARGEST_QUERY), type=AskedSql)
    result = await asyncio.to_thread(surface.answers.sql, tenant, said.sql)
    rows = [plain_values(result, row) for row in result.rows]
    return json_response({"columns": result.columns, "types": result.types, "rows": rows})


def _explanation(explanation: object) -> dict[str, Any]:
    said: dict[str, Any] = msgspec.to_builtins(explanation)
    said["terms"] = [
        {"label": label, "amount": amount, "event_ids": event_ids} for label, amount, event_ids in said["terms"]
    ]
    return said


ROUTES = [
    Route("/v1/tenants", tenants),
    Route("/v1/totals", totals),
    Route("/v1/accounts", accounts),
    Route("/v1/at-risk", at_risk),
    Route("/v1/lost-accounts", lost),
    Route("/v1/accounts/{id:path}", account),
    Route("/v1/tickets/{id:path}", ticket),
    Route("/v1/replies/{id:path}", replies),
    Route("/v1/breaches", breaches),
    Route("/v1/queue", waiting),
    Route("/v1/experts", experts),
    Route("/v1/escalations", escalations),
    Route("/v1/themes", themes),
    Route("/v1/why/{id:path}", why),
    Route("/v1/search", search),
    Route("/v1/sql", sql, methods=["POST"]),
]
