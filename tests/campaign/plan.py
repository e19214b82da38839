"""How much a campaign does, and in which order: drawn from a seed, which can be given again."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, fields, replace
from random import Random
from typing import Literal

SEED = os.environ.get("MILLRACE_SEED") or str(time.time_ns())
Fault = Literal["kill", "sink", "broker", "join", "leave"]


@dataclass(frozen=True)
class Counts:
    """Mixed events, and how often what dies: `kills` are of sequencers and workers, sinks die beside them.

    A rebalance is a worker that joins or one that leaves.

    `MILLRACE_CAMPAIGN` changes them, as `kills=20,broker_restarts=5`.
    """

    events: int
    kills: int
    sink_kills: int
    broker_restarts: int
    rebalances: int
    task_manager_kills: int

    def asked(self) -> Counts:
        """With what the environment says."""
        said = os.environ.get("MILLRACE_CAMPAIGN", "")
        given = {name: number for name, _, number in (one.partition("=") for one in said.split(",") if one)}
        known = [field.name for field in fields(self)]
        if wrong := [name for name, number in given.items() if name not in known or not number.isdecimal()]:
            raise ValueError(f"MILLRACE_CAMPAIGN: {', '.join(wrong)}: write NAME=NUMBER of {', '.join(known)}")
        return replace(self, **{name: int(number) for name, number in given.items()})

    def faults(self, draw: Random) -> list[Fault]:
        """All that happens to sequencers, workers, sinks and the broker. A worker leaves only after one has joined."""
        faults: list[Fault] = ["kill" for _ in range(self.kills)]
        faults += ["sink" for _ in range(self.sink_kills)]
        faults += ["broker" for _ in range(self.broker_restarts)]
        draw.shuffle(faults)
        places = sorted(draw.randrange(len(faults) + 1) for _ in range(self.rebalances))
        for number, place in reversed(list(enumerate(places))):
            faults.insert(place, "leave" if number % 2 else "join")
        return faults


QUICK = Counts(events=1_500, kills=8, sink_kills=2, broker_restarts=1, rebalances=2, task_manager_kills=1)
FULL = Counts(events=50_000, kills=200, sink_kills=60, broker_restarts=50, rebalances=100, task_manager_kills=20)
