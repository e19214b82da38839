"""What a worker is told, and by what name workers know each other. Light: whoever starts them needs no Faust."""

from __future__ import annotations

from typing import Final

import msgspec

from streams.kafka.address import Address

# So long after its last sign of life a worker counts as gone.
SESSION_SECONDS: Final = 15.0
# A worker that ends so lost its way with Kafka, not with the journal: it is to be started again.
START_AGAIN: Final = 75


class WorkerSettings(msgspec.Struct, frozen=True):
    """A worker's only argument, in JSON: the log, and the folder that is its own."""

    address: str
    folder: str
    session_seconds: float = SESSION_SECONDS


class WorkerSaid(msgspec.Struct, omit_defaults=True):
    """A line on a worker's standard output: it has begun to fold, or had to stop a partition."""

    begun: bool = False
    stopped: int | None = None
    why: str = ""


def worker_group(address: Address) -> str:
    """The consumer group of the workers of a log."""
    return f"{address.prefix}workers"
