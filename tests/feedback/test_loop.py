"""Feedback that asks for something is answered in four steps, each with a clock of its own."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.feedback import FEEDBACK
from processors.feedback_loop import FEEDBACK_LOOPS, STEP_ALERT
from processors.settings import SETTINGS
from processors.voice import VOICE
from processors.voice_model import LEAST_LABELS, VOICE_MODEL
from schemas.alerts import AlertRaised
from schemas.event import Data
from schemas.feedback import FeedbackGiven
from schemas.feedback_steps import FeedbackAcknowledged, FeedbackActedOn, FeedbackRouted, FeedbackToldBack
from schemas.instant import DAY, HOUR, format_instant, parse_instant
from schemas.loops import FeedbackLoop, FeedbackStepMissed
from schemas.settings import SettingsCalendarChanged
from schemas.settings_feedback import FeedbackTarget, SettingsFeedbackChanged
from streams.driver import Driver

FRIDAY = parse_instant("2026-03-06T15:00:00Z")
BAD = FeedbackGiven(feedback="F", form="survey", scale="nps", score=1.0)
ROUTED = FeedbackRouted(feedback="F", owner="anna", by="ben")
ACKNOWLEDGED = FeedbackAcknowledged(feedback="F", by="anna")
ACTED_ON = FeedbackActedOn(feedback="F", by="anna")
TOLD_BACK = FeedbackToldBack(feedback="F", by="anna")


def bench_of() -> Driver:
    return Driver((FEEDBACK, VOICE, FEEDBACK_LOOPS, SETTINGS, VOICE_MODEL))


def told(*said: tuple[Data, int], until: int = 0) -> Driver:
    """A bench that heard all of it, hours after the feedback, each as it happened."""
    bench = bench_of()
    for data, hours in said:
        bench.send(data, FRIDAY + hours * HOUR, account="A")
    if until:
        bench.tick(FRIDAY + until * HOUR)
    return bench


def missed(bench: Driver) -> dict[str, int]:
    """Which steps were missed, in hours after the feedback."""
    return {one.step: (one.missed_at - FRIDAY) // HOUR for one in bench.facts(FeedbackStepMissed)}


def standing_alerts(bench: Driver) -> list[str]:
    raised = [one for one in bench.facts(AlertRaised) if one.alert == STEP_ALERT]
    return sorted(one.occasion for one in raised if not one.withdrawn)


def test_a_loop_is_closed_in_four_steps() -> None:
    bench = told((BAD, 0), (ROUTED, 1), (ACKNOWLEDGED, 20), (ACTED_ON, 100), (TOLD_BACK, 120), until=900)
    loop = bench.fact(FeedbackLoop)
    assert (loop.step, loop.owner, loop.reason, loop.severity) == ("closed", "anna", "severe by the score", "severe")
    assert (loop.routed_at, loop.routed_due_at) == (FRIDAY + HOUR, FRIDAY + 8 * HOUR)
    assert (loop.acknowledged_due_at, loop.acted_on_due_at) == (FRIDAY + DAY, FRIDAY + 14 * DAY)
    assert loop.told_back_due_at == FRIDAY + 100 * HOUR + 3 * DAY
    assert (loop.kept, loop.missed, loop.due_at, missed(bench), bench.alerts) == (4, (), None, {}, [])
    explained = loop.explain(1)
    assert explained.total == sum(term.amount for term in explained.terms) == 4


def test_each_step_is_missed_once_when_it_is_due() -> None:
    bench = told((BAD, 0), until=900)
    assert missed(bench) == {"routed": 8, "acknowledged": 24, "acted_on": 14 * 24}
    loop = bench.fact(FeedbackLoop)
    assert (loop.step, loop.due_at, loop.kept) == ("routed", FRIDAY + 8 * HOUR, 0)
    assert len(bench.alerts) == 3
    assert standing_alerts(bench) == [format_instant(FRIDAY + hours * HOUR) for hours in (8, 24, 336)]
    assert {one.summary.rpartition(": ")[2] for one in bench.facts(AlertRaised)} == {"nobody has it"}
    bench.send(ACTED_ON, FRIDAY + 901 * HOUR)
    bench.tick(FRIDAY + 1_000 * HOUR)
    assert missed(bench) == {"routed": 8, "acknowledged": 24, "acted_on": 336, "told_back": 901 + 72}
    assert len(standing_alerts(bench)) == 4


def test_what_was_done_in_time_and_told_late_takes_the_miss_back() -> None:
    bench = told((BAD, 0), (ROUTED, 1), until=30)
    assert missed(bench) == {"acknowledged": 24}
    bench.send(ACKNOWLEDGED, FRIDAY + 24 * HOUR, taken_at=FRIDAY + 31 * HOUR)
    assert missed(bench) == {}
    assert standing_alerts(bench) == []
    assert len(bench.alerts) == 1
    assert bench.fact(FeedbackLoop).kept == 2


def test_done_too_late_is_done_and_missed() -> None:
    bench = told((BAD, 0), (ROUTED, 9), (ACKNOWLEDGED, 10))
    loop = bench.fact(FeedbackLoop)
    assert (loop.step, loop.missed, loop.kept) == ("acted_on", ("routed",), 1)
    assert loop.terms[0].label.endswith("too late")


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"scale": "csat", "score": 1.0}, "severe by the score"),
        ({"scale": "csat", "score": 2.0}, "mild by the score"),
        ({"scale": "csat", "score": 3.0}, None),
        ({"scale": "nps", "score": 10.0, "text": "Fine"}, None),
        ({"text": "Too dear"}, None),
        ({"text": "We will leave", "topic": "cancellation"}, "speaks of cancellation"),
        ({"scale": "nps", "score": 9.0, "topic": "cancellation"}, "speaks of cancellation"),
    ],
)
def test_what_asks_for_something(said: dict[str, Any], reason: str | None) -> None:
    bench = told((SettingsFeedbackChanged(topics=("cancellation",)), -1))
    bench.send(FeedbackGiven.model_validate({"feedback": "F", **said}), FRIDAY)
    assert [loop.reason for loop in bench.facts(FeedbackLoop)] == ([] if reason is None else [reason])


def test_whoever_routes_it_says_that_it_asks() -> None:
    bench = told((FeedbackGiven(feedback="F", text="An idea"), 0), (ROUTED, 50))
    loop = bench.fact(FeedbackLoop)
    assert (loop.reason, loop.started_at, loop.step) == ("somebody routed it", FRIDAY + 50 * HOUR, "acknowledged")


@pytest.mark.parametrize("by_model", [False, True])
def test_what_the_model_reads_asks_where_it_is_believed(*, by_model: bool) -> None:
    bench = told((SettingsFeedbackChanged(by_model=by_model), -1))
    for number in range(LEAST_LABELS):
        words, score = (("Every page takes ages", 5.0), ("The invoice is far too expensive", 1.0))[number % 2]
        said = FeedbackGiven(feedback=f"T-{number}", text=f"{words}, number {number}", scale="csat", score=score)
        bench.send(said, FRIDAY + number * HOUR, account=f"A-{number}")
    bench.send(FeedbackGiven(feedback="F", text="your invoice is far too expensive"), FRIDAY + 99 * HOUR, id="said")
    said_of = (FRIDAY + 99 * HOUR, "said", "severe by the model")
    found = [(one.started_at, one.event_id, one.reason) for one in bench.facts(FeedbackLoop) if one.feedback == "F"]
    assert found == ([said_of] if by_model else [])


def test_said_again_and_content_there_is_no_loop_any_more() -> None:
    bench = told((BAD, 0), until=30)
    assert set(missed(bench)) == {"routed", "acknowledged"}
    bench.send(FeedbackGiven(feedback="F", form="survey", scale="nps", score=9.0), FRIDAY + 31 * HOUR)
    assert bench.facts(FeedbackLoop) == []
    assert (missed(bench), standing_alerts(bench)) == ({}, [])
    assert bench.engine.next_due(bench.tenant) is None


def test_asked_anew_it_is_answered_anew_and_keeps_its_owner() -> None:
    fine = FeedbackGiven(feedback="F", form="survey", scale="nps", score=9.0)
    bench = told((BAD, 0), (ROUTED, 1), (TOLD_BACK, 2), (fine, 3), (BAD, 100))
    loop = bench.fact(FeedbackLoop)
    assert (loop.step, loop.owner, loop.started_at) == ("routed", "anna", FRIDAY + 100 * HOUR)


def test_an_amendment_goes_on_with_the_same_clocks() -> None:
    more = FeedbackGiven(feedback="F", form="survey", scale="nps", score=1.0, text="And slow, too")
    loop = told((BAD, 0), (ROUTED, 1), (more, 2)).fact(FeedbackLoop)
    assert (loop.started_at, loop.step) == (FRIDAY, "acknowledged")


def test_a_ticket_opened_for_it_counts_as_acting_and_one_it_is_about_does_not() -> None:
    about = FeedbackGiven(feedback="F", ticket="T-1", scale="csat", score=1.0)
    for ticket, step in (("T-1", "acknowledged"), ("T-2", "acknowledged")):
        bench = told((about, 0), (FeedbackRouted(feedback="F", owner="anna", ticket=ticket), 1))
        loop = bench.fact(FeedbackLoop)
        assert (loop.step, loop.acted_on_at is not None) == (step, ticket == "T-2")
        assert loop.ticket == ("T-2" if ticket == "T-2" else None)


def test_told_back_at_once_needs_no_steps_before() -> None:
    loop = told((BAD, 0), (TOLD_BACK, 3)).fact(FeedbackLoop)
    assert (loop.step, loop.kept, loop.acknowledged_at) == ("closed", 4, FRIDAY + 3 * HOUR)


def test_targets_count_open_hours_of_the_calendar() -> None:
    hours = [{"weekday": day, "start": "09:00", "end": "17:00"} for day in ("mon", "tue", "wed", "thu", "fri")]
    office = SettingsCalendarChanged.model_validate({"name": "office", "zone": "UTC", "hours": hours}, strict=False)
    terms = SettingsFeedbackChanged(
        calendar="office",
        asks_from="severe",
        targets=(
            FeedbackTarget(step="routed", target_seconds=4 * 3_600),
            FeedbackTarget(step="acknowledged", target_seconds=3_600, severities=("mild",)),
        ),
    )
    bench = told((office, -2), (terms, -1), (BAD, 0))
    loop = bench.fact(FeedbackLoop)
    # Two open hours are left on Friday, and two more on Monday.
    assert loop.routed_due_at == parse_instant("2026-03-09T11:00:00Z")
    assert (loop.acknowledged_due_at, loop.acted_on_due_at) == (None, None)
    bench.send(SettingsFeedbackChanged(targets=()), FRIDAY - HOUR // 2, taken_at=FRIDAY + HOUR, id="none")
    bench.tick(FRIDAY + 2 * HOUR)
    loop = bench.fact(FeedbackLoop)
    assert (loop.routed_due_at, loop.settings_id, loop.due_at) == (None, "none", None)


def test_what_comes_after_the_horizon_changes_nothing() -> None:
    bench = told((BAD, 0), until=24 * 60)
    before = bench.fact(FeedbackLoop)
    bench.send(ACKNOWLEDGED, FRIDAY + HOUR, taken_at=FRIDAY + 61 * DAY)
    assert bench.fact(FeedbackLoop) == before


STORY = (
    (BAD, 0),
    (ROUTED, 3),
    (ACKNOWLEDGED, 26),
    (FeedbackRouted(feedback="F", owner="kim", ticket="T-9"), 30),
    (FeedbackGiven(feedback="F", scale="nps", score=2.0, text="Still slow"), 40),
    (TOLD_BACK, 140),
    (FeedbackAcknowledged(feedback="G", by="kim"), 12),
    (FeedbackGiven(feedback="G", scale="stars", score=2.0), 10),
    (FeedbackActedOn(feedback="G"), 5),
)


@given(st.permutations(range(len(STORY))), st.sampled_from([0, 1, 300]))
@settings(max_examples=60, deadline=None)
def test_the_order_of_arrival_does_not_matter(order: list[int], later: int) -> None:
    def known(arrivals: list[tuple[int, int]]) -> tuple[Any, ...]:
        bench = bench_of()
        for place, taken_hours in arrivals:
            data, hours = STORY[place]
            at, taken_at = FRIDAY + hours * HOUR, FRIDAY + taken_hours * HOUR
            bench.send(data, at, account="A", id=f"e-{place}", taken_at=max(at, taken_at))
        bench.tick(FRIDAY + 600 * HOUR)
        return bench.facts(FeedbackLoop), bench.facts(FeedbackStepMissed), standing_alerts(bench)

    in_time = sorted((hours, place) for place, (_, hours) in enumerate(STORY))
    assert known([(place, later + turn) for turn, place in enumerate(order)]) == known(
        [(place, hours) for hours, place in in_time]
    )


def test_labels_say_when() -> None:
    loop = told((BAD, 0), (ROUTED, 1)).fact(FeedbackLoop)
    assert format_instant(FRIDAY + HOUR) in loop.terms[0].label
    assert loop.terms[1].label.startswith("acknowledged: not yet, due ")
