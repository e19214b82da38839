"""`python -m infra.bench.ingest`: the HTTP door under load, in a table and in `build/bench-ingest.json`.

Server and load share the machine's cores over loopback. Requests are made and signed before they are sent; each answer
that counts means that its events are on the disk.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
from rich.console import Console

from infra.bench.ingest_flood import BATCH, flooded
from infra.bench.ingest_load import Answered, at_once, evenly
from infra.bench.ingest_requests import batches, request, usage, webhooks
from infra.bench.ingest_served import Served, bare, serving
from infra.bench.ingest_table import table
from infra.bench.loading import folder
from infra.quality.row import Row

OUTCOME = Path("build") / "bench-ingest.json"
WEBHOOKS_GOAL = 3_000
EVENTS_GOAL = 20_000
SLOWEST_GOAL_MS = 50
_BARE = "an app that only reads the body"
_CONNECTIONS = 128
_BATCH = 100
_BATCH_CONNECTIONS = 16
_QUOTA = 500  # events a second of a tenant, where one is flooded
_NO_LIMITS = "[limits]\nevents_per_second = 1000000\nbytes_per_second = 1000000000\n"
_LIMITS = f"[limits]\nevents_per_second = {_QUOTA}\nburst_seconds = 1\n"
_MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Lengths:
    """Seconds of each load."""

    at_once: float
    evenly: float
    flood: float


FULL = Lengths(10.0, 10.0, 60.0)
QUICK = Lengths(0.3, 0.3, 0.9)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the loads one after another; 0 when each was answered."""
    parser = argparse.ArgumentParser(prog="python -m infra.bench.ingest", description="Measure the HTTP door.")
    parser.add_argument("--quick", action="store_true", help="moments only: shows that it runs, not how fast")
    parser.add_argument("--into", type=Path, default=OUTCOME, help=f"where the rows go; {OUTCOME} if left out")
    asked = parser.parse_args(arguments)
    console = Console()
    with console.status("measuring the door"):
        rows = measure(QUICK if asked.quick else FULL)
    asked.into.parent.mkdir(parents=True, exist_ok=True)
    asked.into.write_bytes(msgspec.json.format(msgspec.json.encode(rows)))
    console.print(table(rows))
    console.print(f"written to {asked.into}")
    return 0


def measure(lengths: Lengths) -> list[Row]:
    """All rows: what an application that does nothing reaches, what the door reaches, and the door under a flood."""
    with folder() as root, bare(root) as port:
        read = request("/v1/events", b"x" * 250)
        floor = asyncio.run(at_once(port, _again(read), _CONNECTIONS, lengths.at_once))
        calm = asyncio.run(evenly(port, _again(read), WEBHOOKS_GOAL / 2, lengths.evenly))
    with folder() as root, serving(root, _NO_LIMITS) as served:
        rows = _webhooks(served, lengths, floor, calm) + _batches(served, lengths)
    with folder() as root, serving(root, _LIMITS) as served:
        return rows + _flooded(served, lengths)


def _again(one: bytes) -> Iterator[bytes]:
    while True:
        yield one


def _webhooks(served: Served, lengths: Lengths, floor: Answered, calm: Answered) -> list[Row]:
    """One event each, signed, verified, durable."""
    path, secret = served.connection("bench")
    warm = webhooks(path, secret, 300)
    asyncio.run(at_once(served.port, iter(warm), 8, 5.0))
    served.settle()
    many = webhooks(path, secret, int(2 * WEBHOOKS_GOAL * lengths.at_once))
    fast = _sound(asyncio.run(at_once(served.port, iter(many), _CONNECTIONS, lengths.at_once)))
    served.settle()
    some = webhooks(path, secret, int(WEBHOOKS_GOAL / 2 * lengths.evenly))
    half = _sound(asyncio.run(evenly(served.port, iter(some), WEBHOOKS_GOAL / 2, lengths.evenly)))
    pace = f"{WEBHOOKS_GOAL // 2:,} webhooks/s"
    return [
        Row(
            "signed webhooks, verified and on the disk",
            fast.per_second,
            "webhooks/s",
            WEBHOOKS_GOAL,
            floor.per_second,
            _BARE,
        ),
        Row(f"  their answers at {pace}, p50", half.percentile(50), "ms", None, calm.percentile(50), _BARE),
        Row(
            f"  their answers at {pace}, p99",
            half.percentile(99),
            "ms (at most)",
            SLOWEST_GOAL_MS,
            calm.percentile(99),
            _BARE,
        ),
    ]


