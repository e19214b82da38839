"""A history made into events: sorted by time, counted, and named by its content. Nothing has entered anywhere yet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from streams.history.cases import CaseEvent, TableCases
from streams.history.columns import lookup_columns
from streams.history.external_sort import DEFAULT_RECORDS, ExternalSort
from streams.history.file_roles import FileRoles, GivenFile, file_roles
from streams.history.join import JoinedFile
from streams.history.mapping import Mapping
from streams.history.progress import ProgressTeller
from streams.history.rows import HistoryFile
from streams.history.sort_key import instant_key, instant_of, text_key

_ROWS_BETWEEN = 500
_LONGEST_DETAIL = 500


class UnmappedRow(NamedTuple):
    """A row that makes no event: its bytes, and why, with its number and file."""

    raw: bytes
    detail: str


class MappedHistory:
    """The events of some files, made in `folder`, which is the caller's to remove.

    The order of the rows and the names of the files make no difference to the events, their order and `digest`.
    """

    def __init__(self, folder: Path, sort_records: int = DEFAULT_RECORDS) -> None:
        self._folder = folder
        self._sort_records = sort_records
        self._events = self._sort("events")
        self._unmapped = self._sort("unmapped")
        self._hash = blake2b(digest_size=10, person=b"millrace-import")
        self.by_type: Counter[str] = Counter()
        self.rows = 0
        self.repeated_rows = 0

    @property
    def digest(self) -> str:
        """Names the content: equal for equal events, whatever files they came in."""
        return self._hash.hexdigest()

    @property
    def count(self) -> int:
        """How many events there are."""
        return self._events.count

    @property
    def unmapped_rows(self) -> int:
        """How many rows made no event."""
        return self._unmapped.count

    def events(self) -> Iterator[tuple[int, bytes]]:
        """(instant, CloudEvents JSON) in order of time; of one instant by table, case and place in the case."""
        for key, raw in self._events:
            yield instant_of(key[:8]), raw

    def unmapped(self) -> Iterator[UnmappedRow]:
        """Every row that makes no event, by file and number."""
        for _, payload in self._unmapped:
            size = int.from_bytes(payload[:4], "big")
            yield UnmappedRow(payload[4 + size :], payload[4 : 4 + size].decode())

    def take(self, mapping: Mapping, roles: FileRoles, limit: int | None, teller: ProgressTeller) -> None:
        """Makes events of every row. Raises MappingError when a file cannot be read to its end."""
        joins = {
            name: JoinedFile(name, mapping.lookup[name], list(lookup_columns(mapping, name)), files)
            for name, files in roles.lookups.items()
        }
        tables = [
            TableCases(mapping, name, files, joins, self._sort(f"rows-{name}")) for name, files in roles.tables.items()
        ]
        self._files = {id(file): place for place, file in enumerate(f for fs in roles.tables.values() for f in fs)}
        self._read(tables, roles, limit, teller)
        teller.begin("mapping")
        for number, table in enumerate(tables):
            self._make(number, table, teller)
        teller.tell(self.rows, self.rows, now=True)

    def _read(self, tables: Sequence[TableCases], roles: FileRoles, limit: int | None, teller: ProgressTeller) -> None:
        sizes = [file.size_bytes for files in roles.tables.values() for file in files]

        def on_row(file: HistoryFile) -> None:
            self.rows += 1
            if self.rows % _ROWS_BETWEEN == 0:
                teller.rows = self.rows
                earlier = sum(sizes[: self._files[id(file)]])
                teller.tell(earlier + file.position_bytes(), sum(sizes))

        for table in tables:
            table.read(limit, self._refuse, on_row)
        teller.rows = self.rows
        teller.tell(sum(sizes), sum(sizes), now=True)

    def _make(self, number: int, table: TableCases, teller: ProgressTeller) -> None:
        walked = 0

        def on_row() -> None:
            nonlocal walked
            walked += 1
            if walked % _ROWS_BETWEEN == 0:
                teller.events = self.count
                teller.tell(walked, self.rows)

        for made in table.events(self._refuse, on_row):
            self._add(number, made)
        self.repeated_rows += table.repeated_rows
        teller.events = self.count

    def _add(self, table: int, made: CaseEvent) -> None:
        event = made.event
        place = table.to_bytes(2, "big") + text_key(made.case) + made.number.to_bytes(4, "big")
        self._events.add(instant_key(event.occurred_at) + place, event.raw)
        self._hash.update(len(event.raw).to_bytes(4, "big") + event.raw)
        self.by_type[event.type] += 1

    def _refuse(self, file: HistoryFile, number: int, raw: bytes, reason: str) -> None:
        key = self._files[id(file)].to_bytes(4, "big") + number.to_bytes(8, "big")
        detail = f"row {number} of {file.path.name}: {reason}"[:_LONGEST_DETAIL].encode("utf-8", "replace")
        self._unmapped.add(key, len(detail).to_bytes(4, "big") + detail + raw)

    def _sort(self, name: str) -> ExternalSort:
        folder = self._folder / name
        folder.mkdir(parents=True)
        return ExternalSort(folder, records=self._sort_records)


def map_history(
    files: Sequence[GivenFile],
    mapping: Mapping,
    folder: Path,
    *,
    limit: int | None = None,
    teller: ProgressTeller | None = None,
    sort_records: int = DEFAULT_RECORDS,
) -> MappedHistory:
    """The events that a mapping makes of files. Raises MappingError when they do not fit each other."""
    history = MappedHistory(folder, sort_records)
    history.take(mapping, file_roles(mapping, files), limit, teller or ProgressTeller(None))
    return history
