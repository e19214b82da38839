"""A reader of topics hands on everything, begins where what it feeds stands, and never passes over what was lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from confluent_kafka import TopicPartition

from schemas.facts import UsageDay
from streams.batch import Said
from streams.kafka.address import Address
from streams.kafka.client import admin, producer
from streams.kafka.failures import RecordsLost, TopicsDiffer
from streams.kafka.following import Follower, Place, Record
from streams.kafka.groups import known_groups, living_groups
from streams.kafka.said import encode_letter, encode_said
from streams.kafka.statements import FACT_TOPICS, StatementReader, ends_of
from streams.kafka.topics import apply_topics
from streams.log import Letter
from streams.partition import partition_of
from tests.patience import wait_until

TENANTS = tuple(f"tenant-{number}" for number in range(9))
_PATIENCE_SECONDS = 60.0


class Taking:
    """Keeps what it is handed; `places` are its own, where it has some; it fails at first as often as it is told."""

    name = "test"

    def __init__(self, places: dict[str, int] | None = None, failing: int = 0) -> None:
        self.places = places
        self.failing = failing
        self.taken: list[Record] = []

    def begins(self, place: Place) -> int | None:
        return None if self.places is None else self.places.get(place.source, -1) + 1

    def take(self, records: Sequence[Record]) -> None:
        if self.failing:
            self.failing -= 1
            raise OSError("the disk is full")
        self.taken += records
        if self.places is not None:
            self.places |= ends_of(records)

    @property
    def values(self) -> list[bytes]:
        return sorted(record.value for record in self.taken)


@pytest.fixture
def log(address: Address) -> Address:
    apply_topics(address)
    return address


def say(log: Address, first: int, count: int, topic: str = "facts") -> list[bytes]:
    """Writes so many records of all tenants in turn; their values."""
    writer = producer(log)
    values = [b"%06d" % number for number in range(first, first + count)]
    for number, value in enumerate(values, first):
        tenant = TENANTS[number % len(TENANTS)]
        writer.produce(log.topic(topic), value, tenant.encode(), partition_of(tenant, log.partitions))
    assert writer.flush(30) == 0
    return values


def fed(log: Address, taking: Taking, group: str | None = "test", **how: Any) -> Follower:
    follower = Follower(log, group, ("facts",), taking, **how)
    follower.start()
    return follower


def cut(log: Address, before: int) -> None:
    """Takes the records before an offset away from every partition that has them."""
    asked = admin(log)
    cuts = [TopicPartition(log.topic("facts"), partition, before) for partition in range(log.partitions)]
    for future in asked.delete_records(cuts).values():
        future.result()


def test_everything_is_handed_on_once_and_in_order(log: Address) -> None:
    values = say(log, 0, 500)
    taking = Taking()
    follower = fed(log, taking)
    assert follower.drain(_PATIENCE_SECONDS)
    values += say(log, 500, 100)
    assert follower.drain(_PATIENCE_SECONDS)
    for _ in range(3):
        assert living_groups(log, "te") == known_groups(log, "te") == [f"{log.prefix}test"]
    follower.stop()
    assert (living_groups(log, "te"), known_groups(log, "te")) == ([], [f"{log.prefix}test"])
    assert taking.values == values
    for partition in range(log.partitions):
        offsets = [record.offset for record in taking.taken if record.place.partition == partition]
        assert offsets == list(range(len(offsets)))
    assert {record.tenant for record in taking.taken} == set(TENANTS)


def test_another_one_of_the_group_goes_on_where_it_ended(log: Address) -> None:
    say(log, 0, 50)
    first = fed(log, Taking(), member="one")
    assert first.drain(_PATIENCE_SECONDS)
    first.stop()
    later = say(log, 50, 30)
    taking = Taking()
    second = fed(log, taking, member="one")
    assert second.drain(_PATIENCE_SECONDS)
    second.stop()
    assert taking.values == later


@pytest.mark.parametrize(("stands_at", "begins_at"), [(None, 0), (4, 5)])
def test_what_is_fed_knows_best_where_it_stands(log: Address, stands_at: int | None, begins_at: int) -> None:
    """Tables that were lost, or restored from an older copy, get again what the group has long passed."""
    say(log, 0, 400)
    known: dict[str, int] = {}
    first = fed(log, Taking(known), member="one")
    assert first.drain(_PATIENCE_SECONDS)
    first.stop()
    restored = {} if stands_at is None else dict.fromkeys(known, stands_at)
    taking = Taking(restored)
    second = fed(log, taking, member="one")
    assert second.drain(_PATIENCE_SECONDS)
    second.stop()
    assert restored == known
    assert min(record.offset for record in taking.taken) == begins_at
    assert len(taking.taken) == 400 - begins_at * len(known)


def test_what_fails_is_tried_again(log: Address) -> None:
    values = say(log, 0, 20)
    taking = Taking(failing=2)
    follower = fed(log, taking)
    wait_until(lambda: follower.health().failures == 2, _PATIENCE_SECONDS)
    assert follower.health().error == "OSError: the disk is full"
    assert follower.drain(_PATIENCE_SECONDS)
    assert follower.health().error is None
    follower.stop()
    assert taking.values == values


def test_two_share_the_partitions_and_one_takes_over(log: Address) -> None:
    one, other = Taking(), Taking()
    first, second = fed(log, one), fed(log, other)
    wait_until(lambda: first.behind() == 0 and second.behind() == 0, _PATIENCE_SECONDS)
    values = say(log, 0, 200)
    assert first.drain(_PATIENCE_SECONDS)
    shared = {frozenset(record.place.partition for record in each.taken) for each in (one, other)}
    assert all(shared)
    assert sum(map(len, shared)) == log.partitions
    first.stop()
    values += say(log, 200, 100)
    assert second.drain(_PATIENCE_SECONDS)
    second.stop()
    # A rebalance may hand on again what was not stored yet, and never less than everything.
    assert sorted({*one.values, *other.values}) == values


@pytest.mark.parametrize("stored", [False, True])
def test_records_that_are_gone_end_it_with_their_offsets(log: Address, stored: bool) -> None:
    say(log, 0, 90)
    if stored:
        first = fed(log, Taking(), member="one")
        assert first.drain(_PATIENCE_SECONDS)
        first.stop()
        say(log, 90, 90)
        cut(log, 15)
    else:
        cut(log, 3)
    follower = fed(log, Taking(), member="one")
    wait_until(lambda: follower.failure is not None, _PATIENCE_SECONDS)
    assert isinstance(follower.failure, RecordsLost)
    assert "records are lost" in str(follower.failure)
    with pytest.raises(RecordsLost):
        follower.drain(1.0)
    assert not follower.health().alive


def test_without_a_group_only_what_comes_from_now_on_is_seen(log: Address) -> None:
    say(log, 0, 50)
    taking = Taking()
    follower = fed(log, taking, group=None)
    wait_until(lambda: follower.behind() == 0, _PATIENCE_SECONDS)
    later = say(log, 50, 20)
    wait_until(lambda: len(taking.taken) >= 20, _PATIENCE_SECONDS)
    follower.stop()
    assert taking.values == later


def test_a_missing_topic_is_named(address: Address) -> None:
    with pytest.raises(TopicsDiffer, match=r"facts: run `millrace topics apply`"):
        Follower(address, "test", ("facts",), Taking())


def test_facts_and_letters_become_statements(log: Address) -> None:
    day = UsageDay(account="a", name="api.calls", day=20_454, quantity=3, events=1)
    said = Said("f" * 32, day.kind, 7 << 20, 11, day)
    gone = said._replace(revision=8 << 20, fact=None)
    letter = Letter("l-1", "acme", "not_json", "no", "body", "desk", None, 5, b"{", redriven_at=9)
    facts, letters = Place("facts", "T", 1), Place("dead-letters", "L", 1)
    records = [
        Record(facts, 0, b"acme", encode_said(said, 3)),
        Record(letters, 4, b"acme", encode_letter(letter)),
        Record(facts, 1, b"acme", encode_said(gone, 3)),
    ]
    first, second, third = StatementReader(lambda _: 2, first=100).statements(records)
    assert (first.token, first.tenant, first.generation, first.fact) == (100, "acme", 3, day)
    assert (second.token, second.kind, second.generation, second.revision) == (101, "dead.letter", 2, 9)
    assert (third.token, third.fact_id, third.revision, third.fact) == (102, said.fact_id, 8 << 20, None)
    assert ends_of(records) == {"T/1": 1, "L/1": 4}
    assert FACT_TOPICS == ("facts", "dead-letters")
