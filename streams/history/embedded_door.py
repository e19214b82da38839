"""Imports into the embedded runtime."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from schemas.event import Data
from streams.digest import DIGEST_BYTES
from streams.history.journal_door import JournalDoor
from streams.seen_ids import Verdict

if TYPE_CHECKING:
    from streams.embedded import Embedded
    from streams.sequencer import Taken


class EmbeddedDoor(JournalDoor):
    """The import's door over `Embedded`. Folding what was taken is the caller's (`fold_all`, `follow`)."""

    def __init__(self, embedded: Embedded) -> None:
        super().__init__(_EmbeddedJournal(embedded), embedded.clock)


class _EmbeddedJournal:
    def __init__(self, embedded: Embedded) -> None:
        self._embedded = embedded
        self.end = embedded.log.end
        self.read = embedded.log.read

    def knows(self, tenant: str, id: str) -> bool:
        with self._embedded.log.appending() as appending:
            return appending.verdicts([(tenant, "millrace", id, bytes(DIGEST_BYTES))])[0] is not Verdict.NEW

    def take(self, tenant: str, raws: Sequence[bytes], origin: str) -> Sequence[Taken]:
        return self._embedded.take(tenant, raws, origin=origin, backfill=True)

    def refuse_inputs(self, tenant: str, inputs: Sequence[tuple[bytes, str]], *, origin: str) -> None:
        self._embedded.refuse_inputs(tenant, inputs, origin=origin)

    def record(self, tenant: str, data: Data, *, id: str, occurred_at: int | None = None) -> None:
        self._embedded.record(tenant, data, id=id, occurred_at=occurred_at)
