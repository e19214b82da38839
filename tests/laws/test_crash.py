"""Killed anywhere, by SIGKILL: nothing acknowledged is lost, nothing is doubled, and the state is the journal's."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from replay.rebuild import rebuild
from schemas.fact import Fact
from streams.embedded import Embedded
from streams.failpoint import FAILPOINTS
from streams.fold_store import MemoryFoldStore
from streams.state_hash import state_hash
from tests.laws.crash_worker import CATALOG, TENANTS, batches
from tests.laws.test_same_state import REPOSITORY, said_last

KILLS_A_HOME = 10
LONGEST_LIFE_US = 400_000
# How often a life comes by each place before it has sent everything, roughly: the n-th time is drawn below it.
PASSES = {"appending": 40, "appended": 40, "folding": 30, "folded": 30, "refused": 4}


class Worker:
    """The process that forks one life after another."""

    def __init__(self) -> None:
        environment = os.environ | {"PYTHONPATH": str(REPOSITORY), "MILLRACE_FAILPOINT": ""}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.laws.crash_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            cwd=REPOSITORY,
        )
        assert self._line() == {"ready": True}

    def live(self, **asked: object) -> tuple[list[dict[str, Any]], int]:
        """What one life acknowledged, and how it ended."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(asked).encode() + b"\n")
        self._process.stdin.flush()
        acknowledged: list[dict[str, Any]] = []
        while "ended" not in (said := self._line()):
            acknowledged.append(said)
        return acknowledged, said["ended"]

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()

    def _line(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        said: dict[str, Any] = json.loads(self._process.stdout.readline())
        return said


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    made = Worker()
    yield made
    made.close()


def check(home: Path, acknowledged: dict[str, dict[str, int | None]], seed: int) -> None:
    """Everything that must hold after a kill, before and after what is left is folded."""
    runtime = Embedded(home, CATALOG, clock=lambda: 0)
    for tenant in TENANTS:
        journal = runtime.log.read(tenant, 0, 1_000_000)
        assert [event.position for event in journal] == list(range(1, len(journal) + 1))
        ids = Counter((event.source, event.id) for event in journal)
        assert not [id_ for id_, times in ids.items() if times > 1]
        at = {event.id: event.position for event in journal if event.source == "story"}
        for id_, position in acknowledged[tenant].items():
            assert position in (None, at[id_])
        sent = {one.id for batch in batches(tenant, seed) for one in batch}
        assert set(at) <= sent
    runtime.fold_all()
    ends = {tenant: runtime.engine.position(tenant) for tenant in runtime.log.tenants()}
    assert ends == {tenant: runtime.log.end(tenant) for tenant in runtime.log.tenants()}
    undisturbed = MemoryFoldStore()
    result = rebuild(runtime.log, CATALOG, undisturbed, ends)
    assert result.refusals == []
    assert state_hash(runtime.store, CATALOG) == state_hash(undisturbed, CATALOG)
    check_facts(runtime, undisturbed)
    runtime.close()


def check_facts(runtime: Embedded, undisturbed: MemoryFoldStore) -> None:
    """Each statement stands in the outbox once, and what it says in the end is what an undisturbed fold says."""
    statements = [one for one in runtime.store.statements(0, 1_000_000) if one.kind != "dead.letter"]
    assert [one.token for one in runtime.store.statements(0, 1_000_000)] == list(
        range(1, len(runtime.store.statements(0, 1_000_000)) + 1)
    )
    times = Counter((one.tenant, one.fact_id, one.revision) for one in statements)
    # A withdrawal bears the revision of the retraction that caused it.
    assert not [one for one, count in times.items() if count > 1]
    current, history = said_last(runtime.store)
    expected: dict[str, Fact] = {}
    for tenant in TENANTS:
        expected |= undisturbed.current.get(tenant, {})
    assert settled(current) == settled(expected)
    assert Counter(id_ for id_, fact in history if fact.kind != "dead.letter") == Counter(
        id_ for tenant in TENANTS for id_, _ in undisturbed.history.get(tenant, [])
    )
    alerts = {alert.alert_id: alert.body for _, _, alert, _ in runtime.store.alerts(0, 1_000_000)}
    assert alerts == {id_: one.body for tenant in TENANTS for id_, one in undisturbed.alerts.get(tenant, {}).items()}


def settled(facts: dict[str, Fact]) -> dict[str, Fact]:
    """Whether an alert was withdrawn is told by the outbox itself."""
    return {id_: fact for id_, fact in facts.items() if fact.kind != "alert.raised"}


def kill_often(worker: Worker, folder: Path, seed: int, kills: int) -> Counter[str]:
    """Kills one home's process so often, checking after each; where it died, counted."""
    draw = Random(f"kills {seed}")
    died: Counter[str] = Counter()
    lives = 0
    home, acknowledged, sent = _fresh(folder, 0)
    while died.total() < kills:
        lives += 1
        assert lives < 5 * kills, f"only {died.total()} of {lives} lives were killed: {died}"
        name = draw.choice(["", *FAILPOINTS])
        failpoint = f"{name}:{draw.randint(1, PASSES[name])}" if name else ""
        after_us = 0 if name else draw.randint(1, LONGEST_LIFE_US)
        said, ended = worker.live(home=str(home), seed=seed, sent=sent, failpoint=failpoint, after_us=after_us)
        for one in said:
            acknowledged[one["tenant"]] |= one["durable"]
            sent[one["tenant"]] = one["batch"] + 1
        assert ended in (0, -signal.SIGKILL)
        check(home, acknowledged, seed)
        if ended:
            died[name or "anywhere"] += 1
        else:
            home, acknowledged, sent = _fresh(folder, lives)
    return died


def _fresh(folder: Path, number: int) -> tuple[Path, dict[str, dict[str, int | None]], dict[str, int]]:
    home = folder / f"home-{number}"
    home.mkdir()
    return home, {tenant: {} for tenant in TENANTS}, dict.fromkeys(TENANTS, 0)


@pytest.mark.parametrize("seed", range(5))
def test_ten_kills(worker: Worker, tmp_path: Path, seed: int) -> None:
    died = kill_often(worker, tmp_path, seed, KILLS_A_HOME)
    assert died.total() == KILLS_A_HOME
    assert len(died) > 2


@pytest.mark.chaos
@pytest.mark.parametrize("seed", range(100, 150))
def test_ten_kills_of_five_hundred(worker: Worker, tmp_path: Path, seed: int) -> None:
    assert kill_often(worker, tmp_path, seed, KILLS_A_HOME).total() == KILLS_A_HOME
