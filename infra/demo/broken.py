"""Records that no door should take: one of every way to get it wrong, with the reason to expect."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final

from infra.demo.open_time import DAY_US
from schemas.instant import format_instant

_COPIES: Final = 2
_FUTURE_US: Final = 3_650 * DAY_US  # beyond any door's clock, also where a run is dated back


def _event(name: str, data: str, *, time: str = "", extra: str = "") -> Callable[[str, str], str]:
    """One line of JSON as text, wrong in one place; called with the event's id and its time."""

    def line(event_id: str, now: str) -> str:
        return (
            f'{{"specversion":"1.0","id":"{event_id}","source":"partner-feed","type":"{name}",'
            f'"time":"{time or now}","account":"acct-0001"{extra},"data":{data}}}'
        )

    return line


_USED: Final = '{"name":"api.called","quantity":4}'
_LINES: Final[tuple[tuple[str, Callable[[str, str], str]], ...]] = (
    ("not_json", lambda event_id, now: f"{now} ERROR feed {event_id} restarted"),
    ("not_json", lambda event_id, now: f'{{"specversion":"1.0","id":"{event_id}","time":"{now}","data":'),
    ("not_json", lambda event_id, now: f'["{event_id}","{now}"]'),
    ("not_an_event", lambda event_id, now: f'{{"id":"{event_id}","time":"{now}","message":"hello"}}'),
    ("not_an_event", _event("usage.recorded", _USED, time="yesterday at noon")),
    ("not_an_event", _event("usage.recorded", _USED, time="2026-03-01T10:00:00")),
    ("unknown_type", _event("invoice.paid", '{"invoice":"9"}')),
    ("unknown_type", _event("ticket.exploded", '{"ticket":"T-1"}')),
    ("newer_version", _event("usage.recorded", _USED, extra=',"dataschema":"urn:millrace:usage.recorded:9"')),
    ("invalid_data", _event("usage.recorded", '{"name":"api.called","quantity":"four"}')),
    ("invalid_data", _event("usage.recorded", '{"name":"api.called","quantity":-3}')),
    ("not_json", _event("feedback.given", '{"feedback":"F-x","scale":"nps","score":NaN}')),
    ("invalid_data", _event("ticket.status_changed", '{"ticket":"T-1","status":"exploded"}')),
    ("invalid_data", _event("ticket.opened", '{"title":"no ticket id"}')),
    ("ancient_dated", _event("usage.recorded", _USED, time="1970-01-01T00:00:12Z")),
    ("future_dated", _event("usage.recorded", _USED)),  # its time is set below
    ("invalid_utf8", _event("ticket.opened", '{"ticket":"T-0","title":"Gr\u0000\u0000e"}')),
)


def broken_records(seed: int, start: int, end: int) -> list[tuple[int, str, bytes]]:
    """(arrival, expected reason, bytes) in order of arrival: two of each kind, the last of each within the last day."""
    draw = Random(f"broken {seed}")
    records = []
    for copy in range(_COPIES):
        for number, (reason, line) in enumerate(_LINES):
            first, last = (end - DAY_US, end) if copy == _COPIES - 1 else (start + DAY_US, end - DAY_US)
            arrival = int(draw.uniform(first, last)) // 1_000 * 1_000
            records.append((arrival, reason, _bytes(reason, line, f"x-{copy}-{number}", arrival)))
    return sorted(records)


def _bytes(reason: str, line: Callable[[str, str], str], event_id: str, arrival: int) -> bytes:
    if reason == "future_dated":
        line = _event("usage.recorded", _USED, time=format_instant(arrival + _FUTURE_US))
    raw = line(event_id, format_instant(arrival)).encode()
    # Two bytes as an old single-byte encoding writes umlauts.
    return raw.replace(b"\x00\x00", b"\xfc\xdf") if reason == "invalid_utf8" else raw
