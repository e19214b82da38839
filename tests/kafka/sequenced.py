"""Intake as anybody's producer writes it, and what must have become of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from schemas.event import Event
from schemas.topics import INTAKE
from streams.carriage import Carriage
from streams.dead_letter import letter_id
from streams.embedded import machine_clock
from streams.kafka.address import Address
from streams.kafka.client import admin, consumer, producer, raw_headers_of
from streams.kafka.headers import type_of
from streams.kafka.letters import letters_of
from streams.kafka.ranges import records_of_all
from streams.kafka.reading import bounds_of
from streams.kafka.said import decode_letter
from streams.kafka.sequencer import Sequencer
from streams.log import Letter
from streams.meanings import Meanings
from streams.partition import partition_of
from streams.privacy import Privacy
from streams.subject_keys import SubjectKeys
from tests.sentences import DigestEmbedder
from tests.streams.records import raw, used

TENANTS = tuple(f"tenant-{number}" for number in range(9))
FAMILIES = tuple(topic.name for topic in INTAKE)


@dataclass
class Sent:
    """What a story sent: ids that must be in the journal once, and letters with how often each came."""

    ids: set[tuple[str, str]] = field(default_factory=set)
    letters: Counter[tuple[str, str]] = field(default_factory=Counter)


class Story:
    """Sends records of every kind there is: new, repeated, in the wrong partition, and such that cannot be taken."""

    def __init__(self, address: Address, seed: str) -> None:
        self.sent = Sent()
        self._address = address
        self._draw = Random(seed)
        self._producer = producer(address)
        self._number = 0
        self._values: list[tuple[str, str, bytes]] = []

    def send(self, count: int) -> None:
        """Sends so many records; all of them are in the intake at return."""
        for _ in range(count):
            tenant, family, value = self._next()
            partition = partition_of(tenant, self._address.partitions)
            if self._draw.random() < 0.05:
                partition = self._draw.randrange(self._address.partitions)
            self._producer.produce(self._address.topic(family), value, tenant.encode(), partition)
        assert not self._producer.flush(60)

    def _next(self) -> tuple[str, str, bytes]:
        draw = self._draw
        chance = draw.random()
        if self._values and chance < 0.1:
            return draw.choice(self._values)
        self._number += 1
        tenant = draw.choice(TENANTS)
        id_ = f"e-{self._number}"
        if chance < 0.15:
            return self._bad(tenant, draw.choice((b"{", b"\xff", b"[1]", used(id_, at=0))))
        if chance < 0.7:
            said = tenant, "usage", used(id_, self._number, at=machine_clock())
        else:
            text = f"Please write to jo{self._number}@example.com about the invoice."
            data = {"ticket": f"T-{draw.randrange(50)}", "author": "customer", "person": f"p-{draw.randrange(9)}"}
            value = raw("ticket.message_added", data | {"text": text}, id_, machine_clock())
            said = tenant, "tickets", value
        self.sent.ids.add((tenant, id_))
        self._values.append(said)
        return said

    def _bad(self, tenant: str, value: bytes) -> tuple[str, str, bytes]:
        self.sent.letters[tenant, letter_id(tenant, "kafka tickets", value)] += 1
        return tenant, "tickets", value


@contextmanager
def sequencer(address: Address, home: Path, **how: bool) -> Iterator[Sequencer]:
    """One sequencer of this process."""
    privacy = Privacy(SubjectKeys.open(home))
    privacy.meanings = Meanings(DigestEmbedder)
    made = Sequencer(address, home, privacy, machine_clock, **how)
    try:
        yield made
    finally:
        made.close()
        privacy.close()


def journal(address: Address) -> dict[str, list[Event]]:
    """Each tenant's events as a reader takes them; raises for a gap."""
    found: dict[str, list[Event]] = {}
    carriages: defaultdict[int, Carriage] = defaultdict(Carriage)
    for partition, headers, value in lying(address, "journal"):
        event = carriages[partition].take(type_of(headers), value)
        if event is not None:
            assert partition_of(event.tenant, address.partitions) == partition
            found.setdefault(event.tenant, []).append(event)
    return found


def letters(address: Address) -> dict[tuple[str, str], Letter]:
    """Each dead letter as it stands."""
    tenants = dict.fromkeys(decode_letter(value)[0].tenant for _, _, value in lying(address, "dead-letters"))
    return {(tenant, id_): kept.letter for tenant in tenants for id_, kept in letters_of(address, tenant).items()}


Lying = tuple[int, Sequence[tuple[str, bytes | None]], bytes]


def lying(address: Address, name: str) -> Iterable[Lying]:
    """Partition, headers and value of all records of a topic, each partition's in order."""
    reader, topic = consumer(address), address.topic(name)
    spans = bounds_of(admin(address), topic, range(address.partitions))
    for message in records_of_all(reader, topic, spans):
        yield message.partition() or 0, raw_headers_of(message), message.value() or b""
    reader.close()


def check(address: Address, sent: Sent) -> None:
    """Nothing lost, nothing doubled, and what could not be taken is counted as often as it came."""
    ids = Counter((event.tenant, event.id) for events in journal(address).values() for event in events)
    assert set(ids) == sent.ids
    assert set(ids.values()) <= {1}
    kept = {place: letter.times for place, letter in letters(address).items()}
    assert kept == dict(sent.letters)
