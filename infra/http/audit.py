"""Who administered what: each act stands in the journal of the tenant it concerns, after it was done."""

from __future__ import annotations

import asyncio
from uuid import uuid4

from infra.access import Principal
from infra.http.surface import Surface
from schemas.system import AdminActed, AdminAction

_LONGEST_SUBJECT = 128
_LONGEST_DETAIL = 512


async def told(
    surface: Surface, principal: Principal, tenant: str, action: AdminAction, *, subject: str, detail: str = ""
) -> None:
    """Writes an act into the journal. Where that fails the request fails; the acts that end something may be repeated.

    `detail` must hold no secret: a journal is for ever.
    """
    said = AdminActed(
        action=action,
        actor=principal.actor,
        subject=subject[:_LONGEST_SUBJECT],
        detail=detail[:_LONGEST_DETAIL],
    )
    await asyncio.to_thread(surface.application.record, tenant, said, id=f"admin-{uuid4().hex}")
