"""The sequencer on Kafka: a group of processes that turn the intake topics into the journal, each record once.

Whatever dies: what is in the journal, in the dead letters or handed over is told by them, and what is not is read
again from the intake. Two processes that both believe a partition is theirs do no harm: one of them is fenced.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import structlog
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition
from confluent_kafka.admin import AdminClient

from schemas.event import Event
from streams.failpoint import failpoint
from streams.kafka import client
from streams.kafka.address import Address
from streams.kafka.checkpoint import Checkpoint, partition_folder
from streams.kafka.failures import BrokerUnreachable, KafkaFailed, RecordsLost, WriteFailed
from streams.kafka.intake_group import IntakeGroup, MemberLost
from streams.kafka.journal import Clock, Fenced, PartitionWriter
from streams.kafka.reading import cluster_of, ends_of, gathered
from streams.kafka.said import decode_wait
from streams.kafka.seat import FAMILIES, Seat, Waking
from streams.kafka.sending import Sender
from streams.kafka.standing import Standing
from streams.kafka.topics import require_topics
from streams.key_files import KeyStoreError
from streams.privacy import Privacy
from streams.subject_keys import KeysMadeElsewhere

_IDLE_SECONDS = 0.1
_OPENING_SECONDS = 0.5
_TRY_AGAIN_SECONDS = 1.0
_QUIET_SECONDS = 1.0

_log = structlog.get_logger(__name__)


class KeysDiffer(KafkaFailed):
    """The journal was sealed under another key store than this home folder's."""

    def __init__(self, tenant: str, position: int) -> None:
        super().__init__(
            f"the record {tenant}/{position} was sealed with keys that this home folder does not hold: run with the "
            "home folder that wrote the journal, or copy its keys.db and keys.root here before anything is written"
        )


@dataclass(slots=True)
class Tally:
    """What a sequencer has done since it began."""

    taken: int = 0
    written: int = 0
    duplicates: int = 0
    letters: int = 0
    handed_over: int = 0
    ticks: int = 0


