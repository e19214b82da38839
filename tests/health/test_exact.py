"""Every score is the sum of its parts and every change the sum of its causes, to the last quarter point."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import groupby, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from processors.account_day import BEGUN_WITHIN
from processors.health_drivers import EXPECTED, GROUPS, UNKNOWN_DAY
from processors.health_drivers import Driver as Group
from processors.score_rule import band_of, counted, default_rule, fades_on
from processors.settings import ScoreBand, ScoreRule
from schemas.explanation import Term
from schemas.facts import HealthChanged, HealthScored
from schemas.health import HealthDrivers, NamedScore, NamedScoreChanged
from schemas.settings import SettingsScoreChanged
from tests.health.company import CATALOG, Told, companies, driver, play, rules
from tests.laws.world import folded, hashed

Change = HealthChanged | NamedScoreChanged


def exact(terms: Sequence[Term]) -> Fraction:
    return sum((Fraction(term.amount) for term in terms), Fraction())


def of_one_score(change: Change) -> tuple[str, str]:
    return change.account, change.score if isinstance(change, NamedScoreChanged) else "health"


@given(companies)
@settings(max_examples=40, deadline=None)
def test_causes_sum_to_the_change_and_changes_to_the_score(told: list[Told]) -> None:
    bench = driver()
    play(bench, told)
    changes: list[Change] = [*bench.facts(HealthChanged), *bench.facts(NamedScoreChanged)]
    known = {record.id for record in bench.records}
    for change in changes:
        assert exact(change.terms) == Fraction(change.after) - Fraction(change.before)
        for term in change.terms:
            assert term.amount
            assert term.event_ids
            assert set(term.event_ids) <= known
    last: dict[tuple[str, str], float] = {}
    for name, of_one in groupby(sorted(changes, key=lambda one: (of_one_score(one), one.changed_at)), of_one_score):
        course = list(of_one)
        # What one record moves in several steps is told again from the same beginning; a score given up begins anew.
        for earlier, later in pairwise(course):
            same = (earlier.event_id, earlier.changed_at) == (later.event_id, later.changed_at)
            assert later.before == (earlier.before if same else earlier.after) or name[1] != "health"
        last[name] = course[-1].after
    for fact in bench.facts(HealthScored):
        assert all(len(term.event_ids) == len(set(term.event_ids)) for term in fact.terms)
        assert exact(fact.terms) == Fraction(fact.score)
        assert last.get((fact.account, "health"), fact.score) == fact.score
    for own in bench.facts(NamedScore):
        assert exact(own.terms) == Fraction(own.value)


@given(companies)
@settings(max_examples=25, deadline=None)
def test_scores_follow_from_drivers_rule_and_day_alone(told: list[Told]) -> None:
    """What the fold says at the end is what a slow reckoning of the last drivers by the last rule says."""
    bench = driver()
    at = play(bench, told)
    # Where it ends at midnight, an account's day may not have begun yet.
    bench.tick(at + BEGUN_WITHIN - 1)
    drivers = {fact.account: fact for fact in bench.facts(HealthDrivers)}
    said: dict[str, tuple[str, SettingsScoreChanged]] = {}
    for record in sorted(bench.records, key=lambda one: (one.occurred_at, one.id)):
        if isinstance(record.data, SettingsScoreChanged):
            said[record.data.name] = (record.id, record.data)
    found = {(own.account, own.score): own for own in bench.facts(NamedScore)}
    expected = {(account, name) for account in drivers for name, (_, rule) in said.items() if not rule.retired}
    assert set(found) == expected
    for (account, name), own in found.items():
        event_id, rule = said[name]
        assert own.settings_id == event_id
        points = slowly(rule, drivers[account].drivers, at // (24 * 3_600_000_000))
        assert [Fraction(term.amount) for term in own.terms] == points
        assert own.band == next(band.name for band in rule.bands if sum(points) >= band.from_points)


def slowly(rule: SettingsScoreChanged, drivers: Sequence[tuple[str, int, int]], today: int) -> list[Fraction]:
    """A second telling of the rule, in fractions: shares of the whole, each rounded down to a quarter point."""
    plain = rule.model_dump()
    weights, policies, fresh_days = plain["weights"], plain["missing"], plain["fresh_days"]
    parts: list[tuple[Fraction, int]] = []
    for group, value, day in drivers:
        age, fresh = today - day, fresh_days.get(group)
        kept = Fraction(1)
        if day == -1:
            kept = Fraction(0)
        elif fresh is not None and age > fresh:
            kept = max(Fraction(0), 1 - Fraction(age - fresh, rule.fade_days))
        policy = policies.get(group, "expected")
        if policy == "ignore":
            parts.append((weights[group] * kept, value))
        else:
            instead = {"neutral": 50, "zero": 0, "expected": EXPECTED[group]}[policy]
            parts.append((Fraction(weights[group]), int(value * kept + instead * (1 - kept))))
    whole = sum(weight for weight, _ in parts)
    if not whole:
        parts, whole = [(Fraction(weights[group]), 50) for group, _, _ in drivers], Fraction(sum(weights.values()))
    return [Fraction(int(4 * weight * value / whole), 4) for weight, value in parts]


@given(companies, st.integers(1, 5))
@settings(max_examples=10, deadline=None)
def test_batches_and_restarts_change_nothing(told: list[Told], size: int) -> None:
    bench = driver()
    play(bench, told)
    if bench.records:
        sizes = [size] * (len(bench.records) + 1)
        one = folded(bench.records, [len(bench.records)], catalog=CATALOG)
        assert hashed(folded(bench.records, sizes, catalog=CATALOG, restart=True), CATALOG) == hashed(one, CATALOG)


groups = st.builds(Group, st.integers(0, 100), st.just(("e-1",)), st.integers(-1, 40))
Known = dict[str, Group]
drivers_known = st.fixed_dictionaries(dict.fromkeys(GROUPS, groups))


def rule_of(said: SettingsScoreChanged) -> ScoreRule:
    plain = said.model_dump()
    bands = tuple(ScoreBand(**band) for band in plain.pop("bands"))
    return ScoreRule(**plain, bands=bands)


@given(rules(), drivers_known, st.integers(0, 60))
def test_a_score_lies_between_0_and_100_and_has_a_band(
    said: SettingsScoreChanged, found: dict[str, Group], day: int
) -> None:
    rule = rule_of(said)
    quarters = sum(part.points for part in counted(rule, found, day).values())
    assert 0 <= quarters <= 400
    assert band_of(rule, quarters) in [band.name for band in rule.bands]


@given(rules(), drivers_known, st.integers(0, 60))
def test_between_the_days_named_time_moves_nothing(
    said: SettingsScoreChanged, found: dict[str, Group], day: int
) -> None:
    rule = rule_of(said)
    # A driver is never from the future.
    found = {group: one._replace(latest_day=min(one.latest_day, day)) for group, one in found.items()}
    wakes = fades_on(rule, found, day)
    before = counted(rule, found, day)
    for later in range(day + 1, day + 30 if wakes is None else wakes):
        assert counted(rule, found, later) == before


@given(st.fixed_dictionaries(dict.fromkeys(GROUPS, st.integers(0, 1000))), drivers_known)
def test_the_default_score_counts_each_group_by_its_weight(weights: dict[str, int], found: dict[str, Group]) -> None:
    found = {
        group: one if one.latest_day != UNKNOWN_DAY else one._replace(value=EXPECTED[group])
        for group, one in found.items()
    }
    if any(weights.values()):
        total = sum(weights.values())
        points = {group: 4 * weights[group] * found[group].value // total for group in GROUPS}
        assert {group: part.points for group, part in counted(default_rule(weights), found, 100).items()} == points
