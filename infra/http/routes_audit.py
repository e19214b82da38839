"""Who administered what, and whether the journal still says so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.act_check import check
from infra.http.operator import Tell, asked, streamed
from infra.http.surface import Surface, surface_of
from infra.pull_connection import journal_of
from infra.pulling import Journal
from schemas.event import Event

_READ_RECORDS = 2_000
_TOLD_EVERY_RECORDS = 20_000

Digest = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class AskedAudit(msgspec.Struct, forbid_unknown_fields=True):
    """Body of `POST /v1/audit`: `kept` are digests of acts that were kept elsewhere, `newest` how many acts to tell."""

    kept: Annotated[tuple[Digest, ...], msgspec.Meta(max_length=1_000)] = ()
    newest: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 100


async def audit(request: Request) -> Response:
    """`POST /v1/audit`: reads the tenant's journal, or for the operator who names none every one; JSON lines."""
    surface = surface_of(request)
    principal = surface.identity.principal(request, "admin")
    named = surface.identity.named(request, principal)
    said = await asked(request, AskedAudit)
    return streamed(lambda tell: _audited(surface, named, said, tell))


def _audited(surface: Surface, named: str | None, said: AskedAudit, tell: Tell) -> dict[str, Any]:
    surface.acts.say_unsaid(surface.application.record)
    journal = journal_of(surface.application)
    known = {*surface.application.records.tenants(), *surface.acts.tenants()}
    tenants, met = [named] if named else sorted(known), set[str]()
    found = []
    for tenant in tenants:
        # Looked up before the journal is read: what is administered meanwhile is news, and no fault.
        end = surface.acts.end(tenant)
        checked = check(tenant, _read(journal, tenant, tell), end=end, kept=said.kept, newest=said.newest)
        met |= checked.met
        found.append(checked.told())
    lost = [digest for digest in said.kept if digest not in met]
    return {"sound": not lost and not any(one["faults"] for one in found), "not_found": lost, "tenants": found}


def _read(journal: Journal, tenant: str, tell: Tell) -> Iterator[Event]:
    end, after = journal.end(tenant), 0
    while events := journal.read(tenant, after, _READ_RECORDS):
        yield from events
        after = events[-1].position
        if after % _TOLD_EVERY_RECORDS < _READ_RECORDS:
            tell(after, max(after, end), f"reading {tenant}")


ROUTES = [Route("/v1/audit", audit, methods=["POST"])]
