"""What stands in an event's field? Compiled once per mapping, then one call a row."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from collections.abc import Mapping as Dictionary
from decimal import Decimal, InvalidOperation

from schemas.instant import format_instant
from schemas.values import LARGEST_INTEGER
from streams.history.instants import InstantReader
from streams.history.mapping import AttributeColumns, FieldValue, InstantColumn, Scalar
from streams.history.patterns import template_columns
from streams.history.refused_row import RowRefused

Cells = Sequence[str | None]
Places = Dictionary[str, int]
Value = Callable[[Cells], Scalar | None]
Maps = Dictionary[str, Dictionary[str, Scalar]]
_Read = Callable[[str], Scalar]

_TRUE = frozenset(("true", "yes", "y", "t", "1"))
_FALSE = frozenset(("false", "no", "n", "f", "0"))


def text_of(scalar: Scalar) -> str:
    """A constant as it would stand in a cell."""
    return ("false", "true")[scalar] if isinstance(scalar, bool) else str(scalar)


def compiled_value(name: str, spec: FieldValue, places: Places, maps: Maps) -> Value:
    """The field's value from a row's cells, None where there is none; the call may raise RowRefused."""
    if spec.value is not None:
        return _constant(spec.value)
    if spec.template is not None:
        return _template(spec.template, places)
    column = spec.column or ""
    place = places[column]
    read = _reader(name, spec, column, maps)
    missing = frozenset(spec.missing)
    default = spec.default
    lenient = spec.unreadable == "missing"

    def value(cells: Cells) -> Scalar | None:
        text = cells[place]
        if text is None or text in missing:
            return default
        try:
            return read(text)
        except RowRefused:
            if lenient:
                return default
            raise

    if read is _as_text and not missing and default is None:
        return lambda cells: cells[place]
    return value


def compiled_attributes(
    said: AttributeColumns, places: Places, free: Sequence[str]
) -> Callable[[Cells], dict[str, Scalar]]:
    """A row's attributes by column; `free` are the columns that `*` stands for."""
    columns = free if said.origin == "*" else said.origin
    numbers, bools, lenient = frozenset(said.numbers), frozenset(said.bools), said.unreadable == "missing"
    readers: list[tuple[str, int, _Read]] = []
    for column in columns:
        if column in said.excluding or not column:
            continue
        read = _number(column) if column in numbers else _bool(column) if column in bools else _as_text
        readers.append((column, places[column], read))

    def attributes(cells: Cells) -> dict[str, Scalar]:
        found: dict[str, Scalar] = {}
        for column, place, read in readers:
            text = cells[place]
            if text is None:
                continue
            try:
                found[column] = read(text)
            except RowRefused:
                if not lenient:
                    raise
        return found

    return attributes


def _constant(constant: Scalar) -> Value:
    def value(cells: Cells) -> Scalar:  # noqa: ARG001 - every row has it
        return constant

    return value


def _template(template: str, places: Places) -> Value:
    columns = tuple((column, places[column]) for column in dict.fromkeys(template_columns(template)))

    def value(cells: Cells) -> str | None:
        filled = template.format_map({column: cells[place] or "" for column, place in columns}).strip()
        return filled or None

    return value


def _reader(name: str, spec: FieldValue, column: str, maps: Maps) -> _Read:
    if spec.map is not None:
        known = maps[spec.map] if isinstance(spec.map, str) else spec.map
        otherwise = spec.otherwise

        def mapped(text: str) -> Scalar:
            found = known.get(text, otherwise)
            if found is None:
                raise RowRefused(f"{column}: {text[:60]!r} is not among the values that the map of `{name}` knows")
            return found

        return mapped
    match spec.type:
        case "number" | "integer" | "minor_units":
            return _bounded(spec, column)
        case "bool":
            return _bool(column)
        case "instant":
            read_instant = InstantReader(InstantColumn(column=column))
            return lambda text: format_instant(read_instant(text))
        case _:
            return _as_text


def _as_text(text: str) -> str:
    return text


def _bool(column: str) -> _Read:
    def read(text: str) -> bool:
        word = text.lower()
        if word in _TRUE:
            return True
        if word in _FALSE:
            return False
        raise RowRefused(f"{column}: {text[:60]!r} is neither yes nor no")

    return read


def _number(column: str) -> _Read:
    def read(text: str) -> int | float:
        try:
            number = float(text)
            if not math.isfinite(number) or "_" in text:
                raise ValueError(text)
            whole = int(text) if number.is_integer() and "." not in text and "e" not in text.lower() else None
        except ValueError:
            raise RowRefused(f"{column}: {text[:60]!r} is no number") from None
        if abs(number) > LARGEST_INTEGER:
            raise RowRefused(f"{column}: {text[:60]!r} is larger than a number may be")
        return number if whole is None else whole

    return read


def _bounded(spec: FieldValue, column: str) -> _Read:
    low = -math.inf if spec.least is None else spec.least
    high = math.inf if spec.most is None else spec.most
    whole, minor, times = spec.type == "integer", spec.type == "minor_units", spec.times
    plain = _number(column)

    def read(text: str) -> int | float:
        number: int | float = _minor_units(column, text, times) if minor else plain(text)  # type: ignore[assignment]
        if not minor and times != 1:
            number *= times
        if whole:
            if number != int(number):
                raise RowRefused(f"{column}: {text[:60]!r} is no whole number")
            number = int(number)
        if not low <= number <= high:
            raise RowRefused(f"{column}: {number} lies outside {low:g} to {high:g}")
        return number

    return read


def _minor_units(column: str, text: str, times: int) -> int:
    """Hundredths of an amount written with a decimal point, exactly."""
    try:
        amount = Decimal(text) * 100 * times
        whole = int(amount)
    except (InvalidOperation, ValueError, OverflowError):
        raise RowRefused(f"{column}: {text[:60]!r} is no amount of money") from None
    if whole != amount or abs(whole) > LARGEST_INTEGER:
        raise RowRefused(f"{column}: {text[:60]!r} has parts smaller than a hundredth, or is too large")
    return whole
