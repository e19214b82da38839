"""A table's rows, case by case in order, each with the row before it: whatever order the files had."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import NamedTuple

import orjson

from streams.history.columns import looked_up_columns
from streams.history.external_sort import ExternalSort
from streams.history.instants import InstantMaker, InstantReader
from streams.history.join import JoinedFile
from streams.history.mapping import InstantColumn, MadeInstants, Mapping
from streams.history.refused_row import RowRefused
from streams.history.rows import BrokenRow, Cells, HistoryFile
from streams.history.rules import MadeEvent, Rules
from streams.history.sort_key import instant_key, text_key, value_key

_DIGEST_BYTES = 16

# Called with the file, the row's number, its bytes, and why it makes no event.
Refuse = Callable[[HistoryFile, int, bytes, str], None]


class CaseEvent(NamedTuple):
    """An event, the case it belongs to, and the how-manieth of the case it is."""

    case: str
    number: int
    event: MadeEvent


class _Sorted(NamedTuple):
    """A row as it comes back sorted: `place` orders it within its case, `key` also tells it from rows of that place."""

    key: bytes
    place: bytes
    file: int
    number: int
    case: str
    instant: int
    cells: Cells


@dataclass(slots=True)
class _Walk:
    """Where the walk through one case stands: its last row that made events, and the events made so far."""

    case: str | None = None
    rows: int = 0
    before: Cells | None = None
    place: bytes = b""
    events: int = 0


class TableCases:
    """Turns one table's files into events. Rows are sorted by (case, instant, order columns, content) on disk.

    `read` takes every row in; `events` then walks through the cases. A row that cannot be mapped goes to `refuse`.
    """

    def __init__(
        self,
        mapping: Mapping,
        name: str,
        files: Sequence[HistoryFile],
        joins: dict[str, JoinedFile],
        sort: ExternalSort,
    ) -> None:
        self._table = table = mapping.table[name]
        self._files = files
        self._sort = sort
        self._columns = sorted({column for file in files for column in file.columns})
        self._joins = [
            (joins[lookup], self._columns.index(joins[lookup].looking)) for lookup in looked_up_columns(mapping, table)
        ]
        joined = [f"{join.name}.{column}" for join, _ in self._joins for column in join.columns]
        columns = [*self._columns, *joined]
        self._rules = Rules(mapping, name, self._columns, joined)
        self._order = [columns.index(column) for column in table.order]
        self._case_at = None if table.case is None else columns.index(table.case)
        self._instant = _instant_of(table.instant, columns)
        self._alone = table.case is None or table.rows == "one"
        self.rows = 0
        self.repeated_rows = 0

    def read(self, limit: int | None, refuse: Refuse, on_row: Callable[[HistoryFile], None]) -> None:
        """Takes in the first `limit` rows of each file."""
        for number, file in enumerate(self._files):
            places = [file.columns.index(column) if column in file.columns else -1 for column in self._columns]
            for row in file.rows():
                if limit is not None and row.number > limit:
                    break
                self.rows += 1
                on_row(file)
                if isinstance(row, BrokenRow):
                    refuse(file, row.number, row.raw, row.reason)
                    continue
                cells = [None if place < 0 else row.cells[place] for place in places]
                try:
                    self._take(number, row.number, cells)
                except RowRefused as refused:
                    refuse(file, row.number, file.named(row.cells), str(refused))

    def events(self, refuse: Refuse, on_row: Callable[[], None]) -> Iterator[CaseEvent]:
        """Every case's events, in order within the case; cases come in the order of their names."""
        walk = _Walk()
        rows = self._sorted(on_row)
        row = next(rows, None)
        while row is not None:
            following = next(rows, None)
            if row.case != walk.case:
                walk = _Walk(row.case)
            try:
                last = self._alone or following is None or following.case != row.case
                yield from self._row_events(walk, row, last=last)
            except RowRefused as refused:
                file = self._files[row.file]
                refuse(file, row.number, self._named(row.cells), str(refused))
            row = following

    def _take(self, file: int, number: int, cells: Cells) -> None:
        """Puts a row into the sort. Raises RowRefused when its case, instant or joined row is not to be had."""
        for join, place in self._joins:
            cells.extend(join.of(cells[place]))
        content = orjson.dumps(cells)
        case = self._case(cells)
        instant = self._instant(cells, self.rows, case)
        try:
            parts = [text_key(case), instant_key(instant), *(value_key(cells[place]) for place in self._order)]
        except OverflowError:
            raise RowRefused("its instant is outside the years that can be told") from None
        parts.append(blake2b(content, digest_size=_DIGEST_BYTES).digest())
        self._sort.add(b"".join(parts), orjson.dumps((file, number, case, instant, cells)))

    def _case(self, cells: Cells) -> str:
        if self._case_at is not None:
            case = cells[self._case_at]
            if case is None:
                raise RowRefused(f"the column {self._table.case!r}, which names the case, is empty")
            return case
        pairs = [(name, cell) for name, cell in zip(self._columns, cells, strict=False) if cell is not None]
        return blake2b(orjson.dumps(pairs), digest_size=10, person=b"millrace-row").hexdigest()

    def _sorted(self, on_row: Callable[[], None]) -> Iterator[_Sorted]:
        """Rows in order. A row that repeats another of its case wholly is counted and left out."""
        last_key = b""
        for key, payload in self._sort:
            on_row()
            if key == last_key and self._case_at is not None:
                self.repeated_rows += 1
                continue
            last_key = key
            file, number, case, instant, cells = orjson.loads(payload)
            yield _Sorted(key, key[:-_DIGEST_BYTES], file, number, case, instant, cells)

    def _row_events(self, walk: _Walk, row: _Sorted, *, last: bool) -> Iterator[CaseEvent]:
        walk.rows += 1
        case = row.case
        if self._case_at is None:
            # Rows of one content are told apart by counting them; which is which makes no difference.
            case = case if walk.rows == 1 else f"{case}-{walk.rows}"
        elif self._alone and walk.rows > 1:
            raise RowRefused(f'another row has the {self._table.case} {case!r}, and `rows = "one"` is said')
        elif row.place == walk.place:
            raise RowRefused(
                f"another row of {case!r} has the same instant{' and order' if self._order else ''} and says "
                "something else: name a column under `order` that tells which came first"
            )
        shown = self._rules.shown(row.cells, case, last=last)
        events = self._rules.events(shown, None if self._alone else walk.before, row.instant, last=last)
        walk.before, walk.place = shown, row.place
        for event in events:
            yield CaseEvent(case, walk.events, event)
            walk.events += 1

    def _named(self, cells: Cells) -> bytes:
        pairs = zip(self._columns, cells, strict=False)
        return orjson.dumps({name: cell for name, cell in pairs if cell is not None})


class _ReadInstants:
    """The instants of rows whose table has a column that says when."""

    def __init__(self, said: InstantColumn, columns: Sequence[str]) -> None:
        self._reader = InstantReader(said)
        self._column = said.column
        self._place = columns.index(said.column)

    def __call__(self, cells: Cells, number: int, case: str) -> int:
        text = cells[self._place]
        if text is None:
            raise RowRefused(f"the column {self._column!r}, which says when, is empty")
        return self._reader(text)


class _MadeInstants:
    """The instants of rows whose table has none."""

    def __init__(self, said: MadeInstants) -> None:
        self._maker = InstantMaker(said)

    def __call__(self, cells: Cells, number: int, case: str) -> int:
        return self._maker(number, case)


def _instant_of(said: InstantColumn | MadeInstants, columns: Sequence[str]) -> Callable[[Cells, int, str], int]:
    """The instant of a row from its cells, its number in the table and its case."""
    return _ReadInstants(said, columns) if isinstance(said, InstantColumn) else _MadeInstants(said)
