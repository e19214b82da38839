"""One partition of a sequencer at work: where its intake is read on, what is decided, and whom to wake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from schemas.topics import INTAKE
from streams.kafka.address import Address
from streams.kafka.desk import Arrival, Desk, Outcome
from streams.kafka.headers import Headers
from streams.kafka.journal import PartitionWriter, Spans
from streams.kafka.record import COUNTED, encode_counted
from streams.kafka.said import encode_letter
from streams.kafka.sending import Sender
from streams.kafka.waiting import Waiting
from streams.partition import partition_of
from streams.privacy import Privacy

FAMILIES = tuple(topic.name for topic in INTAKE)


@dataclass(slots=True)
class Waking:
    """Tenants to be woken at an instant, once their intake is read to what was its end then."""

    at: int
    tenants: Sequence[str]
    ends: Mapping[str, int]


class Seat:
    """Takes one partition's intake into its journal, in steps that the sequencer calls in this order:
    `receive`, `decide`, `send_letters`, `send`, `hold`.

    `next` is of each family the intake offset to be read next; what is before `done` is durable wherever it belongs.
    """

    def __init__(
        self, address: Address, partitions: int, writer: PartitionWriter, privacy: Privacy, next_offsets: dict[str, int]
    ) -> None:
        self.partition = writer.partition
        self.writer = writer
        self.waiting = Waiting()
        self.waking: Waking | None = None
        self.next = next_offsets
        self.done = dict(next_offsets)
        # Where the broker said that there is no more.
        self.ended: dict[str, int] = {}
        self._address = address
        self._partitions = partitions
        self._desk = Desk(self.partition, partitions, writer.standing, privacy, writer.epoch)
        self._arrivals: list[Arrival] = []
        self._outcome = Outcome()

    def receive(self, arrival: Arrival) -> None:
        """An intake record came; one that came before is passed over."""
        if arrival.offset >= self.next[arrival.family]:
            self.next[arrival.family] = arrival.offset + 1
            self._arrivals.append(arrival)

    def decide(self) -> Outcome | None:
        """What becomes of what came, and of whom to wake now; None where there is nothing to do."""
        ticks: list[tuple[str, int]] = []
        waking = self.waking
        if waking is not None and all(self._has_reached(family, end) for family, end in waking.ends.items()):
            ticks = [(tenant, waking.at) for tenant in waking.tenants]
            self.waking = None
        if not self._arrivals and not ticks:
            return None
        self._outcome = self._desk.take(self._arrivals, ticks)
        self._arrivals = []
        return self._outcome

    def send_letters(self, sender: Sender) -> None:
        """Sends what must be in its place before the journal tells that the intake is taken."""
        for letter, counted in self._outcome.letters:
            partition = partition_of(letter.tenant, self._partitions)
            headers: Headers = [(COUNTED, encode_counted(counted))]
            topic = self._address.topic("dead-letters")
            sender.send(topic, partition, letter.tenant.encode(), encode_letter(letter), headers)
        for family, partition, arrival, handed in self._outcome.handed_over:
            sender.send(self._address.topic(family), partition, arrival.key, arrival.value, list(handed))

    def send(self, sender: Sender) -> None:
        """Sends the journal's records."""
        self.writer.send(sender, self._outcome.records)

    def hold(self, letters: Spans, journal: Spans, now: int) -> None:
        """Everything sent is confirmed, and taken over. Raises Fenced, after which this must be dropped."""
        outcome, self._outcome = self._outcome, Outcome()
        standing = self.writer.standing
        with standing.changing():
            self.writer.confirmed(outcome.records, journal, outcome.taken)
            self.writer.confirmed_letters(letters)
            for letter, counted in outcome.letters:
                standing.kept(letter, counted)
            standing.forget_ids(now)
        self.done = dict(self.next)

    def is_idle(self) -> bool:
        """Whether the broker has said of every family that all of it is read."""
        return self.waking is None and all(self._has_reached(family, self.next[family]) for family in FAMILIES)

    def close(self) -> None:
        self.writer.standing.close()

    def _has_reached(self, family: str, end: int) -> bool:
        # Markers of other producers' transactions take offsets that no record comes from.
        return self.next[family] >= end or self.ended.get(family, -1) >= end
