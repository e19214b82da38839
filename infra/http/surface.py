"""What every route works with: the application and what stands around it."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from infra.access import Access, Principal, Scope
from infra.answers import Answers
from infra.application import Application
from infra.http.door import Door
from infra.http.identity import Identity
from infra.http.problems import Problem
from infra.operations import Operations


@dataclass(frozen=True, slots=True)
class Surface:
    """The parts behind the routes of one application."""

    application: Application
    answers: Answers
    operations: Operations
    access: Access
    identity: Identity
    door: Door


def surface_of(request: Request) -> Surface:
    """The surface this request came in by."""
    surface: Surface = request.app.state.surface
    return surface


def asked_by(request: Request, scope: Scope) -> tuple[Surface, Principal, str]:
    """The surface, who asks, and the tenant asked for. Raises Problem."""
    surface = surface_of(request)
    principal = surface.identity.principal(request, scope)
    known = tuple(surface.application.runtime.log.tenants()) if principal.tenant is None else ()
    return surface, principal, surface.identity.tenant(request, principal, known)


def whole_number(request: Request, name: str, default: int, most: int) -> int:
    """A positive whole number out of the address. Raises Problem."""
    said = request.query_params.get(name, str(default))
    if not (said.isascii() and said.isdigit() and 0 < int(said) <= most):
        raise Problem(400, f"`{name}` is no number it can be", f"a whole number from 1 to {most:,} is expected")
    return int(said)
