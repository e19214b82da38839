"""What a sink is handed: batches of stated facts, of retractions and of alerts, in the order of their outbox."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from schemas.fact import Fact


class Statement(msgspec.Struct, frozen=True, gc=False):
    """One fact as it was said, or its retraction (`fact` is None). `revision` orders statements of one id.

    `revision` is (journal position << 20) + output index; `token` is the outbox row, dense and rising per database.
    """

    token: int
    tenant: str
    generation: int
    fact_id: str
    kind: str
    revision: int
    said_at: int
    fact: Fact | None


class FactSink(Protocol):
    """A cache of facts that can be read back. Writing the same statements again changes nothing."""

    name: str

    def write(self, statements: Sequence[Statement]) -> None:
        """Makes the statements visible to readers. Raises when it could not; the caller tries again."""

    def position(self) -> int:
        """The highest token whose statements, and all before it, are durably written; -1 when empty."""

    def close(self) -> None: ...
