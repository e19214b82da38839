"""What the demo's company promises: its desks, SLA policies, weights and categories, as settings events say them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, Final

from infra.demo.closing import feedback_settings
from infra.demo.open_time import DAY_US, Desk, OpenTime, always_open, open_time
from infra.demo.topics import HINTS

HOUR_US: Final = 3_600_000_000
PAUSED_ON: Final = ("pending", "on_hold")
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_OFFICE: Final = range(5)
# A ticket of the last days may be due some weeks after the end, and desks are looked back at from the start.
_MARGIN_US: Final = 60 * DAY_US


@dataclass(frozen=True, slots=True)
class Promise:
    """One policy; empty conditions hold for all. Targets are open hours by clock."""

    name: str
    desk: str
    hours: Mapping[str, float]
    tiers: tuple[str, ...] = ()
    priorities: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()

    def holds_for(self, tier: str, priority: str, channel: str) -> bool:
        return (
            (not self.tiers or tier in self.tiers)
            and (not self.priorities or priority in self.priorities)
            and (not self.channels or channel in self.channels)
        )

    def target_us(self, clock: str) -> int | None:
        """The target of first_response, next_response or resolution; None where nothing is promised."""
        hours = self.hours.get(clock)
        return None if hours is None else round(hours * HOUR_US)


PROMISES: Final = (
    Promise(
        "enterprise urgent",
        "always",
        {"first_response": 0.5, "next_response": 1, "resolution": 8},
        ("enterprise",),
        ("urgent",),
    ),
    Promise("enterprise", "always", {"first_response": 2, "next_response": 4, "resolution": 48}, ("enterprise",)),
    Promise(
        "premium first",
        "berlin-extended",
        {"first_response": 1.5, "next_response": 3, "resolution": 16},
        ("premium",),
        ("high", "urgent"),
    ),
    Promise("premium", "berlin", {"first_response": 4, "next_response": 8, "resolution": 32}, ("premium",)),
    Promise("anybody urgent", "always", {"first_response": 2, "resolution": 24}, (), ("urgent",)),
    Promise("live", "new-york", {"first_response": 1, "resolution": 24}, ("standard",), (), ("chat", "phone")),
    Promise("standard first", "berlin", {"first_response": 3, "resolution": 20}, ("standard",), ("high",)),
    Promise("standard", "new-york", {"first_response": 8, "resolution": 40}, ("standard",)),
    Promise("free", "singapore", {"first_response": 16}),
)
WARN_PERCENT: Final = (50, 90)


def promise_for(tier: str, priority: str, channel: str) -> Promise:
    """The first promise that holds for a ticket; the last one holds for all."""
    return next(one for one in PROMISES if one.holds_for(tier, priority, channel))


def desks(start: int) -> tuple[Desk, ...]:
    """The desks with the days off that fall into the 90 days from `start`."""
    return (
        Desk(
            "berlin",
            "Europe/Berlin",
            dict.fromkeys(_OFFICE, (("08:00", "12:30"), ("13:00", "18:00"))),
            _off(start, 24, 61),
        ),
        Desk(
            "berlin-extended",
            "Europe/Berlin",
            dict.fromkeys(_OFFICE, (("06:00", "22:00"),)) | {5: (("08:00", "14:00"),)},
            _off(start, 61),
        ),
        Desk("new-york", "America/New_York", dict.fromkeys(_OFFICE, (("09:00", "17:30"),)), _off(start, 38)),
        Desk("singapore", "Asia/Singapore", dict.fromkeys(_OFFICE, (("09:00", "18:00"),)), _off(start, 51)),
    )


def _off(start: int, *days: int) -> tuple[date, ...]:
    """Invented days off: so many days after the start, or the Monday after where that is a weekend."""
    first = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=start)).date()
    off = (first + timedelta(days=number) for number in days)
    return tuple(day + timedelta(days=7 - day.weekday()) if day.weekday() > 4 else day for day in off)


@cache
def desk_times(start: int, end: int) -> Mapping[str, OpenTime]:
    """Open time by the name of the desk, with a margin around `start` and `end`."""
    first, last = start - _MARGIN_US, end + _MARGIN_US
    return {desk.name: open_time(desk, first, last) for desk in desks(start)} | {"always": always_open(first, last)}


def settings(start: int) -> list[tuple[int, str, dict[str, Any]]]:
    """(instant, type, data) of the company's settings: desks, promises, categories, limits and weights."""
    said: list[tuple[str, dict[str, Any]]] = [("settings.calendar_changed", _calendar(desk)) for desk in desks(start)]
    said += [
        ("settings.sla_changed", {"policies": [_policy(promise) for promise in PROMISES]}),
        ("settings.taxonomy_changed", {"categories": {topic: list(words) for topic, words in HINTS.items()}}),
        ("settings.limits_changed", {"horizon_days": 32, "abstain_below_percent": 50}),
        ("settings.feedback_changed", feedback_settings()),
        ("settings.weights_changed", _weights(30, 25, 20, 15, 10)),
    ]
    timed = [(start + number * 1_000_000, name, data) for number, (name, data) in enumerate(said)]
    return [*timed, (start + 45 * DAY_US, "settings.weights_changed", _weights(35, 25, 15, 15, 10))]


def _calendar(desk: Desk) -> dict[str, Any]:
    return {
        "name": desk.name,
        "zone": desk.zone,
        "hours": [
            {"weekday": WEEKDAYS[day], "start": opens, "end": closes}
            for day, intervals in desk.hours.items()
            for opens, closes in intervals
        ],
        "holidays": [{"date": day.isoformat()} for day in desk.days_off],
    }


def _policy(promise: Promise) -> dict[str, Any]:
    targets = []
    for clock, hours in promise.hours.items():
        target: dict[str, Any] = {
            "clock": clock,
            "target_seconds": round(hours * 3_600),
            "warn_percent": list(WARN_PERCENT),
        }
        if clock == "resolution":
            target["paused_on"] = list(PAUSED_ON)
        targets.append(target)
    return {
        "name": promise.name,
        "tiers": list(promise.tiers),
        "priorities": list(promise.priorities),
        "channels": list(promise.channels),
        "calendar": promise.desk,
        "targets": targets,
    }


def _weights(*numbers: int) -> dict[str, Any]:
    return dict(zip(("usage", "support", "sentiment", "commercial", "engagement"), numbers, strict=True))
