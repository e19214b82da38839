"""Who administered what: each act stands in the journal of the tenant it concerns, chained to those before it."""

from __future__ import annotations

import asyncio

from infra.access import Principal
from infra.http.surface import Surface
from schemas.system import AdminAction

_LONGEST_SUBJECT = 128
_LONGEST_DETAIL = 512


async def told(
    surface: Surface, principal: Principal, tenant: str, action: AdminAction, *, subject: str, detail: str = ""
) -> None:
    """Chains an act and writes it into the journal. Where that fails the request fails, and the act is written before
    the next one; those that end something may be repeated.

    `detail` must hold no secret: a journal is for ever.
    """
    await asyncio.to_thread(tell, surface, principal, tenant, action, subject=subject, detail=detail)


def tell(
    surface: Surface, principal: Principal, tenant: str, action: AdminAction, *, subject: str, detail: str = ""
) -> None:
    """The same, for work in a thread."""
    surface.acts.tell(
        surface.application.record,
        tenant,
        action,
        actor=principal.actor,
        subject=subject[:_LONGEST_SUBJECT],
        detail=detail[:_LONGEST_DETAIL],
    )
