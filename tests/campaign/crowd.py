"""Twelve tenants of very different size that go on sending while everything else dies."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from random import Random

import orjson

from infra.demo.load import load_settings, mixed_load
from streams.embedded import machine_clock
from streams.kafka.address import Address
from streams.kafka.failures import KafkaFailed
from streams.kafka.intake import IntakeDoor

SHARES = (0.4, 0.2, 0.12, 0.08, 0.06, 0.04, 0.03, 0.02, 0.02, 0.01, 0.01, 0.01)
TENANTS = tuple(f"company-{number:02}" for number in range(1, len(SHARES) + 1))
_ACCOUNTS = 500
_REPEATED, _BROKEN = 0.03, 0.005
_AT_ONCE = 40
_TRY_AGAIN_SECONDS = 0.5


class Crowd:
    """Sends so many mixed events, some twice and some broken; `acknowledged` is what the door said it has, by id."""

    def __init__(self, log: Address, events: int, seed: str) -> None:
        self.acknowledged: set[tuple[str, str]] = set()
        self.refused = 0
        self._log = log
        self._stop = threading.Event()
        self._pause_seconds = 0.0
        self._draw = Random(f"crowd {seed}")
        self._calls = self._all_calls(events)
        self._thread = threading.Thread(target=self._send, name="crowd")

    @property
    def is_sending(self) -> bool:
        return self._thread.is_alive()

    def start(self, seconds: float) -> None:
        """Sends evenly over about so many seconds."""
        self._pause_seconds = seconds / max(1, len(self._calls))
        self._thread.start()

    def finish(self) -> None:
        """Sends what is left without a pause, and returns when all of it was acknowledged."""
        self._pause_seconds = 0.0
        self._stop.set()
        self._thread.join()

    def _all_calls(self, events: int) -> list[tuple[str, list[bytes]]]:
        now = machine_clock()
        calls: list[tuple[str, list[bytes]]] = []
        for seed, (tenant, share) in enumerate(zip(TENANTS, SHARES, strict=True)):
            accounts = max(2, int(_ACCOUNTS * share))
            raws = [*load_settings(now), *self._roughened(list(mixed_load(seed, int(events * share), accounts, now)))]
            calls += [(tenant, raws[place : place + _AT_ONCE]) for place in range(0, len(raws), _AT_ONCE)]
        # Each tenant's calls keep their order in time.
        order = sorted(range(len(calls)), key=lambda _: self._draw.random())
        queues = {tenant: iter([call for call in calls if call[0] == tenant]) for tenant in TENANTS}
        return [next(queues[calls[place][0]]) for place in order]

    def _roughened(self, raws: Sequence[bytes]) -> list[bytes]:
        found: list[bytes] = []
        for raw in raws:
            found.append(raw)
            chance = self._draw.random()
            if chance < _REPEATED:
                found.append(self._draw.choice(found))
            elif chance < _REPEATED + _BROKEN:
                found.append(raw[:-2])
        return found

    def _send(self) -> None:
        door = IntakeDoor(self._log, machine_clock, patience_seconds=5.0)
        try:
            for tenant, raws in self._calls:
                self._send_one(door, tenant, raws)
                self._stop.wait(self._pause_seconds)
        finally:
            door.close()

    def _send_one(self, door: IntakeDoor, tenant: str, raws: Sequence[bytes]) -> None:
        while True:
            try:
                taken = door.take(tenant, raws)
            except KafkaFailed:
                # As any sender does that got no answer: the same again.
                time.sleep(_TRY_AGAIN_SECONDS)
                continue
            for raw, one in zip(raws, taken, strict=True):
                if one.status == "queued":
                    self.acknowledged.add((tenant, orjson.loads(raw)["id"]))
                else:
                    self.refused += 1
            return