class Sequencer:
    """One process of the group. `home` keeps checkpoints; `privacy` holds the keys, the same for all of the group.

    `accept_lost` goes on where the intake was cut before it was taken, instead of stopping with RecordsLost.
    """

    def __init__(
        self, address: Address, home: Path, privacy: Privacy, clock: Clock, *, accept_lost: bool = False
    ) -> None:
        self.tally = Tally()
        self._stop = threading.Event()
        self.partitions = require_topics(address)
        self._address = address
        self._privacy = privacy
        self._clock = clock
        self._accept_lost = accept_lost
        self._admin, self._reader, self._waits = _clients(address)
        self._home = home
        # Checkpoints of another cluster are of another journal.
        self._cluster = cluster_of(self._admin)
        self._seats: dict[int, Seat] = {}
        self._opening: Generator[None, None, None] | None = None
        self._opened_of = -1
        self._sender = Sender(address, self._stop.is_set)
        self._group = IntakeGroup(address, home / "sequencer" / self._cluster / f"{address.prefix}members", clock)

    @property
    def seats(self) -> tuple[int, ...]:
        """The partitions that are taken in now."""
        return tuple(self._seats)

    def stop(self) -> None:
        """Has `run` end soon; from a signal or another thread."""
        self._stop.set()

    def run(self, *, until_idle: bool = False, told: Callable[[Tally], None] = lambda _: None) -> Tally:
        """Takes intake until stopped, or until nothing was left for a while. Raises KafkaFailed, FoldBroken."""
        quiet_since = time.monotonic()
        while not self._stop.is_set():
            try:
                busy = self.step()
            except (WriteFailed, BrokerUnreachable, KeysMadeElsewhere, MemberLost) as error:
                if self._stop.is_set():
                    break
                _log.warning("sequencer begins again", reason=str(error))
                self._begin_again()
                if isinstance(error, MemberLost):
                    self._group.join_again()
                busy = True
            told(self.tally)
            if busy or not self._is_idle():
                quiet_since = time.monotonic()
            elif until_idle and time.monotonic() - quiet_since > _QUIET_SECONDS:
                break
        return self.tally

    def step(self) -> bool:
        """Receives, decides and writes once; False where nothing came."""
        came = self._group.receive(0 if self._opening is not None else self._patience())
        self._leave_seats()
        self._open_seats()
        self._hear_waits()
        self._ask_whom_to_wake()
        wrote = self._take()
        self._group.commit()
        return came or wrote

    def close(self) -> None:
        """Lets go of everything; nothing that was confirmed is lost, nor anything else."""
        self._close_opening()
        self._group.close()
        for seat in self._seats.values():
            seat.close()
        self._sender.close()
        self._reader.close()
        self._waits.close()

    def _take(self) -> bool:
        began = [(seat, outcome) for seat in self._seats.values() if (outcome := seat.decide()) is not None]
        if not began:
            return False
        self._privacy.flush()
        for seat, _ in began:
            seat.send_letters(self._sender)
        letters = self._sender.confirm()
        failpoint("letters_kept")
        for seat, _ in began:
            seat.send(self._sender)
        failpoint("journal_sent")
        journal = self._sender.confirm()
        failpoint("journaled")
        now = self._clock()
        for seat, outcome in began:
            try:
                seat.hold(letters, journal, now)
            except Fenced as error:
                _log.warning("another sequencer has begun", partition=seat.partition, reason=str(error))
                self._leave(seat)
                continue
            tally = self.tally
            tally.taken += outcome.arrivals
            tally.written += len(outcome.records)
            tally.duplicates += outcome.duplicates
            tally.letters += len(outcome.letters)
            tally.handed_over += len(outcome.handed_over)
            tally.ticks += outcome.ticks
        failpoint("noted")
        return True

    def _leave_seats(self) -> None:
        for seat in [seat for number, seat in self._seats.items() if number not in self._group.wanted]:
            self._leave(seat)
        if self._opening is not None and self._opened_of not in self._group.wanted:
            self._close_opening()

    def _leave(self, seat: Seat) -> None:
        del self._seats[seat.partition]
        seat.close()
        self._waits.incremental_unassign([TopicPartition(self._address.topic("waits"), seat.partition)])
        self._group.read(self._seats)

    def _open_seats(self) -> None:
        """Goes on with opening what is this member's, a while at a time: the group must hear from it meanwhile."""
        until = time.monotonic() + _OPENING_SECONDS
        while time.monotonic() < until:
            if self._opening is None:
                closed = [number for number in self._group.wanted if number not in self._seats]
                if not closed:
                    return
                self._opened_of = closed[0]
                self._opening = self._open(closed[0])
            try:
                next(self._opening)
            except StopIteration:
                self._opening = None

    def _open(self, partition: int) -> Generator[None, None, None]:
        folder = partition_folder(self._home, self._cluster, self._address, partition)
        standing = Standing(Checkpoint.open(folder), self.partitions)
        try:
            writer = PartitionWriter(self._address, partition, standing, self._clock, self._proving())
            told_at = time.monotonic()
            for done, total in writer.opening(self._reader, self._sender):
                if time.monotonic() - told_at > 5:
                    told_at = time.monotonic()
                    _log.info("journal is read", partition=partition, records=done, of=total)
                yield
            failpoint("began")
            starts = self._starts(standing, partition)
        except BaseException:
            standing.close()
            raise
        self._seats[partition] = Seat(self._address, self.partitions, writer, self._privacy, starts)
        self._waits.incremental_assign([TopicPartition(self._address.topic("waits"), partition, OFFSET_BEGINNING)])
        self._group.read(self._seats)

    def _starts(self, standing: Standing, partition: int) -> dict[str, int]:
        """Where each family is read on: after what the journal tells and the group remembers as taken."""
        committed = self._group.committed(partition)
        starts: dict[str, int] = {}
        for family in FAMILIES:
            topic = self._address.topic(family)
            low, high = client.bounds(self._reader, topic, partition)
            start = max(committed.get(family, 0), standing.taken.get(family, -1) + 1)
            if start == 0:
                start = low
            if start > high or (start < low and not self._accept_lost):
                raise RecordsLost(topic, partition, start, low, high)
            starts[family] = max(start, low)
        return starts

    def _proving(self) -> Callable[[Sequence[Event]], None]:
        """Has the first sealed record that is read prove that these are the keys it was sealed with."""
        proven = False

        def prove(events: Sequence[Event]) -> None:
            nonlocal proven
            sealed = None if proven else next((event for event in events if event.sealed is not None), None)
            if sealed is not None:
                try:
                    self._privacy.originals(sealed)
                except KeyStoreError as error:
                    raise KeysDiffer(sealed.tenant, sealed.position) from error
                proven = True

        return prove

    def _hear_waits(self) -> None:
        for message in gathered(self._waits, 5_000, 0):
            seat = self._seats.get(message.partition() or 0)
            if seat is None or message.error() is not None:
                continue
            tenant, value = (message.key() or b"").decode(errors="replace"), message.value()
            try:
                seat.waiting.say(tenant, decode_wait(value).wakes_at if value else None)
            except msgspec.MsgspecError as error:
                _log.warning("a record of waits cannot be read", tenant=tenant, reason=str(error))

    def _ask_whom_to_wake(self) -> None:
        """Tenants whose timer is due are woken once their intake is read to what was its end after this instant."""
        now = self._clock()
        due = {
            number: found
            for number, seat in self._seats.items()
            if seat.waking is None and (found := seat.waiting.due(now, seat.writer.standing.tenants))
        }
        if not due:
            return
        topics = {family: self._address.topic(family) for family in FAMILIES}
        ends = ends_of(self._admin, [(topic, number) for number in due for topic in topics.values()])
        for number, tenants in due.items():
            here = {family: ends[topic, number] for family, topic in topics.items()}
            self._seats[number].waking = Waking(now, tenants, here)

    def _patience(self) -> float:
        """How long nothing may come before something else is due."""
        if any(seat.waking is not None for seat in self._seats.values()):
            return 0.01
        dues = [due for seat in self._seats.values() if (due := seat.waiting.next_due()) is not None]
        if not dues:
            return _IDLE_SECONDS
        return min(_IDLE_SECONDS, max(0.001, (min(dues) - self._clock()) / 1e6))

    def _is_idle(self) -> bool:
        wanted = self._group.wanted
        return bool(wanted) and tuple(sorted(self._seats)) == wanted and all(s.is_idle() for s in self._seats.values())

    def _begin_again(self) -> None:
        """Drops all that is not confirmed: what holds is told by the journal when it is read again."""
        self._close_opening()
        for seat in list(self._seats.values()):
            self._leave(seat)
        self._sender.close()
        self._sender = Sender(self._address, self._stop.is_set)
        # New ones: clients that have asked a broker before it was killed may name its old epoch for ever.
        self._reader.close()
        self._waits.close()
        self._admin, self._reader, self._waits = _clients(self._address)
        time.sleep(_TRY_AGAIN_SECONDS)

    def _close_opening(self) -> None:
        if self._opening is not None:
            self._opening.close()
            self._opening = None


def _clients(address: Address) -> tuple[AdminClient, Consumer, Consumer]:
    # The last one waits for what is said to be due.
    waits = client.consumer(address, None, **{"fetch.wait.max.ms": 100})
    return client.admin(address), client.consumer(address), waits
