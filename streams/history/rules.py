"""Which events does one row make? The rules of a table, compiled for the columns its files have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, NamedTuple

import orjson

from schemas.decode import decode
from schemas.instant import HOUR, MINUTE, SECOND, format_instant
from schemas.reasons import Refusal
from schemas.registry import BY_NAME
from streams.history.columns import CASE, table_columns
from streams.history.conditions import Condition, compiled_condition
from streams.history.field_values import Cells, Maps, Places, Value, compiled_attributes, compiled_value
from streams.history.instants import InstantReader
from streams.history.mapping import After, EventRule, FieldValue, InstantColumn, Mapping, Scalar, Table
from streams.history.refused_row import RowRefused

_LONGEST_ID = 256
_UNITS = {"seconds": SECOND, "minutes": MINUTE, "hours": HOUR, "days": 24 * HOUR}

Instant = Callable[[Cells, int], int | None]


class MadeEvent(NamedTuple):
    """One event in CloudEvents JSON, its type and when it happened."""

    occurred_at: int
    type: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class _Rule:
    name: str
    type: str
    dataschema: str
    applies: Condition
    instant: Instant
    account: int | None
    fields: tuple[tuple[str, Value, str | None], ...]
    lists: tuple[tuple[str, tuple[Value, ...]], ...]
    attributes: Callable[[Cells], dict[str, Scalar]] | None


class Rules:
    """The rules of one table. Its rows have their `own` columns, the `joined` ones after them, and then the case."""

    def __init__(self, mapping: Mapping, table_name: str, own: Sequence[str], joined: Sequence[str]) -> None:
        table = mapping.table[table_name]
        self._table_name = table_name
        self._source = mapping.source
        self._alone = table.rows == "one" or table.case is None
        self._places = {column: place for place, column in enumerate([*own, *joined, CASE])}
        self._knowing = tuple(self._places[column] for column in table.final_only)
        self._order = tuple(self._places[column] for column in table.order)
        free = _free_columns(table, own)
        self._rules = [_compiled(table, rule, self._places, free, mapping.map) for rule in table.event]

    def shown(self, cells: list[str | None], case: str, *, last: bool) -> list[str | None]:
        """A row as rules may see it: what knows the future is missing on every row but the case's last."""
        row = [*cells, case]
        if not last:
            for place in self._knowing:
                row[place] = None
        return row

    def events(self, row: Cells, before: Cells | None, instant: int, *, last: bool) -> list[MadeEvent]:
        """The events of one row, in the order of the rules. Raises RowRefused when any of them cannot be made."""
        made: list[MadeEvent] = []
        key = ""
        for rule in self._rules:
            if not rule.applies(row, before, last):
                continue
            occurred_at = rule.instant(row, instant)
            if occurred_at is None:
                continue
            key = key or self._key(row, instant)
            made.append(self._event(rule, row, f"{key}/{rule.name}", occurred_at))
        return made

    def _key(self, row: Cells, instant: int) -> str:
        """What tells a row from every other, whichever file it stands in."""
        case = row[-1]
        if self._alone:
            return f"{self._table_name}/{case}"
        place = ".".join((_compact(instant), *((row[at] or "") for at in self._order)))
        return f"{self._table_name}/{case}/{place}"

    def _event(self, rule: _Rule, row: Cells, name: str, occurred_at: int) -> MadeEvent:
        try:
            time = format_instant(occurred_at)
        except OverflowError:
            raise RowRefused(f"{rule.name}: its instant is outside the years that can be told") from None
        event: dict[str, Any] = {
            "specversion": "1.0",
            "id": name if len(name) <= _LONGEST_ID else _shortened(name),
            "source": self._source,
            "type": rule.type,
            "time": time,
            "dataschema": rule.dataschema,
        }
        if rule.account is not None and row[rule.account] is not None:
            event["account"] = row[rule.account]
        event["data"] = _data(rule, row)
        try:
            raw = orjson.dumps(event)
            decode(raw)
        except Refusal as refusal:
            raise RowRefused(f"{rule.name}: {refusal.where}: {refusal.detail}") from refusal
        except TypeError as error:
            raise RowRefused(f"{rule.name}: {error}") from error
        return MadeEvent(occurred_at, rule.type, raw)


def _data(rule: _Rule, row: Cells) -> dict[str, Any]:
    values = {name: value(row) for name, value, _ in rule.fields}
    data: dict[str, Any] = {
        name: values[name]
        for name, _, only_with in rule.fields
        if values[name] is not None and (only_with is None or values[only_with] is not None)
    }
    for name, parts in rule.lists:
        data[name] = [value for part in parts if (value := part(row)) is not None]
    if rule.attributes is not None:
        data["attributes"] = rule.attributes(row)
    return data


def _compact(instant: int) -> str:
    """`20160401T000100Z`: an instant as part of an id."""
    try:
        return format_instant(instant).replace("-", "").replace(":", "")
    except OverflowError:
        raise RowRefused("its instant is outside the years that can be told") from None


def _shortened(name: str) -> str:
    return f"{name[:200]}/{blake2b(name.encode('utf-8', 'surrogatepass'), digest_size=16).hexdigest()}"


def _free_columns(table: Table, columns: Sequence[str]) -> list[str]:
    """The columns that `attributes.from = "*"` stands for."""
    taken = {column for _, column in table_columns(table)}
    return [column for column in columns if column not in taken]


def _compiled(table: Table, rule: EventRule, places: Places, free: Sequence[str], maps: Maps) -> _Rule:
    account = rule.account or table.account
    single = {name: spec for name, spec in rule.fields.items() if isinstance(spec, FieldValue)}
    lists = {name: spec for name, spec in rule.fields.items() if isinstance(spec, list)}
    return _Rule(
        rule.name,
        rule.type,
        BY_NAME[rule.type].dataschema,
        compiled_condition(rule.when, places),
        _compiled_instant(table, rule, places),
        None if account is None else places[account],
        tuple((name, compiled_value(name, spec, places, maps), spec.only_with) for name, spec in single.items()),
        tuple((name, tuple(compiled_value(name, one, places, maps) for one in spec)) for name, spec in lists.items()),
        None if rule.attributes is None else compiled_attributes(rule.attributes, places, free),
    )


def _compiled_instant(table: Table, rule: EventRule, places: Places) -> Instant:
    """The event's instant from the row and its instant; None where the column that says it is missing: no event."""
    base = _row_instant if rule.at is None else _told_instant(table, rule.at, places)
    return base if rule.after is None else _delayed(base, rule.after, places)


def _row_instant(row: Cells, instant: int) -> int:  # noqa: ARG001 - the plainest of the instants
    return instant


def _told_instant(table: Table, said: InstantColumn, places: Places) -> Instant:
    if "format" not in said.model_fields_set and isinstance(table.instant, InstantColumn):
        said = table.instant.model_copy(update={"column": said.column})
    place, read = places[said.column], InstantReader(said)

    def told(row: Cells, instant: int) -> int | None:  # noqa: ARG001 - the column says it
        text = row[place]
        return None if text is None else read(text)

    return told


def _delayed(base: Instant, after: After, places: Places) -> Instant:
    unit = _UNITS[after.unit]
    if after.amount is not None:
        span = after.amount * unit
        return lambda row, instant: None if (at := base(row, instant)) is None else at + span
    column = after.column or ""
    amount = compiled_value(column, FieldValue(column=column, type="number", least=0, most=1e8), places, {})

    def delayed(row: Cells, instant: int) -> int | None:
        at, said = base(row, instant), amount(row)
        return None if at is None or said is None else at + round(float(said) * unit)

    return delayed
