"""Look-ups: what another file says of a row's key."""

from __future__ import annotations

from collections.abc import Sequence

from streams.history.mapping import Lookup
from streams.history.mapping_file import MappingError
from streams.history.refused_row import RowRefused
from streams.history.rows import BrokenRow, HistoryFile

_Values = tuple[str | None, ...]


class JoinedFile:
    """One look-up in memory: by key, the columns asked for. About 200 bytes a key and column.

    A key whose rows disagree stands for none of them, so the order of the file decides nothing.
    """

    def __init__(self, name: str, lookup: Lookup, columns: Sequence[str], files: Sequence[HistoryFile]) -> None:
        self.name = name
        self.columns = tuple(columns)
        self.looking = lookup.looking
        self._lookup = lookup
        self._values: dict[str, _Values | None] = {}
        for file in files:
            self._read(file)

    def of(self, key: str | None) -> _Values:
        """The columns' values for a key. Raises RowRefused where there is none, unless orphans are taken."""
        found = self._values.get(key, ()) if key is not None else ()
        if found is None:
            raise RowRefused(f"{self.name}: the key {key!r} stands in rows that differ")
        if found or not self.columns:
            return found
        if self._lookup.orphans == "refuse":
            raise RowRefused(f"{self.name}: no row has the {self._lookup.key} {key!r}")
        return (None,) * len(self.columns)

    def _read(self, file: HistoryFile) -> None:
        at = file.columns.index(self._lookup.key)
        places = [file.columns.index(column) for column in self.columns]
        for row in file.rows():
            if isinstance(row, BrokenRow):
                if file.form is self._lookup:
                    raise MappingError(f"{file.path.name}: row {row.number} of a look-up is broken: {row.reason}")
                continue
            key = row.cells[at]
            if key is None:
                continue
            values = tuple(row.cells[place] for place in places)
            if self._values.setdefault(key, values) != values:
                self._values[key] = None
