"""What the engine would silently coerce is refused before it: nothing of the batch is written, the message says why."""

from __future__ import annotations

import math
import re

import pytest
from msgspec.structs import replace

from schemas.explanation import Term
from schemas.facts import FeedbackItem, HealthChanged, TicketState
from sinks.clickhouse.sink import ClickHouseSink
from sinks.contract import Statement
from sinks.unwritable import UnwritableStatement
from tests.sinks_clickhouse.statements import NOON, Outbox, example, usage

GOOD = Outbox().say(usage("a", 1))
BAD_ID = replace(GOOD, token=1, fact_id="0" * 32)


def stated(fact: object) -> Statement:
    return replace(BAD_ID, kind=getattr(fact, "kind"), fact=fact)  # noqa: B009


def feedback(score: float) -> FeedbackItem:
    return FeedbackItem(feedback="f", form="survey", score=score, given_at=NOON)


def changed(amount: float) -> HealthChanged:
    return example(HealthChanged, terms=(Term("null", amount),))  # type: ignore[return-value]


BAD = {
    "int above": (stated(usage("a", 2**63)), "usage.day.quantity", "from -2^63 below 2^63"),
    "int below": (stated(usage("a", -(2**63) - 1)), "usage.day.quantity", "from -2^63 below 2^63"),
    "no int": (stated(usage("a", 1.5)), "usage.day.quantity", "whole numbers"),  # type: ignore[arg-type]
    "optional int": (
        stated(TicketState(ticket="t", status="s", updated_at=0, csat_percent=2**64)),
        "csat_percent",
        "2^63",
    ),
    "year 10000": (
        stated(TicketState(ticket="t", status="s", updated_at=253_402_300_800_000_000)),
        "updated_at",
        "9999",
    ),
    "year 0": (
        stated(TicketState(ticket="t", status="s", updated_at=0, opened_at=-(2**62))),
        "opened_at",
        "years 1 to 9999",
    ),
    "nan": (stated(feedback(math.nan)), "feedback.item.score", "finite"),
    "infinity": (stated(feedback(-math.inf)), "feedback.item.score", "finite"),
    "nan before": (stated(example(HealthChanged, before=math.nan)), "health.changed.before", "finite"),
    "nan in a term": (stated(changed(math.nan)), "health.changed.terms", "every number finite"),
    "surrogate": (stated(usage("\ud800", 1)), "usage.day.account", "UTF-8"),
    "optional surrogate": (stated(TicketState(ticket="t", status="s", updated_at=0, group="\udfff")), "group", "UTF-8"),
    "listed surrogate": (stated(TicketState(ticket="t", status="s", updated_at=0, tags=("\ud800",))), "tags", "UTF-8"),
    "no text": (stated(usage(7, 1)), "usage.day.account", "text"),  # type: ignore[arg-type]
    "tenant": (replace(BAD_ID, tenant="\ud800"), "usage.day.tenant", "UTF-8"),
    "short id": (replace(BAD_ID, fact_id="ab" * 8), "usage.day.fact_id", "32 hexadecimal digits"),
    "spaced id": (replace(BAD_ID, fact_id="ab " * 10 + "ab"), "usage.day.fact_id", "32 hexadecimal digits"),
    "revision": (replace(BAD_ID, revision=-1), "usage.day.revision", "below 2^64"),
    "generation": (replace(BAD_ID, generation=2**32), "usage.day.generation", "below 2^32"),
    "kind unknown": (replace(BAD_ID, kind="moon.phase"), "moon.phase", "no table for facts of kind"),
    "kind of another": (replace(BAD_ID, kind="ticket.state"), "ticket.state", "a UsageDay is stated as"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_written_is_refused_with_its_token(sink: ClickHouseSink, case: str) -> None:
    bad, where, wanted = BAD[case]
    with pytest.raises(UnwritableStatement, match=re.escape(wanted)) as refused:
        sink.write([GOOD, bad])
    assert refused.value.tokens == (1,)
    assert where in str(refused.value)
    assert (sink.position(), sink.read("SELECT count() FROM usage_daily").rows) == (-1, [(0,)])
    sink.write([GOOD])
    assert sink.read("SELECT count() FROM usage_daily").rows == [(1,)]


def test_every_bad_statement_of_a_column_is_named(sink: ClickHouseSink) -> None:
    rows = [
        replace(stated(usage("a", 2**70 if token % 3 else 1)), token=token, fact_id=f"{token:032}")
        for token in range(9)
    ]
    with pytest.raises(UnwritableStatement, match="so are 5 more statements") as refused:
        sink.write(rows)
    assert refused.value.tokens == (1, 2, 4, 5, 7, 8)


def test_the_last_numbers_and_instants_that_fit_are_taken(sink: ClickHouseSink) -> None:
    outbox = Outbox()
    first, last = -62_135_596_800_000_000, 253_402_300_799_999_999
    sink.write([outbox.say(usage("high", 2**63 - 1)), outbox.say(usage("low", -(2**63)))])
    sink.write([outbox.say(TicketState(ticket="t", status="s", updated_at=last, opened_at=first, closed_at=0))])
    sink.write([outbox.say(changed(1e308)), outbox.say(feedback(5e-324))])
    assert sink.read("SELECT quantity FROM usage_daily ORDER BY account").rows == [(2**63 - 1,), (-(2**63),)]
    instants = (
        "toUnixTimestamp64Micro(updated_at), toUnixTimestamp64Micro(opened_at), toUnixTimestamp64Micro(closed_at)"
    )
    assert sink.read(f"SELECT {instants} FROM tickets").rows == [(last, first, 0)]
    assert sink.read("SELECT toString(updated_at), toString(opened_at) FROM tickets").rows == [
        ("9999-12-31 23:59:59.999999", "0001-01-01 00:00:00.000000")
    ]
    assert sink.read("SELECT score FROM feedback").rows == [(5e-324,)]
    assert sink.read("SELECT JSONExtract(terms, 1, 2, 'Float64') FROM health_history").rows == [(1e308,)]
