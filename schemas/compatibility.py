"""Does a schema still take everything that an older form of it took? What it says breaks somebody's events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Schema = Mapping[str, Any]

_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_ALIKE = ("pattern", "format")


def narrowed(released: Schema, current: Schema) -> list[str]:
    """What the released schema took and the current one does not: one line a place, none when all still holds.

    Understands what pydantic and msgspec write: references, unions, objects, arrays, enumerations, bounds.
    """
    return list(_Comparison(released, current).narrowed(released, current, "$"))


def withdrawn(released: Schema, current: Schema) -> list[str]:
    """What readers of the released schema may miss, or meet for the first time: the same question of what we write."""
    comparison = _Comparison(released, current)
    old, new = comparison.resolved(released, released), comparison.resolved(current, current)
    return list(comparison.withdrawn(old, new))


class _Comparison:
    """Two documents side by side, because references are looked up in their own."""

    def __init__(self, released: Schema, current: Schema) -> None:
        self._released = released
        self._current = current

    def resolved(self, document: Schema, schema: Schema) -> Schema:
        while "$ref" in schema:
            found: Any = document
            for part in schema["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            schema = found
        return schema

    def narrowed(self, released: Schema, current: Schema, place: str) -> Iterator[str]:
        old, new = self.resolved(self._released, released), self.resolved(self._current, current)
        if "anyOf" in old or "anyOf" in new:
            yield from self._narrowed_union(old.get("anyOf", (old,)), new.get("anyOf", (new,)), place)
            return
        yield from _narrowed_values(old, new, place)
        for name in _ALIKE:
            if name in new and new[name] != old.get(name):
                yield f"{place}: {name} is {new[name]!r} now, it was {old.get(name)!r}"
        yield from _narrowed_bounds(old, new, place)
        yield from self._narrowed_object(old, new, place)
        yield from self._narrowed_items(old, new, place)

    def withdrawn(self, old: Schema, new: Schema) -> Iterator[str]:
        there = new.get("properties", {})
        for name, schema in old.get("properties", {}).items():
            if name not in there:
                yield f"$.{name}: is gone"
                continue
            turned = _Comparison(self._current, self._released)
            yield from turned.narrowed(there[name], schema, f"$.{name}")

    def _narrowed_union(self, old: Sequence[Schema], new: Sequence[Schema], place: str) -> Iterator[str]:
        for branch in old:
            found = [list(self.narrowed(branch, other, place)) for other in new]
            if all(found):
                yield min(found, key=len)[0] if len(new) == 1 else f"{place}: {_named(branch)} is taken no more"

    def _narrowed_object(self, old: Schema, new: Schema, place: str) -> Iterator[str]:
        before, there = old.get("properties", {}), new.get("properties", {})
        for name, schema in before.items():
            if name in there:
                yield from self.narrowed(schema, there[name], f"{place}.{name}")
            else:
                yield f"{place}.{name}: is gone"
        for name in new.get("required", ()):
            if name not in old.get("required", ()):
                yield f"{place}.{name}: is required now"
        rest, rest_now = old.get("additionalProperties", True), new.get("additionalProperties", True)
        if rest is not False and rest_now is False:
            yield f"{place}: takes no further fields any more"
        elif isinstance(rest, Mapping) and isinstance(rest_now, Mapping):
            yield from self.narrowed(rest, rest_now, f"{place}.*")

    def _narrowed_items(self, old: Schema, new: Schema, place: str) -> Iterator[str]:
        if isinstance(old.get("items"), Mapping) and isinstance(new.get("items"), Mapping):
            yield from self.narrowed(old["items"], new["items"], f"{place}[]")
        for number, (item, item_now) in enumerate(
            zip(old.get("prefixItems", ()), new.get("prefixItems", ()), strict=False)
        ):
            yield from self.narrowed(item, item_now, f"{place}[{number}]")


def _narrowed_values(old: Schema, new: Schema, place: str) -> Iterator[str]:
    if "type" in new and new["type"] != old.get("type") and (new["type"], old.get("type")) != ("number", "integer"):
        yield f"{place}: is {new['type']} now, it was {old.get('type')}"
    if "enum" in new or "const" in new:
        taken = new.get("enum", [new.get("const")])
        before = old.get("enum", [old["const"]] if "const" in old else None)
        if before is None:
            yield f"{place}: only {taken} are taken now"
        else:
            yield from (f"{place}: {value!r} is taken no more" for value in before if value not in taken)


def _narrowed_bounds(old: Schema, new: Schema, place: str) -> Iterator[str]:
    for name in _UPPER:
        if name in new and (name not in old or new[name] < old[name]):
            yield f"{place}: {name} is {new[name]} now, it was {old.get(name, 'open')}"
    for name in _LOWER:
        if name in new and (name not in old or new[name] > old[name]):
            yield f"{place}: {name} is {new[name]} now, it was {old.get(name, 'open')}"


def _named(schema: Schema) -> str:
    return str(schema.get("type") or schema.get("const") or schema.get("$ref") or "a form")
