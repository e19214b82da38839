"""A journal of many tenants, carried on Kafka as a sequencer writes it, and what folding it must give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from random import Random
from typing import Any

from confluent_kafka import KafkaError, Message, Producer

from processors.catalog import PROCESSORS
from processors.contract import Processor
from schemas.decode import encode
from schemas.event import Event
from schemas.fact import Fact
from schemas.instant import DAY
from schemas.system import BackfillEnded, BackfillStarted, Tick
from streams.batch import Said
from streams.carriage import WRITER_BEGAN, Beginning, encode_beginning
from streams.engine import Engine
from streams.fold_store import MemoryFoldStore
from streams.kafka.address import Address
from streams.kafka.client import admin, consumer, partitions_of, producer
from streams.kafka.ranges import records_of_all
from streams.kafka.reading import bounds_of
from streams.kafka.record import headers_of_event
from streams.kafka.said import decode_alert, decode_said
from streams.kafka.state_topic import saved_state
from streams.memory_log import MemoryLog
from streams.partition import partition_of
from streams.partition_fold import PartitionFold
from streams.sequencer import Sequencer
from streams.state_hash import state_hash
from tests.laws.story import START, Story
from tests.laws.world import World, privacy

Catalog = Sequence[Processor[Any]]


@cache
def told(tenant: str, seed: int, days: int, tickets: int, usage_a_day: int) -> tuple[Event, ...]:
    """One tenant's story as its door recorded it, ticks among it."""
    world = World(tenant=tenant)
    for one in Story(seed, days=days, tickets=tickets, usage_a_day=usage_a_day).said:
        world.arrive(one.raw, one.at)
    world.wait_until(START + (days + 10) * DAY)
    return tuple(world.journal())


@cache
def history(tenant: str, seed: int) -> tuple[Event, ...]:
    """A tenant whose past was brought along: told in a backfill, with ticks only after it."""
    log = MemoryLog()
    door = Sequencer(log, privacy(), lambda _: None)
    now = START + 30 * DAY
    door.record(tenant, BackfillStarted(name="past", clock="live"), now, id="started")
    story = Story(seed, days=6, tickets=6).said
    door.take(tenant, [one.raw for one in story], now, backfill=True)
    door.record(tenant, BackfillEnded(name="past", records=len(story)), now, id="ended")
    for day in range(1, 4):
        door.record(tenant, Tick(), now + day * DAY, id=f"tick-{day}")
    return tuple(log.read(tenant, 0, log.end(tenant)))


