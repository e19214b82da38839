"""Law 4: one journal, three runtimes, the same state, facts, alerts and dead letters; a table of hashes is printed."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from infra.flink.cluster import Cluster
from infra.flink.jobs import Jobs
from infra.workers import Workers
from streams.kafka.address import Address
from streams.kafka.backlog import Backlog
from streams.kafka.saved_hash import saved_hashes
from streams.kafka.state_topic import saved_state
from streams.kafka.topics import apply_topics
from streams.runtimes.flink.settings import Mode, job_group
from streams.state_hash import tenant_hashes
from tests.faust.carried import folded
from tests.faust.conftest import BRITTLE
from tests.laws.crash_worker import CATALOG
from tests.runtimes.conftest import Carried
from tests.runtimes.known import Known, known_on_kafka
from tests.runtimes.lived import NEWCOMER, SIZES, Lived
from tests.runtimes.living import check, live
from tests.runtimes.told import Table

_NAMED = "tests.laws.crash_worker:CATALOG"


def test_the_journal_holds_what_makes_runtimes_differ(journal: Lived, table: Table) -> None:
    assert journal.records >= 10_000
    assert len(journal.journals) == 12
    assert sum(SIZES) == 500
    types = [event.type for events in journal.journals.values() for event in events]
    for type_ in ("ticket.resolved", "expert.corrected", "tick", "record.refused", "backfill.ended"):
        assert type_ in types
    assert any(event.backfill for event in journal.journals[NEWCOMER])
    reasons = {letter.reason for letter in journal.letters}
    assert {"conflict", "not_json", "step_failed"} <= reasons
    assert any(withdrawn for _, withdrawn in journal.known.alerts.values())
    table.add("embedded, live", journal.known)


def test_folded_anew_it_is_what_it_was_live(journal: Lived) -> None:
    """Each tenant in one go, with what was refused left out."""
    store = folded(journal.journals, CATALOG)
    assert tenant_hashes(store, CATALOG) == journal.known.state


@pytest.mark.parametrize("workers", [1, 2])
def test_faust_workers(journal: Lived, carried: Carried, table: Table, workers: int, tmp_path: Path) -> None:
    address = carried()
    running = Workers(address, tmp_path / "workers", workers, command=BRITTLE)
    try:
        running.run_until_idle()
    finally:
        running.stop()
    assert running.stopped == {}
    store = saved_state(address, CATALOG)
    known = known_on_kafka(address, tenant_hashes(store, CATALOG))
    table.add(f"Faust, {workers} worker{'s' if workers > 1 else ''}", known)
    assert_equal(known, journal.known)


def test_a_flink_job(journal: Lived, flink_log: Address, cluster: Cluster, table: Table) -> None:
    Jobs(cluster, flink_log, _NAMED).run_until_idle(1, "thread")
    known = known_on_kafka(flink_log, {tenant: told.hash for tenant, told in saved_hashes(flink_log).items()})
    table.add("Flink, thread mode, 1 subtask", known)
    assert_equal(known, journal.known)


@pytest.mark.parametrize(("mode", "parallelism"), [("thread", 2), ("process", 1), ("process", 2)])
def test_a_flink_replay(
    journal: Lived, flink_log: Address, cluster: Cluster, table: Table, mode: Mode, parallelism: int
) -> None:
    """A bounded job says the facts of its own generation, alerts nobody, and tells the hashes."""
    generation = 10 * parallelism + len(mode)
    told = Jobs(cluster, flink_log, _NAMED).replay(parallelism, mode, generation=generation)
    assert [one.left_out for one in told] == [[]] * len(told)
    known = known_on_kafka(flink_log, {one.tenant: one.hash for one in told}, generation)
    table.add(f"Flink, {mode} mode, {parallelism} subtask{'s' if parallelism > 1 else ''}, replay", known)
    assert (known.state, known.facts, known.history) == (
        journal.known.state,
        journal.known.facts,
        journal.known.history,
    )


def test_a_flink_job_that_lives(address: Address, cluster: Cluster, tmp_path: Path) -> None:
    """Timers of an idle tenant fire in time, a step that raises is left out, nothing differs when folded anew."""
    apply_topics(address)
    jobs = Jobs(cluster, address, _NAMED)
    jobs.submit(1, "thread", checkpoint_milliseconds=500)
    backlog = Backlog(address, job_group(address.prefix), address.topic("journal"))
    try:
        found = live(address, tmp_path / "home")
        while any(backlog.by_partition().values()):
            time.sleep(0.2)
    finally:
        jobs.stop()
        backlog.close()
    check(address, *found, {tenant: told.hash for tenant, told in saved_hashes(address).items()})


def assert_equal(known: Known, expected: Known) -> None:
    """Part by part, so that a failure names what differs."""
    assert known.state == expected.state
    assert known.facts == expected.facts
    assert known.history == expected.history
    assert known.alerts == expected.alerts
    assert known.letters == expected.letters
