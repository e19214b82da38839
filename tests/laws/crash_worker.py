"""Opens a home folder, takes a story's batches and folds them, and is killed on the way; once for every line it reads.

It forks for each life, so that a life costs no imports. A life says on standard output what it was told is durable.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random

from processors.catalog import PROCESSORS
from processors.contract import Context, Output, Processor
from schemas.event import Event
from schemas.instant import DAY, HOUR
from schemas.usage import UsageRecorded
from streams.embedded import Embedded
from streams.failpoint import arm
from streams.language import detect_many
from tests.laws.story import START, Said, Story

BRITTLE_NAME = "brittle"
TENANTS = ("acme", "zoo")


class Brittle(Processor[list[str]]):
    """Raises on usage of one name, so that refusals happen."""

    name = "brittle"
    consumes = (UsageRecorded,)
    state = list[str]

    def key(self, event: Event) -> str | None:
        return event.account

    def step(self, state: list[str], event: Event, context: Context) -> Sequence[Output]:
        if isinstance(event.data, UsageRecorded) and event.data.name == BRITTLE_NAME:
            raise ArithmeticError
        state[:] = [event.id]
        return ()


CATALOG = (*PROCESSORS, Brittle())


def batches(tenant: str, seed: int) -> list[list[Said]]:
    """The story of a tenant in the batches in which its sender sends it, some usage made brittle."""
    draw = Random(f"{tenant} {seed}")
    said = [
        Said(one.at, one.id, one.raw.replace(b"row.edited", b"brittle")) if draw.random() < 0.3 else one
        for one in Story(seed, days=12, tickets=12, usage_a_day=4).said
    ]
    cut: list[list[Said]] = []
    while said:
        size = draw.randint(1, 9)
        cut.append(said[:size])
        said = said[size:]
    return cut


def live(home: Path, seed: int, sent: dict[str, int], failpoint: str) -> None:
    """One life: sends every tenant's batches from the first that was not acknowledged, folding meanwhile."""
    arm(failpoint)
    draw = Random(f"life {seed} {failpoint} {sorted(sent.items())}")
    now = START - 2 * DAY
    runtime = Embedded(home, CATALOG, clock=lambda: now)
    waiting = {tenant: batches(tenant, seed) for tenant in TENANTS}
    while any(sent[tenant] < len(waiting[tenant]) for tenant in TENANTS):
        tenant = draw.choice([name for name in TENANTS if sent[name] < len(waiting[name])])
        batch = waiting[tenant][sent[tenant]]
        now = max(now, batch[-1].at)
        taken = runtime.take(tenant, [one.raw for one in batch] + ([b"{"] if draw.random() < 0.2 else []))
        durable = {one.event_id: one.position for one in taken if one.status != "refused"}
        _say({"tenant": tenant, "batch": sent[tenant], "durable": durable})
        sent[tenant] += 1
        if draw.random() < 0.5:
            runtime.fold(draw.choice([1, 7, 50]))
        if draw.random() < 0.2:
            runtime.fold_all()
    now += 40 * HOUR
    runtime.fold_all()
    runtime.close()


def main() -> None:
    """Reads {home, seed, sent, failpoint, after_us} a line; lives until the failpoint, the time, or the story's end."""
    detect_many(["Warm up, please: the model for languages is read on first use."])
    _say({"ready": True})
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            live(Path(asked["home"]), asked["seed"], asked["sent"], asked["failpoint"])
            os._exit(0)
        if asked["after_us"]:
            time.sleep(asked["after_us"] / 1e6)
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        _say({"ended": os.waitstatus_to_exitcode(status)})


def _say(what: dict[str, object]) -> None:
    # Past the buffers of this process: a killed one would take them along.
    os.write(1, json.dumps(what).encode() + b"\n")


if __name__ == "__main__":
    main()