def _batches(served: Served, lengths: Lengths) -> list[Row]:
    """A hundred events each, with an API key, durable: usage, as product analytics sends it, and the mixed load."""
    key = served.key("bench")

    def fast(*, of_usage: bool) -> float:
        many = batches(key, int(1.5 * EVENTS_GOAL * lengths.at_once) + _BATCH, _BATCH, of_usage=of_usage)
        served.settle()
        load = at_once(served.port, iter(many), _BATCH_CONNECTIONS, lengths.at_once)
        return _sound(asyncio.run(load)).per_second * _BATCH

    some = batches(key, int(EVENTS_GOAL / 2 * lengths.evenly) + _BATCH, _BATCH, of_usage=True)
    served.settle()
    per_second = EVENTS_GOAL / 2 / _BATCH
    half = _sound(asyncio.run(evenly(served.port, iter(some), per_second, lengths.evenly)))
    pace = f"{EVENTS_GOAL // 2:,} events/s"
    return [
        Row(f"usage in batches of {_BATCH}, on the disk", fast(of_usage=True), "events/s", EVENTS_GOAL),
        Row(f"  its answers at {pace}, p99", half.percentile(99), "ms (at most)", SLOWEST_GOAL_MS),
        Row(f"the mixed load in batches of {_BATCH}, on the disk", fast(of_usage=False), "events/s"),
    ]


def _flooded(served: Served, lengths: Lengths) -> list[Row]:
    """One tenant sends usage far beyond its quota; does another notice, and does memory grow?"""
    path, secret = served.connection("calm")
    key, pace, seconds = served.key("flooding"), _QUOTA / 5, lengths.evenly

    def slowest(of_seconds: float = seconds) -> float:
        few = webhooks(path, secret, int(pace * of_seconds))
        return _sound(asyncio.run(evenly(served.port, iter(few), pace, of_seconds, 8))).percentile(99)

    slowest(seconds / 2)
    alone = slowest()
    with flooded(served.port, key, 100 * _QUOTA, seconds):
        beside = slowest()
    with flooded(served.port, key, 0, seconds):
        beside_all = slowest()
    with _resident(served) as sampled:
        # As many requests a second as are answered in their turn: all of it is sent, and comes in.
        most = 10 * _QUOTA / BATCH
        asyncio.run(evenly(served.port, usage(key, int(most * lengths.flood), BATCH), most, lengths.flood, 16))
    settled = sampled[len(sampled) // 3]
    return [
        Row("p99 of a tenant's answers while another sends 100 times its quota", beside, "ms", None, alone, "alone"),
        Row("  raised by", max(100 * (beside / alone - 1), 0.01), "% (at most)", 20),
        Row("  while another sends as fast as it is answered", beside_all, "ms", None, alone, "alone"),
        Row(
            f"memory at 10 times the quota for {lengths.flood:g} s",
            max(sampled) / _MB,
            "MB",
            None,
            settled / _MB,
            "after a third of it",
        ),
    ]


@contextmanager
def _resident(served: Served) -> Iterator[list[int]]:
    """Samples of what the server holds meanwhile."""
    sampled, done = [served.resident_bytes()], threading.Event()

    def watch() -> None:
        while not done.wait(0.25):
            sampled.append(served.resident_bytes())

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield sampled
    finally:
        done.set()
        thread.join()


def _sound(answered: Answered) -> Answered:
    """The load, where everything was answered with success."""
    if set(answered.statuses) != {200}:
        raise RuntimeError(f"not every request was taken: {dict(answered.statuses)}")
    return answered


if __name__ == "__main__":
    sys.exit(main())
