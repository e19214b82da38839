"""What an operator does over HTTP: the command line is a client of these routes."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Annotated, Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.access import OPERATOR, Principal, Scope
from infra.http import audit
from infra.http.operator import Tell, asked, operator_of, streamed
from infra.http.problems import Problem, json_response
from infra.http.surface import Surface, asked_by, surface_of, whole_number
from infra.service import Proof
from schemas.instant import format_if_known
from streams.state_hash import whole_hash

LONGEST_LIFETIME_SECONDS = 10 * 366 * 86_400
_SENT_AGAIN = ("accepted", "queued", "duplicate")


class AskedKey(msgspec.Struct, forbid_unknown_fields=True):
    """Body of `POST /v1/keys`."""

    scopes: Annotated[tuple[Scope, ...], msgspec.Meta(min_length=1, max_length=4)] = ("ingest", "read")
    name: Annotated[str, msgspec.Meta(max_length=100)] = ""
    lifetime_seconds: Annotated[int, msgspec.Meta(ge=1, le=LONGEST_LIFETIME_SECONDS)] | None = None


class AskedRedrive(msgspec.Struct, forbid_unknown_fields=True):
    """Body of `POST /v1/dead-letters/redrive`. No letters means all that were not sent again yet."""

    letters: Annotated[tuple[str, ...], msgspec.Meta(max_length=10_000)] = ()
    reason: str = ""
    most: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 1_000
    dry_run: bool = False


async def run(request: Request) -> Response:
    """`POST /v1/admin/run`: folds until nothing waits and the sinks have it; progress as JSON lines."""
    surface = operator_of(request)

    def work(tell: Tell) -> dict[str, Any]:
        return {"folded": surface.operations.run_until_idle(lambda done, total: tell(done, total, "folding"))}

    return streamed(work)


async def state_hash(request: Request) -> Response:
    """`GET /v1/admin/state-hash`."""
    surface = operator_of(request)
    tenants = await asyncio.to_thread(surface.operations.tenant_hashes)
    return json_response({"state_hash": whole_hash(tenants), "tenants": tenants})


async def rebuild(request: Request) -> Response:
    """`POST /v1/admin/rebuild`: progress as JSON lines, then old and new hash and whether tables are equal."""
    surface = operator_of(request)
    said = request.query_params.get("accept_refusals", "false")
    if said not in ("true", "false"):
        raise Problem(400, "`accept_refusals` is neither true nor false", "leave it out, or send true")
    accept = said == "true"

    def work(tell: Tell) -> dict[str, Any]:
        proof = surface.operations.rebuild(lambda stage, done, total: tell(done, total, stage), accept_refusals=accept)
        if not proof.equal:
            # One that says the same changes nothing, positions and the state hash included.
            _tell_of_rebuild(surface, proof, accept_refusals=accept)
        return asdict(proof) | {"equal": proof.equal}

    return streamed(work)


def _tell_of_rebuild(surface: Surface, proof: Proof, *, accept_refusals: bool) -> None:
    was_left = bool(proof.refusals) and not accept_refusals
    for tenant in surface.operations.tenant_hashes():
        differs = any(table.startswith(f"{tenant}/") for table in proof.differing_tables)
        said = "nothing was replaced" if was_left else "tables differ" if differs else "tables are equal"
        audit.tell(surface, OPERATOR, tenant, "state.rebuilt", subject="state", detail=said)


async def letters(request: Request) -> Response:
    """`GET /v1/dead-letters`: oldest first."""
    surface, _, tenant = asked_by(request, "read")
    limit = whole_number(request, "limit", 1_000, 10_000)
    found = await asyncio.to_thread(surface.application.records.letters, tenant, limit)
    return json_response({"dead_letters": [_letter(letter) for letter in found]})


async def letter(request: Request) -> Response:
    """`GET /v1/dead-letters/{id}`: with the bytes as they came; needs `admin`, for they were never redacted."""
    surface, _, tenant = asked_by(request, "admin")
    records = surface.application.records
    found = await asyncio.to_thread(records.letter, tenant, request.path_params["id"])
    if found is None:
        raise Problem(404, "not found", f"there is no dead letter {request.path_params['id']!r}")
    raw = await asyncio.to_thread(records.opened, tenant, found)
    return json_response(_letter(found) | {"raw": None if raw is None else raw.decode("utf-8", "backslashreplace")})


async def redrive(request: Request) -> Response:
    """`POST /v1/dead-letters/redrive`."""
    surface, principal, tenant = asked_by(request, "admin")
    said = await asked(request, AskedRedrive)
    outcome = await asyncio.to_thread(
        surface.operations.redrive, tenant, said.letters, most=said.most, reason=said.reason, dry_run=said.dry_run
    )
    if outcome and not said.dry_run:
        again = sum(one.outcome in _SENT_AGAIN for one in outcome)
        detail = f"{again} sent again" + (f", of reason {said.reason}" if said.reason else "")
        await audit.told(
            surface, principal, tenant, "dead_letters.redriven", subject=f"{len(outcome)} letters", detail=detail
        )
    return json_response({"redriven": [asdict(one) for one in outcome]})


async def keys(request: Request) -> Response:
    """`GET /v1/keys`: those of the tenant, or, for the operator who names none, all."""
    surface, _, named = _administered(request)
    rows = await asyncio.to_thread(surface.access.keys, named)
    return json_response({"keys": [asdict(row) for row in rows]})


async def create_key(request: Request) -> Response:
    """`POST /v1/keys`: the key is in this answer and nowhere else."""
    surface, principal, tenant = asked_by(request, "admin")
    said = await asked(request, AskedKey)
    key, row = await asyncio.to_thread(surface.access.create, tenant, said.scopes, said.name, said.lifetime_seconds)
    detail = f"scopes {', '.join(said.scopes)}"
    await audit.told(surface, principal, tenant, "key.created", subject=row.hint, detail=detail)
    return json_response({"key": key} | asdict(row), 201)


async def revoke_key(request: Request) -> Response:
    """`DELETE /v1/keys/{hint}`: it stops working with the next request."""
    surface, principal, named = _administered(request)
    row = await asyncio.to_thread(surface.access.revoke, named, request.path_params["hint"])
    if row is None:
        raise Problem(404, "not found", "there is no such key")
    await audit.told(surface, principal, row.tenant, "key.revoked", subject=row.hint)
    return json_response({"revoked": request.path_params["hint"]})


def _administered(request: Request) -> tuple[Surface, Principal, str | None]:
    """The surface, who asks, and whose keys are meant: the tenant's, or all where the operator names none."""
    surface = surface_of(request)
    principal = surface.identity.principal(request, "admin")
    return surface, principal, surface.identity.named(request, principal)


def _letter(letter: Any) -> dict[str, Any]:
    said = letter._asdict()
    del said["raw"]
    for name in ("kept_at", "redriven_at"):
        said[name] = format_if_known(said[name])
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
]
