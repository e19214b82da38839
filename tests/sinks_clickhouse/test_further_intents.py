"""A runner-up is told once runners-up as likely have proved to be the category often enough."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from infra.further_intents import explained_further, further_intents
from infra.view_rows import Row, plain_values
from schemas.facts import PredictionMade, TicketClassified
from sinks.clickhouse.sink import ClickHouseSink
from tests.sinks_clickhouse.statements import Outbox, example

CLASSIFIED = msgspec.convert(example(TicketClassified), TicketClassified)
PREDICTED = msgspec.convert(example(PredictionMade), PredictionMade)


def classified(ticket: str, *candidates: tuple[str, float], model: str = "category.model") -> TicketClassified:
    return msgspec.structs.replace(
        CLASSIFIED, ticket=ticket, candidates=candidates, model=model, event_id=f"e-{ticket}", category=None
    )


def judged(ticket: str, label: str | None) -> PredictionMade:
    return msgspec.structs.replace(
        PREDICTED, model="category", entity=ticket, event_id=f"e-{ticket}", answer="billing", label=label
    )


def filled(sink: ClickHouseSink, right: int, of: int) -> None:
    """So many tickets with a runner-up of 0.42, of which some were that category; and many unlikely ones, never."""
    outbox, said = Outbox(), []
    for number in range(of):
        said += [
            classified(f"L-{number}", ("billing", 0.5), ("refunds", 0.42)),
            judged(f"L-{number}", ("billing", "refunds")[number < right]),
        ]
        said += [classified(f"U-{number}", ("billing", 0.9), ("refunds", 0.07)), judged(f"U-{number}", "billing")]
    said += [
        classified("both", ("billing", 0.48), ("refunds", 0.44), ("login", 0.05)),
        classified("sure", ("billing", 0.93), ("refunds", 0.05)),
        classified("ruled", ("billing", 0.48), ("refunds", 0.44), model="category.rule"),
        judged("both", None),
    ]
    sink.write([outbox.say(fact) for fact in said])


@pytest.fixture
def read(sink: ClickHouseSink) -> Any:
    def rows(sql: str, parameters: Mapping[str, Any]) -> list[Row]:
        result = sink.read(sql, parameters)
        return [dict(zip(result.columns, plain_values(result, row), strict=True)) for row in result.rows]

    return rows


def test_likely_runners_up_are_told_with_what_was_measured(sink: ClickHouseSink, read: Any) -> None:
    filled(sink, right=20, of=50)
    (found,) = further_intents(read, "acme", "both")
    assert (found.category, found.probability, found.enough) == ("refunds", 0.44, 0.4)
    assert (found.right, found.of) == (20, 50)
    assert [further_intents(read, "acme", ticket) for ticket in ("sure", "ruled", "nowhere")] == [[], [], []]
    assert further_intents(read, "other", "both") == []
    why = explained_further("both", found)
    assert why.total == sum(term.amount for term in why.terms)
    assert why.terms[0].event_ids == ("e-both",)
    assert "20 of 50" in why.basis


@pytest.mark.parametrize(("right", "of"), [(5, 50), (20, 25)])
def test_nothing_is_told_where_they_were_seldom_right_or_few(
    sink: ClickHouseSink, read: Any, right: int, of: int
) -> None:
    filled(sink, right, of)
    assert further_intents(read, "acme", "both") == []
