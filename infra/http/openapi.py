"""The HTTP surface described as OpenAPI 3.1."""

from __future__ import annotations

from functools import cache

from infra.access import SCOPES
from infra.http.operation import Operation
from infra.http.operations import EVENTS, OPERATIONS
from infra.http.routes_admin import AskedKey, AskedRedrive
from infra.http.routes_audit import AskedAudit
from infra.http.routes_connectors import AskedConnection, AskedRotation, AskedSwitch
from infra.http.routes_import import AskedImport
from infra.http.routes_out import AskedSql
from infra.http.routes_pull import AskedPull
from infra.http.routes_sla import AskedSlaDiff
from infra.http.routes_webhooks import AskedRecovery
from infra.http.shapes import TEXT, Shape, components, ref
from schemas.reasons import REASONS

_BODIES = (
    *(AskedSql, AskedKey, AskedRedrive, AskedAudit, AskedImport, AskedPull),
    *(AskedConnection, AskedRotation, AskedSwitch, AskedSlaDiff, AskedRecovery),
)
_REFUSALS = {reason.status for reason in REASONS}


@cache
def document() -> Shape:
    """The whole document."""
    paths: dict[str, Shape] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _described(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Millrace", "version": "1", "description": "Events in, explainable answers out."},
        "paths": paths,
        "components": {
            "schemas": components(_BODIES),
            "parameters": {"tenant": _TENANT},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "bearerFormat": "mr_live_…"}},
        },
    }


_TENANT: Shape = {
    "name": "x-millrace-tenant",
    "in": "header",
    "schema": TEXT | {"pattern": "^([a-z0-9][a-z0-9_-]{0,62})?$"},
    "description": "for the operator's token where there are several tenants; a key has one tenant and needs no header",
}


def _described(operation: Operation) -> Shape:
    errors = {*operation.errors, *((400, 401, 403, 503) if operation.scope else ())}
    errors |= {404} if operation.scope == "read" else set()  # of a tenant nobody has heard of
    errors |= {413, 415} if operation.body is not None else set()
    answers: Shape = {
        str(operation.status): {
            "description": operation.summary,
            "content": {media: {"schema": operation.answers} for media in operation.media.split(", ")},
        }
    }
    for status in sorted(errors):
        content = {} if status == 207 else {"application/problem+json": {"schema": ref("Problem")}}
        if status == 207 or (operation.body is EVENTS and status in _REFUSALS):
            content["application/json"] = {"schema": ref("Results")}
        answers[str(status)] = {"description": _STATUS[status], "content": content}
    said: Shape = {"summary": operation.summary, "parameters": operation.parameters, "responses": answers}
    if operation.scope:
        said["security"] = [{"key": []}]
        said["description"] = f"Needs the scope `{operation.scope}`." if operation.scope in SCOPES else "Operator only."
    if operation.body is not None:
        media = "application/cloudevents+json" if operation.body is EVENTS else "application/json"
        said["requestBody"] = {"required": True, "content": {media: {"schema": operation.body}}}
    return said


_STATUS = {
    207: "Some were taken and some were not; each says so",
    400: "What was sent cannot be read, or asks for what there is not",
    401: "No valid key",
    403: "The key lacks a scope, or the tenant is another",
    404: "Nothing is known under this id, or of this tenant",
    405: "Nothing is taken that way here",
    409: "The id was taken with other content, or what is asked is not so now",
    413: "More than is taken at once",
    415: "A media type or encoding that is not taken",
    422: "The event does not hold what its type says",
    429: "Too much at once; try again after what Retry-After says",
    503: "Not now; try again",
}
