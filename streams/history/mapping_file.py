"""Reads a mapping file and checks all that can be known before a row is seen."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from processors.zones import ZoneError, pinned_zone
from schemas.registry import BY_NAME
from streams.history.columns import foresight, specified
from streams.history.instants import NAMED_FORMATS, is_format
from streams.history.mapping import KINDS, EventRule, InstantColumn, Mapping, Table

LARGEST_MAPPING_BYTES = 1 << 20


class MappingError(ValueError):
    """The mapping cannot be used, or not for these files; the message names the key and what to do."""


def find_mapping(name_or_path: str, shipped: Path) -> Mapping:
    """The mapping of that name among those shipped, else the file at that path. Raises MappingError."""
    path = shipped / f"{name_or_path}.toml"
    if "/" not in name_or_path and path.is_file():
        return read_mapping(path)
    path = Path(name_or_path)
    if path.is_file():
        return read_mapping(path)
    known = ", ".join(sorted(each.stem for each in shipped.glob("*.toml")))
    raise MappingError(f"no mapping {name_or_path!r}: neither a file nor one of those shipped ({known})")


def read_mapping(path: Path) -> Mapping:
    """The mapping in a TOML file. Raises MappingError, which names every key that is wrong."""
    raw = path.read_bytes()
    if len(raw) > LARGEST_MAPPING_BYTES:
        raise MappingError(f"{path.name}: {len(raw):,} bytes; a mapping has at most {LARGEST_MAPPING_BYTES:,}")
    try:
        return parse_mapping(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise MappingError(f"{path.name}: not UTF-8 at byte {error.start}") from error
    except MappingError as error:
        raise MappingError(f"{path.name}: {error}") from error


def parse_mapping(text: str) -> Mapping:
    """The mapping that a TOML text says. Raises MappingError."""
    try:
        mapping = Mapping.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise MappingError(f"not TOML: {error}") from error
    except ValidationError as error:
        raise MappingError("; ".join(_said(error))) from error
    wrong = list(_wrong(mapping))
    if wrong:
        raise MappingError("; ".join(wrong))
    return mapping


def _said(error: ValidationError) -> Iterator[str]:
    for one in error.errors(include_url=False, include_input=False):
        place = ".".join(str(part) for part in one["loc"] if part not in KINDS)
        message = "no such key" if one["type"] == "extra_forbidden" else one["msg"].removeprefix("Value error, ")
        yield f"`{place}`: {message}"


def _wrong(mapping: Mapping) -> Iterator[str]:
    for name, lookup in mapping.lookup.items():
        if lookup.table is not None and lookup.table not in mapping.table:
            yield f"`lookup.{name}.table`: there is no table {lookup.table!r}"
        if name in mapping.table:
            yield f"`lookup.{name}`: a table has this name too; give the look-up another"
    for name, table in mapping.table.items():
        yield from (f"`table.{name}`: {said}" for said in _wrong_in_table(mapping, table))


def _wrong_in_table(mapping: Mapping, table: Table) -> Iterator[str]:
    if isinstance(table.instant, InstantColumn):
        yield from _wrong_instant(table.instant)
    yield from foresight(table)
    if table.case is None and any(rule.when.changed for rule in table.event):
        yield "`changed` needs `case`: without it every row is its own case"
    names = [rule.name for rule in table.event]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"two events are called {name!r}: give them different `rule` names"
    for rule in table.event:
        yield from (f"event {rule.name}: {said}" for said in _wrong_in_rule(mapping, rule))


def _wrong_in_rule(mapping: Mapping, rule: EventRule) -> Iterator[str]:
    row = BY_NAME.get(rule.type)
    if row is None or row.origin != "door":
        near = difflib.get_close_matches(
            rule.type, [name for name, one in BY_NAME.items() if one.origin == "door"], n=3
        )
        yield f"no event type is called {rule.type!r}" + (f": did you mean {' or '.join(near)}?" if near else "")
        return
    known: dict[str, Any] = row.data.model_fields
    for name in rule.fields:
        if name not in known:
            yield f"{rule.type} has no field {name!r}; it has {', '.join(known)}"
    for name, field in known.items():
        if field.is_required() and name not in rule.fields:
            yield f"{rule.type} needs the field {name!r}"
    if rule.attributes is not None and "attributes" not in known:
        yield f"{rule.type} has no attributes"
    if rule.at is not None:
        yield from _wrong_instant(rule.at)
    yield from _wrong_values(mapping, rule)


def _wrong_values(mapping: Mapping, rule: EventRule) -> Iterator[str]:
    for name, spec in specified(rule):
        if isinstance(spec.map, str) and spec.map not in mapping.map:
            yield f"fields.{name}: there is no [map.{spec.map}]"
        if spec.only_with is not None and spec.only_with not in rule.fields:
            yield f"fields.{name}: `only_with` names {spec.only_with!r}, which is no field of the rule"


def _wrong_instant(instant: InstantColumn) -> Iterator[str]:
    try:
        pinned_zone(instant.zone)
    except ZoneError as error:
        yield f"zone: {error}"
    for form in instant.format:
        if form not in NAMED_FORMATS and not is_format(form):
            yield (
                f"instant: {form!r} is no format of an instant: write {', '.join(NAMED_FORMATS)}, or %-codes such as "
                "%Y-%m-%d %H:%M:%S"
            )
