"""A large mapping in a cell, saved in parts: only those that changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar
from zlib import crc32

import msgspec

T = TypeVar("T")

_ENCODER = msgspec.msgpack.Encoder()


class Parted(Generic[T]):
    """Values by name in a fixed number of parts. Whoever changes a value calls `touch`, so that its part is saved.

    Names come in the order of their parts and, in a part, of their sorting: the same in memory as after a reload.

    >>> from processors.parted import Parted
    >>> numbers = Parted("numbers", 4, int)
    >>> numbers["one"] = 1
    >>> parts = numbers.changed()
    >>> (len(parts), len(numbers.changed()), Parted.of(parts, "numbers", 4, int) == numbers)
    (1, 0, True)
    """

    __slots__ = ("_kind", "_name", "_parts", "_touched")

    def __init__(self, name: str, parts: int, kind: type[T]) -> None:
        self._name = name
        self._kind = kind
        self._parts: list[dict[str, T]] = [{} for _ in range(parts)]
        self._touched: dict[int, None] = {}

    @classmethod
    def of(cls, parts: Mapping[str, bytes], name: str, count: int, kind: type[T]) -> Parted[T]:
        """The mapping out of its saved parts; parts of other mappings are passed over."""
        found = cls(name, count, kind)
        for number in range(count):
            saved = parts.get(f"{name}/{number}")
            if saved is not None:
                found._parts[number] = msgspec.msgpack.decode(saved, type=dict[str, kind])  # type: ignore[valid-type]
        return found

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Parted) and self._parts == other._parts

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __len__(self) -> int:
        return sum([len(part) for part in self._parts])

    def __bool__(self) -> bool:
        return any(self._parts)

    def __contains__(self, name: str) -> bool:
        return name in self._parts[self._place(name)]

    def __setitem__(self, name: str, value: T) -> None:
        self._parts[self.touch(name)][name] = value

    def __delitem__(self, name: str) -> None:
        del self._parts[self.touch(name)][name]

    def __getitem__(self, name: str) -> T:
        return self._parts[self._place(name)][name]

    def __iter__(self) -> Iterator[str]:
        for part in self._parts:
            yield from sorted(part)

    def get(self, name: str) -> T | None:
        """The value of a name, or None. `touch` it when changing it."""
        return self._parts[self._place(name)].get(name)

    def touch(self, name: str) -> int:
        """Has the part of this name saved with the next; its number."""
        place = self._place(name)
        self._touched[place] = None
        return place

    def items(self) -> Iterator[tuple[str, T]]:
        """Every name and value, in one order whatever happened before."""
        for part in self._parts:
            yield from sorted(part.items(), key=_name_of)

    def values(self) -> Iterator[T]:
        """Every value, in the order of `items`."""
        for part in self._parts:
            yield from [part[name] for name in sorted(part)]

    def unordered(self) -> Iterator[tuple[str, T]]:
        """Every name and value in whatever order: for sums, and for what is sorted after. Several times as fast."""
        for part in self._parts:
            yield from part.items()

    def changed(self) -> dict[str, bytes]:
        """The parts that changed since the last call, encoded."""
        saved = {f"{self._name}/{place}": self._encoded(place) for place in sorted(self._touched)}
        self._touched.clear()
        return saved

    def whole(self) -> bytes:
        """All of it, for a digest."""
        return b"".join([self._encoded(place) for place in range(len(self._parts))])

    def _encoded(self, place: int) -> bytes:
        return _ENCODER.encode(dict(sorted(self._parts[place].items(), key=_name_of)))

    def _place(self, name: str) -> int:
        return crc32(name.encode()) % len(self._parts)


def _name_of(item: tuple[str, T]) -> str:
    return item[0]
