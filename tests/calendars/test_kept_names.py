"""However many calendars are said, and in whatever order, a tenant's settings keep the same ones, and no more."""

from __future__ import annotations

import random
from collections.abc import Sequence

from processors.settings import MOST_NAMES, SETTINGS
from schemas.instant import DAY, parse_instant
from schemas.settings import SettingsCalendarChanged
from streams.batch import CellId
from streams.driver import Driver

AT = parse_instant("2026-06-01T08:00:00Z")


def _names(numbers: Sequence[int]) -> list[str]:
    driver = Driver((SETTINGS,))
    for number in numbers:
        calendar = SettingsCalendarChanged.model_validate(
            {"name": f"c{number:03}", "zone": "UTC", "hours": []}, strict=False
        )
        driver.send(calendar, AT + number, taken_at=AT + DAY)
    parts = driver.store.cell(driver.tenant, CellId(SETTINGS.name, "settings"))
    assert parts is not None
    return sorted(SETTINGS.decode(parts).calendars)


def test_the_first_by_name_are_kept_whatever_came_when() -> None:
    numbers = list(range(MOST_NAMES + 40))
    first = [f"c{number:03}" for number in range(MOST_NAMES)]
    assert _names(numbers) == first
    random.Random(5).shuffle(numbers)
    assert _names(numbers) == first
