"""A Flink job gives what one machine gives: through kills, replaced writers and steps that raise."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from infra import processes
from infra.flink.cluster import Cluster
from infra.flink.jobs import JobFailed, Jobs
from processors.catalog import PROCESSORS
from schemas.decode import decode
from schemas.event import Event
from streams.cells import looked_up
from streams.fold_store import MemoryFoldStore
from streams.kafka.address import Address
from streams.kafka.following import Place, Record
from streams.kafka.said import decode_letter
from streams.kafka.saved_hash import saved_hashes
from streams.kafka.state_copy import StateCopy
from streams.kafka.state_topic import CELLS
from streams.partition import partition_of
from streams.state_hash import tenant_hash
from tests.campaign.plan import FULL, SEED
from tests.faust.carried import Carrier, alerts, current_facts, folded, mixed, read_all, stories
from tests.faust.test_refusals import used
from tests.laws.crash_worker import BRITTLE_NAME, CATALOG
from tests.patience import wait_until

BRITTLE = "tests.laws.crash_worker:CATALOG"


def test_a_killed_task_manager_and_a_replaced_writer_change_nothing(
    cluster: Cluster, log: Address, tmp_path: Path
) -> None:
    journals = stories(4)
    records = mixed(journals)
    cut = len(records) // 2
    jobs = Jobs(cluster, log)
    old = Carrier(log)
    old.write(records[:cut])
    jobs.submit(2, "thread", checkpoint_milliseconds=300)
    wait_until(lambda: read_all(log, log.topic("facts")), 120, look_every=0.2)
    processes.kill(cluster.require().task_managers[0].process)
    new = Carrier(log, epoch=2)
    # The old writer does not know yet that it was replaced, and the new one says its first record twice.
    first = records[cut]
    old.write([first.model_copy(update={"id": "from-a-replaced-writer", "account": "A-9"})])
    new.write([first, *records[cut:]])
    cluster.up()
    assert jobs.stop()
    jobs.run_until_idle(2, "thread")
    expected = folded(journals)
    told = saved_hashes(log)
    assert {tenant: (one.position, one.hash) for tenant, one in told.items()} == {
        tenant: (journal[-1].position, tenant_hash(expected, tenant, PROCESSORS))
        for tenant, journal in journals.items()
    }
    current, history = current_facts(log)
    assert current == {id_: fact for facts in expected.current.values() for id_, fact in facts.items()}
    assert history == {id_: fact for facts in expected.history.values() for id_, fact in facts}
    assert set(alerts(log)) == {id_ for raised in expected.alerts.values() for id_ in raised}
    for name in ("facts", "waits"):
        for message in read_all(log, log.topic(name)):
            assert message.partition() == partition_of((message.key() or b"").decode(), log.partitions)
    assert_copied(log, expected, tmp_path / "cells.db")


def assert_copied(log: Address, expected: MemoryFoldStore, path: Path) -> None:
    """What the job lets others read of its cells is what one machine saves of them."""
    copy = StateCopy(path, PROCESSORS)
    said = read_all(log, log.prefix + CELLS)
    copy.take([Record(Place(CELLS, "", 0), 0, one.key() or b"", one.value() or b"") for one in said])
    names = looked_up(PROCESSORS)
    for tenant in expected.tenants():
        cells = {cell: parts for cell, parts in expected.cells(tenant) if cell.processor in names}
        assert len(cells) > 10
        assert {cell: copy.cell(tenant, cell) for cell in cells} == cells
    copy.close()


@pytest.mark.chaos
def test_a_job_lives_through_many_kills(cluster: Cluster, log: Address) -> None:
    """A task manager is killed again and again while the journal grows; nothing of it shows."""
    kills, draw = FULL.asked().task_manager_kills, Random(SEED)
    sys.stdout.write(f"MILLRACE_SEED={SEED}, {kills} kills\n")
    journals = stories(6)
    records = mixed(journals)
    carrier, jobs = Carrier(log), Jobs(cluster, log)
    jobs.submit(2, "thread", checkpoint_milliseconds=300)
    size = len(records) // kills + 1
    for place in range(0, kills * size, size):
        carrier.write(records[place : place + size])
        time.sleep(draw.uniform(0.0, 6.0))
        processes.kill(cluster.require().task_managers[0].process)
        cluster.up()
    assert jobs.stop()
    jobs.run_until_idle(2, "thread")
    expected = folded(journals)
    assert {tenant: one.hash for tenant, one in saved_hashes(log).items()} == {
        tenant: tenant_hash(expected, tenant, PROCESSORS) for tenant in journals
    }
    current, history = current_facts(log)
    assert current == {id_: fact for facts in expected.current.values() for id_, fact in facts.items()}
    assert history == {id_: fact for facts in expected.history.values() for id_, fact in facts}


@pytest.mark.chaos
def test_a_step_that_raises_is_left_out_once_its_refusal_is_in_the_journal(cluster: Cluster, log: Address) -> None:
    journals = {"acme": used("acme", ["row.edited", BRITTLE_NAME, "row.edited", BRITTLE_NAME, "row.edited"])}
    journals["fine"] = used("fine", ["row.edited"] * 30)
    carrier = Carrier(log)
    for journal in journals.values():
        carrier.write(journal)
    jobs = Jobs(cluster, log, BRITTLE)
    with pytest.raises(JobFailed, match=r"raised ArithmeticError at acme.2, and the journal does not say"):
        jobs.replay(1, "thread")
    left_out = {one.tenant: len(one.left_out) for one in jobs.replay(1, "thread", accept_refusals=True)}
    assert left_out == {"acme": 2, "fine": 0}
    jobs.submit(1, "thread", checkpoint_milliseconds=300)
    while not read_all(log, log.topic("system")):
        time.sleep(0.2)
    assert jobs.stop()
    assert saved_hashes(log)["acme"].held
    taken: dict[str, Event] = {}
    with _refusing(log, lambda refused: journals["acme"].append(carrier.append(refused)), taken):
        jobs.run_until_idle(1, "thread")
    expected = folded(journals, CATALOG)
    assert {tenant: one.hash for tenant, one in saved_hashes(log).items()} == {
        tenant: tenant_hash(expected, tenant, CATALOG) for tenant in journals
    }
    letters = {decode_letter(message.value() or b"")[0] for message in read_all(log, log.topic("dead-letters"))}
    assert {f"refused-{letter.letter}" for letter in letters} == set(taken)
    assert len(taken) == 2


@pytest.mark.chaos
def test_processes_give_the_same_however_their_input_is_bundled(cluster: Cluster, log: Address) -> None:
    journals = stories(2)
    Carrier(log).write(mixed(journals))
    expected = folded(journals)
    jobs = Jobs(cluster, log, options={"python.fn-execution.bundle.size": "1"})
    told = jobs.replay(2, "process")
    assert {one.tenant: one.hash for one in told} == {
        tenant: tenant_hash(expected, tenant, PROCESSORS) for tenant in journals
    }
    assert read_all(log, log.topic("facts")) == []


@contextmanager
def _refusing(log: Address, append: Callable[[Event], None], taken: dict[str, Event]) -> Iterator[None]:
    """Does meanwhile what a sequencer does: each refusal goes into the journal, once."""
    stop = threading.Event()

    def run() -> None:
        while not stop.wait(0.2):
            for message in read_all(log, log.topic("system")):
                refused = decode(message.value() or b"")
                if taken.setdefault(refused.id, refused) is refused:
                    append(refused)

    sequencer = threading.Thread(target=run)
    sequencer.start()
    try:
        yield
    finally:
        stop.set()
        sequencer.join()
