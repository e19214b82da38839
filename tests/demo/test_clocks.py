"""Expected clocks of hand-made tickets."""

from __future__ import annotations

from typing import get_args

import pytest

from infra.demo.clocks import clocks_of
from infra.demo.open_time import DAY_US, always_open
from infra.demo.promises import HOUR_US, Promise
from infra.demo.ticket_plan import Move, MoveKind
from schemas.instant import MINUTE

PROMISE = Promise("test", "always", {"first_response": 1, "next_response": 2, "resolution": 10})
OPEN = always_open(-DAY_US, 60 * DAY_US)

# What happens: hour, kind and value of each move.
Story = list[tuple[float, MoveKind, str]]


def breaches(story: Story, until_hour: float = 1_000) -> dict[tuple[str, int], float]:
    """Hour of each breach by clock and cycle."""
    moves = [Move(round(hour * HOUR_US), kind, value) for hour, kind, value in story]
    clocks = clocks_of("T-1", moves, PROMISE, OPEN)
    found = {(clock.clock, clock.cycle): clock.breached_at(round(until_hour * HOUR_US)) for clock in clocks}
    return {key: at / HOUR_US for key, at in found.items() if at is not None}


OPENED: tuple[float, MoveKind, str] = (0, "opened", "")

CASES: list[tuple[str, Story, dict[tuple[str, int], float]]] = [
    ("nothing happens", [OPENED], {("first_response", 0): 1, ("resolution", 0): 10}),
    (
        "answered and solved in time",
        [OPENED, (0.5, "replied", "solve"), (0.6, "resolved", "")],
        {},
    ),
    (
        "answered at the very instant",
        [OPENED, (1, "replied", "solve"), (10, "resolved", "")],
        {},
    ),
    (
        "answered late",
        [OPENED, (1.25, "replied", "solve"), (2, "resolved", "")],
        {("first_response", 0): 1},
    ),
    (
        "bots and internal notes are no answer",
        [OPENED, (0.1, "acknowledged", ""), (0.2, "internal", ""), (2, "replied", "solve"), (2.1, "resolved", "")],
        {("first_response", 0): 1},
    ),
    (
        "further messages join the wait of the first",
        [
            OPENED,
            (0.5, "replied", "ask"),
            (1, "wrote", "detail"),
            (2.9, "wrote", "chase"),
            (3.5, "replied", "solve"),
            (4, "wrote", "thanks"),
            (5, "replied", "glad"),
            (5.1, "resolved", ""),
        ],
        {("next_response", 0): 3},
    ),
    (
        "a message before the first answer starts nothing",
        [OPENED, (0.2, "wrote", "chase"), (0.9, "replied", "solve"), (9, "resolved", "")],
        {},
    ),
    (
        "pending time does not count",
        [
            OPENED,
            (0.5, "replied", "ask"),
            (1, "status", "pending"),
            (21, "wrote", "detail"),
            (21, "status", "open"),
            (22, "replied", "solve"),
            (29.9, "resolved", ""),
        ],
        {},
    ),
    (
        "due after the pause",
        [OPENED, (0.5, "replied", "ask"), (4, "status", "on_hold"), (14, "status", "open"), (20.5, "resolved", "")],
        {("resolution", 0): 20},
    ),
    (
        "solved while pending",
        [OPENED, (0.5, "replied", "ask"), (9, "status", "pending"), (400, "status", "solved")],
        {},
    ),
    (
        "reopening goes on",
        [OPENED, (0.5, "replied", "solve"), (6, "resolved", ""), (50, "reopened", ""), (55, "resolved", "")],
        {("resolution", 0): 54},
    ),
    ("merged tickets wait for nothing", [OPENED, (0.1, "merged", "T-0"), (0.2, "closed", "")], {}),
]


@pytest.mark.parametrize(("story", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_breaches(story: Story, expected: dict[tuple[str, int], float]) -> None:
    assert breaches(story) == pytest.approx(expected)


def test_a_breach_counts_from_its_instant_on() -> None:
    assert breaches([OPENED], 0.999) == {}
    assert breaches([OPENED], 1) == {("first_response", 0): 1}


def test_a_clock_that_stands_still_is_not_due() -> None:
    moves = [Move(0, "opened"), Move(30 * MINUTE, "replied", "ask"), Move(60 * MINUTE, "status", "pending")]
    assert [clock.due_at for clock in clocks_of("T-1", moves, PROMISE, OPEN)] == [None, None]


def test_every_kind_of_move_is_known_to_the_cases_or_irrelevant() -> None:
    told = {kind for _, story, _ in CASES for _, kind, _ in story}
    irrelevant = {"assigned", "tagged", "noted", "priority", "corrected", "rated"}
    assert told | irrelevant == set(get_args(MoveKind))
