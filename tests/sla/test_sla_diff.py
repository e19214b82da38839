"""What other settings would have changed, beside whole folds of a history with them, and what is refused."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import Any

import orjson
import pytest

from infra.supposed import NotSupposable, supposed
from replay.sla_diff import Changed, Diff, outcome_of, sla_diff
from replay.supposing import Supposition
from schemas.credits import CreditEntry
from schemas.event import Event
from schemas.facts import SlaClock
from schemas.instant import DAY, format_instant, parse_instant
from tests.laws.story import START, Said, Story
from tests.laws.world import TENANT, World

DAYS = 12
END = START + 20 * DAY
Clock = tuple[str, str, int]
Standing = dict[Clock, tuple[str, int | None, int | None]]


@cache
def story() -> tuple[Said, ...]:
    return tuple(Story(5, days=DAYS, tickets=16, usage_a_day=0).said)


def line(type_: str, at: int, account: str | None = None, id_: str = "supposed", **data: Any) -> str:
    said = {"specversion": "1.0", "id": id_, "source": "what-if", "type": type_, "time": format_instant(at)}
    return orjson.dumps(said | ({"account": account} if account else {}) | {"data": data}).decode()


def promise(clock: str, hours: float) -> dict[str, Any]:
    return {"clock": clock, "target_seconds": round(hours * 3_600), "paused_on": ["pending"]}


HASTE: list[Any] = [{"name": "haste", "targets": [promise("first_response", 0.5), promise("resolution", 6)]}]
BY_TIER: list[Any] = [
    {"name": "best", "tiers": ["enterprise"], "calendar": "office", "targets": [promise("resolution", 3)]},
    {"name": "others", "targets": [promise("next_response", 2)]},
]
DEARER: dict[str, Any] = {"currency": "EUR", "rules": [{"name": "all", "steps": [{"amount_minor": 7_000}]}]}
NIGHT: dict[str, Any] = {
    "name": "office",
    "zone": "Asia/Tokyo",
    "hours": [{"weekday": "tue", "start": "22:00", "end": "06:00"}],
}


def replaced(one: Said, name: str, account: str | None) -> bool:
    """Whether what is supposed stands in the place of an event of the story."""
    said = orjson.loads(one.raw)
    return bool(said["type"] == name and said.get("account") == account)


def told(told_lines: list[str], since: int | None = None) -> World:
    """A world in which these were said, and whole what else happened, through the door and every processor."""
    kept = list(story())
    for one in told_lines:
        said = orjson.loads(one)
        name, account = said["type"], said.get("account")
        kept = [
            other for other in kept if not (replaced(other, name, account) and (since is None or other.at >= since))
        ]
    arrivals = [(one.at, one.id, one.raw) for one in kept]
    at = START - 2 * DAY if since is None else since
    dated = {"time": format_instant(at)}
    arrivals += [(at, "", orjson.dumps(orjson.loads(one) | dated)) for one in told_lines]
    world = World()
    for now, _, raw in sorted(arrivals):
        assert world.arrive(raw, now) == "accepted"
    world.wait_until(END)
    return world


@cache
def as_it_was() -> World:
    return told([])


def clocks(world: World) -> Standing:
    words = {"breached": "broken", "fulfilled": "kept", "paused": "running"}
    facts = [fact for fact in world.store.current[TENANT].values() if isinstance(fact, SlaClock)]
    return {
        (fact.ticket, fact.clock, fact.cycle): (words.get(fact.state, fact.state), fact.due_at, fact.breached_at)
        for fact in facts
    }


def owed(world: World) -> Counter[tuple[str, str, str]]:
    sums: Counter[tuple[str, str, str]] = Counter()
    for _, fact in world.store.history[TENANT]:
        if isinstance(fact, CreditEntry) and fact.ledger == "owed":
            sums[fact.account, fact.month, fact.currency] += fact.amount_minor
    return sums


def asked(lines: list[str], since: int | None = None) -> Diff:
    return sla_diff(as_it_was().log, TENANT, Supposition(supposed(lines, TENANT), since), END)


def standing(one: Changed, *, before: bool) -> tuple[str, int | None, int | None] | None:
    found = one.before if before else one.after
    return None if found is None else (outcome_of(found), found.due_at, found.breached_at)


MIDWAY = START + 5 * DAY + 7_000_000


@pytest.mark.parametrize(
    ("since", "lines"),
    [
        (None, [line("settings.sla_changed", START, policies=HASTE)]),
        (MIDWAY, [line("settings.sla_changed", START, policies=HASTE)]),
        (None, [line("settings.sla_changed", START, policies=BY_TIER)]),
        (MIDWAY, [line("settings.sla_changed", START, policies=[])]),
        (None, [line("settings.calendar_changed", START, **NIGHT)]),
        (
            None,
            [
                line("settings.sla_changed", START, policies=HASTE, id_="a"),
                line("settings.credits_changed", START, **DEARER),
            ],
        ),
    ],
    ids=["haste", "haste from", "by tier", "nothing from", "another calendar", "two at once"],
)
def test_it_is_what_two_whole_folds_differ_in(since: int | None, lines: list[str]) -> None:
    found, was, would_be = asked(lines, since), as_it_was(), told(lines, since)
    before, after = clocks(was), clocks(would_be)
    changed = {key for key in {**before, **after} if before.get(key) != after.get(key)}
    assert {(one.ticket, one.clock, one.cycle) for one in found.changed()} == changed
    for one in found.changed():
        key = one.ticket, one.clock, one.cycle
        assert (standing(one, before=True), standing(one, before=False)) == (before.get(key), after.get(key))
    sums = owed(was), owed(would_be)
    known = [
        (key, sums[0][key], sums[1][key]) for key in sorted({**sums[0], **sums[1]}) if sums[0][key] != sums[1][key]
    ]
    assert found.owed() == known
    assert changed or known
    for side in (found.before, found.after):
        assert not side.refusals
        assert sum(side.owed_minor.values()) + sum(side.granted_minor.values()) == 0


def test_another_tier_is_what_a_whole_fold_with_it_says() -> None:
    accounts = [orjson.loads(one.raw) for one in story() if b"account.created" in one.raw]
    account = next(one["account"] for one in accounts if one["data"]["tier"] != "enterprise")
    tier = line("account.updated", START, account, tier="enterprise")
    by_tier = line("settings.sla_changed", START, policies=BY_TIER, id_="by-tier")
    with_tier, without = asked([by_tier, tier]), asked([by_tier])
    otherwise = {
        ticket
        for (ticket, *_), found in with_tier.after.outcomes.items()
        if found.account == account and found.policy == "best"
    }
    assert otherwise
    for key, outcome in without.after.outcomes.items():
        if outcome.account != account:
            assert with_tier.after.outcomes[key] == outcome
        else:
            assert outcome.policy == "others"


@pytest.mark.parametrize("name", ["settings.sla_changed", "settings.calendar_changed", "settings.credits_changed"])
def test_what_was_said_supposed_again_changes_nothing(name: str) -> None:
    said = [one.raw.decode() for one in story() if orjson.loads(one.raw)["type"] == name]
    found = asked(said)
    assert (found.changed(), found.owed()) == ([], [])


def test_nothing_is_written_and_the_journal_stays_as_it_was() -> None:
    before = [event.model_dump() for event in as_it_was().journal()]
    hash_before = as_it_was().hash
    asked([line("settings.sla_changed", START, policies=HASTE)])
    assert [event.model_dump() for event in as_it_was().journal()] == before
    assert as_it_was().hash == hash_before


def test_an_instant_that_is_never_reached_is_an_error() -> None:
    with pytest.raises(ValueError, match="no event of the tenant is of 2027"):
        asked([line("settings.sla_changed", START, policies=HASTE)], parse_instant("2027-01-01T00:00:00Z"))


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("", "nothing is supposed"),
        ("{", "line 1: not_json"),
        (line("settings.sla_changed", START, policies=[{"name": "x", "targets": []}]), "data.policies.0.targets"),
        (line("settings.weights_changed", START, usage=1), "line 1: "),
        (line("ticket.opened", START, "a", ticket="T"), "ticket.opened decides no promise"),
        (
            line("account.updated", START, "a", tier="free", seats=3),
            "only its `tier` can be supposed; it says seats, tier",
        ),
        (line("account.updated", START, tier="free"), "name the `account`"),
        (line("settings.calendar_changed", START, **NIGHT | {"zone": "Mars/Base"}), "Mars/Base"),
        (
            "\n".join([line("settings.sla_changed", START, policies=HASTE)] * 2),
            "events 1 and 2 have the same id 'supposed'",
        ),
        (
            line("settings.sla_changed", START, policies=HASTE).replace('"source"', '"tenant":"zoo","source"'),
            "it names the tenant 'zoo', and 'acme' is asked about",
        ),
    ],
)
def test_what_cannot_be_supposed_is_refused_with_its_place(said: str, words: str) -> None:
    with pytest.raises(NotSupposable) as refused:
        supposed(said.split("\n"), TENANT)
    assert words in str(refused.value)


def test_events_are_taken_in_the_order_of_their_times() -> None:
    later = line("settings.sla_changed", START + DAY, policies=HASTE, id_="a")
    first = line("settings.sla_changed", START, policies=BY_TIER, id_="b")
    found: list[Event] = supposed([later, first], TENANT)
    assert [event.id for event in found] == ["b", "a"]
