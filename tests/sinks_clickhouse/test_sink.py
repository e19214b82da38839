"""What is written is read back: the last statement of each id, of the active generation, and nothing else."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from infra.account_why import account_reasons
from infra.view_rows import Row, plain_values
from schemas.fact import Fact
from schemas.facts import FACT_KINDS, DeadLetter, FeedbackItem, HealthChanged, TicketState, UsageDay
from sinks.clickhouse.sink import ClickHouseSink
from sinks.clickhouse.views import RENAMED
from sinks.contract import Statement
from tests.sinks_clickhouse.statements import NOON, Outbox, example, usage

OF_KIND = {
    "ticket.state": "tickets",
    "ticket.classified": "triage",
    "prediction.made": "predictions",
    "model.state": "models",
    "model.promoted": "model_promotions",
    "model.drifted": "model_drifts",
    "lesson.taken": "lessons",
    "lessons.unlearned": "lessons_unlearned",
    "sla.clock": "sla",
    "sla.breached": "sla_breaches",
    "sla.warned": "sla_warnings",
    "sla.forecast": "sla_forecasts",
    "ticket.handling": "handling",
    "demand.forecast": "demand",
    "demand.spiked": "demand_spikes",
    "credit.owed": "credits",
    "credit.entry": "credit_ledger",
    "team.advised": "team_advice",
    "ticket.routed": "routes",
    "ticket.queued": "queue",
    "route.judged": "route_verdicts",
    "expert.load": "experts",
    "ticket.escalated": "escalations",
    "ticket.sentiment": "sentiment",
    "quality.checked": "quality",
    "quality.trend": "quality_trends",
    "gaming.suspected": "gaming",
    "health.score": "accounts",
    "health.changed": "health_history",
    "health.drivers": "health_drivers",
    "health.named": "scores",
    "health.named_changed": "score_history",
    "health.version": "health_versions",
    "health.standing": "health_standing",
    "health.forecast": "health_forecasts",
    "churn.risk": "accounts",
    "account.lost": "lost_accounts",
    "account.state": "accounts",
    "feedback.item": "feedback",
    "feedback.loop": "feedback_loops",
    "feedback.read": "feedback_read",
    "feedback.step_missed": "feedback_missed",
    "usage.day": "usage_daily",
    "event.late": "late_events",
    "alert.raised": "alerts",
    "dead.letter": "dead_letters",
}
JOINED = {
    "health.score": {
        "score": "health",
        "band": "health_band",
        "terms": "health_terms",
        "scored_at": "health_scored_at",
    },
    "churn.risk": {
        **{f"probability_{days}": f"churn_probability_{days}" for days in (30, 60, 90)},
        **{name: f"churn_{name}" for name in ("model", "version", "n", "logit", "terms", "predicted_at")},
        **dict.fromkeys(("recurring_minor", "cause", "winnable_percent"), ""),
    },
}


def shown(name: str, value: object) -> object:
    """A field's value as a view shows it."""
    if name.endswith("_at") and isinstance(value, int):
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=value)
    if isinstance(value, tuple) and value and isinstance(value[0], str | int):
        return list(value)
    if name == "day" and isinstance(value, int):
        return date(1970, 1, 1) + timedelta(days=value)
    return value


def quantities(sink: ClickHouseSink, tenant: str = "acme") -> dict[str, int]:
    rows = sink.read(
        "SELECT account, quantity FROM usage_daily WHERE tenant = {tenant:String} ORDER BY account", {"tenant": tenant}
    ).rows
    assert len({row[0] for row in rows}) == len(rows)
    return dict(rows)


@pytest.mark.parametrize("kind", FACT_KINDS, ids=lambda kind: kind.kind)
@pytest.mark.parametrize("filled", [True, False])
def test_every_field_of_every_kind_is_read_back(sink: ClickHouseSink, kind: type[Fact], filled: bool) -> None:
    outbox = Outbox()
    optional = {name: None for name, hint in kind.__annotations__.items() if hint.endswith("None")}
    fact = example(kind, **({} if filled else optional))
    sink.write([outbox.say(fact)])
    result = sink.read(f"SELECT * FROM {OF_KIND[kind.kind]} WHERE tenant = 'acme'")
    (row,) = result.rows
    values = dict(zip(result.columns, row, strict=True))
    renamed = {**RENAMED, **JOINED.get(kind.kind, {})}
    for name in kind.__struct_fields__:
        column, expected = renamed.get(name, name), shown(name, getattr(fact, name))
        if column and isinstance(expected, tuple):
            assert json.loads(values[column]) == json.loads(json.dumps(list(map(list_of, expected)))), name
        elif column:
            assert values[column] == expected, name
    if "fact_id" in values:
        assert (values["fact_id"], values["position"]) == (outbox.said[0].fact_id, 1)


def list_of(item: object) -> object:
    fields = getattr(item, "__struct_fields__", None)
    return [getattr(item, name) for name in fields] if fields else item


