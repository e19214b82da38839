"""What the embedded log and fold know, looked up for HTTP, the console and the metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from infra.service import Behind, require_looked_up
from schemas.instant import SECOND
from streams.batch import CellId
from streams.embedded import Embedded
from streams.log import Letter


class EmbeddedRecords:
    """Reads one runtime, from any thread."""

    def __init__(self, runtime: Embedded) -> None:
        self._runtime = runtime

    def tenants(self) -> Sequence[str]:
        return self._runtime.log.tenants()

    def letters(self, tenant: str, limit: int) -> Sequence[Letter]:
        return self._runtime.log.letters(tenant, limit)

    def letter(self, tenant: str, letter: str) -> Letter | None:
        return self._runtime.log.letter(tenant, letter)

    def opened(self, tenant: str, letter: Letter) -> bytes | None:
        return self._runtime.privacy.open_letter(tenant, letter.letter, letter.raw)

    def now(self, tenant: str, machine_now: int) -> tuple[int, bool]:
        """By the machine's clock, unless the tenant is a history that was imported: then by where that ends.

        In a folder that stands as of an instant, what lived is judged by that.
        """
        header = self._runtime.store.header(tenant)
        ended_at = self._runtime.log.ended_at
        live = header is None or header.clock_mode != "journal"
        if ended_at is not None and live:
            return ended_at, False
        return (machine_now if live or header is None else header.clock), live

    def cell(self, tenant: str, cell: CellId) -> Mapping[str, bytes] | None:
        require_looked_up(cell)
        return self._runtime.store.cell(tenant, cell)

    def lacking(self) -> str | None:
        """Nothing is: all of it is in the home folder."""
        return None

    def behind(self) -> Sequence[Behind]:
        # One engine steps every processor of a tenant, so they all stand at the same instant.
        return [self._behind(tenant) for tenant in self._runtime.log.tenants()]

    def _behind(self, tenant: str) -> Behind:
        log, header = self._runtime.log, self._runtime.store.header(tenant)
        end = log.end(tenant)
        position = header.position if header else 0
        if position >= end:
            return Behind(tenant, end - position, 0.0)
        (newest,) = log.read(tenant, end - 1, 1)
        clock = header.clock if header and header.clock else log.read(tenant, 0, 1)[0].told_at
        return Behind(tenant, end - position, max(0, newest.told_at - clock) / SECOND)


class EmbeddedChanges:
    """The outbox, as it grows."""

    def __init__(self, runtime: Embedded) -> None:
        self._store = runtime.store
        self.statements = self._store.statements

    def end(self) -> int:
        return self._store.outbox_end()
