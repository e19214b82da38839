"""First step of the job: the records of one partition that hold, gathered into chunks of one tenant each.

Keyed by partition, for a writer's epoch is a matter of its partition, and Flink keeps the order under a key. What is
gathered lies in keyed state until it is sent on, so a restart has it again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec
from pyflink.common import Row
from pyflink.datastream import KeyedProcessFunction, RuntimeContext

from streams.carriage import decode_beginning, is_beginning
from streams.failures import FoldBroken
from streams.runtimes.flink.settings import Mode
from streams.runtimes.flink.state import bytes_list, bytes_value

# A chunk is sent on when it has this many records or bytes, or when the first of them has waited so long.
CHUNK_RECORDS: Final = 2_000
CHUNK_BYTES: Final = 4 << 20
WAIT_MILLISECONDS: Final = 20
# The watermark when no more input comes: of a bounded job, and of one that is told to drain.
END_OF_INPUT: Final = 2**63 - 1


class _Stamp(msgspec.Struct, gc=False):
    """What is looked at of a record here; it is decoded where it is folded."""

    tenant: str
    position: int = 0
    epoch: int = 0


_STAMP = msgspec.json.Decoder(_Stamp).decode
_CHUNK = msgspec.msgpack.Decoder(list[bytes]).decode


def decode_chunk(chunk: bytes) -> list[bytes]:
    """The values of the records in a chunk."""
    return _CHUNK(chunk)


class _Gathered:
    """What waits of one partition; a copy of what its state says."""

    __slots__ = ("epoch", "records", "size", "values")

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch
        self.values: dict[str, list[bytes]] = {}
        self.records = 0
        self.size = 0

    def add(self, tenant: str, value: bytes) -> None:
        self.values.setdefault(tenant, []).append(value)
        self.records += 1
        self.size += len(value)


class Gather(KeyedProcessFunction):  # type: ignore[misc]  # published without types
    """Takes the values of a partition's records in order; gives (tenant, chunk)."""

    def __init__(self, mode: Mode) -> None:
        self._mode: Mode = mode

    def open(self, runtime_context: RuntimeContext) -> None:
        """Opens the state."""
        self._epoch = bytes_value(runtime_context, "epoch", self._mode)
        self._waiting = bytes_list(runtime_context, "waiting", self._mode)
        self._gathered: dict[int, _Gathered] = {}

    def process_element(self, value: Any, ctx: Any) -> Iterator[Row]:
        """One record."""
        partition = ctx.get_current_key()
        gathered = self._gathered.get(partition)
        if gathered is None:
            gathered = self._restored(partition)
            ctx.timer_service().register_event_time_timer(END_OF_INPUT)
        tenant = self._holds(gathered, value)
        if tenant is None:
            return
        self._waiting.add(value)
        gathered.add(tenant, value)
        if gathered.records >= CHUNK_RECORDS or gathered.size >= CHUNK_BYTES:
            yield from self._send(partition)
        elif gathered.records == 1:
            timers = ctx.timer_service()
            timers.register_processing_time_timer(timers.current_processing_time() + WAIT_MILLISECONDS)

    def on_timer(self, timestamp: int, ctx: Any) -> Iterator[Row]:
        """What waited long enough goes on, and everything when no more input comes."""
        partition = ctx.get_current_key()
        if partition not in self._gathered:
            self._restored(partition)
        yield from self._send(partition)

    def _send(self, partition: int) -> Iterator[Row]:
        gathered = self._gathered[partition]
        if gathered.records:
            self._waiting.clear()
            self._gathered[partition] = _Gathered(gathered.epoch)
            for tenant, values in gathered.values.items():
                yield Row(tenant, msgspec.msgpack.encode(values))

    def _restored(self, partition: int) -> _Gathered:
        epoch = self._epoch.value()
        gathered = self._gathered[partition] = _Gathered(int.from_bytes(epoch or b"", "big"))
        for value in self._waiting.get():
            gathered.add(_STAMP(value).tenant, value)
        return gathered

    def _holds(self, gathered: _Gathered, value: bytes) -> str | None:
        """The tenant of a record that holds; None for one of a replaced writer, and for a beginning, which is noted."""
        if is_beginning(None, value):
            gathered.epoch = max(gathered.epoch, decode_beginning(value).epoch)
            self._epoch.update(gathered.epoch.to_bytes(8, "big"))
            return None
        try:
            stamp = _STAMP(value)
        except msgspec.MsgspecError as error:
            raise FoldBroken(f"a record of the journal cannot be read ({error}): restore it from a copy") from error
        if stamp.epoch > gathered.epoch:
            raise FoldBroken(
                f"the record {stamp.tenant}/{stamp.position} is of epoch {stamp.epoch}, and only {gathered.epoch} has "
                "begun: read the journal from its beginning, or restore it from a copy"
            )
        return stamp.tenant if stamp.epoch == gathered.epoch else None
