"""Sorts more records than memory holds: runs on disk, merged when read."""

from __future__ import annotations

import heapq
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path

Record = tuple[bytes, bytes]

DEFAULT_RECORDS = 100_000
DEFAULT_BYTES = 64 << 20
# Open files and buffers are bounded by merging so many runs into one.
MOST_RUNS = 64

_SIZES = struct.Struct(">II")


class ExternalSort:
    """Takes (key, payload) records in any order and gives them back by key, then payload: an order of their content.

    Memory: at most `records` records or `held_bytes` of them, and one buffer a run. Files lie in `folder`, which is the
    caller's to remove. Reading ends the adding.
    """

    def __init__(self, folder: Path, *, records: int = DEFAULT_RECORDS, held_bytes: int = DEFAULT_BYTES) -> None:
        if records < 1:
            raise ValueError(f"records must be at least 1, got {records}")
        self._folder = folder
        self._records = records
        self._held_bytes = held_bytes
        self._held: list[Record] = []
        self._size = 0
        self._runs: list[Path] = []
        self._made = 0
        self.count = 0

    def add(self, key: bytes, payload: bytes) -> None:
        """Takes one record."""
        # orjson hands out bytes in a buffer of several kilobytes; a copy of them takes what they need.
        self._held.append((key, bytes(memoryview(payload))))
        self._size += len(key) + len(payload)
        self.count += 1
        if len(self._held) >= self._records or self._size >= self._held_bytes:
            self._spill()

    def __iter__(self) -> Iterator[Record]:
        self._held.sort()
        if not self._runs:
            return iter(self._held)
        return heapq.merge(*(_read(run) for run in self._runs), self._held)

    def _spill(self) -> None:
        self._held.sort()
        self._runs.append(self._write(self._held))
        self._held = []
        self._size = 0
        if len(self._runs) >= MOST_RUNS:
            merged = self._write(heapq.merge(*(_read(run) for run in self._runs)))
            for run in self._runs:
                run.unlink()
            self._runs = [merged]

    def _write(self, records: Iterable[Record]) -> Path:
        self._made += 1
        path = self._folder / f"run-{self._made}"
        with path.open("xb", buffering=1 << 18) as file:
            for key, payload in records:
                file.write(_SIZES.pack(len(key), len(payload)))
                file.write(key)
                file.write(payload)
        return path


def _read(path: Path) -> Iterator[Record]:
    with path.open("rb", buffering=1 << 16) as file:
        while sizes := file.read(_SIZES.size):
            key, payload = _SIZES.unpack(sizes)
            yield file.read(key), file.read(payload)
