"""When did a row happen? Read out of a column, or made for rows that do not say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from processors.zones import pinned_zone
from schemas.instant import SECOND, parse_instant
from streams.history.mapping import InstantColumn, MadeInstants
from streams.history.refused_row import RowRefused

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_REMEMBERED = 100_000
# Seconds beyond the year 9999 are another unit, or no instant.
_LATEST_SECONDS = 253_402_300_799

NAMED_FORMATS = ("iso", "epoch_seconds", "epoch_milliseconds")

Reader = Callable[[str], int]


def is_format(form: str) -> bool:
    """Whether an instant can be read by these %-codes."""
    if "%" not in form:
        return False
    try:
        datetime.strptime(_EPOCH.strftime(form), form)  # noqa: DTZ007 - only the codes are tried
    except ValueError:
        return False
    return True


class InstantReader:
    """Reads one column's instants: microseconds since the epoch. Raises RowRefused for what is none.

    Of a local time that a zone has twice the first is taken; one that it skips is read by the offset before the skip.
    """

    def __init__(self, said: InstantColumn) -> None:
        self._column = said.column
        self._formats = said.format
        self._readers = [_reader(form, said.zone) for form in said.format]
        self._known: dict[str, int] = {}

    def __call__(self, text: str) -> int:
        known = self._known.get(text)
        if known is not None:
            return known
        for read in self._readers:
            try:
                instant = read(text)
            except (ValueError, OverflowError):
                continue
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[text] = instant
            return instant
        formats = " nor ".join(repr(form) for form in self._formats)
        raise RowRefused(f"{self._column}: {text[:60]!r} is no instant of the format {formats}")


def _reader(form: str, zone_name: str) -> Reader:
    zone = pinned_zone(zone_name)

    def local(moment: datetime) -> int:
        return ((moment if moment.tzinfo else moment.replace(tzinfo=zone)) - _EPOCH) // _MICROSECOND

    if form == "iso":
        return lambda text: local(datetime.fromisoformat(text))
    if form == "epoch_seconds":
        return lambda text: _count(text, SECOND)
    if form == "epoch_milliseconds":
        return lambda text: _count(text, 1_000)
    return lambda text: local(datetime.strptime(text, form))  # noqa: DTZ007 - `local` gives it its zone


def _count(text: str, unit: int) -> int:
    instant = round(float(text) * unit) if "." in text else int(text) * unit
    if abs(instant) > _LATEST_SECONDS * SECOND:
        raise ValueError("out of range")
    return instant


class InstantMaker:
    """Makes instants for rows that have none: by their number, or (with slots) by their case."""

    def __init__(self, said: MadeInstants) -> None:
        self._start = parse_instant(said.start)
        self._step = said.step_seconds * SECOND
        self._slots = said.slots

    def __call__(self, row: int, case: str) -> int:
        """The instant of the row of that number (from 1) of the table."""
        place = row - 1
        if self._slots is not None:
            digest = blake2b(case.encode("utf-8", "surrogatepass"), digest_size=8, person=b"millrace-slot").digest()
            place = int.from_bytes(digest, "big") % self._slots
        return self._start + place * self._step
