"""The rows of one file: CSV, JSON lines or JSON, plain or gzip. A broken row is one, and costs the others nothing."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Dictionary
from pathlib import Path
from typing import IO, NamedTuple, Self, cast

import orjson

from streams.history.mapping import FileFormat
from streams.history.mapping_file import MappingError

_GZIP = b"\x1f\x8b"
LONGEST_LINE = 1 << 20
LARGEST_JSON_BYTES = 256 << 20
_KEPT = 1 << 20
Cells = list[str | None]


class Row(NamedTuple):
    """One row: its number (the first after a header is 1) and its cells, in the order of the file's columns."""

    number: int
    cells: Cells


class BrokenRow(NamedTuple):
    """A row that cannot be read: its number, why, and its bytes as they stand in the file."""

    number: int
    reason: str
    raw: bytes


class HistoryFile:
    """One file and its columns. Reading it anew gives the same rows. Raises MappingError when it is no such file."""

    def __init__(self, path: Path, form: FileFormat) -> None:
        self.path = path
        self.form = form
        self.size_bytes = path.stat().st_size
        self.columns: tuple[str, ...] = tuple(self._columns())
        self._raw: IO[bytes] | None = None

    def rows(self) -> Iterator[Row | BrokenRow]:
        """Every row, cells stripped of blanks at both ends, None for what counts as missing."""
        missing = frozenset(self.form.missing)
        try:
            with self.path.open("rb") as self._raw:
                stream = _unpacked(self._raw)
                if self.form.format == "csv":
                    yield from _csv_rows(stream, self.form, len(self.columns), missing)
                else:
                    yield from _json_rows(stream, self.form.format, self.columns, missing)
        except (EOFError, gzip.BadGzipFile, OSError) as error:
            raise MappingError(f"{self.path.name}: cannot be read to its end: {error}") from error
        finally:
            self._raw = None

    def position_bytes(self) -> int:
        """How far the reading has come in the file as it lies on disk."""
        return self.size_bytes if self._raw is None or self._raw.closed else self._raw.tell()

    def named(self, cells: Sequence[str | None]) -> bytes:
        """A row as a JSON object of its columns, what is missing left out."""
        pairs = {name: cell for name, cell in zip(self.columns, cells, strict=True) if cell is not None}
        return orjson.dumps(pairs)

    def _columns(self) -> Sequence[str]:
        try:
            with self.path.open("rb") as raw:
                stream = _unpacked(raw)
                return _csv_header(stream, self.form) if self.form.format == "csv" else _keys(stream, self.form.format)
        except (EOFError, gzip.BadGzipFile, OSError, UnicodeError, csv.Error) as error:
            raise MappingError(f"{self.path.name}: cannot be read as {self.form.format}: {error}") from error
        except ValueError as error:
            raise MappingError(f"{self.path.name}: {error}") from error


def _unpacked(raw: IO[bytes]) -> IO[bytes]:
    magic = raw.read(2)
    raw.seek(0)
    return cast("IO[bytes]", gzip.GzipFile(fileobj=raw)) if magic == _GZIP else raw


class _Lines:
    """Text lines of bounded length. Remembers those since `clear`, and whether one was no text of the encoding.

    To be used in a `with` block, which closes the stream.
    """

    def __init__(self, stream: IO[bytes], encoding: str) -> None:
        self._text = io.TextIOWrapper(
            stream, "utf-8-sig" if encoding == "utf-8" else encoding, errors="surrogateescape", newline=""
        )
        self.seen: list[str] = []
        self.fault = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._text.close()

    def __iter__(self) -> Iterator[str]:
        readline = self._text.readline
        while line := readline(LONGEST_LINE):
            if len(line) >= LONGEST_LINE and not line.endswith("\n"):
                self.fault = f"a line is longer than {LONGEST_LINE:,} characters"
                while (rest := readline(LONGEST_LINE)) and not rest.endswith("\n"):
                    pass
            elif not line.isascii():
                try:
                    line.encode("utf-8")
                except UnicodeEncodeError as error:
                    self.fault = f"not UTF-8 at character {error.start + 1}: the mapping's `encoding` says what it is"
            self.seen.append(line)
            yield line

    def clear(self) -> None:
        self.seen.clear()
        self.fault = ""

    def raw(self) -> bytes:
        return "".join(self.seen).encode("utf-8", "surrogateescape")[:_KEPT]


