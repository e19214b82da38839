"""What have customers written on a ticket?"""

from __future__ import annotations

import re
from collections.abc import Sequence

from infra.service import Service
from infra.view_rows import Row
from processors.triage import TRIAGE
from streams.batch import CellId

_REPLACED = re.compile(r"<[A-Z]\w*>")


def words_on(service: Service, tenant: str, row: Row) -> str:
    """What the customer wrote, redacted; the title alone where the ticket's cell is not at hand."""
    parts = service.records.cell(tenant, CellId(TRIAGE.name, row["ticket"]))
    return str(row["title"]) if parts is None else TRIAGE.decode(parts).text


def own_words_on(service: Service, tenant: str, rows: Sequence[Row]) -> list[str]:
    """What customers wrote on each ticket, without what stands for what was redacted."""
    return [_REPLACED.sub(" ", words_on(service, tenant, row)) for row in rows]
