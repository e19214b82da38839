"""What an operator does over HTTP: the command line is a client of these routes."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.access import SCOPES
from infra.http.operator import Tell, json_body, operator_of, streamed
from infra.http.problems import Problem, json_response
from infra.http.surface import asked_by
from schemas.instant import format_instant


async def run(request: Request) -> Response:
    """`POST /v1/admin/run`: folds until nothing waits and the sinks have it; progress as JSON lines."""
    surface = operator_of(request)

    def work(tell: Tell) -> dict[str, Any]:
        return {"folded": surface.operations.run_until_idle(lambda done, total: tell(done, total, "folding"))}

    return streamed(work)


async def state_hash(request: Request) -> Response:
    """`GET /v1/admin/state-hash`."""
    surface = operator_of(request)
    whole = await asyncio.to_thread(surface.operations.state_hash)
    return json_response({"state_hash": whole, "tenants": await asyncio.to_thread(surface.operations.tenant_hashes)})


async def rebuild(request: Request) -> Response:
    """`POST /v1/admin/rebuild`: progress as JSON lines, then old and new hash and whether tables are equal."""
    surface = operator_of(request)
    accept = request.query_params.get("accept_refusals") == "true"

    def work(tell: Tell) -> dict[str, Any]:
        proof = surface.operations.rebuild(lambda done, total: tell(done, total, "folding"), accept_refusals=accept)
        return asdict(proof) | {"equal": proof.equal}

    return streamed(work)


async def letters(request: Request) -> Response:
    """`GET /v1/dead-letters`."""
    surface, _, tenant = asked_by(request, "read")
    found = await asyncio.to_thread(surface.application.runtime.log.letters, tenant)
    return json_response({"dead_letters": [_letter(letter) for letter in found]})


async def letter(request: Request) -> Response:
    """`GET /v1/dead-letters/{id}`: with the bytes as they came; needs `admin`, for they were never redacted."""
    surface, _, tenant = asked_by(request, "admin")
    runtime = surface.application.runtime
    found = runtime.log.letter(tenant, request.path_params["id"])
    if found is None:
        raise Problem(404, "not found", f"there is no dead letter {request.path_params['id']!r}")
    raw = await asyncio.to_thread(runtime.privacy.open_letter, tenant, found.letter, found.raw)
    return json_response(_letter(found) | {"raw": None if raw is None else raw.decode("utf-8", "backslashreplace")})


async def redrive(request: Request) -> Response:
    """`POST /v1/dead-letters/redrive`: `{"letters": […], "reason": "…", "dry_run": true, "most": 100}`."""
    surface, _, tenant = asked_by(request, "admin")
    asked = await json_body(request)
    outcome = await asyncio.to_thread(
        surface.operations.redrive,
        tenant,
        tuple(asked.get("letters", ())),
        most=int(asked.get("most", 1_000)),
        reason=str(asked.get("reason", "")),
        dry_run=bool(asked.get("dry_run", False)),
    )
    return json_response({"redriven": [asdict(one) for one in outcome]})


async def keys(request: Request) -> Response:
    """`GET /v1/keys`."""
    surface, principal, tenant = asked_by(request, "admin")
    rows = surface.access.keys(tenant if principal.tenant or request.headers.get("x-millrace-tenant") else None)
    return json_response({"keys": [asdict(row) for row in rows]})


async def create_key(request: Request) -> Response:
    """`POST /v1/keys`: the key is in this answer and nowhere else."""
    surface, _, tenant = asked_by(request, "admin")
    asked = await json_body(request)
    scopes = tuple(asked.get("scopes", ("ingest", "read")))
    if not scopes or any(scope not in SCOPES for scope in scopes):
        raise Problem(400, "no such scope", f"take some of {', '.join(SCOPES)}")
    lifetime = asked.get("lifetime_seconds")
    key, row = surface.access.create(tenant, scopes, str(asked.get("name", "")), lifetime)
    return json_response({"key": key} | asdict(row), 201)


async def revoke_key(request: Request) -> Response:
    """`DELETE /v1/keys/{hint}`."""
    surface, principal, tenant = asked_by(request, "admin")
    if not surface.access.revoke(principal.tenant and tenant, request.path_params["hint"]):
        raise Problem(404, "not found", "there is no such key")
    return json_response({"revoked": request.path_params["hint"]})


async def deliveries(request: Request) -> Response:
    """`GET /v1/deliveries`: what became of webhooks."""
    surface, _, tenant = asked_by(request, "read")
    rows = await asyncio.to_thread(surface.application.webhooks.deliveries, tenant, 500)
    return json_response({"deliveries": [asdict(row) for row in rows]})


def _letter(letter: Any) -> dict[str, Any]:
    said = letter._asdict()
    del said["raw"]
    for name in ("kept_at", "redriven_at"):
        said[name] = None if said[name] is None else format_instant(said[name])
    return dict(said)


ROUTES = [
    Route("/v1/admin/run", run, methods=["POST"]),
    Route("/v1/admin/state-hash", state_hash),
    Route("/v1/admin/rebuild", rebuild, methods=["POST"]),
    Route("/v1/dead-letters", letters),
    Route("/v1/dead-letters/redrive", redrive, methods=["POST"]),
    Route("/v1/dead-letters/{id}", letter),
    Route("/v1/keys", keys),
    Route("/v1/keys", create_key, methods=["POST"]),
    Route("/v1/keys/{hint}", revoke_key, methods=["DELETE"]),
    Route("/v1/deliveries", deliveries),
]
