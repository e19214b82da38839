"""Events in: one result for each record, whatever became of the others."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.access import Principal, Scope
from infra.http import audit
from infra.http.bodies import records_of
from infra.http.door import counted
from infra.http.problems import Problem, json_response
from infra.http.quotas import Admission
from infra.http.saying import Said, said_of
from infra.http.surface import Surface, asked_by
from infra.telemetry.tracing import traceparent
from schemas.reasons import BY_NAME
from schemas.registry import EVENT_TYPES
from streams.sequencer import Taken

_TRY_AGAIN = "usage beyond the tenant's limit was not taken: send it again"


# What a type of event needs beside `ingest`.
_SCOPES: dict[str, Scope] = {row.name: "admin" for row in EVENT_TYPES if row.topic == "settings"}
_SCOPES["expert.corrected"] = "label"


async def take(request: Request) -> Response:
    """`POST /v1/events`: accepted ones are on disk when the answer comes."""
    surface, principal, tenant = asked_by(request, "ingest")
    raws = await records_of(request)
    said = [said_of(raw) for raw in raws]
    _require_scopes(principal, said)
    admission = await _admitted(surface, principal, tenant, raws, said)
    parent = request.state.traceparent
    with surface.telemetry.tracing.span("take", parent, tenant=tenant, records=len(raws)) as span:
        taken = await surface.door.take(
            tenant,
            [raws[place] for place in admission.places],
            origin=f"http {principal.name}",
            traceparent=traceparent(span) or parent,
        )
    await _tell_of_settings(surface, principal, tenant, [said[place] for place in admission.places], taken)
    results: list[dict[str, object]] = [{"status": "turned_away", "remedy": _TRY_AGAIN} for _ in raws]
    for place, one in zip(admission.places, taken, strict=True):
        results[place] = _result(one)
    counts = counted(taken)
    if len(taken) < len(raws):
        counts["turned_away"] = len(raws) - len(taken)
        await surface.slowing.wait(tenant, sum(map(len, raws)))
        answer = json_response({**counts, "results": results}, 207)
        answer.headers["Retry-After"] = str(admission.retry_after_seconds)
        return answer
    if len(taken) == 1 and taken[0].status == "refused":
        status = BY_NAME[taken[0].reason].status if taken[0].reason else 400
    else:
        status = 207 if counts["refused"] else 200
    return json_response({**counts, "results": results}, status)


def _require_scopes(principal: Principal, said: Sequence[Said]) -> None:
    """What models learn from, and what changes how a tenant is judged, is not for every key. Raises Problem 403."""
    if principal.may("admin"):
        return
    for one in said:
        scope = _SCOPES.get(one.type)
        if scope is not None and not principal.may(scope):
            detail = f"{one.type} needs the scope {scope!r}; nothing of this request was taken"
            raise Problem(403, "the key lacks a scope", detail)


async def _admitted(
    surface: Surface, principal: Principal, tenant: str, raws: Sequence[bytes], said: Sequence[Said]
) -> Admission:
    """Which records may come in now; the operator's own are not counted. Raises Problem 429 where none may."""
    if principal.tenant is None:
        return Admission(list(range(len(raws))))
    admission = surface.quotas.admit(tenant, raws, said)
    if raws and not admission.places:
        surface.telemetry.meters.turned_away(tenant, len(raws))
        await surface.slowing.wait(tenant, sum(map(len, raws)))
        wait = admission.retry_after_seconds
        raise Problem(429, "more than this tenant may send", f"{_TRY_AGAIN} in {wait} s", retry_after_seconds=wait)
    if len(admission.places) < len(raws):
        surface.telemetry.meters.turned_away(tenant, len(raws) - len(admission.places))
    return admission


async def _tell_of_settings(
    surface: Surface, principal: Principal, tenant: str, said: Sequence[Said], taken: Sequence[Taken]
) -> None:
    """Changing how a tenant is judged is administration: who did it stands beside what was said."""
    if not principal.may("admin"):
        return
    changed = [
        (record.type, one.event_id or "")
        for record, one in zip(said, taken, strict=True)
        if one.status in ("accepted", "queued") and _SCOPES.get(record.type) == "admin"
    ]
    if changed:
        types = ", ".join(sorted({type_ for type_, _ in changed}))
        ids = ", ".join(id_ for _, id_ in changed)
        await audit.told(surface, principal, tenant, "settings.changed", subject=types, detail=ids)


def _result(taken: Taken) -> dict[str, object]:
    result: dict[str, object] = {"status": taken.status}
    for name in ("event_id", "position", "reason", "detail", "where", "letter"):
        value = getattr(taken, name)
        if value not in (None, ""):
            result[name] = value
    if taken.reason:
        result["remedy"] = BY_NAME[taken.reason].remedy
    return result


ROUTES = [Route("/v1/events", take, methods=["POST"])]
