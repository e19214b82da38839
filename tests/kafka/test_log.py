"""What a log on Kafka promises beyond the contract of every log: who may write it, and what a broker can do to it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import NewTopic  # type: ignore[attr-defined]

from infra.kafka.broker import Broker
from streams.kafka.address import Address, parse_address
from streams.kafka.client import LARGEST_MESSAGE_BYTES, admin, consumer, headers_of, partitions_of
from streams.kafka.failures import RecordsLost, TopicsDiffer, WriteFailed
from streams.kafka.journal import Fenced
from streams.kafka.log import KafkaLog
from streams.kafka.ranges import available, records
from streams.kafka.said import encode_letter
from streams.kafka.sending import Sender
from streams.kafka.topics import apply_topics
from streams.kafka.transfer import KafkaSource
from streams.log import Letter
from streams.partition import partition_of
from streams.seen_ids import Entry, Verdict
from tests.kafka.limits import lower_limit
from tests.streams.records import NOW, Door, used, written

OpenKafkaLog = Callable[..., KafkaLog]
LETTER = Letter("l-1", "acme", "not_json", "cut off", "", "file:1", None, NOW, b"sealed")


@pytest.fixture
def open_kafka_log(address: Address) -> Iterator[OpenKafkaLog]:
    """Opens a log on topics of its own, as one process after the other, or beside it, does."""
    apply_topics(address)
    opened: list[KafkaLog] = []

    def open_one(folder: Path | None = None, at: Address = address) -> KafkaLog:
        opened.append(KafkaLog(at, folder))
        return opened[-1]

    yield open_one
    for log in opened:
        log.close()


def append(log: KafkaLog, *positions: int, tenant: str = "acme") -> None:
    with log.appending() as appending:
        appending.append([written(tenant, position) for position in positions])
        appending.remember([entry(position, tenant) for position in positions], NOW, usage=True)


def entry(position: int, tenant: str = "acme") -> Entry:
    return (tenant, "desk", f"e-{position}", b"contents")


def positions(log: KafkaLog, tenant: str = "acme", after: int = 0) -> list[int]:
    return [event.position for event in log.read(tenant, after, 100_000)]


def topic_cut(address: Address, name: str, before: int) -> None:
    """Takes away what lies before an offset, as retention would."""
    topic = address.topic(name)
    place = TopicPartition(topic, partition_of("acme", 4), before)
    asked = admin(address)
    asked.delete_records([place])[place].result()


@pytest.mark.parametrize("with_folder", [True, False], ids=["checkpoint", "full read"])
def test_everything_is_there_after_reopening(
    open_kafka_log: OpenKafkaLog, tmp_path: Path, *, with_folder: bool
) -> None:
    folder = tmp_path if with_folder else None
    log = open_kafka_log(folder)
    append(log, 1, 2, 3)
    append(log, 1, 2, tenant="zoo")
    with log.appending() as appending:
        appending.keep([LETTER])
    log.close()
    again = open_kafka_log(folder)
    assert (positions(again), again.end("acme"), again.end("zoo")) == ([1, 2, 3], 3, 2)
    with again.appending() as appending:
        assert appending.verdicts([entry(3), entry(2, "zoo"), entry(4)]) == [
            Verdict.DUPLICATE,
            Verdict.DUPLICATE,
            Verdict.NEW,
        ]
        appending.append([written("acme", 4)])
        appending.keep([LETTER])
    assert again.letters("acme") == [LETTER._replace(times=2)]
    assert positions(again) == [1, 2, 3, 4]


def test_a_door_recognises_repeats_out_of_the_topic_alone(open_kafka_log: OpenKafkaLog, tmp_path: Path) -> None:
    door = Door(open_kafka_log(), tmp_path)
    assert [taken.status for taken in door.take(used("u-1"), used("u-2"), used("u-1"))] == [
        "accepted",
        "accepted",
        "duplicate",
    ]
    door.close()
    again = Door(open_kafka_log(), tmp_path)
    taken = again.take(used("u-2"), used("u-1", 7), used("u-3"))
    assert [(one.status, one.reason) for one in taken] == [
        ("duplicate", None),
        ("refused", "conflict"),
        ("accepted", None),
    ]
    assert [event.id for event in again.journal()] == ["u-1", "u-2", "u-3"]
    assert [letter.reason for letter in again.log.letters("acme")] == ["conflict"]
    again.close()


def test_records_lie_in_their_tenants_partition_under_its_key(open_kafka_log: OpenKafkaLog, address: Address) -> None:
    log = open_kafka_log()
    tenants = [f"t{number}" for number in range(12)]
    for tenant in tenants:
        append(log, 1, tenant=tenant)
    reader, topic = consumer(address), address.topic("journal")
    found = {}
    for partition in range(4):
        for message in records(reader, topic, partition, 0, available(reader, topic, partition, 0)):
            if message.key():
                found[(message.key() or b"").decode()] = partition
                headers = headers_of(message)
                assert {name: headers[name] for name in ("ce_type", "ce_id", "ce_source")} == {
                    "ce_type": b"usage.recorded",
                    "ce_id": b"e-1",
                    "ce_source": b"desk",
                }
    reader.close()
    assert found == {tenant: partition_of(tenant, 4) for tenant in tenants}


def test_one_that_was_replaced_is_told_and_adds_nothing(open_kafka_log: OpenKafkaLog) -> None:
    first, second, reader = open_kafka_log(), open_kafka_log(), open_kafka_log()
    append(first, 1, 2)
    append(second, 3)
    with pytest.raises(Fenced, match="another process writes it, too"):
        append(first, 3, 4)
    assert positions(reader) == [1, 2, 3]
    # A second log writes on; the one that was replaced reads what is there before it writes again, and takes over.
    append(first, 4)
    assert positions(reader) == [1, 2, 3, 4]
    with pytest.raises(Fenced):
        append(second, 4)


def test_a_log_reads_on_while_another_writes(open_kafka_log: OpenKafkaLog) -> None:
    writer, reader = open_kafka_log(), open_kafka_log()
    for last in range(0, 2_600, 650):
        append(writer, *range(last + 1, last + 651))
        append(writer, *range(last + 1, last + 651), tenant="zoo")
        assert reader.end("acme") == last + 650
        assert positions(reader, after=last) == list(range(last + 1, last + 651))
    assert positions(reader, "zoo", 1_500) == list(range(1_501, 2_601))
    assert [event.position for event in reader.read("acme", 2_000, 5)] == [2_001, 2_002, 2_003, 2_004, 2_005]


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd", "uncompressed"])
def test_a_topic_compressed_with_each_codec_is_read(
    open_kafka_log: OpenKafkaLog, broker: str, address: Address, codec: str
) -> None:
    at = parse_address(f"kafka://{broker}/{address.prefix}{codec}.?partitions=1")
    asked, topic = admin(at), at.topic("journal")
    asked.create_topics([NewTopic(topic, 1, 1, config={"compression.type": codec})])[topic].result()
    apply_topics(at)
    log = open_kafka_log(at=at)
    append(log, *range(1, 501))
    assert positions(open_kafka_log(at=at)) == list(range(1, 501))


def test_a_record_over_the_limit_is_said_and_costs_nothing_else(open_kafka_log: OpenKafkaLog) -> None:
    log = open_kafka_log()
    append(log, 1)
    with pytest.raises(WriteFailed, match="large"):
        append_large(log, 2, LARGEST_MESSAGE_BYTES)
    assert positions(log) == [1]
    with log.appending() as appending:
        assert appending.verdicts([entry(2)]) == [Verdict.NEW]
        appending.append([written("acme", 2)])
    assert positions(log) == [1, 2]


def test_a_limit_of_the_broker_is_said_too(open_kafka_log: OpenKafkaLog, address: Address) -> None:
    log = open_kafka_log()
    append(log, 1)
    lower_limit(address.topic("journal"), admin(address))
    with pytest.raises(WriteFailed, match="too large"):
        append_large(log, 2, 100_000)
    append(log, 2)
    assert positions(log) == [1, 2]


def append_large(log: KafkaLog, position: int, size: int) -> None:
    """Appends a record of so many bytes, which no codec makes small, and remembers its id."""
    record = written("acme", position)
    noise = Random(7).randbytes(size // 2).hex().encode()
    with log.appending() as appending:
        appending.append([record._replace(value=record.value[:-1] + b',"noise":"' + noise + b'"}')])
        appending.remember([entry(position)], NOW, usage=True)


def test_a_journal_that_was_cut_is_never_read_as_if_it_were_whole(
    open_kafka_log: OpenKafkaLog, address: Address
) -> None:
    log = open_kafka_log()
    append(log, *range(1, 11))
    assert positions(log) == list(range(1, 11))
    topic_cut(address, "journal", 6)
    with pytest.raises(RecordsLost, match=r"offset 1 is wanted, but the topic holds 6 to 11: records are lost"):
        log.read("acme", 0, 100)
    fresh = open_kafka_log()
    for asking in (fresh.tenants, lambda: fresh.end("acme"), lambda: fresh.read("acme", 0, 1)):
        with pytest.raises(RecordsLost, match="restore the topic from a copy"):
            asking()
    with pytest.raises(RecordsLost):
        append(fresh, 11)


def test_a_journal_that_ends_before_what_was_read_is_noticed(open_kafka_log: OpenKafkaLog, address: Address) -> None:
    log = open_kafka_log()
    append(log, 1, 2, 3)
    assert log.end("acme") == 3
    reader = open_kafka_log()
    assert reader.end("acme") == 3
    asked, topic = admin(address), address.topic("journal")
    asked.delete_topics([topic], operation_timeout=20)[topic].result()
    while partitions_of(asked, topic):
        time.sleep(0.02)
    with pytest.raises(TopicsDiffer, match=r"no topic .*journal"):
        open_kafka_log()
    apply_topics(address)
    with pytest.raises(RecordsLost):
        reader.end("acme")


def test_while_no_broker_answers_nothing_is_acknowledged(
    own_broker: Broker, own_address: Address, tmp_path: Path
) -> None:
    apply_topics(own_address)
    log = KafkaLog(own_address, tmp_path / "log")
    append(log, 1, 2)
    own_broker.kill()
    log.patience_seconds, patience_seconds = 1.0, log.patience_seconds
    with pytest.raises(WriteFailed):
        append(log, 3)
    log.patience_seconds = patience_seconds
    own_broker.up()
    append_if_new(log, 3)
    assert positions(log) == [1, 2, 3]
    log.close()


def append_if_new(log: KafkaLog, position: int) -> None:
    """What was sent before may have come through, or not; it is recognised either way."""
    with log.appending() as appending:
        if appending.verdicts([entry(position)]) == [Verdict.NEW]:
            appending.append([written("acme", position)])


def test_what_a_replaced_writer_says_late_of_a_letter_is_passed_over(
    open_kafka_log: OpenKafkaLog, address: Address
) -> None:
    log = open_kafka_log()
    for _ in range(3):
        with log.appending() as appending:
            appending.keep([LETTER])
    log.mark_redriven("acme", LETTER.letter, NOW + 1)
    sender = Sender(address)
    late = LETTER._replace(times=2, reason="invalid_data")
    sender.send(address.topic("dead-letters"), partition_of("acme", 4), b"acme", encode_letter(late), [])
    sender.confirm()
    sender.close()
    expected = LETTER._replace(times=3, redriven_at=NOW + 1)
    assert log.letter("acme", LETTER.letter) == expected
    with closing(KafkaSource(address)) as source:
        assert [one.letter for one in source.letters()] == [expected]
    # Nor does another mark forget what was counted.
    log.mark_redriven("acme", LETTER.letter, NOW + 2)
    assert log.letter("acme", LETTER.letter) == expected._replace(redriven_at=NOW + 2)
