"""Law 3: late, repeated and swapped arrivals within the horizon end in the same current facts."""

from __future__ import annotations

from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.fact import Fact
from schemas.instant import DAY, HOUR
from schemas.settings import SettingsLimitsChanged
from tests.laws.story import START, Said, Story
from tests.laws.world import World

STORIES = 20
# The story lasts ten days and every arrival is at most a fortnight late: all of it lies within one horizon.
LATEST_HOURS = 14 * 24
END = START + 26 * DAY

places = st.integers(0, 139)
delays = st.dictionaries(places, st.integers(0, LATEST_HOURS), max_size=140)
repeats = st.dictionaries(places, st.integers(0, LATEST_HOURS), max_size=20)


@cache
def told(seed: int) -> list[Said]:
    return Story(seed).said


@cache
def on_time(seed: int) -> dict[str, Fact]:
    """What is known at the end when everything arrives as it happens."""
    world = World()
    for one in told(seed):
        assert world.arrive(one.raw, one.at) == "accepted"
    world.wait_until(END)
    return world.settled()


@given(st.integers(0, STORIES - 1), delays, repeats)
@settings(max_examples=30, deadline=None)
def test_the_order_of_arrival_does_not_matter(seed: int, late: dict[int, int], again: dict[int, int]) -> None:
    said = told(seed)
    arrivals = [(one.at + late.get(place, 0) * HOUR, place) for place, one in enumerate(said)]
    arrivals += [(min(arrivals[place][0] + hours * HOUR, END), place) for place, hours in again.items()]
    world, seen = World(), dict[int, None]()
    for now, place in sorted(arrivals):
        assert world.arrive(said[place].raw, now) == ("duplicate" if place in seen else "accepted")
        seen[place] = None
    world.wait_until(END)
    assert world.settled() == on_time(seed)


@given(st.integers(0, STORIES - 1), st.randoms(use_true_random=False))
@settings(max_examples=20, deadline=None)
def test_even_if_everything_comes_at_once(seed: int, random: object) -> None:
    said = told(seed).copy()
    random.shuffle(said)  # type: ignore[attr-defined]
    world = World()
    for one in said:
        world.arrive(one.raw, START + 15 * DAY)
    world.wait_until(END)
    assert world.settled() == on_time(seed)


def test_the_stories_are_worth_telling() -> None:
    kinds = {fact.kind for seed in range(STORIES) for fact in on_time(seed).values()}
    assert kinds == {
        "account.state",
        "credit.owed",
        "document.written",
        "feedback.item",
        "health.named",
        "health.score",
        "health.standing",
        "health.version",
        "sla.breached",
        "sla.clock",
        "sla.warned",
        "ticket.state",
        "usage.day",
    }
    assert min(len(told(seed)) for seed in range(STORIES)) >= 140
    limits = SettingsLimitsChanged()
    assert limits.horizon_days > LATEST_HOURS / 24 + 11
