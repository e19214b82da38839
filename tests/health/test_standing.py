"""An account's standing is what counting all of its peers at once gives."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from processors.account_day import BEGUN_WITHIN
from schemas.accounts import AccountChurned, AccountUpdated
from schemas.explanation import Term
from schemas.facts import HealthScored
from schemas.feedback import FeedbackGiven
from schemas.health import HealthStanding
from schemas.instant import DAY, MINUTE
from schemas.settings import SettingsPeersChanged
from streams.driver import Driver
from tests.health.company import Told, driver, play

TIERS = ("standard", "premium", "enterprise")

accounts = st.sampled_from([f"A-{number}" for number in range(12)])
happenings = st.one_of(
    st.builds(FeedbackGiven, feedback=st.just("F"), scale=st.just("nps"), score=st.integers(0, 10).map(float)),
    st.builds(AccountUpdated, tier=st.sampled_from(TIERS)),
    st.sampled_from([AccountUpdated(), AccountChurned()]),
)
rules = st.builds(
    SettingsPeersChanged, by=st.sampled_from(["tier", "plan", "region", "everyone"]), smallest=st.integers(2, 4)
)
tellings = st.one_of(
    *[st.builds(Told, st.integers(0, 20), happenings, accounts)] * 6, st.builds(Told, st.just(0), rules, st.none())
)


def settled(bench: Driver, told: list[Told]) -> None:
    """Plays it all, lets a day begin for everybody, and everybody look at the others after that."""
    begun = (play(bench, told) // DAY + 1) * DAY + BEGUN_WITHIN
    looked = begun + BEGUN_WITHIN + MINUTE
    for at in (begun, begun + 1, looked, looked + 1, looked + 2):
        bench.tick(at)


@given(st.lists(tellings, min_size=8, max_size=40))
@settings(max_examples=40, deadline=None)
def test_standings_are_what_counting_everybody_gives(told: list[Told]) -> None:
    bench = driver()
    settled(bench, told)
    rule, tiers, left = SettingsPeersChanged(), dict[str, str](), dict[str, bool]()
    # Of two of one instant the one with the greater id holds.
    for record in sorted(bench.records, key=lambda one: (one.occurred_at, one.id)):
        match record.data:
            case SettingsPeersChanged() as said:
                rule = said
            case AccountUpdated(tier=tier) if tier is not None:
                tiers[record.account or ""] = tier
            case AccountChurned():
                left[record.account or ""] = True
    scores = {fact.account: fact.score for fact in bench.facts(HealthScored) if fact.account not in left}

    def group(account: str) -> str:
        if rule.by == "everyone":
            return "everyone"
        return f"{rule.by} {tiers.get(account, 'unknown') if rule.by == 'tier' else 'unknown'}"

    found = {fact.account: fact for fact in bench.facts(HealthStanding)}
    for account, score in scores.items():
        peers = sorted(other for name, other in scores.items() if group(name) == group(account))
        assert (account in found) == (len(peers) >= rule.smallest)
        if account in found:
            fact = found.pop(account)
            assert (fact.peers, fact.peers_by, fact.size) == (group(account), rule.by, len(peers))
            assert (fact.value, fact.median) == (score, peers[(len(peers) - 1) // 2])
            assert fact.below == sum(other < score for other in peers)
            assert fact.level == peers.count(score) - 1
            assert 0 <= fact.percentile <= 100
            assert sum(term.amount for term in fact.terms) == fact.difference == score - fact.median
    assert not found


def test_a_standing_names_its_group_and_size() -> None:
    bench = driver()
    told = [Told(0, AccountUpdated(tier="premium"), f"A-{number}") for number in range(5)]
    told += [Told(0, FeedbackGiven(feedback="F", scale="nps", score=10.0), "A-3")]
    settled(bench, told)
    (best,) = [fact for fact in bench.facts(HealthStanding) if fact.account == "A-3"]
    assert (best.peers, best.peers_by, best.size, best.percentile) == ("tier premium", "tier", 5, 100)
    explained = best.explain(1)
    assert explained.basis == "5 peers by tier: tier premium; percentile 100"
    assert explained.terms == (Term("health", best.value), Term("median of 5 peers", -best.median))
