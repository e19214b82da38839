"""What moved a score is told by name: what happened, what other settings did, and what merely grew old."""

from __future__ import annotations

from typing import Any

import pytest

from processors.account_day import BEGUN_WITHIN
from schemas.explanation import Term
from schemas.facts import HealthChanged, HealthScored
from schemas.feedback import FeedbackGiven
from schemas.health import NamedScore, NamedScoreChanged, ScoreVersion
from schemas.instant import DAY, HOUR
from schemas.settings import SettingsScoreChanged, SettingsWeightsChanged
from tests.health.company import START, driver

VOICE = {"name": "voice", "weights": {"sentiment": 1, "commercial": 1}, "missing": {"commercial": "ignore"}}
PRAISE = FeedbackGiven(feedback="F", form="survey", scale="nps", score=10.0)
BLAME = FeedbackGiven(feedback="G", form="survey", scale="nps", score=0.0)


def test_what_happened_and_what_the_settings_did_are_told_apart() -> None:
    bench = driver()
    bench.send(SettingsScoreChanged.model_validate(VOICE, strict=False), START, id="s-1")
    bench.send(PRAISE, START + 1, account="A", id="praise")
    bench.send(BLAME, START + 2, account="A", id="blame")
    assert [change.terms for change in bench.facts(NamedScoreChanged)] == [
        (Term("sentiment", -50.0, ("blame", "praise")),)
    ]
    other = VOICE | {"missing": {"commercial": "zero"}}
    bench.send(SettingsScoreChanged.model_validate(other, strict=False), START + 3, id="s-2")
    bench.tick(START + 4)
    own = bench.fact(NamedScore)
    assert (own.value, own.settings_id, own.band) == (25.0, "s-2", "at risk")
    assert bench.facts(NamedScoreChanged)[-1].terms == (Term("sentiment: other settings", -25.0, ("s-2",)),)
    assert [version.event_id for version in bench.facts(ScoreVersion)] == ["s-1", "s-2"]


UNSCORED = FeedbackGiven(feedback="G", form="survey", text="I take that back.")


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (2, 1, 0), (1, 2, 0)])
def test_a_score_that_is_said_again_without_one_is_taken_back(order: tuple[int, ...]) -> None:
    bench, told = driver(), (PRAISE, BLAME, UNSCORED)
    bench.send(SettingsScoreChanged.model_validate(VOICE, strict=False), START, id="s-1")
    for place in order:
        bench.send(told[place], START + place + 1, account="A", id=f"e-{place}", taken_at=START + 5)
    assert bench.fact(NamedScore).value == 100.0
    bench.send(BLAME, START + 6, account="A", id="again")
    assert bench.fact(NamedScore).value == 50.0


def test_a_score_that_is_taken_back_leaves_the_customer_unheard() -> None:
    bench = driver()
    bench.send(BLAME, START + 1, account="A", id="blame")
    before = bench.fact(HealthScored).score
    bench.send(UNSCORED, START + 2, account="A", id="unscored")
    assert bench.fact(HealthScored).score > before
    (change,) = bench.facts(HealthChanged)
    assert (change.event_id, change.terms[0].event_ids) == ("unscored", ("blame",))


def test_other_weights_of_the_default_score_are_told_apart_too() -> None:
    bench = driver()
    bench.send(BLAME, START, account="A", id="blame")
    bench.send(SettingsWeightsChanged(usage=0, support=0, sentiment=1, commercial=0, engagement=0), START + 1, id="s-1")
    bench.tick(START + 2)
    change = bench.facts(HealthChanged)[-1]
    assert change.after == 0.0
    assert {term.event_ids for term in change.terms} == {("s-1",)}
    assert all(term.label.endswith(": other settings") for term in change.terms)


@pytest.mark.parametrize(
    ("missing", "values"),
    [
        ("zero", [100.0, 100.0, 50.0, 0.0, 0.0]),
        ("neutral", [100.0, 100.0, 75.0, 50.0, 50.0]),
        ("expected", [100.0, 100.0, 85.0, 70.0, 70.0]),
    ],
)
def test_what_is_not_fresh_fades_while_nothing_happens(missing: str, values: list[float]) -> None:
    bench = driver()
    rule: dict[str, Any] = {"name": "voice", "weights": {"sentiment": 1}, "missing": {"sentiment": missing}}
    rule |= {"fresh_days": {"sentiment": 1}, "fade_days": 2}
    bench.send(SettingsScoreChanged.model_validate(rule, strict=False), START, id="s-1")
    bench.send(PRAISE, START + 2 * HOUR, account="A", id="praise")
    found = []
    for day in range(1, 6):
        found.append(bench.fact(NamedScore).value)
        bench.tick(START + day * DAY + BEGUN_WITHIN)
    assert found == values
    assert {term.event_ids for change in bench.facts(NamedScoreChanged) for term in change.terms} <= {("praise",)}


def test_a_score_said_ahead_begins_on_its_day_and_one_given_up_is_gone() -> None:
    bench = driver()
    bench.send(PRAISE, START, account="A", id="praise")
    ahead = SettingsScoreChanged.model_validate(VOICE, strict=False)
    bench.send(ahead, START + 5 * DAY, taken_at=START + 1, id="s-1")
    bench.tick(START + 2)
    assert bench.facts(NamedScore) == []
    bench.tick(START + 5 * DAY)
    assert bench.fact(NamedScore).value == 100.0
    bench.send(ahead.model_copy(update={"retired": True}), START + 6 * DAY, id="s-2")
    bench.tick(START + 6 * DAY + 1)
    assert bench.facts(NamedScore) == []
