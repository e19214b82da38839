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

# A chunk is sent on when it has this many records or bytes, or when the first of them has waited so long. Where records
# come fast, or a timer late because the fold is at work, more of them are awaited: the fold does less for a few large
# chunks than for many small ones.
CHUNK_RECORDS: Final = 2_000
CHUNK_BYTES: Final = 4 << 20
WAIT_MILLISECONDS: Final = 20
MOST_WAIT_MILLISECONDS: Final = 300
_FAST_RECORDS: Final = 100
_LATE_MILLISECONDS: Final = 3
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
    """What waits of one partition, a copy of what its state says; and since when."""

    __slots__ = ("epoch", "records", "seen", "since", "size", "values")

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch
        self.empty()

    def empty(self) -> None:
        self.values: dict[str, list[bytes]] = {}
        self.records = self.seen = self.size = self.since = 0

    def add(self, tenant: str, value: bytes) -> None:
        known = self.values.get(tenant)
        if known is None:
            self.values[tenant] = [value]
        else:
            known.append(value)
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
        # A tenant lives in one partition, and asking Java for the current key costs as much as the rest here.
        self._home: dict[str, _Gathered] = {}

    def process_element(self, value: Any, ctx: Any) -> Iterator[Row] | None:
        """One record."""
        if is_beginning(None, value):
            self._note(self._current(ctx), value)
            return None
        stamp = _stamp(value)
        gathered = self._home.get(stamp.tenant)
        if gathered is None:
            gathered = self._home[stamp.tenant] = self._current(ctx)
        if not _holds(stamp, gathered.epoch):
            return None
        self._waiting.add(value)
        gathered.add(stamp.tenant, value)
        if gathered.records >= CHUNK_RECORDS or gathered.size >= CHUNK_BYTES:
            return self._send(gathered)
        if gathered.records == 1:
            timers = ctx.timer_service()
            gathered.since = timers.current_processing_time()
            timers.register_processing_time_timer(gathered.since + WAIT_MILLISECONDS)
        return None

    def on_timer(self, timestamp: int, ctx: Any) -> Iterator[Row]:
        """What waited long enough goes on, and everything when no more input comes."""
        gathered = self._current(ctx)
        timers = ctx.timer_service()
        if timestamp != END_OF_INPUT and gathered.records:
            now = timers.current_processing_time()
            is_busy = gathered.records - gathered.seen >= _FAST_RECORDS or now - timestamp >= _LATE_MILLISECONDS
            if is_busy and now - gathered.since < MOST_WAIT_MILLISECONDS:
                gathered.seen = gathered.records
                timers.register_processing_time_timer(now + WAIT_MILLISECONDS)
                return iter(())
        return self._send(gathered)

    def _send(self, gathered: _Gathered) -> Iterator[Row]:
        if gathered.records:
            self._waiting.clear()
            values = gathered.values
            gathered.empty()
            for tenant, its in values.items():
                yield Row(tenant, msgspec.msgpack.encode(its))

    def _current(self, ctx: Any) -> _Gathered:
        """Of the partition that is the key."""
        partition = ctx.get_current_key()
        gathered = self._gathered.get(partition)
        if gathered is None:
            gathered = self._gathered[partition] = self._restored(partition)
            ctx.timer_service().register_event_time_timer(END_OF_INPUT)
        return gathered

    def _restored(self, partition: int) -> _Gathered:
        gathered = _Gathered(int.from_bytes(self._epoch.value() or b"", "big"))
        for value in self._waiting.get():
            gathered.add(_stamp(value).tenant, value)
        return gathered

    def _note(self, gathered: _Gathered, value: bytes) -> None:
        """A writer began."""
        gathered.epoch = max(gathered.epoch, decode_beginning(value).epoch)
        self._epoch.update(gathered.epoch.to_bytes(8, "big"))


def _stamp(value: bytes) -> _Stamp:
    try:
        return _STAMP(value)
    except msgspec.MsgspecError as error:
        raise FoldBroken(f"a record of the journal cannot be read ({error}): restore it from a copy") from error


def _holds(stamp: _Stamp, epoch: int) -> bool:
    """Whether a record is no replaced writer's."""
    if stamp.epoch > epoch:
        raise FoldBroken(
            f"the record {stamp.tenant}/{stamp.position} is of epoch {stamp.epoch}, and only {epoch} has begun: "
            "read the journal from its beginning, or restore it from a copy"
        )
    return stamp.epoch == epoch
