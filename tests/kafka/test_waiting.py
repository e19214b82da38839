"""Who is woken: those whose timer is due, once, never inside a backfill, never where the journal tells the time."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from streams.kafka.said import Wait
from streams.kafka.standing import TenantStanding
from streams.kafka.waiting import Waiting

Told = tuple[str, int | None]

CASES: dict[str, tuple[Sequence[Told], dict[str, TenantStanding], int, list[str]]] = {
    "nobody": ([], {}, 100, []),
    "not yet": ([("a", 101)], {"a": TenantStanding()}, 100, []),
    "now": ([("a", 100)], {"a": TenantStanding()}, 100, ["a"]),
    "earliest first": ([("a", 90), ("b", 80)], {"a": TenantStanding(), "b": TenantStanding()}, 100, ["b", "a"]),
    "the last word holds": ([("a", 90), ("a", 120)], {"a": TenantStanding()}, 100, []),
    "taken back": ([("a", 90), ("a", None)], {"a": TenantStanding()}, 100, []),
    "said twice": ([("a", 90), ("a", 90)], {"a": TenantStanding()}, 100, ["a"]),
    "the journal's clock is there": ([("a", 90)], {"a": TenantStanding(clock=90)}, 100, []),
    "in a backfill": ([("a", 90)], {"a": TenantStanding(backfill="x")}, 100, []),
    "a tenant the journal does not know": ([("a", 90)], {}, 100, []),
}


@pytest.mark.parametrize("name", CASES)
def test_who_is_woken(name: str) -> None:
    told, tenants, now, expected = CASES[name]
    waiting = Waiting()
    for tenant, due in told:
        waiting.say(tenant, due)
    assert waiting.due(now, tenants) == expected
    assert waiting.due(now, tenants) == []


@pytest.mark.parametrize(("due", "wakes_at"), [(None, None), (120, 120), (100, 101), (40, 101)])
def test_a_timer_set_for_the_past_still_needs_a_tick(due: int | None, wakes_at: int | None) -> None:
    wait = Wait(due, 7, clock=100)
    assert wait.wakes_at == wakes_at
    waiting = Waiting()
    waiting.say("a", wait.wakes_at)
    assert waiting.due(110, {"a": TenantStanding(clock=100)}) == (["a"] if due is not None and due <= 110 else [])


def test_one_that_was_due_in_a_backfill_is_woken_after_it() -> None:
    waiting = Waiting()
    standing = TenantStanding(backfill="x")
    waiting.say("a", 90)
    assert waiting.due(100, {"a": standing}) == []
    standing.backfill = None
    assert waiting.due(110, {"a": standing}) == ["a"]


def test_what_was_said_meanwhile_holds_after_a_backfill() -> None:
    waiting = Waiting()
    standing = TenantStanding(backfill="x")
    waiting.say("a", 90)
    assert waiting.due(100, {"a": standing}) == []
    waiting.say("a", 200)
    standing.backfill = None
    assert waiting.due(110, {"a": standing}) == []
    assert waiting.due(200, {"a": standing}) == ["a"]


def test_the_next_instant_is_known() -> None:
    waiting = Waiting()
    assert waiting.next_due() is None
    waiting.say("a", 90)
    waiting.say("b", 80)
    assert waiting.next_due() == 80
