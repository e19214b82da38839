"""Which columns does a mapping read, and where? Among them those that know the future."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Dictionary

from streams.history.mapping import EventRule, FieldValue, InstantColumn, Lookup, Mapping, Table
from streams.history.patterns import template_columns

# Stands for the case itself where a column may be named.
CASE = "@case"


def value_columns(spec: FieldValue) -> tuple[str, ...]:
    """The columns one field is made of."""
    if spec.column is not None:
        return (spec.column,)
    return template_columns(spec.template) if spec.template is not None else ()


def specified(rule: EventRule) -> Iterator[tuple[str, FieldValue]]:
    """Every (field, value) of a rule, lists taken apart."""
    for name, spec in rule.fields.items():
        for one in spec if isinstance(spec, list) else [spec]:
            yield name, one


def rule_columns(rule: EventRule) -> Iterator[tuple[str, str]]:
    """Every (key, column) that a rule names."""
    yield from _placing_columns(rule)
    for name, spec in specified(rule):
        for column in value_columns(spec):
            yield f"fields.{name}", column
    if rule.attributes is not None:
        for key in ("origin", "excluding", "numbers", "bools"):
            named = getattr(rule.attributes, key)
            for column in () if named == "*" else named:
                yield "attributes", column


def _placing_columns(rule: EventRule) -> Iterator[tuple[str, str]]:
    for column in rule.when.changed or ():
        yield "when.changed", column
    for where in rule.when.where:
        yield "when.where", where.column
    if rule.at is not None:
        yield "at", rule.at.column
    if rule.after is not None and rule.after.column is not None:
        yield "after", rule.after.column
    if rule.account is not None:
        yield "account", rule.account


def table_columns(table: Table) -> Iterator[tuple[str, str]]:
    """Every (key, column) that a table names outside of its rules."""
    if table.case is not None:
        yield "case", table.case
    if table.account is not None:
        yield "account", table.account
    for column in table.order:
        yield "order", column
    if isinstance(table.instant, InstantColumn):
        yield "instant", table.instant.column
    for column in table.final_only:
        yield "final_only", column


def named_columns(table: Table) -> Iterator[tuple[str, str]]:
    """Every (key, column) that a table names, its rules' included; `@case` left out."""
    for key, column in table_columns(table):
        yield key, column
    for rule in table.event:
        for key, column in rule_columns(rule):
            if column != CASE:
                yield f"event {rule.name}: {key}", column


def split_lookup(column: str, lookups: Dictionary[str, Lookup]) -> tuple[str, str] | None:
    """(look-up, column in it) where a column is a looked-up one."""
    name, dot, rest = column.partition(".")
    return (name, rest) if dot and name in lookups else None


def own_columns(mapping: Mapping, table: Table) -> dict[str, str]:
    """The columns a table's own files must have, each with a key of the mapping that names it."""
    found: dict[str, str] = {}
    for key, column in named_columns(table):
        looked_up = split_lookup(column, mapping.lookup)
        if looked_up is None:
            found.setdefault(column, key)
        else:
            found.setdefault(mapping.lookup[looked_up[0]].looking, f"lookup {looked_up[0]}")
    return found


def looked_up_columns(mapping: Mapping, table: Table) -> dict[str, dict[str, None]]:
    """For each look-up a table uses, the columns it takes from it, in the order they are named."""
    found: dict[str, dict[str, None]] = {}
    for _, column in named_columns(table):
        looked_up = split_lookup(column, mapping.lookup)
        if looked_up is not None:
            found.setdefault(looked_up[0], {})[looked_up[1]] = None
    return found


def lookup_columns(mapping: Mapping, name: str) -> dict[str, str]:
    """The columns a look-up's files must have, each with what names it."""
    found = {mapping.lookup[name].key: f"lookup {name}: key"}
    for table_name, table in mapping.table.items():
        for column in looked_up_columns(mapping, table).get(name, {}):
            found.setdefault(column, f"table {table_name}")
    return found


def foresight(table: Table) -> Iterator[str]:
    """What is wrong with how a table reads columns that know the future: one sentence each."""
    knowing = set(table.final_only)
    for key, column in table_columns(table):
        if column in knowing and key != "final_only":
            yield f"{key} reads {column!r}, which is `final_only`: it knows the future of every row but the last"
    for rule in table.event:
        yield from _rule_foresight(table, rule, knowing)


def _rule_foresight(table: Table, rule: EventRule, knowing: set[str]) -> Iterator[str]:
    alone = table.rows == "one" or table.case is None
    for key, column in rule_columns(rule):
        if column not in knowing or (key == "attributes" and column not in _attribute_columns(rule)):
            continue
        place = f"event {rule.name}: {key} reads {column!r}, which is `final_only`"
        if rule.when.last is not True:
            yield f"{place}: give the rule `when.last = true`, or take the column out of it"
        elif key == "when.changed":
            yield f"{place}: whether it changed cannot be known, since it was filled in backwards"
        elif alone and rule.at is None and rule.after is None:
            yield f"{place}: a case has one row here, so the rule needs `at` or `after` to say when it was known"


def _attribute_columns(rule: EventRule) -> list[str]:
    said = rule.attributes
    if said is None or said.origin == "*":
        return []
    return [column for column in said.origin if column not in said.excluding]