def _csv_header(stream: IO[bytes], form: FileFormat) -> list[str]:
    with _Lines(stream, form.encoding) as lines:
        header = next(csv.reader(lines, delimiter=form.delimiter), None)
    if lines.fault:
        raise ValueError(f"its header cannot be read: {lines.fault}")
    if not header:
        raise ValueError("has no header row")
    columns = [cell.strip() for cell in header]
    twice = sorted({column for column in columns if columns.count(column) > 1})
    if twice:
        raise ValueError(f"the column {twice[0]!r} stands twice in the header")
    return columns


def _csv_rows(stream: IO[bytes], form: FileFormat, width: int, missing: frozenset[str]) -> Iterator[Row | BrokenRow]:
    number = 0
    with _Lines(stream, form.encoding) as lines:
        for values, fault in _records(lines, form.delimiter):
            if not values and not fault:
                continue
            number += 1
            reason = fault or lines.fault
            if not reason and len(values) != width:
                reason = f"{len(values)} cells, and the header has {width} columns"
            if reason:
                yield BrokenRow(number, reason, lines.raw())
            else:
                yield Row(number, [None if (cell := value.strip()) in missing else cell for value in values])


def _records(lines: _Lines, delimiter: str) -> Iterator[tuple[list[str], str]]:
    """(cells, what is wrong) of every record after the header; `lines` holds that record's lines meanwhile."""
    reader = csv.reader(lines, delimiter=delimiter)
    next(reader, None)
    while True:
        lines.clear()
        try:
            values = next(reader, None)
        except csv.Error as error:
            yield [], f"not CSV: {error}"
            continue
        if values is None:
            return
        yield values, ""


def _keys(stream: IO[bytes], form: str) -> list[str]:
    """Every key that any object has: read through once, since an object may leave out what others have."""
    keys: dict[str, None] = {}
    for _, said in _objects(stream, form):
        if isinstance(said, dict):
            keys.update(dict.fromkeys(said))
    if not keys:
        raise ValueError("holds no JSON object")
    return sorted(keys)


def _json_rows(
    stream: IO[bytes], form: str, columns: Sequence[str], missing: frozenset[str]
) -> Iterator[Row | BrokenRow]:
    for number, (raw, said) in enumerate(_objects(stream, form), start=1):
        if isinstance(said, str):
            yield BrokenRow(number, said, raw[:_KEPT])
        else:
            yield Row(number, [_cell(said.get(column), missing) for column in columns])


def _cell(value: object, missing: frozenset[str]) -> str | None:
    if value is None:
        return None
    text = value.strip() if isinstance(value, str) else orjson.dumps(value).decode()
    return None if text in missing else text


def _objects(stream: IO[bytes], form: str) -> Iterator[tuple[bytes, dict[str, object] | str]]:
    """(bytes, flat object or what is wrong with it) of each."""
    if form == "json":
        yield from _listed_objects(stream)
        return
    while line := stream.readline(LONGEST_LINE):
        if len(line) >= LONGEST_LINE and not line.endswith(b"\n"):
            while (rest := stream.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
                pass
            yield line, f"a line is longer than {LONGEST_LINE:,} bytes"
        elif line.strip():
            try:
                yield line, _flat(orjson.loads(line.removeprefix(b"\xef\xbb\xbf")))
            except orjson.JSONDecodeError as error:
                yield line, f"not JSON: {error}"


def _listed_objects(stream: IO[bytes]) -> Iterator[tuple[bytes, dict[str, object] | str]]:
    whole = stream.read(LARGEST_JSON_BYTES + 1)
    if len(whole) > LARGEST_JSON_BYTES:
        raise ValueError(f"a JSON array of over {LARGEST_JSON_BYTES:,} bytes: write it as JSON lines")
    try:
        said = orjson.loads(whole)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error}") from error
    if not isinstance(said, list):
        raise ValueError("one JSON array of objects is expected")  # noqa: TRY004 - it is the file that is wrong
    for one in said:
        yield orjson.dumps(one), _flat(one)


def _flat(said: object) -> dict[str, object] | str:
    """The object with its inner objects' keys written as `outer.inner`."""
    if not isinstance(said, dict):
        return f"a JSON object is expected, not {type(said).__name__}"
    flat: dict[str, object] = {}
    _flatten(said, "", flat)
    return flat


def _flatten(said: Dictionary[str, object], prefix: str, flat: dict[str, object]) -> None:
    for key, value in said.items():
        if isinstance(value, dict):
            _flatten(value, f"{prefix}{key}.", flat)
        else:
            flat[prefix + key] = value
