"""Accounts on a bench: what may happen to them and to the settings of their scores, drawn by Hypothesis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from processors.accounts import ACCOUNTS
from processors.feedback import FEEDBACK
from processors.health import HEALTH
from processors.health_drivers import GROUPS
from processors.peer_groups import PEER_GROUPS
from processors.score_versions import SCORE_VERSIONS
from processors.scores import SCORES
from processors.settings import SETTINGS
from processors.standing import STANDING
from processors.usage import USAGE
from schemas.accounts import AccountChurned, AccountContracted, AccountCreated, AccountRenewed
from schemas.event import Data
from schemas.feedback import FeedbackGiven
from schemas.instant import DAY, HOUR, parse_instant
from schemas.settings import SettingsScoreChanged, SettingsWeightsChanged
from schemas.usage import UsageRecorded
from streams.driver import Driver

START = parse_instant("2026-03-02T00:00:00Z")
CATALOG = (USAGE, FEEDBACK, HEALTH, SCORES, SCORE_VERSIONS, STANDING, SETTINGS, ACCOUNTS, PEER_GROUPS)


@dataclass(frozen=True)
class Told:
    """Something that happens so many hours after what happened before it."""

    hours: int
    data: Data | None
    account: str | None


def driver() -> Driver:
    return Driver(CATALOG)


def play(bench: Driver, told: list[Told], at: int = START) -> int:
    """Says everything in turn, ticking every midnight in between as time passes; gives the instant of the end."""
    for one in told:
        until = at + one.hours * HOUR
        while (midnight := (at // DAY + 1) * DAY) <= until:
            bench.tick(midnight)
            at = midnight
        at = until
        if one.data is not None:
            bench.send(one.data, at, account=one.account)
    return at


groups = st.sampled_from(GROUPS)


@st.composite
def rules(draw: st.DrawFn, name: str = "own") -> SettingsScoreChanged:
    weights = {group: draw(st.integers(0, 9)) for group in GROUPS} | {draw(groups): draw(st.integers(1, 1000))}
    edges = sorted(draw(st.sets(st.integers(1, 100), max_size=4)) | {0}, reverse=True)
    said: dict[str, Any] = {
        "name": name,
        "weights": weights,
        "bands": tuple([{"name": f"from {edge}", "from_points": edge} for edge in edges]),
        "missing": draw(st.dictionaries(groups, st.sampled_from(["expected", "ignore", "neutral", "zero"]))),
        "fresh_days": draw(st.dictionaries(groups, st.integers(1, 5))),
        "fade_days": draw(st.integers(1, 7)),
        "retired": draw(st.integers(0, 9)) == 0,
    }
    return SettingsScoreChanged(**said)


weights = st.builds(SettingsWeightsChanged, **{group: st.integers(0, 1000) for group in GROUPS})
answers = st.integers(0, 10).map(float)
happenings = st.one_of(
    st.builds(UsageRecorded, name=st.just("report.exported"), quantity=st.integers(1, 9)),
    st.builds(
        FeedbackGiven, feedback=st.sampled_from("FGH"), scale=st.just("nps"), score=st.integers(0, 10).map(float)
    ),
    st.builds(FeedbackGiven, feedback=st.sampled_from("FGH")),
    st.builds(AccountRenewed, renewal_at=st.just(START + 400 * DAY)),
    st.builds(AccountContracted, recurring_minor=st.just(5)),
    st.builds(AccountCreated, renewal_at=st.just(START + 20 * DAY)),
    st.just(AccountChurned()),
)
hours = st.one_of(st.integers(0, 30), st.integers(0, 6 * 24))
tellings = st.one_of(
    st.builds(Told, hours, happenings, st.sampled_from(["A", "B"])),
    st.builds(Told, hours, happenings, st.sampled_from(["A", "B"])),
    st.builds(Told, hours, st.one_of(weights, rules(), rules("other")), st.none()),
    st.builds(Told, hours, st.none(), st.none()),
)
companies = st.lists(tellings, min_size=1, max_size=15)
