"""What other tools push: the signature first, then the log, then the answer that the tool waits for."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import Annotated, Any

import msgspec
import structlog
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route

from infra.access import Principal
from infra.connections import Connection
from infra.http import audit
from infra.http.bodies import MOST_RECORDS, body_of
from infra.http.door import counted
from infra.http.operator import asked
from infra.http.problems import Problem, json_response
from infra.http.surface import Surface, asked_by, surface_of
from infra.telemetry.tracing import traceparent
from schemas.system import AdminAction
from schemas.values import Status
from streams.connectors.contract import Answer, Connector, Made
from streams.connectors.request import Request, Setup
from streams.connectors.signatures import Verdict, verified
from streams.sequencer import Taken

RETRY_SECONDS = 30
LONGEST_KEPT_SECONDS = 30 * 86_400
_LONG = 65_536  # bytes; what is longer is read beside the event loop

_log = structlog.get_logger(__name__)

Line = Annotated[str, msgspec.Meta(max_length=256)]


class AskedConnection(msgspec.Struct, forbid_unknown_fields=True):
    """Body of `POST /v1/connections`."""

    source: Line
    label: Annotated[str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9-]{0,30}$")] | None = None
    secret: Line = ""
    scheme: Line = ""
    public_url: Line = ""
    account_field: Annotated[str, msgspec.Meta(min_length=1, max_length=128)] = "account_id"
    vendor_account: Line = ""
    accounts: dict[str, Annotated[str, msgspec.Meta(min_length=1, max_length=128)]] = msgspec.field(
        default_factory=dict
    )
    statuses: dict[str, Status] = msgspec.field(default_factory=dict)


class AskedRotation(msgspec.Struct, forbid_unknown_fields=True):
    """Body of `POST /v1/connections/{id}/secrets`: without a secret a new one is made."""

    secret: Line = ""
    keep_seconds: Annotated[int, msgspec.Meta(ge=0, le=LONGEST_KEPT_SECONDS)] = 86_400


class AskedSwitch(msgspec.Struct, forbid_unknown_fields=True):
    """Body of `POST /v1/connections/{id}`."""

    enabled: bool


async def receive(http: HttpRequest) -> Response:
    """`POST /v1/connect/{source}/{connection}`: what is answered with success is durably in the log."""
    surface = surface_of(http)
    connection = surface.connections.find(http.path_params["source"], http.path_params["connection"])
    if connection is None:
        # The same words whether the tool, the connection or its being enabled is missing.
        raise Problem(404, "not found", "there is no such connection")
    connector = connection.connector
    if http.method != "POST":
        return _probed(connector, _request(surface, connection, http, b""))
    body = await body_of(http, connector.largest_body_bytes)
    request = _request(surface, connection, http, body)
    verdict = _verdict(surface, connection, request)
    greeting = connector.greet(request)
    if greeting is not None:
        surface.telemetry.meters.received(connector.name, "greeted", 1)
        return _response(greeting)
    if verdict is Verdict.FIRST:
        request = replace(request, first_only=True)
    made = await _read(surface, connection, request)
    taken = await _take(surface, connection, http, made)
    if verdict is Verdict.FIRST:
        raise Problem(
            401, "only the first event is signed", "it was taken: send the secret in a header, or leave batching off"
        )
    answer = connector.answer(request)
    if answer is not None:
        return _response(answer)
    return json_response(counted(taken))


def _request(surface: Surface, connection: Connection, http: HttpRequest, body: bytes) -> Request:
    """The request as the connector looks at it; its address is the one the tool called, whatever stands between."""
    # Of a header that is said twice the first counts, as everywhere here.
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(http.scope["headers"])}
    base = connection.public_url or f"{http.scope['scheme']}://{headers.get('host', '')}"
    path = http.scope.get("raw_path") or http.scope["path"].encode()
    query = http.scope.get("query_string", b"")
    url = base + path.partition(b"?")[0].decode("latin-1") + (f"?{query.decode('latin-1')}" if query else "")
    now = surface.application.clock()
    return Request(body, headers, connection.setup, now, http.method, url)


def _verdict(surface: Surface, connection: Connection, request: Request) -> Verdict:
    """How much of the body is vouched for. Raises Problem 401, in the same words for every reason, where nothing is."""
    scheme = connection.connector.scheme(connection.scheme)
    verdict = verified(scheme, request, connection.active(request.received_at))
    if verdict is Verdict.NOTHING:
        surface.telemetry.meters.received(connection.source, "unsigned", 1)
        _log.warning("webhook_unsigned", connector=connection.source, connection=connection.id[:8])
        raise Problem(401, "the signature does not hold", "")
    return verdict


async def _read(surface: Surface, connection: Connection, request: Request) -> Sequence[Made]:
    """What the request says. Where its tool tells no instant, it happened when these bytes first came."""
    events = connection.connector.events
    made = events(request) if len(request.body) < _LONG else await asyncio.to_thread(events, request)
    if all(one.timed for one in made):
        return made
    digest = blake2b(request.body, digest_size=16).digest()
    first_at = await asyncio.to_thread(surface.connections.first_seen, connection.id, digest, request.received_at)
    return events(replace(request, received_at=first_at)) if first_at != request.received_at else made


async def _take(surface: Surface, connection: Connection, http: HttpRequest, made: Sequence[Made]) -> list[Taken]:
    """What became of each event. Raises Problem with the status after which the tool tries again."""
    connector = connection.connector
    if len(made) > MOST_RECORDS:
        raise Problem(413, "the batch is too large", f"more than {MOST_RECORDS:,} events; send fewer at once")
    if not made:
        surface.telemetry.meters.received(connector.name, "silent", 1)
        return []
    raws = [one.raw() for one in made]
    admission = surface.quotas.admit(connection.tenant, raws, made)
    parent = http.state.traceparent
    try:
        with surface.telemetry.tracing.span("take", parent, tenant=connection.tenant, records=len(raws)) as span:
            taken = await surface.door.take(
                connection.tenant,
                [raws[place] for place in admission.places],
                origin=f"connection {connection.setup.label}",
                traceparent=traceparent(span) or parent,
            )
    except Problem as problem:
        if problem.status not in (429, 503):
            raise
        raise _try_again(connector, problem.title) from problem
    except sqlite3.OperationalError as error:
        raise _try_again(connector, "the log cannot be written now") from error
    _count(surface, connection, [made[place] for place in admission.places], taken)
    if len(taken) < len(raws):
        surface.telemetry.meters.turned_away(connection.tenant, len(raws) - len(taken))
        await surface.slowing.wait(connection.tenant, sum(map(len, raws)))
        raise _try_again(connector, "more than this tenant may send")
    return taken


def _try_again(connector: Connector, title: str) -> Problem:
    detail = f"send it again in {RETRY_SECONDS} s"
    return Problem(connector.overloaded, title, detail, retry_after_seconds=RETRY_SECONDS)


def _count(surface: Surface, connection: Connection, made: Sequence[Made], taken: Sequence[Taken]) -> None:
    for one, became in zip(made, taken, strict=True):
        outcome = "unmapped" if one.type == "source.unmapped" and became.status != "refused" else became.status
        surface.telemetry.meters.received(connection.source, outcome, 1)


def _probed(connector: Connector, request: Request) -> Response:
    """The answer to who asks without a body; nobody signs that, and nothing is said but that somebody is there."""
    probe = connector.probe.get(request.method)
    answer = None if probe is None else probe(request)
    if answer is None:
        raise Problem(405, "the address does not take this method", f"{connector.title} posts here")
    return _response(answer)


def _response(answer: Answer) -> Response:
    return Response(answer.body, answer.status, dict(answer.headers), answer.media)


async def connections(http: HttpRequest) -> Response:
    """`GET /v1/connections`: those of the tenant, or, for the operator who names none, all."""
    surface, _, named = _administered(http)
    found = await asyncio.to_thread(surface.connections.all, named)
    now = surface.application.clock()
    return json_response({"connections": [one.told(now) for one in found]})


async def connect(http: HttpRequest) -> Response:
    """`POST /v1/connections`: a secret that is made here is in this answer and nowhere else."""
    surface, principal, tenant = asked_by(http, "admin")
    said = await asked(http, AskedConnection)
    setup = Setup(said.label or said.source, said.account_field, said.accounts, said.statuses, said.vendor_account)
    connection, secret = await asyncio.to_thread(
        lambda: surface.connections.create(
            tenant, said.source, setup=setup, secret=said.secret, scheme=said.scheme, public_url=said.public_url
        )
    )
    await _audited(surface, principal, connection, "connection.created")
    return json_response(_shown(surface, connection, secret, said.secret), 201)


async def rotate(http: HttpRequest) -> Response:
    """`POST /v1/connections/{id}/secrets`: the new secret signs at once, the one before for a while yet."""
    surface, principal, named = _administered(http)
    said = await asked(http, AskedRotation)
    found = await asyncio.to_thread(
        surface.connections.rotate, named, http.path_params["id"], said.secret, said.keep_seconds
    )
    if found is None:
        raise Problem(404, "not found", "there is no such connection")
    await _audited(surface, principal, found[0], "connection.rotated")
    return json_response(_shown(surface, *found, said.secret))


async def switch(http: HttpRequest) -> Response:
    """`POST /v1/connections/{id}`: lets a connection take requests, or stops it."""
    surface, principal, named = _administered(http)
    said = await asked(http, AskedSwitch)
    connection = await asyncio.to_thread(surface.connections.enable, named, http.path_params["id"], said.enabled)
    if connection is None:
        raise Problem(404, "not found", "there is no such connection")
    await _audited(surface, principal, connection, "connection.enabled" if said.enabled else "connection.disabled")
    return json_response({"id": http.path_params["id"], "enabled": said.enabled})


async def disconnect(http: HttpRequest) -> Response:
    """`DELETE /v1/connections/{id}`: nothing is taken from it with the next request."""
    surface, principal, named = _administered(http)
    connection = await asyncio.to_thread(surface.connections.remove, named, http.path_params["id"])
    if connection is None:
        raise Problem(404, "not found", "there is no such connection")
    await _audited(surface, principal, connection, "connection.removed")
    return json_response({"removed": http.path_params["id"]})


def _shown(surface: Surface, connection: Connection, secret: str, brought: str) -> dict[str, Any]:
    """What is told of a connection; its secret only where it was made here."""
    shown = connection.told(surface.application.clock())
    return shown if brought or not secret else shown | {"secret": secret}


async def _audited(surface: Surface, principal: Principal, connection: Connection, action: AdminAction) -> None:
    await audit.told(surface, principal, connection.tenant, action, subject=connection.id, detail=connection.named)


def _administered(http: HttpRequest) -> tuple[Surface, Principal, str | None]:
    """The surface, who asks, and whose connections are meant: the tenant's, or all where the operator names none."""
    surface = surface_of(http)
    principal = surface.identity.principal(http, "admin")
    return surface, principal, surface.identity.named(http, principal)


ROUTES = [
    Route("/v1/connect/{source}/{connection}", receive, methods=["POST", "HEAD", "OPTIONS"]),
    Route("/v1/connections", connections),
    Route("/v1/connections", connect, methods=["POST"]),
    Route("/v1/connections/{id}", switch, methods=["POST"]),
    Route("/v1/connections/{id}", disconnect, methods=["DELETE"]),
    Route("/v1/connections/{id}/secrets", rotate, methods=["POST"]),
]
