"""Imports into a journal, which remembers what was imported, however long ago."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Protocol

from schemas.event import Data, Event
from schemas.instant import DAY
from schemas.system import BackfillEnded, BackfillStarted
from streams.history.door import Beginning, Outcome, Standing

HISTORY_IS_OLDER_THAN = 32 * DAY
# A day less than what the door remembers ids for, so that a slow import does not fall between the two.
_REMEMBERED = 31 * DAY
_REMEMBERED_USAGE = 1 * DAY
_READ_RECORDS = 2_000


class Journal(Protocol):
    """What an import reads of a journal, and how it writes into it."""

    def end(self, tenant: str) -> int:
        """The tenant's last position, 0 where it has none."""

    def read(self, tenant: str, after: int, limit: int) -> Sequence[Event]:
        """The tenant's next records after a position, in order."""

    def knows(self, tenant: str, id: str) -> bool:
        """Whether Millrace itself has recorded an event under this id lately."""

    def take(self, tenant: str, raws: Sequence[bytes], origin: str) -> Sequence[Outcome]:
        """Takes events as history, in order, behind what was taken and recorded before."""

    def refuse_inputs(self, tenant: str, inputs: Sequence[tuple[bytes, str]], *, origin: str) -> object:
        """Keeps (bytes, what is wrong) as dead letters."""

    def record(self, tenant: str, data: Data, *, id: str, occurred_at: int | None = None) -> object:
        """Writes what Millrace itself has to say."""


class JournalDoor:
    """Implements the import's door over a journal. Folding what was taken is others'."""

    def __init__(self, journal: Journal, clock: Callable[[], int]) -> None:
        self._journal = journal
        self._clock = clock

    def now(self) -> int:
        return self._clock()

    def begin(self, tenant: str, beginning: Beginning) -> Standing:
        """New, resumed or ended, as the journal says. One that is taken up after another backfill is marked anew."""
        name = beginning.name
        remembered = _REMEMBERED_USAGE if beginning.usage else _REMEMBERED
        forgotten, ended = self._forgotten(tenant, beginning, self.now() - remembered)
        taken: Callable[[str], bool] = lambda id_: _short(id_) in forgotten  # noqa: E731
        started_id = f"backfill-started-{name}"
        if ended or self._journal.knows(tenant, f"backfill-ended-{name}"):
            return Standing("ended", taken)
        if not self._journal.knows(tenant, started_id):
            self._start(tenant, beginning, started_id)
            return Standing("new", taken)
        if not self._under_way(tenant, name):
            self._start(tenant, beginning, f"{started_id}-{self._journal.end(tenant)}")
        return Standing("resumed", taken)

    def take(self, tenant: str, raws: Sequence[bytes], origin: str) -> Sequence[Outcome]:
        return self._journal.take(tenant, raws, origin)

    def refuse(self, tenant: str, rows: Sequence[tuple[bytes, str]], origin: str) -> None:
        self._journal.refuse_inputs(tenant, rows, origin=origin)

    def end(self, tenant: str, name: str, last_at: int, records: int) -> None:
        said = BackfillEnded(name=name, records=records)
        self._journal.record(tenant, said, id=f"backfill-ended-{name}", occurred_at=last_at)

    def _start(self, tenant: str, beginning: Beginning, id_: str) -> None:
        old = beginning.newest_at < self.now() - HISTORY_IS_OLDER_THAN
        said = BackfillStarted(name=beginning.name, clock="journal" if old else "live")
        self._journal.record(tenant, said, id=id_, occurred_at=beginning.first_at)

    def _under_way(self, tenant: str, name: str) -> bool:
        """Whether the journal's last backfill mark is this import's beginning."""
        end = self._journal.end(tenant)
        while end > 0:
            after = max(0, end - _READ_RECORDS)
            for event in reversed(self._journal.read(tenant, after, end - after)):
                if isinstance(event.data, BackfillStarted):
                    return event.data.name == name
                if isinstance(event.data, BackfillEnded):
                    return False
            end = after
        return False

    def _forgotten(self, tenant: str, beginning: Beginning, before: int) -> tuple[set[bytes], bool]:
        """The source's ids that were recorded before an instant, and whether the import ended before it."""
        forgotten: set[bytes] = set()
        ended = False
        position = 0
        while events := self._journal.read(tenant, position, _READ_RECORDS):
            for event in events:
                if event.recorded_at >= before:
                    return forgotten, ended
                if event.source == beginning.source:
                    forgotten.add(_short(event.id))
                elif isinstance(event.data, BackfillEnded):
                    ended = ended or event.data.name == beginning.name
            position = events[-1].position
        return forgotten, ended


def _short(id_: str) -> bytes:
    return blake2b(id_.encode(), digest_size=16).digest()
