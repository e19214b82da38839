"""What a job is told, in one structure that travels to every process of the cluster."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal

import msgspec

from processors.contract import Processor
from streams.named_catalog import CATALOG, named_catalog

# In threads Python runs inside the task manager, and a record crosses into it by a call: several times as fast. The
# subtasks of one task manager then share one interpreter, so more of them want more task managers. Processes beside it
# share nothing, which is for processors whose extension modules cannot live in a Java process or leak there.
Mode = Literal["thread", "process"]

# What a job tells of where its state lies, for whoever stops it.
STATE_PARAMETER: Final = "millrace-state"
FACTS, ALERTS, WAITS, LETTERS, SYSTEM, RESULT = "facts", "alerts", "waits", "dead-letters", "system", "result"
# Keyed by the row, not by the tenant.
CELLS: Final = "cells"


class JobSettings(msgspec.Struct, frozen=True):
    """One job over one log.

    `mode` is where Python runs: in threads of the task manager, or in processes beside it. `ends` are the offsets at
    which a bounded job stops, by partition; without them it goes on for ever. A bounded job folds from the beginning
    and writes to no topic, except that with a `generation` it says its facts; steps that fail in it are left out, and
    the job fails unless `accept_refusals`. `refusals` are the records that say which steps are left out, collected
    ahead. `state` is the folder of checkpoints, `restore` the one to begin from.
    """

    address: str
    partitions: int
    mode: Mode = "thread"
    parallelism: int = 1
    ends: dict[int, int] | None = None
    generation: int | None = 0
    accept_refusals: bool = False
    refusals: tuple[bytes, ...] = ()
    state: str = ""
    restore: str = ""
    checkpoint_milliseconds: int = 10_000
    catalog: str = CATALOG
    options: dict[str, str] = {}

    @property
    def bounded(self) -> bool:
        return self.ends is not None

    def processors(self) -> Sequence[Processor[Any]]:
        """The catalog named: `module:NAME` of something that every process of the cluster can import."""
        return named_catalog(self.catalog)


class Result(msgspec.Struct, frozen=True):
    """What a bounded job tells of a tenant: where it stands, its state hash, and the steps that it left out."""

    tenant: str
    position: int
    hash: str
    left_out: list[str]


def job_name(address: str, *, bounded: bool) -> str:
    """The name of a job that folds a log, by which it is found in a cluster."""
    return f"millrace {'replay of ' if bounded else ''}{address}"


def job_group(prefix: str) -> str:
    """The consumer group under which the job of a log stores how far it has read."""
    return f"{prefix}flink"
