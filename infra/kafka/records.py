"""What is known where the log is on Kafka, looked up in the tables and the topics."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from infra.home import Home
from infra.kafka.cells import CopiedCells
from infra.service import Behind, require_looked_up
from schemas.instant import DAY
from sinks.clickhouse.sink import ClickHouseSink
from streams.batch import CellId
from streams.kafka.address import Address
from streams.kafka.letters import KeptLetter, letters_of
from streams.log import Letter
from streams.privacy import Privacy
from streams.subject_keys import SubjectKeys

# A tenant whose newest answer is older than this by the machine's clock is a history that was imported.
_HISTORY_IS_OLDER_THAN = 32 * DAY
_TENANTS_KEPT_SECONDS = 1.0


class KafkaRecords:
    """Reads tables, cells and topics of one service's log. `tables` opens them when first asked."""

    def __init__(self, address: Address, home: Home, tables: Callable[[], ClickHouseSink], cells: CopiedCells) -> None:
        self._address = address
        self._home = home
        self._tables = tables
        self._cells = cells
        self._tenants: Sequence[str] = ()
        self._tenants_read_at = 0.0

    def tenants(self) -> Sequence[str]:
        """Every tenant that the tables hold something of."""
        if not self._tenants or time.monotonic() - self._tenants_read_at > _TENANTS_KEPT_SECONDS:
            rows = self._tables().read("SELECT DISTINCT tenant FROM generations ORDER BY tenant").rows
            self._tenants, self._tenants_read_at = [tenant for (tenant,) in rows], time.monotonic()
        return self._tenants

    def letters(self, tenant: str, limit: int) -> Sequence[Letter]:
        return [kept.letter for kept in self._letters(tenant).values()][:limit]

    def letter(self, tenant: str, letter: str) -> Letter | None:
        kept = self._letters(tenant).get(letter)
        return None if kept is None else kept.letter

    def opened(self, tenant: str, letter: Letter) -> bytes | None:
        """Needs the keys of the home folder that the sequencer seals with, unless a worker kept the letter."""
        kept = self._letters(tenant).get(letter.letter)
        if kept is None or not kept.sealed:
            return letter.raw
        privacy = Privacy(SubjectKeys.open(self._home.root))
        try:
            return privacy.open_letter(tenant, letter.letter, letter.raw)
        finally:
            privacy.close()

    def now(self, tenant: str, machine_now: int) -> tuple[int, bool]:
        """By the machine's clock, unless the newest promise was judged long ago: then a history was imported."""
        sql = "SELECT max(evaluated_at) FROM sla WHERE tenant = {tenant:String} HAVING count() > 0"
        rows = self._tables().read(sql, {"tenant": tenant}).rows
        judged = _instant(rows[0][0]) if rows else None
        if judged is None or judged >= machine_now - _HISTORY_IS_OLDER_THAN:
            return machine_now, True
        return judged, False

    def cell(self, tenant: str, cell: CellId) -> Mapping[str, bytes] | None:
        require_looked_up(cell)
        return self._cells.cell(tenant, cell)

    def lacking(self) -> str | None:
        return self._cells.lacking()

    def behind(self) -> Sequence[Behind]:
        """The workers' to tell, by their consumer group."""
        return ()

    def _letters(self, tenant: str) -> dict[str, KeptLetter]:
        return letters_of(self._address, tenant)


def _instant(said: object) -> int | None:
    return round(said.timestamp() * 1_000_000) if isinstance(said, datetime) else None
