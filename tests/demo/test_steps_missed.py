"""The steps of answers that the generator knows to be missed are those that the product finds."""

from __future__ import annotations

from random import Random

import orjson
import pytest

from infra.demo.company import Company
from processors.feedback import FEEDBACK
from processors.feedback_loop import FEEDBACK_LOOPS
from processors.settings import SETTINGS
from schemas.decode import decode
from schemas.facts import FeedbackItem
from schemas.instant import parse_instant
from schemas.loops import FeedbackLoop, FeedbackStepMissed
from streams.driver import Driver

# Clocks changed within the 90 days before the first.
ENDS = ("2026-04-03T09:00:00Z", "2026-08-12T14:30:00Z")


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("is_shuffled", [False, True], ids=["as they arrive", "in any order"])
def test_the_missed_steps_are_found(end: str, is_shuffled: bool) -> None:
    made = Company(5, parse_instant(end), 0.3)
    events = []
    for told in sorted(made._others, key=lambda one: one.arrives_at):  # noqa: SLF001 - a usage of theirs is not looked at
        if orjson.loads(told.raw)["type"].startswith(("feedback.", "settings.")):
            arrives_at = made.at if is_shuffled else told.arrives_at
            events.append(decode(told.raw).stamped(recorded_at=arrives_at))
    if is_shuffled:
        settings = [event for event in events if event.type.startswith("settings.")]
        others = [event for event in events if not event.type.startswith("settings.")]
        Random(5).shuffle(others)
        events = [event.stamped(backfill=True) for event in (*settings, *others)]
    driver = Driver((FEEDBACK, FEEDBACK_LOOPS, SETTINGS))
    driver.fold(events)
    driver.tick(made.at)
    found = {(fact.feedback, fact.step): fact.missed_at for fact in driver.facts(FeedbackStepMissed)}
    assert found == made.truth.missed_steps
    loops = driver.facts(FeedbackLoop)
    assert 0 < len(found) < 2 * len(loops)
    assert 0.2 < sum(loop.step == "closed" for loop in loops) / len(loops) < 0.9
    assert len(loops) < len(driver.facts(FeedbackItem)) / 4