@cache
def stories(tenants: int = 6, seed: int = 5) -> Mapping[str, tuple[Event, ...]]:
    """The journals of tenants of very different size."""
    return {"newcomer": history("newcomer", seed)} | {
        f"tenant-{number}": told(f"tenant-{number}", seed + number, 8, 2 + 40 // (number + 1), 3)
        for number in range(tenants)
    }


def mixed(journals: Mapping[str, Sequence[Event]], seed: int = 1) -> list[Event]:
    """All tenants' records in one order that keeps each tenant's."""
    draw = Random(f"mixed {seed}")
    order = [tenant for tenant, journal in journals.items() for _ in journal]
    draw.shuffle(order)
    each = {tenant: iter(journal) for tenant, journal in journals.items()}
    return [next(each[tenant]) for tenant in order]


class Carrier:
    """Writes a journal as the only writer of its partitions; each call of `write` may use a codec of its own."""

    def __init__(self, address: Address, epoch: int = 1) -> None:
        self.address = address
        self.epoch = epoch
        self.ends: dict[str, int] = {}
        self._topic = address.topic("journal")
        self._producers: dict[str, Producer] = {}
        began = encode_beginning(Beginning(epoch, f"writer-{epoch}", START))
        writer = self._producer("none")
        for partition in range(address.partitions):
            writer.produce(self._topic, began, None, partition, headers=[("ce_type", WRITER_BEGAN.encode())])
        writer.flush(30)

    def write(self, events: Iterable[Event], codec: str = "none") -> None:
        """Appends records, durably."""
        writer = self._producer(codec)
        for event in events:
            stamped = event.model_copy(update={"epoch": self.epoch, "intake": f"tickets:{event.position}"})
            self.ends[event.tenant] = event.position
            partition = partition_of(event.tenant, self.address.partitions)
            headers = [(name, value) for name, value in headers_of_event(stamped)]
            writer.produce(self._topic, encode(stamped), event.tenant.encode(), partition, headers=headers)
            writer.poll(0)
        assert writer.flush(30) == 0

    def append(self, event: Event) -> Event:
        """Appends an event as the next of its tenant."""
        event = event.model_copy(
            update={"position": self.ends.get(event.tenant, 0) + 1, "recorded_at": event.occurred_at}
        )
        self.write([event])
        return event

    def _producer(self, codec: str) -> Producer:
        if codec not in self._producers:
            settings: dict[str, Any] = {"compression.type": codec, "on_delivery": _delivered}
            self._producers[codec] = producer(self.address, **settings)
        return self._producers[codec]


def _delivered(error: KafkaError | None, _message: Message) -> None:
    assert error is None, error


def folded(journals: Mapping[str, Sequence[Event]], catalog: Catalog = PROCESSORS) -> MemoryFoldStore:
    """What an undisturbed fold of the journals gives, refusals left out."""
    store = MemoryFoldStore()
    fold = PartitionFold(0, Engine(catalog, store))
    for journal in journals.values():
        for event in journal:
            fold.collect(event)
        outcome = fold.take(journal)
        assert outcome.held == []
        store.save(outcome.batches)
    return store


@cache
def undisturbed() -> MemoryFoldStore:
    """What folding the stories gives where nothing happens meanwhile."""
    return folded(stories())


def read_all(address: Address, topic: str) -> list[Message]:
    """Every record of a topic, partition by partition."""
    asked = consumer(address)
    try:
        spans = bounds_of(admin(address), topic, range(partitions_of(asked, topic)))
        found = list(records_of_all(asked, topic, spans))
    finally:
        asked.close()
    return sorted(found, key=lambda message: (message.partition() or 0, message.offset() or 0))


def current_facts(address: Address) -> tuple[dict[str, Fact], dict[str, Fact]]:
    """The current facts that the topic tells, and those of history kinds, as a sink reads it: by id, last revision.

    What was said again must be what was said before, byte for byte.
    """
    said: dict[tuple[str, int], bytes] = {}
    current: dict[str, Said] = {}
    history: dict[str, Fact] = {}
    for message in read_all(address, address.topic("facts")):
        value = message.value() or b""
        statement, _generation = decode_said(value)
        assert said.setdefault((statement.fact_id, statement.revision), value) == value
        if statement.fact is not None and statement.fact.history:
            history[statement.fact_id] = statement.fact
        elif statement.fact_id not in current or current[statement.fact_id].revision <= statement.revision:
            current[statement.fact_id] = statement
    return {id_: one.fact for id_, one in current.items() if one.fact is not None}, history


def alerts(address: Address) -> dict[str, bytes]:
    """The first body of each alert."""
    found: dict[str, bytes] = {}
    for message in read_all(address, address.topic("alerts")):
        alert = decode_alert(message.value() or b"")
        if not alert.withdrawn:
            found.setdefault(alert.alert_id, alert.body)
    return found


def assert_folded(address: Address, expected: MemoryFoldStore, catalog: Catalog = PROCESSORS) -> None:
    """State, facts and alerts are what an undisturbed fold gives."""
    assert state_hash(saved_state(address, catalog), catalog) == state_hash(expected, catalog)
    current, history = current_facts(address)
    tenants = expected.tenants()
    assert current == {id_: fact for tenant in tenants for id_, fact in expected.current.get(tenant, {}).items()}
    assert history == {id_: fact for tenant in tenants for id_, fact in expected.history.get(tenant, [])}
    assert set(alerts(address)) == {id_ for tenant in tenants for id_ in expected.alerts.get(tenant, {})}
