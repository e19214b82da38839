"""What every route works with: the application and what stands around it."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from infra.access import Access, Principal, Scope
from infra.act_book import ActBook
from infra.answers import Answers
from infra.connections import Connections
from infra.http.changes import Changes
from infra.http.door import Door
from infra.http.identity import Identity
from infra.http.problems import Problem
from infra.http.quotas import Quotas
from infra.http.slowing import Slowing
from infra.service import Operating, Service
from infra.telemetry.telemetry import Telemetry

_MOST_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Surface:
    """The parts behind the routes of one application. `exposed`: others than this machine may reach it."""

    application: Service
    answers: Answers
    operations: Operating
    access: Access
    acts: ActBook
    connections: Connections
    identity: Identity
    door: Door
    quotas: Quotas
    slowing: Slowing
    changes: Changes
    telemetry: Telemetry
    exposed: bool

    def close(self) -> None:
        """Gives back what was opened for the surface alone, once nobody is answered any more."""
        self.connections.close()
        self.acts.close()
        self.telemetry.close()


def surface_of(request: Request) -> Surface:
    """The surface this request came in by."""
    surface: Surface = request.app.state.surface
    return surface


def asked_by(request: Request, scope: Scope) -> tuple[Surface, Principal, str]:
    """The surface, who asks, and the tenant asked for. Raises Problem, also where nobody knows a tenant to be read."""
    surface = surface_of(request)
    principal = surface.identity.principal(request, scope)
    if principal.tenant is not None:
        return surface, principal, surface.identity.tenant(request, principal, ())
    if scope != "read" and (named := surface.identity.named(request, principal)) is not None:
        # Nobody has to be known to be spoken of, and to know them all means to open what holds them.
        return surface, principal, named
    records = surface.application.records
    known = tuple(records.tenants())
    tenant = surface.identity.tenant(request, principal, known)
    if scope == "read" and tenant not in known and not records.letters(tenant, 1):
        there = f"there are {', '.join(known[:20])}" if known else "nothing was taken yet"
        raise Problem(404, "no such tenant", f"nobody has said anything as {tenant!r}; {there}")
    return surface, principal, tenant


def whole_number(request: Request, name: str, default: int, most: int, *, least: int = 1) -> int:
    """A whole number out of the address. Raises Problem."""
    said = request.query_params.get(name, str(default))
    digits = max(_MOST_DIGITS, len(str(most)))
    if not (said.isascii() and said.isdigit() and len(said) <= digits and least <= int(said) <= most):
        raise Problem(400, f"`{name}` is no number it can be", f"a whole number from {least} to {most:,} is expected")
    return int(said)
