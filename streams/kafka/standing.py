"""What the writer of a partition knows of it: a function of the journal and the dead letters up to two offsets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple
from zlib import crc32

import msgspec

from schemas.event import Event
from schemas.instant import DAY, HOUR
from schemas.registry import EVENT_TYPES
from schemas.system import BackfillEnded, BackfillStarted
from streams.carriage import Carriage
from streams.kafka.checkpoint import Checkpoint, checksum
from streams.kafka.headers import RawHeaders, digest_of, type_of
from streams.kafka.record import decode_counted, read_intake
from streams.kafka.said import decode_letter
from streams.log import Letter
from streams.seen_ids import DEFAULT_RUN_RECORDS, Entry, SeenIds

REMEMBERED = 32 * DAY
REMEMBERED_USAGE = 2 * DAY
_FORGOTTEN_EVERY = DAY // 4
_FEWEST_RUN_RECORDS = 8_192

_BACKFILL_MARKS = frozenset((BackfillStarted.type, BackfillEnded.type))
_USAGE = frozenset(row.name for row in EVENT_TYPES if row.topic == "usage")


class Lying(NamedTuple):
    """A record as it lies in its topic."""

    offset: int
    headers: RawHeaders | None
    value: bytes


class Recorded(NamedTuple):
    """An event that holds, its value, and what a repeat of it is recognised by (None: known no more)."""

    event: Event
    entry: Entry | None
    value: bytes


class TenantStanding(msgspec.Struct):
    """Where a tenant stands: its last position, its clock, the id of its last record, and the backfill it is in."""

    position: int = 0
    clock: int = 0
    last_id: str = ""
    backfill: str | None = None

    def move(self, event: Event) -> None:
        """The event is the tenant's last now."""
        self.position, self.last_id = event.position, event.id
        self.clock = max(self.clock, event.told_at)
        if event.type in _BACKFILL_MARKS:
            self.backfill = event.data.name if isinstance(event.data, BackfillStarted) else None


class LetterStanding(msgspec.Struct):
    """What is kept of a dead letter, so that the same input counts once each time it came.

    `counted` holds of each intake partition ("tickets/3") the last offset that was counted.
    """

    where: str
    event_id: str | None
    kept_at: int
    times: int
    redriven_at: int | None
    counted: dict[str, int]


class _Place(msgspec.Struct):
    epoch: int = 0
    anchor: int = 0
    letters_next: int = 0
    taken: dict[str, int] = {}
    forgotten_at: int = 0


