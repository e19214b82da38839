"""One SHA-256 of everything a fold knows, the same on every runtime and however it was reached."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

import msgspec

from processors.contract import Processor
from streams.alert_book import ALERT_BOOK
from streams.cells import decoded
from streams.fold_store import FoldStore


def tenant_lines(store: FoldStore, tenant: str, catalog: Sequence[Processor[Any]]) -> Iterator[bytes]:
    """The canonical lines of one tenant: position and clock, timers, open index, and each cell's digest."""
    processors = {processor.name: processor for processor in (*catalog, ALERT_BOOK)}
    pack = msgspec.msgpack.encode
    header = store.header(tenant)
    if header is not None:
        yield pack(("header", header.position, header.clock, header.clock_mode, header.backfill, header.backfill_clock))
    for cell, name, due in sorted(store.timers(tenant)):
        yield pack(("timer", cell.processor, cell.key, name, due))
    for cell, account in sorted(store.open_cells(tenant)):
        yield pack(("open", cell.processor, cell.key, account))
    for cell, parts in store.cells(tenant):
        processor = processors.get(cell.processor)
        if processor is not None:
            yield pack(("cell", cell.processor, cell.key, processor.digest(decoded(processor, cell, parts))))


def tenant_hash(store: FoldStore, tenant: str, catalog: Sequence[Processor[Any]]) -> str:
    """SHA-256 of one tenant's state, in hexadecimal."""
    digest = sha256()
    for line in tenant_lines(store, tenant, catalog):
        digest.update(len(line).to_bytes(4, "big") + line)
    return digest.hexdigest()


def tenant_hashes(store: FoldStore, catalog: Sequence[Processor[Any]]) -> dict[str, str]:
    """The state hash of each tenant."""
    return {tenant: tenant_hash(store, tenant, catalog) for tenant in store.tenants()}


def state_hash(store: FoldStore, catalog: Sequence[Processor[Any]]) -> str:
    """SHA-256 over every tenant's state hash, in order of their names."""
    return whole_hash(tenant_hashes(store, catalog))


def whole_hash(tenants: Mapping[str, str]) -> str:
    """The state hash of everything, out of that of each tenant."""
    digest = sha256()
    for tenant, said in sorted(tenants.items()):
        digest.update(f"{tenant} {said}\n".encode())
    return digest.hexdigest()
