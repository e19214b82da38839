"""Warnings by time used and by time left, each once and to the second."""

from __future__ import annotations

import pytest

from schemas.instant import MINUTE
from tests.sla.test_sla import OFFICE, at, desk, opened, policy, promises, target


def test_a_warning_that_would_come_before_its_clock_is_refused() -> None:
    late = {"clock": "first_response", "target_seconds": 3600, "warn_before_seconds": (1800, 3600)}
    with pytest.raises(ValueError, match="3600 s before the target of 3600 s comes too early"):
        promises({"name": "hasty", "targets": (late,)})


def test_warnings_by_time_left_and_by_time_used_are_told_apart() -> None:
    half = {**target("first_response", 4, warn=(50,)), "warn_before_seconds": (7200, 60)}
    d = desk(OFFICE, promises(policy("everyone", half, calendar="office")))
    d.say(opened(), at(0, 9))
    d.wait_until(at(0, 12.99))
    assert d.warnings() == [
        ("first_response", 0, -7200, at(0, 11)),
        ("first_response", 0, -60, at(0, 13) - MINUTE),
        ("first_response", 0, 50, at(0, 11)),
    ]
    said = [alert.summary for alert in d.alerts()]
    assert len(said) == 3
    assert sum("50 % of the time for its first response is used up" in words for words in said) == 1
    assert sum("its first response is close, due at 2026-06-01T11:00:00Z" in words for words in said) == 2
