"""Folding in a process of its own: what it gives is what folding in this one gives, whatever becomes of the process."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

import pytest

from infra.engine_process import EngineProcess
from infra.engine_wire import Due, Open, encoded
from replay.rebuild import rebuild
from schemas.instant import DAY, HOUR
from streams.embedded import Embedded
from streams.failures import FoldBroken
from streams.fold_store import MemoryFoldStore
from streams.state_hash import state_hash
from tests.laws.crash_worker import CATALOG, TENANTS, batches
from tests.laws.story import START
from tests.laws.test_crash import check_facts

_NAMED = partial(EngineProcess, catalog="tests.laws.crash_worker:CATALOG")
Between = Callable[[Embedded], None]


def lived(home: Path, between: Between) -> Embedded:
    """Two tenants' stories, some of it raising in a step, taken and folded in batches of changing size."""
    home.mkdir()
    now, draw = START - 2 * DAY, Random(7)
    runtime = Embedded(home, CATALOG, clock=lambda: now, engine=_NAMED)
    waiting = {tenant: batches(tenant, 5) for tenant in TENANTS}
    while any(waiting.values()):
        tenant = draw.choice([name for name in TENANTS if waiting[name]])
        batch = waiting[tenant].pop(0)
        now = max(now, batch[-1].at)
        runtime.take(tenant, [one.raw for one in batch])
        if draw.random() < 0.3:
            runtime.fold(draw.choice([3, 20, 200]))
            runtime.tick()
        if draw.random() < 0.05:
            between(runtime)
    now += 40 * HOUR
    runtime.fold_all()
    return runtime


def nothing(_: Embedded) -> None:
    """Disturbs nobody."""


def kill(runtime: Embedded) -> None:
    """Kills the process that folds, where there is one."""
    assert isinstance(runtime.engine, EngineProcess)
    if runtime.engine.process_id is not None:
        os.kill(runtime.engine.process_id, signal.SIGKILL)


def let_go(runtime: Embedded) -> None:
    """Has what is in memory forgotten."""
    for tenant in TENANTS:
        runtime.engine.forget(tenant)


@pytest.mark.parametrize("between", [nothing, kill, let_go])
def test_it_folds_as_one_in_this_process(tmp_path: Path, between: Between) -> None:
    """Also steps that raise are left out as they are here: the journal that says so is folded here again."""
    runtime = lived(tmp_path / "home", between)
    try:
        assert all(runtime.log.letters(tenant) for tenant in TENANTS)
        ends = {tenant: runtime.engine.position(tenant) for tenant in TENANTS}
        assert ends == {tenant: runtime.log.end(tenant) for tenant in TENANTS}
        here = MemoryFoldStore()
        assert rebuild(runtime.log, CATALOG, here, ends).refusals == []
        assert state_hash(runtime.store, CATALOG) == state_hash(here, CATALOG)
        check_facts(runtime, here)
    finally:
        runtime.close()


def test_it_ends_without_a_word_when_nobody_waits(tmp_path: Path) -> None:
    """Whoever asked for a fold may be killed before it is answered; that is its own news, not this process's."""
    Embedded(tmp_path, CATALOG).close()
    here, there = socket.socketpair()
    command = [sys.executable, "-m", "infra.engine_holder", str(there.fileno())]
    with subprocess.Popen(command, pass_fds=[there.fileno()], stderr=subprocess.PIPE) as process:
        there.close()
        connection = Connection(here.detach())
        connection.send_bytes(encoded(Open(str(tmp_path / "millrace.db"), "tests.laws.crash_worker:CATALOG")))
        connection.send_bytes(encoded(Due("acme", [])))
        connection.close()
        assert process.communicate(timeout=60)[1] == b""
    assert process.returncode == 0


def test_a_process_that_cannot_live_is_told_of(tmp_path: Path) -> None:
    runtime = Embedded(tmp_path, CATALOG, engine=partial(EngineProcess, catalog="tests.laws.crash_worker:NOTHING"))
    try:
        runtime.take("acme", [one.raw for one in batches("acme", 1)[0]])
        with pytest.raises(FoldBroken, match="ended at once"):
            runtime.fold()
        assert runtime.backlog() > 0
    finally:
        runtime.close()


def test_what_goes_wrong_in_it_is_said_here(tmp_path: Path) -> None:
    runtime = lived(tmp_path / "home", nothing)
    try:
        beyond = runtime.log.read("acme", 0, 1)
        with pytest.raises(FoldBroken, match=r"JournalGap: tenant acme: position .* is expected and 1 came"):
            runtime.engine.push_safely("acme", beyond)
    finally:
        runtime.close()