def test_of_one_id_the_last_statement_counts_within_and_across_batches(sink: ClickHouseSink) -> None:
    outbox = Outbox()
    for quantity in (1, 2, 3):
        outbox.say(usage("a", quantity))
    sink.write(outbox.said)
    assert quantities(sink) == {"a": 3}
    sink.write([outbox.say(usage("a", 4))])
    assert quantities(sink) == {"a": 4}


def test_a_retracted_fact_is_gone_and_an_older_statement_does_not_bring_it_back(sink: ClickHouseSink) -> None:
    outbox = Outbox()
    said = [outbox.say(usage("a", 1)), outbox.say(usage("b", 2)), outbox.retract(usage("a", 1))]
    sink.write(said)
    assert quantities(sink) == {"b": 2}
    sink.write(said[:1])
    assert quantities(sink) == {"b": 2}
    sink.write([outbox.say(usage("a", 5))])
    assert quantities(sink) == {"a": 5, "b": 2}


@given(
    changes=st.lists(
        st.tuples(st.sampled_from("abc"), st.one_of(st.none(), st.integers(0, 9))), min_size=1, max_size=12
    ),
    seed=st.integers(0, 99),
)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_batches_in_any_repetition_end_in_the_last_statements(
    sink: ClickHouseSink, changes: list[tuple[str, int | None]], seed: int
) -> None:
    sink.reset()
    outbox = Outbox()
    for account, quantity in changes:
        fact = usage(account, quantity or 0)
        _ = outbox.retract(fact) if quantity is None else outbox.say(fact)
    chance = random.Random(seed)
    batch: list[Statement] = []
    for statement in outbox.said:
        batch.append(statement)
        if chance.random() < 0.4:
            sink.write(batch)
            batch = batch if chance.random() < 0.3 else []
    sink.write(batch)
    assert quantities(sink) == {
        account: quantity for account, quantity in dict(changes).items() if quantity is not None
    }
    assert sink.position() == len(changes) - 1


def test_a_history_keeps_every_statement_and_a_letter_is_shown_once(sink: ClickHouseSink) -> None:
    outbox = Outbox()
    change = example(HealthChanged)
    letter = DeadLetter(letter="l-1", reason="schema", detail="no type", kept_at=NOON)
    again = DeadLetter(letter="l-1", reason="schema", detail="no type", kept_at=NOON, redriven_at=NOON + 1)
    sink.write([outbox.say(change), outbox.say(change), outbox.say(letter)])
    sink.write([outbox.say(again)])
    sink.write(outbox.said)
    assert sink.read("SELECT position FROM health_history ORDER BY position").rows == [(1,), (2,)]
    assert sink.read("SELECT position, redriven_at IS NOT NULL FROM dead_letters").rows == [(4, True)]
    sink.write([outbox.retract(change)])
    assert sink.read("SELECT position FROM health_history").rows == []


@pytest.mark.parametrize("turned", [False, True])
def test_of_two_changes_in_one_record_the_later_is_the_last(sink: ClickHouseSink, *, turned: bool) -> None:
    outbox = Outbox()
    scores = (50.0, 60.0), (60.0, 45.0)
    said = [outbox.say(example(HealthChanged, account="mill", before=one, after=other)) for one, other in scores]
    changes = [replace(one, revision=(7 << 20) + place) for place, one in enumerate(said)]
    for change in reversed(changes) if turned else changes:
        sink.write([change])

    def read(sql: str, parameters: Mapping[str, Any]) -> list[Row]:
        found = sink.read(sql, parameters)
        return [dict(zip(found.columns, plain_values(found, row), strict=True)) for row in found.rows]

    reasons = [one for question in account_reasons(read, outbox.tenant, "mill", list) for one in question()]
    assert [(one.position, one.total) for one in reasons] == [(7, -15.0)]


def test_readers_see_one_generation_until_another_is_activated(sink: ClickHouseSink) -> None:
    live, other = Outbox(), Outbox(tenant="other")
    sink.write([live.say(usage("a", 1)), live.say(usage("b", 1))])
    sink.write([other.say(usage("a", 9))])
    rebuilt = Outbox(generation=1)
    rebuild = sink.for_source("rebuild-1")
    rebuild.write([rebuilt.say(usage("a", 2))])
    assert quantities(sink) == {"a": 1, "b": 1}
    sink.activate("acme", 1)
    sink.activate("acme", 1)
    assert (sink.active_generation("acme"), sink.active_generation("other")) == (1, 0)
    assert (quantities(sink), quantities(sink, "other")) == ({"a": 2}, {"a": 9})
    assert (sink.position(), rebuild.position()) == (1, 0)
    sink.activate("acme", 0)
    assert quantities(sink) == {"a": 1, "b": 1}
    with pytest.raises(ValueError, match="is what readers see"):
        sink.delete_generation(["other", "acme"], 0)
    sink.delete_generation(["acme", "other"], 1)
    sink.activate("acme", 1)
    assert (quantities(sink), quantities(sink, "other")) == ({}, {"a": 9})