class Standing:
    """The standing of one partition, in a checkpoint. It is changed inside `changing`, and dropped when that raises.

    `next_offset` is the journal's next record to be read or written, `anchor` the checksum of the value before it;
    `letters_next` the next dead letter to be read; `taken` the last intake offset of each family in the journal.
    """

    carriage: Carriage
    seen: SeenIds
    next_offset: int
    anchor: int
    letters_next: int
    taken: dict[str, int]
    tenants: dict[str, TenantStanding]
    _forgotten_at: int

    def __init__(self, checkpoint: Checkpoint, partitions: int) -> None:
        self._checkpoint = checkpoint
        self._run_records = max(_FEWEST_RUN_RECORDS, DEFAULT_RUN_RECORDS // partitions)
        self._moved: dict[str, None] = {}
        self._load()

    def begin_anew(self) -> None:
        """Forgets everything: the checkpoint is of another journal."""
        self._checkpoint.clear()
        self._load()

    @property
    def epoch(self) -> int:
        return self.carriage.epoch

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Everything done in the block is written down together when it ends."""
        connection = self._checkpoint.connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._save()
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    def end(self, tenant: str) -> int:
        """The tenant's last position, 0 where it has none."""
        return self.carriage.ends.get(tenant, 0)

    def read(self, records: Sequence[Lying]) -> list[Event]:
        """Takes over what the journal says next, in order; the events that hold. Raises what `Carriage.take` raises."""
        found: list[Recorded] = []
        for _, headers, value in records:
            event = self.carriage.take(type_of(headers), value)
            if event is not None:
                digest = digest_of(headers)
                entry = None if digest is None else (event.tenant, event.source, event.id, digest)
                found.append(Recorded(event, entry, value))
                if event.intake is not None:
                    family, offset = read_intake(event.intake)
                    self.taken[family] = max(offset, self.taken.get(family, -1))
        self._took(found)
        if records:
            self.next_offset, self.anchor = records[-1].offset + 1, crc32(records[-1].value)
        return [one.event for one in found]

    def wrote(self, records: Sequence[Recorded], next_offset: int, taken: Mapping[str, int]) -> None:
        """Takes over what was written and holds, up to an offset; `taken` is the last intake offset of each family."""
        self._took(records)
        for tenant in self._moved:
            self.carriage.ends[tenant] = self.tenants[tenant].position
        self.taken.update(taken)
        self.next_offset, self.anchor = next_offset, crc32(records[-1].value)

    def forget_ids(self, now: int) -> None:
        """Forgets ids recorded so long ago that a repeat is a new record."""
        if now - self._forgotten_at >= _FORGOTTEN_EVERY:
            self._forgotten_at = now
            self.seen.expire(now - REMEMBERED, now - REMEMBERED_USAGE)

    def letter(self, letter: str) -> LetterStanding | None:
        """What is known of a dead letter."""
        row = self._checkpoint.connection.execute("SELECT said FROM letters WHERE letter = ?", (letter,)).fetchone()
        return None if row is None else msgspec.msgpack.decode(row[0], type=LetterStanding)

    def kept(self, letter: Letter, counted: Mapping[str, int]) -> None:
        """A dead letter as it now stands, with the intake offsets counted in it."""
        standing = LetterStanding(
            letter.where, letter.event_id, letter.kept_at, letter.times, letter.redriven_at, dict(counted)
        )
        said = msgspec.msgpack.encode(standing)
        self._checkpoint.connection.execute(
            "INSERT OR REPLACE INTO letters VALUES (?, ?, ?)", (letter.letter, said, checksum(letter.letter, said))
        )

    def read_letters(self, records: Sequence[Lying]) -> None:
        """Takes over what the dead letters' topic says next, in order."""
        for offset, headers, value in records:
            letter, _ = decode_letter(value)
            counted = decode_counted(headers)
            before = self.letter(letter.letter)
            if before is not None:
                # A writer that was replaced may have written after its successor, and redriving knows no counts.
                for partition, last in before.counted.items():
                    counted[partition] = max(last, counted.get(partition, last))
                redriven_at = before.redriven_at if letter.redriven_at is None else letter.redriven_at
                letter = letter._replace(times=max(letter.times, before.times), redriven_at=redriven_at)
            self.kept(letter, counted)
            self.letters_next = offset + 1

    def close(self) -> None:
        self._checkpoint.close()

    def _took(self, records: Sequence[Recorded]) -> None:
        """Records that hold: their tenants move, and their ids are remembered."""
        tenants, moved = self.tenants, self._moved
        # Ids of one hour are remembered until the last of them may go: one row instead of thousands.
        remembered: dict[tuple[bool, int], list[Entry]] = {}
        latest: dict[tuple[bool, int], int] = {}
        for event, entry, _ in records:
            tenant = event.tenant
            standing = tenants.get(tenant)
            if standing is None:
                standing = tenants[tenant] = TenantStanding()
            standing.move(event)
            moved[tenant] = None
            if entry is not None:
                recorded_at = event.recorded_at
                group = (event.type in _USAGE, recorded_at // HOUR)
                known = remembered.get(group)
                if known is None:
                    remembered[group], latest[group] = [entry], recorded_at
                else:
                    known.append(entry)
                    latest[group] = max(latest[group], recorded_at)
        for group, entries in remembered.items():
            self.seen.add(entries, latest[group], is_usage=group[0])

    def _load(self) -> None:
        connection = self._checkpoint.connection
        self.seen = SeenIds(connection, run_records=self._run_records)
        self._checkpoint.watch()
        row = connection.execute("SELECT next_offset, said FROM place").fetchone()
        self.next_offset = 0 if row is None else int(row[0])
        place = _Place() if row is None else msgspec.msgpack.decode(row[1], type=_Place)
        self.anchor, self.letters_next, self.taken = place.anchor, place.letters_next, place.taken
        self._forgotten_at = place.forgotten_at
        self.tenants = {
            tenant: msgspec.msgpack.decode(said, type=TenantStanding)
            for tenant, said in connection.execute("SELECT tenant, said FROM tenants")
        }
        self.carriage = Carriage(place.epoch, {name: standing.position for name, standing in self.tenants.items()})
        self._moved.clear()

    def _save(self) -> None:
        connection = self._checkpoint.connection
        rows = [(tenant, msgspec.msgpack.encode(self.tenants[tenant])) for tenant in self._moved]
        connection.executemany(
            "INSERT OR REPLACE INTO tenants VALUES (?, ?, ?)", [(*row, checksum(*row)) for row in rows]
        )
        self._moved.clear()
        place = _Place(self.carriage.epoch, self.anchor, self.letters_next, self.taken, self._forgotten_at)
        said = msgspec.msgpack.encode(place)
        connection.execute(
            "INSERT OR REPLACE INTO place VALUES (1, ?, ?, ?)",
            (self.next_offset, said, checksum(self.next_offset, said)),
        )
