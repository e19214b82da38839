"""When failing records stop a partition, and when they do not."""

from __future__ import annotations

import pytest

from streams.breaker import Breaker, BreakerOpen


def run(plan: list[tuple[str, int]]) -> int | None:
    """Which failing record opened the breaker, counted from 1; None if none did."""
    breaker, failures = Breaker(3), 0
    for outcome, count in plan:
        if outcome == "passed":
            breaker.passed(count)
            continue
        for _ in range(count):
            failures += 1
            try:
                breaker.failed("sla")
            except BreakerOpen:
                return failures
    return None


@pytest.mark.parametrize(
    ("plan", "opened_by"),
    [
        ([("failed", 49)], None),
        ([("failed", 60)], 50),
        ([("failed", 49), ("passed", 1), ("failed", 1)], None),
        ([("failed", 49), ("passed", 0), ("failed", 1)], 50),
        ([("failed", 40), ("passed", 100), ("failed", 20)], 51),
        ([("failed", 40), ("passed", 2_000), ("failed", 40), ("passed", 2_000), ("failed", 40)], None),
        ([("passed", 1_000_000), ("failed", 49)], None),
        ([("failed", 1), ("passed", 19)] * 500, None),
        ([("failed", 1), ("passed", 18)] * 500, 51),
    ],
)
def test_fifty_in_a_row_or_one_in_twenty_open_it(plan: list[tuple[str, int]], opened_by: int | None) -> None:
    assert run(plan) == opened_by


def test_an_open_breaker_says_what_to_do() -> None:
    breaker = Breaker(3)
    for _ in range(49):
        breaker.failed("sla")
    with pytest.raises(BreakerOpen, match=r"partition 3 is stopped.*in sla; correct the processor"):
        breaker.failed("sla")
