"""Is an event made of this row? Compiled once per rule, then one call a row."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from streams.history.field_values import Cells, Places, text_of
from streams.history.mapping import Scalar, When, Where
from streams.history.patterns import compiled_pattern

# Cells of the row, cells of the case's row before it (None at its first), whether it is the case's last.
Condition = Callable[[Cells, Cells | None, bool], bool]
_Test = Callable[[Cells], bool]


def compiled_condition(when: When, places: Places) -> Condition:
    """Whether a row is one that the rule speaks of."""
    first, last = when.first, when.last
    changed = _changed(when, places) if when.changed else None
    tests = [_test(where, places) for where in when.where]

    def holds(cells: Cells, before: Cells | None, is_last: bool) -> bool:
        if first is not None and first is not (before is None):
            return False
        if last is not None and last is not is_last:
            return False
        if changed is not None and not changed(cells, before):
            return False
        return all(test(cells) for test in tests)

    return holds


def _texts(values: Sequence[Scalar] | None) -> frozenset[str] | None:
    return None if values is None else frozenset(text_of(value) for value in values)


def _changed(when: When, places: Places) -> Callable[[Cells, Cells | None], bool]:
    columns = when.changed or []
    at = [places[column] for column in columns]
    if len(at) > 1:
        return lambda cells, before: before is not None and any(cells[place] != before[place] for place in at)
    return _one_changed(when, at[0])


def _one_changed(when: When, place: int) -> Callable[[Cells, Cells | None], bool]:
    presumed = None if when.before is None else text_of(when.before)
    came_from, to, rises = _texts(when.came_from), _texts(when.to), when.rises

    def changed(cells: Cells, before: Cells | None) -> bool:
        if before is None and presumed is None:
            return False
        old = presumed if before is None else before[place]
        new = cells[place]
        if old == new or (to is not None and new not in to) or (came_from is not None and old not in came_from):
            return False
        return not rises or _rises(old, new)

    return changed


def _rises(old: str | None, new: str | None) -> bool:
    try:
        return new is not None and float(new) > float(old or 0)
    except ValueError:
        return False


def _test(where: Where, places: Places) -> _Test:
    place = places[where.column]
    among, excluding, absent = _texts(where.among), _texts(where.excluding), where.missing
    pattern = None if where.matches is None else compiled_pattern(where.matches)

    def holds(cells: Cells) -> bool:
        value = cells[place]
        if absent is not None and absent is not (value is None):
            return False
        if among is not None and value not in among:
            return False
        if excluding is not None and value in excluding:
            return False
        return pattern is None or (value is not None and pattern.search(value) is not None)

    return holds
