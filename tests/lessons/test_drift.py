"""An alarm when answers became worse as labels tell, and none while they are as good as before."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator

import pytest

from processors.category_drift import CATEGORY_DRIFT, MOST_MISSES, SIGNIFICANCE, Watched
from processors.learners.drift import Adwin
from schemas.alerts import AlertRaised
from schemas.emitted import LabelMatured
from schemas.event import Event
from schemas.instant import MINUTE
from schemas.lessons import ModelDrifted
from streams.driver import Driver
from tests.learners.invented import tickets
from tests.lessons.desk import CATALOG, START, Desk


def wrong(seed: object, *parts: tuple[int, float]) -> Iterator[bool]:
    """Whether each of so many answers is wrong, with this chance, part after part."""
    chance = random.Random(repr(seed))
    return (chance.random() < rate for count, rate in parts for _ in range(count))


def watched(wrongs: Iterable[bool], saved_every: int = 10**9) -> tuple[list[tuple[int, ModelDrifted]], Watched]:
    """Each alarm with the how-manieth label it came, and the state after them."""
    state, found = CATEGORY_DRIFT.start(), []
    for number, is_wrong in enumerate(wrongs, 1):
        label = LabelMatured.model_construct(
            model="category",
            entity=f"T-{number}",
            label="billing" if number % 3 else "shipping",
            answer="other" if is_wrong else "billing" if number % 3 else "shipping",
            said_by=f"expert-{number % 4}",
            revision=1,
        )
        event = Event.model_construct(id=f"e-{number}", source="", type="", occurred_at=START + number, data=label)
        said = CATEGORY_DRIFT.step(state, event, None)  # type: ignore[arg-type]  # it looks at no context
        found += [(number, one) for one in said if isinstance(one, ModelDrifted)]
        if not number % saved_every:
            state = CATEGORY_DRIFT.decode(CATEGORY_DRIFT.encode(state))
    return found, state


@pytest.mark.parametrize("rate", [0.02, 0.15, 0.4])
def test_no_alarm_in_a_hundred_thousand_labels_of_answers_as_good_as_before(rate: float) -> None:
    adwin, alarms = Adwin(SIGNIFICANCE), 0
    for is_wrong in wrong(rate, (100_000, rate)):
        adwin.update(float(is_wrong))
        alarms += adwin.drift_detected
    assert alarms == 0


@pytest.mark.parametrize(("after", "most"), [(0.3, 600), (0.5, 200), (0.9, 100)])
def test_a_fall_is_found_once_and_soon(after: float, most: int) -> None:
    for seed in range(4):
        found, _ = watched(wrong((after, seed), (1_500, 0.12), (1_200, after)))
        (place, fact), *more = found
        assert not more
        assert 1_500 < place <= 1_500 + most
        assert fact.accuracy_before == pytest.approx(0.88, abs=0.05)
        assert fact.accuracy_after == pytest.approx(1.0 - after, abs=0.25)
        assert fact.labels_before + fact.labels_after == place
        assert set(fact.missed) == {"billing", "shipping"}
        assert fact.people == 4
        assert 0 < len(fact.event_ids) <= MOST_MISSES
        assert all(int(id_.removeprefix("e-")) > place - fact.labels_after for id_ in fact.event_ids)


def test_what_became_better_is_the_new_measure_and_no_alarm() -> None:
    found, state = watched(wrong("better", (800, 0.6), (1_500, 0.1)))
    assert not found
    assert state.window.total / state.window.width < 0.15
    again, _ = watched(wrong("and worse", (800, 0.6), (1_500, 0.1), (600, 0.5)))
    assert len(again) == 1
    assert again[0][1].accuracy_before > 0.8


def test_saved_and_read_again_it_says_the_same_bit_for_bit() -> None:
    told = list(wrong("saved", (900, 0.1), (500, 0.6), (700, 0.2)))
    whole, state = watched(told)
    parts, saved = watched(told, saved_every=7)
    assert whole == parts
    assert CATEGORY_DRIFT.encode(state) == CATEGORY_DRIFT.encode(saved)
    assert len(CATEGORY_DRIFT.encode(state)[""]) < 4_096


def test_tickets_whose_labels_change_their_meaning_raise_an_alert_with_its_reasons() -> None:
    desk = Desk()
    desk.driver = Driver((*CATALOG, CATEGORY_DRIFT), "acme")
    first, then = tickets(360, seed=11), tickets(120, seed=12)
    desk.teach(first, minutes=20)
    assert not desk.driver.facts(ModelDrifted)
    labels = sorted(dict.fromkeys(label for _, label in first))
    moved = {label: labels[(place + 1) % len(labels)] for place, label in enumerate(labels)}
    for number, (text, label) in enumerate(then):
        desk.at += 20 * MINUTE
        desk.open(f"U-{number}", text)
        desk.resolve(f"U-{number}", moved[label], f"expert-{number % 3}")
    fact, *_ = desk.driver.facts(ModelDrifted)
    assert fact.accuracy_after < 0.5 < fact.accuracy_before
    why = fact.explain(1)
    assert why.total == sum(term.amount for term in why.terms)
    (alert, *_) = [one for one in desk.driver.facts(AlertRaised) if one.alert == "model.drifted"]
    assert "most missed" in alert.summary


def test_a_second_label_of_a_ticket_and_what_was_not_predicted_count_nothing() -> None:
    desk = Desk()
    desk.driver = Driver((*CATALOG, CATEGORY_DRIFT), "acme")
    desk.teach(tickets(40, seed=11), minutes=20)
    assert _watched(desk).labels == 40
    desk.correct("T-3", "facilities", "expert-9")
    desk.resolve("T-3", "facilities", "expert-2")
    assert _watched(desk).labels == 40
    desk.open("T-new", "the door of the office does not open")
    desk.correct("T-new", "facilities", "expert-9")
    desk.resolve("T-new", "facilities", "expert-2")
    assert _watched(desk).labels == 41
    silent = Desk()
    silent.driver = Driver((*CATALOG, CATEGORY_DRIFT), "acme")
    silent.open("V", "?")
    silent.resolve("V", "facilities", "expert-2")
    assert _watched(silent).labels == 0


def _watched(desk: Desk) -> Watched:
    found = desk.driver.engine.fold_of("acme").read(CATEGORY_DRIFT, "category")
    assert found is not None
    return found
