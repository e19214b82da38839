"""The people of the demo's company who help: groups, languages, hours, and who takes a ticket."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

from infra.demo.open_time import DAY_US, zone
from infra.demo.topics import FAMILIES, FAMILY_OF

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ZONES: Final = ("Europe/Berlin", "America/New_York", "Europe/Madrid", "Asia/Singapore")
_LANGUAGES: Final = (("en", "de"), ("en",), ("en", "es"), ("en",))
_SHIFT_STARTS: Final = (8, 9, 9, 9)


@dataclass(frozen=True, slots=True)
class Expert:
    """One person who helps; `shift` indexes the zone and the hours."""

    id: str
    group: str
    languages: tuple[str, ...]
    shift: int
    capacity: int


EXPERTS: Final = tuple(
    Expert(f"expert-{number + 1}", group, _LANGUAGES[number % 4], number % 4, 4 + number % 5)
    for number, group in enumerate(family for family in FAMILIES for _ in range(6))
)


def expert_for(topic: str, language: str, draw: Random) -> Expert:
    """Somebody of the topic's group who speaks the language, if there is one."""
    group = [one for one in EXPERTS if one.group == FAMILY_OF[topic]]
    speakers = [one for one in group if language in one.languages]
    return draw.choice(speakers or group)


def availability(seed: int, start: int, end: int) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """(instant, type, data) of everybody coming and going on weekdays, now and then with a break told."""
    for expert in EXPERTS:
        draw = Random(f"hours {seed} {expert.id}")
        place = zone(_ZONES[expert.shift])
        first = (_EPOCH + timedelta(microseconds=start)).astimezone(place).date()
        for number in range((end - start) // DAY_US + 2):
            chances = [draw.random() for _ in range(5)]
            day = first + timedelta(days=number)
            if day.weekday() > 4 or chances[0] < 0.07:
                continue
            comes = datetime(day.year, day.month, day.day, _SHIFT_STARTS[expert.shift], tzinfo=place)
            comes_at = (comes - _EPOCH) // timedelta(microseconds=1) + int(chances[1] * 1_800_000) * 1_000
            leaves_at = comes_at + int((8.3 + chances[2]) * 3_600_000) * 1_000
            said = [(comes_at, "online"), (leaves_at, "offline")]
            if chances[3] < 0.3:
                pause_at = comes_at + int((3 + chances[4]) * 3_600_000) * 1_000
                said += [(pause_at, "away"), (pause_at + 2_700_000_000, "online")]
            for instant, status in said:
                if start + 120_000_000 < instant < end:  # settings and accounts come first
                    yield instant, "expert.availability_changed", _said(expert, status)


def _said(expert: Expert, status: str) -> dict[str, Any]:
    data: dict[str, Any] = {"expert": expert.id, "status": status, "group": expert.group}
    if status == "online":
        data |= {
            "capacity": expert.capacity,
            "skills": list(FAMILIES[expert.group]),
            "languages": list(expert.languages),
        }
    return data
