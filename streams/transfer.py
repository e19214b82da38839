"""Carrying a whole log to another carrier: ids, order, positions and times stay, and so do the dead letters.

What belongs to the carrier (epochs, intake offsets) is stamped anew by the one it comes to. An interrupted transfer
goes on where the other log ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol

from schemas.decode import encode
from schemas.event import Event
from schemas.instant import HOUR
from schemas.registry import BY_NAME
from streams.key_files import KeyStoreError
from streams.log import Letter, Written
from streams.privacy import Privacy
from streams.seen_ids import Entry
from streams.sqlite_log import SqliteLog

AT_ONCE = 5_000

Progress = Callable[[int, int], None]  # records looked at, records there are


class TransferRefused(Exception):
    """The two logs do not fit together; nothing more was carried. The message says what to do."""


class Carried(NamedTuple):
    """An event on its way, and what repeats of it are compared by; None where that is not remembered any more."""

    event: Event
    entry: Entry | None


class CarriedLetter(NamedTuple):
    """A dead letter on its way, and whether its bytes are sealed."""

    letter: Letter
    sealed: bool


class Place(NamedTuple):
    """How far a log holds a tenant: its last position, and the id that stands there."""

    position: int
    last_id: str


NOWHERE = Place(0, "")


class Source(Protocol):
    """A log that is carried away. Nothing is written to it meanwhile."""

    def total(self) -> int:
        """How many records there are, about."""

    def batches(self, held: Callable[[str], Place]) -> Iterator[list[Carried]]:
        """Every tenant's events in order, from where the other log holds them or before."""

    def letters(self) -> Iterator[CarriedLetter]:
        """Every dead letter once."""


class Target(Protocol):
    """A log that another is carried into."""

    def held(self, tenant: str) -> Place:
        """How far it holds a tenant."""

    def write(self, batch: Sequence[Carried]) -> None:
        """Appends events that continue their tenants; durable at return."""

    def keep(self, letters: Sequence[CarriedLetter]) -> None:
        """Keeps dead letters that are not there yet; durable at return."""


class Report(NamedTuple):
    """What was carried: tenants, records now, records that had been there, and dead letters."""

    tenants: int
    records: int
    there_before: int
    letters: int


def carry(source: Source, target: Target, progress: Progress = lambda _done, _total: None) -> Report:
    """Carries what the target does not hold yet. Raises TransferRefused where it holds something else."""
    total, looked_at, carried = source.total(), 0, 0
    ends: dict[str, int] = {}
    before: dict[str, int] = {}
    for batch in source.batches(target.held):
        for event, _ in batch:
            if event.tenant not in before:
                before[event.tenant] = target.held(event.tenant).position
        fresh = [one for one in batch if _continues(one.event, target.held(one.event.tenant))]
        target.write(fresh)
        carried += len(fresh)
        looked_at += len(batch)
        for event, _ in batch:
            ends[event.tenant] = event.position
        progress(looked_at, max(total, looked_at))
    for tenant, end in ends.items():
        place = target.held(tenant)
        if place.position > end:
            raise TransferRefused(
                f"tenant {tenant}: {place.position} records are there, and only {end} come: the log that is carried "
                "is older than the one it comes to"
            )
    letters = _keep(source, target)
    return Report(len(ends), carried, sum(before.values()), letters)


def _keep(source: Source, target: Target) -> int:
    letters: list[CarriedLetter] = []
    kept = 0
    for letter in source.letters():
        letters.append(letter)
        kept += 1
        if len(letters) >= AT_ONCE:
            target.keep(letters)
            letters.clear()
    target.keep(letters)
    return kept


def _continues(event: Event, place: Place) -> bool:
    """Whether the event is new there."""
    if event.position == place.position and event.id != place.last_id:
        raise TransferRefused(
            f"tenant {event.tenant}: position {event.position} holds {place.last_id!r} there and {event.id!r} here: "
            "these are two different histories; carry this one to a log of its own (another prefix or home folder)"
        )
    return event.position > place.position


def written_anew(event: Event) -> Written:
    """An event as a log that it is carried to takes it: what belonged to its carrier stays with that one."""
    event.stamped(epoch=None, intake=None)
    return Written(event.tenant, event.position, event.type, encode(event))


class EmbeddedSource:
    """The log of a home folder, which its caller has locked."""

    def __init__(self, log: SqliteLog, at_once: int = AT_ONCE) -> None:
        self._log = log
        self._at_once = at_once

    def total(self) -> int:
        return sum(map(self._log.end, self._log.tenants()))

    def batches(self, held: Callable[[str], Place]) -> Iterator[list[Carried]]:
        for tenant in self._log.tenants():
            position = max(0, held(tenant).position - 1)
            while events := self._log.read(tenant, position, self._at_once):
                ids = [(tenant, event.source, event.id) for event in events]
                yield [
                    Carried(event, None if digest is None else (*id_, digest))
                    for event, id_, digest in zip(events, ids, self._log.digests(ids), strict=True)
                ]
                position = events[-1].position

    def letters(self) -> Iterator[CarriedLetter]:
        for tenant in self._log.letter_tenants():
            for letter in self._log.letters(tenant):
                yield CarriedLetter(letter, sealed=True)


class EmbeddedTarget:
    """The log of a home folder, which its caller has locked; `privacy` holds the keys that the log was sealed with."""

    def __init__(self, log: SqliteLog, privacy: Privacy) -> None:
        self._log = log
        self._privacy = privacy
        self._held: dict[str, Place] = {}
        self._proven = False

    def held(self, tenant: str) -> Place:
        found = self._held.get(tenant)
        if found is None:
            end = self._log.end(tenant)
            found = Place(end, self._log.read(tenant, end - 1, 1)[0].id) if end else NOWHERE
            self._held[tenant] = found
        return found

    def write(self, batch: Sequence[Carried]) -> None:
        if not batch:
            return
        self._prove(batch)
        remembered: dict[tuple[bool, int], list[Entry]] = {}
        records: list[Written] = []
        for event, entry in batch:
            records.append(written_anew(event))
            if entry is not None:
                usage = BY_NAME[event.type].topic == "usage"
                remembered.setdefault((usage, event.recorded_at // HOUR), []).append(entry)
        with self._log.appending() as appending:
            appending.append(records)
            for (usage, hour), entries in remembered.items():
                # Within an hour the latest may be forgotten a little late, never early.
                appending.remember(entries, (hour + 1) * HOUR - 1, usage=usage)
        self._held.update({event.tenant: Place(event.position, event.id) for event, _ in batch})

    def keep(self, letters: Sequence[CarriedLetter]) -> None:
        new = [one for one in letters if self._log.letter(one.letter.tenant, one.letter.letter) is None]
        sealed = [letter if was_sealed else self._sealed(letter) for letter, was_sealed in new]
        self._privacy.flush()
        with self._log.appending() as appending:
            appending.keep(sealed)

    def _prove(self, batch: Sequence[Carried]) -> None:
        """Has the first sealed record prove that these are the keys it was sealed with."""
        sealed = next((event for event, _ in batch if event.sealed is not None), None)
        if self._proven or sealed is None:
            return
        try:
            self._privacy.originals(sealed)
        except KeyStoreError as error:
            raise TransferRefused(
                f"the record {sealed.tenant}/{sealed.position} was sealed with keys that this home folder does not "
                "hold: name the home folder of the sequencers with --keys-from, before anything is carried here"
            ) from error
        self._proven = True

    def _sealed(self, letter: Letter) -> Letter:
        return letter._replace(raw=self._privacy.seal_letter(letter.tenant, letter.letter, letter.raw))
