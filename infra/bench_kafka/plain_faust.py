"""`python -m infra.bench_kafka.plain_faust BROKER TOPIC PARTITIONS RECORDS FOLDER [BATCH]`: what plain Faust reaches.

Counts records by key into a table over RocksDB, as its documentation does; with BATCH it takes so many at once and
writes one row for all of them. Prints the seconds from the first record to the last.
"""

from __future__ import annotations

import os
import sys
import time
import weakref
from typing import Any
from uuid import uuid4

import faust
from faust.streams import _current_event


def main() -> None:
    """Counts until all are counted."""
    broker, topic_name, partitions, wanted, folder, *batch = sys.argv[1:]
    app = faust.App(
        f"plain-{uuid4().hex[:8]}",
        broker=f"kafka://{broker}",
        store="rocksdb://?driver=rocksdict",
        datadir=folder,
        web_enabled=False,
        topic_partitions=int(partitions),
        stream_wait_empty=False,
        broker_max_poll_records=2_000,
    )
    raw: dict[str, Any] = {"key_serializer": "raw", "value_serializer": "raw"}
    topic = app.topic(topic_name, key_type=bytes, value_type=bytes, **raw)
    counts = app.Table("counts", default=int, partitions=int(partitions))
    tally = _Tally(int(wanted))

    async def count(stream: Any) -> None:
        async for event in stream.events():
            if event.key:
                counts[event.key.decode()] += 1
                tally.add(1)

    async def count_many(stream: Any) -> None:
        async for events in stream.take_events(int(batch[0]), within=0.1):
            # Faust lets a table be written only while it knows which record is being processed.
            _current_event.set(weakref.ref(events[-1]))
            counts["all"] += len(events)
            tally.add(sum(1 for event in events if event.key))

    app.agent(topic)(count_many if batch else count)
    faust.Worker(app, loglevel="error", quiet=True).execute_from_commandline()


class _Tally:
    def __init__(self, wanted: int) -> None:
        self._wanted = wanted
        self._found = 0
        self._began = 0.0

    def add(self, found: int) -> None:
        if not self._found:
            self._began = time.monotonic()
        self._found += found
        if self._found >= self._wanted:
            # Faust has put its logging in the place of `sys.stdout`.
            os.write(1, b"\n%f\n" % (time.monotonic() - self._began))
            # Faust takes seconds to end, which nobody measures.
            os._exit(0)


if __name__ == "__main__":
    main()
