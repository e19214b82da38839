"""What an engine keeps its folds in: one contract, and its in-memory form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from schemas.fact import Fact
from streams.batch import Batch, CellId, Header, RaisedAlert
from streams.failures import OutOfStep


class FoldStore(Protocol):
    """Saved folds. `save` takes a batch whole or not at all, and only the one that follows what is saved."""

    def header(self, tenant: str) -> Header | None:
        """Where the tenant's fold stands, None before its first batch."""

    def timers(self, tenant: str) -> Iterable[tuple[CellId, str, int]]: ...

    def open_cells(self, tenant: str) -> Iterable[tuple[CellId, str]]: ...

    def cell(self, tenant: str, cell: CellId) -> Mapping[str, bytes] | None:
        """All parts of one cell, None where it has seen nothing."""

    def cells(self, tenant: str) -> Iterable[tuple[CellId, Mapping[str, bytes]]]:
        """Every cell, in order of processor and key."""

    def tenants(self) -> Sequence[str]:
        """Every tenant with a header, sorted."""

    def save(self, batches: Sequence[Batch]) -> None:
        """Saves all of them, or none. Raises OutOfStep for a batch that does not follow what is saved."""


class MemoryFoldStore:
    """A fold store that lasts as long as the process; it also shows the current facts, history and alerts."""

    def __init__(self) -> None:
        self._headers: dict[str, Header] = {}
        self._cells: dict[str, dict[CellId, dict[str, bytes]]] = {}
        self._timers: dict[str, dict[tuple[CellId, str], int]] = {}
        self._open: dict[str, dict[CellId, str]] = {}
        self.current: dict[str, dict[str, Fact]] = {}
        self.history: dict[str, list[tuple[str, Fact]]] = {}
        self.alerts: dict[str, dict[str, RaisedAlert]] = {}

    def header(self, tenant: str) -> Header | None:
        header = self._headers.get(tenant)
        return None if header is None else replace(header)

    def timers(self, tenant: str) -> Iterable[tuple[CellId, str, int]]:
        return [(cell, name, due) for (cell, name), due in self._timers.get(tenant, {}).items()]

    def open_cells(self, tenant: str) -> Iterable[tuple[CellId, str]]:
        return list(self._open.get(tenant, {}).items())

    def cell(self, tenant: str, cell: CellId) -> Mapping[str, bytes] | None:
        return self._cells.get(tenant, {}).get(cell)

    def cells(self, tenant: str) -> Iterable[tuple[CellId, Mapping[str, bytes]]]:
        return sorted(self._cells.get(tenant, {}).items())

    def tenants(self) -> Sequence[str]:
        return sorted(self._headers)

    def save(self, batches: Sequence[Batch]) -> None:
        for batch in batches:
            self._save(batch)

    def _save(self, batch: Batch) -> None:
        tenant = batch.tenant
        saved = self._headers.get(tenant, Header()).position
        if saved != batch.after:
            raise OutOfStep(tenant, batch.after, saved)
        self._headers[tenant] = batch.header
        cells = self._cells.setdefault(tenant, {})
        for cell, parts in batch.cells:
            cells.setdefault(cell, {}).update(parts)
        timers = self._timers.setdefault(tenant, {})
        for cell, name, due in batch.timers:
            timers.pop((cell, name), None)
            if due is not None:
                timers[cell, name] = due
        opened = self._open.setdefault(tenant, {})
        for cell, account in batch.openings:
            opened.pop(cell, None)
            if account is not None:
                opened[cell] = account
        self._keep_said(tenant, batch)

    def _keep_said(self, tenant: str, batch: Batch) -> None:
        current = self.current.setdefault(tenant, {})
        for said in batch.said:
            if said.fact is None:
                current.pop(said.fact_id, None)
            elif said.fact.history:
                self.history.setdefault(tenant, []).append((said.fact_id, said.fact))
            else:
                current[said.fact_id] = said.fact
        alerts = self.alerts.setdefault(tenant, {})
        for alert in batch.alerts:
            told = alerts.setdefault(alert.alert_id, alert)
            alerts[alert.alert_id] = told._replace(withdrawn=alert.withdrawn)
