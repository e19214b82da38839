"""Who asks, and for which tenant: out of the credential, never out of the body."""

from __future__ import annotations

import re
from hmac import compare_digest

from starlette.requests import Request

from infra.access import OPERATOR, Access, Principal, Scope
from infra.http.headers import TENANT_HEADER
from infra.http.problems import Problem

TENANT = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")

_IN_ADDRESS = ("key", "api_key", "token", "access_token")
_NO_TENANTS = "no tenant has said anything yet: name one with --tenant, MILLRACE_TENANT or the header x-millrace-tenant"


class Identity:
    """Tells principals by the local token or an API key."""

    def __init__(self, access: Access, local_token: str) -> None:
        self._access = access
        self._local_token = local_token.encode()

    def principal(self, request: Request, scope: Scope) -> Principal:
        """Who asks. Raises Problem 401 without a valid credential, 403 where it lacks the scope."""
        if any(name in request.query_params for name in _IN_ADDRESS):
            raise Problem(400, "a key does not belong in an address", "send it as `Authorization: Bearer mr_live_…`")
        scheme, _, shown = request.headers.get("authorization", "").partition(" ")
        shown = shown.strip() if scheme.lower() == "bearer" else ""
        principal = OPERATOR if compare_digest(shown.encode(), self._local_token) else None
        principal = principal or (self._access.principal(shown) if shown else None)
        if principal is None:
            raise Problem(
                401, "no valid key", "send `Authorization: Bearer mr_live_…`; make one with `millrace keys create`"
            )
        if not principal.may(scope):
            raise Problem(403, "the key lacks a scope", f"this needs the scope {scope!r}")
        return principal

    def named(self, request: Request, principal: Principal) -> str | None:
        """The tenant of the key, or the one the operator names, or None. Raises Problem for another than the key's."""
        named = request.headers.get(TENANT_HEADER) or request.query_params.get("tenant")
        if named and principal.tenant is not None and named != principal.tenant:
            raise Problem(403, "another tenant", "the tenant is the key's; leave the header out")
        if named and not TENANT.fullmatch(named):
            raise Problem(400, "no tenant can be called that", "lower-case letters, digits, - and _, at most 63")
        return principal.tenant or named or None

    def tenant(self, request: Request, principal: Principal, known: tuple[str, ...]) -> str:
        """The tenant asked for: the key's, or what the operator names, or the only one there is. Raises Problem."""
        named = self.named(request, principal)
        if named is not None:
            return named
        if len(known) == 1:
            return known[0]
        hint = f"name one of {', '.join(known[:20])} with --tenant or {TENANT_HEADER}" if known else _NO_TENANTS
        raise Problem(400, "which tenant?", hint)
