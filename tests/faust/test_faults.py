"""What a worker finds that it did not leave so: each has a clear outcome, and nothing is passed over in silence."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from confluent_kafka import TopicPartition

from infra.kafka.broker import Broker
from infra.workers import WorkerEnded, Workers
from processors.catalog import PROCESSORS
from schemas.event import Event
from streams.kafka.address import Address
from streams.kafka.backlog import Backlog
from streams.kafka.client import admin, bounds, consumer, partitions_of, producer
from streams.kafka.state_topic import state_topic
from streams.kafka.topics import apply_topics
from streams.partition import partition_of
from streams.runtimes.faust.settings import worker_group
from streams.table_store import MemoryRows, TableStore
from tests.faust.carried import Carrier, assert_folded, folded, mixed, read_all, stories, undisturbed
from tests.faust.conftest import Start, wait_for_begin


def halves() -> tuple[Sequence[Event], Sequence[Event]]:
    events = mixed(stories())
    half = len(events) // 2
    return events[:half], events[half:]


def test_where_the_changelog_is_gone_the_journal_is_folded_again(log: Address, start: Start) -> None:
    first, second = halves()
    carrier = Carrier(log)
    carrier.write(first)
    workers = start()
    workers.run_until_idle()
    workers.stop()
    asked = admin(log)
    asked.delete_topics([state_topic(log)])[state_topic(log)].result(30)
    until = time.monotonic() + 60
    while partitions_of(asked, state_topic(log)) and time.monotonic() < until:
        time.sleep(0.1)
    carrier.write(second)
    start().run_until_idle()
    assert_folded(log, undisturbed())


def test_what_a_replaced_worker_says_late_is_passed_over(log: Address, start: Start) -> None:
    first, second = halves()
    carrier = Carrier(log)
    carrier.write(first)
    workers = start()
    workers.run_until_idle()
    workers.stop()
    carrier.write(second)
    workers = start()
    workers.run_until_idle()
    # The first worker was only paused: all it ever wrote comes once more.
    late = [message for message in read_all(log, state_topic(log)) if message.value() is not None]
    writer = producer(log)
    for message in late[: len(late) // 2]:
        writer.produce(state_topic(log), message.value(), message.key(), message.partition() or 0)
    assert writer.flush(30) == 0
    more = [event.model_copy(update={"id": f"again-{event.id}"}) for event in second if event.type == "usage.recorded"]
    ends = dict(carrier.ends)
    journals = {tenant: list(journal) for tenant, journal in stories().items()}
    for event in more:
        journals[event.tenant].append(carrier.append(event))
    assert carrier.ends != ends
    before = workers.process_ids
    workers.run_until_idle()
    assert workers.process_ids != before
    assert_folded(log, folded(journals))


def test_a_record_that_is_missing_stops_the_worker(log: Address, start: Start) -> None:
    tenant, journal = max(stories().items(), key=lambda item: len(item[1]))
    carrier = Carrier(log)
    carrier.write([*journal[:50], *journal[60:]])
    with pytest.raises(WorkerEnded):
        start().run_until_idle()
    backlog = Backlog(log, worker_group(log), log.topic("journal"))
    assert backlog.by_partition()[partition_of(tenant, log.partitions)] > 0
    backlog.close()


def test_a_journal_that_was_cut_stops_the_worker(log: Address, start: Start) -> None:
    first, second = halves()
    carrier = Carrier(log)
    carrier.write(first)
    workers = start()
    workers.run_until_idle()
    workers.stop()
    carrier.write(second)
    asked, journal = consumer(log), log.topic("journal")
    cut = [TopicPartition(journal, number, bounds(asked, journal, number)[1]) for number in range(log.partitions)]
    asked.close()
    changer = admin(log)
    for deleted in changer.delete_records(cut, request_timeout=60).values():
        deleted.result(60)
    with pytest.raises(WorkerEnded):
        start().run_until_idle()


def test_saved_state_is_whole_at_every_row(log: Address, start: Start) -> None:
    carrier = Carrier(log)
    carrier.write(mixed(stories()))
    start().run_until_idle()
    rows = MemoryRows()
    positions: dict[str, list[int]] = {}
    for number, message in enumerate(read_all(log, state_topic(log))):
        rows.write([(message.key() or b"", message.value())])
        if number % 97 == 0:
            store = TableStore(rows, PROCESSORS)
            for tenant in store.tenants():
                header = store.header(tenant)
                assert header is not None
                assert list(store.cells(tenant))
                positions.setdefault(tenant, []).append(header.position)
    assert all(before <= after for each in positions.values() for before, after in pairwise(each))


def test_a_broker_may_be_away_at_the_start_and_later(
    own_broker: Broker, own_address: Address, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    log = own_address
    apply_topics(log)
    first, second = halves()
    carrier = Carrier(log)
    carrier.write(first)
    own_broker.kill()
    workers = Workers(log, tmp_path / "workers", 1)
    alone = workers.process_ids
    try:
        said = ""
        while "waiting for it" not in said:
            workers.look()
            time.sleep(0.1)
            said += capfd.readouterr().err
        own_broker.up()
        wait_for_begin(workers)
        assert workers.process_ids == alone
        own_broker.kill()
        own_broker.up()
        carrier.write(second)
        workers.run_until_idle()
    finally:
        workers.stop()
    assert (said + capfd.readouterr().err).count("waiting for it") == 1
    assert_folded(log, undisturbed())
