"""Which file is which table or look-up of a mapping? Told by its columns, never by its name."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from streams.history.columns import looked_up_columns, lookup_columns, own_columns
from streams.history.mapping import FileFormat, Mapping
from streams.history.mapping_file import MappingError
from streams.history.rows import HistoryFile


class GivenFile(NamedTuple):
    """A file to import; `role` names its table or look-up where its columns do not tell."""

    path: Path
    role: str | None = None


@dataclass(slots=True)
class FileRoles:
    """The files of each table and of each look-up that is used."""

    tables: dict[str, list[HistoryFile]] = field(default_factory=dict)
    lookups: dict[str, list[HistoryFile]] = field(default_factory=dict)


def given_file(argument: str, mapping: Mapping) -> GivenFile:
    """A file as it is named on a command line: `PATH`, or `ROLE=PATH` with the name of a table or look-up."""
    role, equals, path = argument.partition("=")
    if equals and (role in mapping.table or role in mapping.lookup):
        return GivenFile(Path(path), role)
    return GivenFile(Path(argument))


def file_roles(mapping: Mapping, files: Sequence[GivenFile]) -> FileRoles:
    """Gives every file its role. Raises MappingError naming the column that is lacking and those that exist."""
    if not files:
        raise MappingError("no file was named")
    roles = FileRoles()
    for given in files:
        if not given.path.is_file():
            raise MappingError(f"there is no file {given.path}")
        role, file = _role_of(mapping, given)
        (roles.tables if role in mapping.table else roles.lookups).setdefault(role, []).append(file)
    if not roles.tables:
        raise MappingError(f"only look-ups were named; {mapping.name} makes events of {', '.join(mapping.table)}")
    # The mapping's order of tables decides among events of one instant, not the order of the files.
    roles.tables = {name: roles.tables[name] for name in mapping.table if name in roles.tables}
    _find_lookups(mapping, roles)
    return roles


def _needed(mapping: Mapping, role: str) -> dict[str, str]:
    if role in mapping.table:
        needed = own_columns(mapping, mapping.table[role])
        for name, lookup in mapping.lookup.items():
            if lookup.table == role:
                needed.update(
                    {column: why for column, why in lookup_columns(mapping, name).items() if column not in needed}
                )
        return needed
    return lookup_columns(mapping, role)


def _form(mapping: Mapping, role: str) -> FileFormat:
    return mapping.table[role] if role in mapping.table else mapping.lookup[role]


def _role_of(mapping: Mapping, given: GivenFile) -> tuple[str, HistoryFile]:
    own_files = [name for name, lookup in mapping.lookup.items() if lookup.table is None]
    asked = [given.role] if given.role else [*mapping.table, *own_files]
    fitting: list[tuple[int, str, HistoryFile]] = []
    lacking: list[tuple[int, str]] = []
    for role in asked:
        needed = _needed(mapping, role)
        try:
            file = HistoryFile(given.path, _form(mapping, role))
        except MappingError as error:
            lacking.append((len(needed), str(error)))
            continue
        absent = [column for column in needed if column not in file.columns]
        if absent:
            lacking.append((len(absent), _lacks(given.path, role, absent, needed, file.columns)))
        else:
            fitting.append((len(needed), role, file))
    if not fitting:
        raise MappingError(min(lacking)[1])
    best = max(count for count, _, _ in fitting)
    chosen = [(role, file) for count, role, file in fitting if count == best]
    if len(chosen) > 1:
        names = " or ".join(f"{role}={given.path.name}" for role, _ in chosen)
        raise MappingError(f"{given.path.name} may be {names}: say which")
    return chosen[0]


def _lacks(path: Path, role: str, absent: list[str], needed: dict[str, str], columns: Sequence[str]) -> str:
    first = absent[0]
    near = difflib.get_close_matches(first, columns, n=1)
    more = f" (and {', '.join(repr(column) for column in absent[1:6])})" if len(absent) > 1 else ""
    return (
        f"{path.name} has no column {first!r}{more}, which `{role}` names for {needed[first]}"
        + (f"; did you mean {near[0]!r}?" if near else ".")
        + f" It has: {', '.join(columns[:60])}"
    )


def _find_lookups(mapping: Mapping, roles: FileRoles) -> None:
    for table in roles.tables:
        for name in looked_up_columns(mapping, mapping.table[table]):
            lookup = mapping.lookup[name]
            if lookup.table is not None and lookup.table in roles.tables:
                roles.lookups[name] = roles.tables[lookup.table]
            if name not in roles.lookups:
                columns = ", ".join(lookup_columns(mapping, name))
                raise MappingError(
                    f"`{table}` looks things up in `{name}`: name that file too (one with the columns {columns})"
                )
