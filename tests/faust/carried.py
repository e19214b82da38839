"""A journal of many tenants, carried on Kafka as a sequencer writes it, and what folding it must give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from random import Random
from typing import Any

from confluent_kafka import KafkaError, Message

from processors.catalog import PROCESSORS
from processors.contract import Processor
from schemas.decode import encode
from schemas.event import Event
from schemas.instant import DAY
from streams.carriage import WRITER_BEGAN, Beginning, encode_beginning
from streams.engine import Engine
from streams.fold_store import MemoryFoldStore
from streams.kafka.address import Address
from streams.kafka.client import producer
from streams.kafka.record import headers_of_event
from streams.partition import partition_of
from streams.partition_fold import PartitionFold
from tests.laws.story import START, Story
from tests.laws.world import World

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
def stories(tenants: int = 6, seed: int = 5) -> Mapping[str, tuple[Event, ...]]:
    """The journals of tenants of very different size."""
    return {
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
    """Writes a journal as the only writer of its partitions."""

    def __init__(self, address: Address, epoch: int = 1) -> None:
        self._address = address
        self.epoch = epoch
        self._topic = address.topic("journal")
        self._producer = producer(address, on_delivery=_delivered)
        for partition in range(address.partitions):
            value = encode_beginning(Beginning(epoch, f"writer-{epoch}", START))
            self._producer.produce(
                self._topic, value, None, partition, headers=[("ce_type", WRITER_BEGAN.encode())]
            )
        self._producer.flush(30)

    def write(self, events: Iterable[Event], epoch: int | None = None) -> None:
        """Appends records, durably."""
        for number, event in enumerate(events):
            stamped = event.model_copy(update={"epoch": epoch or self.epoch, "intake": f"tickets:{number}"})
            partition = partition_of(event.tenant, self._address.partitions)
            self._producer.produce(
                self._topic, encode(stamped), event.tenant.encode(), partition, headers=headers_of_event(stamped)
            )
            self._producer.poll(0)
        assert self._producer.flush(30) == 0


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
