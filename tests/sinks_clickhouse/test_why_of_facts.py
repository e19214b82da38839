"""Does `why` answer for every kind of fact that follows from something?"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from infra.answers import Answers
from infra.service import Service
from schemas.fact import Fact
from schemas.facts import FACT_KINDS
from sinks.clickhouse.sink import ClickHouseSink
from tests.sinks_clickhouse.statements import Outbox, example

EXPLAINED = [kind for kind in FACT_KINDS if kind.explain is not Fact.explain]

# Kinds that nothing has to be summed for, and why.
PLAIN = {
    "ticket.state": "repeats what was said",
    "account.state": "repeats what was said",
    "feedback.item": "repeats what was said",
    "usage.day": "a count of events",
    "health.drivers": "the values behind a change of health, which is explained",
    "health.version": "a rule as it was said",
    "ticket.queued": "holds its reason, and why nobody could take it",
    "route.judged": "a verdict on a decision, which is explained",
    "lesson.taken": "names who taught what, and what came of it",
    "lessons.unlearned": "names the event that took them back",
    "model.state": "counts and rates",
    "quality.trend": "means of checks, each of which is explained",
    "gaming.suspected": "names its evidence",
    "event.late": "names its event",
    "dead.letter": "holds its reason",
    "alert.raised": "is about a fact, which is explained",
    "feedback.step_missed": "an instant, explained by its loop",
    "sla.breached": "an instant, explained by its clock",
    "sla.warned": "an instant, explained by its clock",
    "prediction.made": "what was said before, and what became of it",
    "credit.entry": "a line of the ledger; what it sums to is explained",
}


def test_each_kind_is_explained_or_plain() -> None:
    explained, plain = {kind.kind for kind in EXPLAINED}, set(PLAIN)
    assert not explained & plain
    assert explained | plain == {kind.kind for kind in FACT_KINDS}


@pytest.mark.parametrize("kind", EXPLAINED, ids=lambda kind: kind.kind)
def test_what_is_explained_is_answered_for(sink: ClickHouseSink, kind: type[Fact]) -> None:
    fact = example(kind)
    sink.write([Outbox().say(fact)])
    own = fact.explain(0)
    assert own is not None
    answers = Answers(cast(Service, SimpleNamespace(clickhouse=sink)))
    said: list[Any] = answers.why("acme", own.subject)
    assert [(one.total, one.unit, one.terms) for one in said].count((own.total, own.unit, own.terms)) >= 1