def test_equal_content_told_with_other_ids_or_revisions_is_kept(sink: ClickHouseSink) -> None:
    outbox = Outbox()
    change = example(HealthChanged)
    for _ in range(5):
        sink.write([outbox.say(change)])
    other = Outbox(tenant="other")
    sink.write([other.say(change)])
    rows = sink.read("SELECT tenant, count() FROM health_history GROUP BY tenant ORDER BY tenant").rows
    assert rows == [("acme", 5), ("other", 1)]


def test_the_digest_is_of_what_is_known_and_not_of_how_it_came(sink: ClickHouseSink) -> None:
    live = Outbox()
    facts = [example(kind) for kind in FACT_KINDS]
    for fact in facts:
        live.say(fact)
    live.say(usage("gone", 1))
    live.say(usage("a", 1))
    live.retract(usage("gone", 1))
    live.say(usage("a", 2))
    sink.write(live.said[:8])
    sink.write(live.said)
    before = sink.tables_digest("acme")
    rebuilt = Outbox(generation=1)
    for fact in (usage("a", 2), *reversed(facts)):
        rebuilt.say(fact)
    sink.for_source("rebuild").write(rebuilt.said)
    sink.activate("acme", 1)
    assert sink.tables_digest("acme") == before
    assert len(before) == len(FACT_KINDS)
    sink.for_source("rebuild").write([rebuilt.say(usage("a", 3))])
    after = sink.tables_digest("acme")
    assert [kind for kind in before if after[kind] != before[kind]] == ["usage.day"]
    assert len(set(sink.tables_digest("nobody").values())) == 1


TEXTS = [
    'it\'s "quoted" \\ `x`',
    "🎟 ünïcode — 工单\n\ttab\0nul",
    "x" * 100_000,
    "NaN null",
    "'; DROP TABLE facts_usage_day; --",
    "",
]


@pytest.mark.parametrize("text", TEXTS, ids=["quotes", "unicode", "long", "null", "sql", "empty"])
def test_any_text_is_kept_as_tenant_and_as_content(sink: ClickHouseSink, text: str) -> None:
    outbox = Outbox(tenant=text)
    sink.write([outbox.say(FeedbackItem(feedback=text, form="survey", text=text, given_at=NOON))])
    sink.write([outbox.say(TicketState(ticket=text, status="open", tags=(text, "b"), updated_at=NOON))])
    found = sink.read("SELECT text FROM feedback WHERE tenant = {t:String} AND feedback = {t:String}", {"t": text})
    assert found.rows == [(text,)]
    assert sink.read("SELECT tags FROM tickets WHERE tenant = {t:String}", {"t": text}).rows == [([text, "b"],)]
    assert sink.read("SELECT count() FROM feedback WHERE tenant = 'acme'").rows == [(0,)]
    assert sink.tables_digest(text)["feedback.item"] != sink.tables_digest("acme")["feedback.item"]


def test_an_account_is_whole_whichever_part_of_it_is_known(sink: ClickHouseSink) -> None:
    outbox = Outbox()
    by_kind = {kind.kind: kind for kind in FACT_KINDS}
    sink.write(
        [
            outbox.say(example(by_kind["account.state"], account="all")),
            outbox.say(example(by_kind["health.score"], account="all")),
            outbox.say(example(by_kind["churn.risk"], account="all")),
            outbox.say(example(by_kind["health.score"], account="health only")),
            outbox.say(example(by_kind["churn.risk"], account="churn only")),
        ]
    )
    rows = sink.read("SELECT account, name, health, churn_probability_90 FROM accounts ORDER BY account").rows
    assert rows == [("all", "name 1", 0.1, 0.1), ("churn only", None, None, 0.1), ("health only", None, 0.1, None)]


def test_the_position_is_the_highest_token_and_minus_one_when_empty(sink: ClickHouseSink) -> None:
    assert sink.position() == -1
    statement = Outbox().say(usage("a", 1))
    for token in (2**40, 5):
        sink.write([Statement(token, *[getattr(statement, name) for name in Statement.__struct_fields__[1:]])])
    assert sink.position() == 2**40
    sink.write([])
    sink.reset()
    assert (sink.position(), quantities(sink)) == (-1, {})


def test_more_rows_than_one_insert_takes_are_all_written(sink: ClickHouseSink) -> None:
    outbox = Outbox()
    fact = UsageDay(account="a", name="api.calls", day=0, quantity=1, events=1)
    base = outbox.say(fact)
    sink.write([Statement(i, "acme", 0, f"{i:032x}", base.kind, (i + 1) << 20, NOON, fact) for i in range(100_500)])
    assert sink.read("SELECT sum(quantity) FROM usage_daily").rows == [(100_500,)]
