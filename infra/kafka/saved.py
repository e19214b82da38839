"""The state hash of a log on Kafka, out of what its workers saved or what its Flink job told.

Both may be there: a log that moved from one to the other. Whichever stands at the journal's end is asked, the workers'
first; where both do and differ, that is an error, as it is where none does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from infra.home import HomeError
from processors.catalog import PROCESSORS
from streams.kafka.address import Address
from streams.kafka.journal_reader import JournalReader
from streams.kafka.saved_hash import saved_hashes as flink_hashes
from streams.kafka.state_topic import saved_state
from streams.kafka.topics import require_topics
from streams.state_hash import tenant_hash, whole_hash

_NAMED = 5


class StateNotSaved(HomeError):
    """Nobody has saved the state that the journal leads to; the message says how far it is."""


@dataclass(frozen=True, slots=True)
class SavedHashes:
    """The hash of each tenant, all at the journal's end, and who saved it."""

    tenants: Mapping[str, str]
    by: str


@dataclass(frozen=True, slots=True)
class _Saved:
    by: str
    positions: Mapping[str, int]
    tenants: Mapping[str, str]

    def lacking(self, ends: Mapping[str, int]) -> list[str]:
        """Each tenant that stands before its end."""
        found = [(tenant, self.positions.get(tenant, 0), end) for tenant, end in ends.items()]
        return [f"{tenant} stands at {position} of {end}" for tenant, position, end in found if position < end]


def saved_hashes(address: Address) -> SavedHashes:
    """The state hash at the journal's end as it is now. Raises StateNotSaved, KafkaFailed."""
    ends = _ends(address)
    saved = [one for one in (_of_workers(address), _of_flink(address)) if one.positions]
    if not saved:
        raise StateNotSaved(
            f"nothing of {address} is folded: run `millrace worker` or `millrace flink submit`"
            if ends
            else f"the journal of {address} is empty: bring records in, and run `millrace sequencer`"
        )
    whole = [one for one in saved if not one.lacking(ends)]
    if not whole:
        raise StateNotSaved("; ".join(f"what {one.by} lags: {_few(one.lacking(ends))}" for one in saved))
    if len({whole_hash(one.tenants) for one in whole}) > 1:
        raise StateNotSaved(
            f"the workers and the Flink job have folded {address} to its end, and not to the same state: fold it again"
        )
    chosen = whole[0]
    return SavedHashes(chosen.tenants, chosen.by)


def _ends(address: Address) -> dict[str, int]:
    reader = JournalReader(address, require_topics(address))
    try:
        return reader.ends()
    finally:
        reader.close()


def _of_workers(address: Address) -> _Saved:
    store = saved_state(address)
    headers = {tenant: header for tenant in store.tenants() if (header := store.header(tenant)) is not None}
    positions = {tenant: header.position for tenant, header in headers.items()}
    hashes = {tenant: tenant_hash(store, tenant, PROCESSORS) for tenant in headers}
    return _Saved("the workers saved", positions, hashes)


def _of_flink(address: Address) -> _Saved:
    told = flink_hashes(address)
    positions = {tenant: one.position for tenant, one in told.items()}
    return _Saved("the Flink job told", positions, {tenant: one.hash for tenant, one in told.items()})


def _few(found: list[str]) -> str:
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return ", ".join(found[:_NAMED]) + more
