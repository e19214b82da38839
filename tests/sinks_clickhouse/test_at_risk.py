"""Is revenue at risk reckoned in whole minor units, and does calibration tell what happened?"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.leaving_answers import accounts_at_risk
from infra.view_rows import Row
from schemas.facts import AccountState, ChurnRisk, PredictionMade
from schemas.values import LARGEST_INTEGER
from sinks.clickhouse.sink import ClickHouseSink
from tests.sinks_clickhouse.statements import Outbox, example

chances = st.integers(1, 999_999).map(lambda millionths: millionths / 1_000_000)
amounts = st.one_of(st.none(), st.integers(0, LARGEST_INTEGER))
shares = st.one_of(st.none(), st.integers(0, 100))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(chances, amounts, shares), min_size=1, max_size=8))
def test_revenue_at_risk_is_exact(sink: ClickHouseSink, told: list[tuple[float, int | None, int | None]]) -> None:
    outbox, facts = Outbox(), []
    expected: dict[str, tuple[int, int]] = {}
    for number, (chance, revenue, winnable) in enumerate(told):
        account = f"a-{number}"
        said = {"probability_90": chance, "winnable_percent": winnable}
        facts.append(outbox.say(example(ChurnRisk, account=account, **said)))
        facts.append(outbox.say(example(AccountState, account=account, recurring_minor=revenue)))
        at_risk = int(Fraction(revenue or 0) * round(chance * 1_000_000) / 1_000_000)
        expected[account] = at_risk, at_risk * (winnable or 0) // 100
    sink.write(facts)
    rows = sink.read("SELECT account, at_risk_minor, winnable_minor FROM at_risk WHERE tenant = 'acme'").rows
    found = {row[0]: (row[1], row[2]) for row in rows}
    assert {account: found[account] for account in expected} == expected


def test_amounts_of_several_currencies_are_ranked_by_what_is_usual_in_each(sink: ClickHouseSink) -> None:
    told: tuple[tuple[str, str | None, int | None, float], ...] = (
        ("yen-usual", "JPY", 900_000, 0.5),
        ("yen-small", "JPY", 90_000, 0.5),
        ("yen-large", "JPY", 2_700_000, 0.9),
        ("euro-usual", "EUR", 40_000, 0.6),
        ("euro-large", "EUR", 200_000, 0.6),
        ("no-currency", None, 5_000_000, 0.01),
        ("not-paying", "EUR", 0, 0.99),
        ("unknown", None, None, 0.98),
    )
    outbox = Outbox()
    sink.write(
        [
            outbox.say(fact)
            for account, currency, recurring, chance in told
            for fact in (
                example(ChurnRisk, account=account, probability_90=chance),
                example(AccountState, account=account, recurring_minor=recurring, currency=currency),
            )
        ]
    )

    def read(sql: str, parameters: Mapping[str, Any]) -> list[Row]:
        found = sink.read(sql, parameters)
        return [dict(zip(found.columns, row, strict=True)) for row in found.rows]

    rows = accounts_at_risk(read, "acme", 100)
    assert [row["account"] for row in rows] == [
        "euro-large",  # 5 times the usual 40,000, of which 60 % is likely to go
        "yen-large",  # 3 times the usual 900,000, of which 90 %
        "euro-usual",
        "yen-usual",
        "yen-small",
        "no-currency",
        "not-paying",
        "unknown",
    ]
    assert [row["usual_minor"] for row in rows[:4]] == [40_000, 900_000, 40_000, 900_000]


def test_calibration_counts_what_happened_by_tenth(sink: ClickHouseSink) -> None:
    outbox = Outbox()
    told = [
        ("churn.30", 0.12, "churned", False),
        ("churn.30", 0.18, "stayed", True),
        ("churn.30", 0.15, "lost from view", None),
        ("churn.30", 1.0, "churned", True),
        ("breach.resolution", 0.7, "broken", True),
        ("category", 0.91, "billing", False),
        ("category", 0.99, "billing", True),
        ("category", 0.95, None, None),
    ]
    facts = [
        example(PredictionMade, model=model, probability=chance, label=label, correct=correct, event_id=f"e-{number}")
        for number, (model, chance, label, correct) in enumerate(told)
    ]
    sink.write([outbox.say(fact) for fact in facts])
    rows = sink.read(
        "SELECT model, tenth, predictions, round(said, 6), happened FROM calibration WHERE tenant = 'acme' "
        "ORDER BY model, tenth"
    ).rows
    assert rows == [
        ("breach.resolution", 7, 1, 0.7, 1.0),
        ("category", 9, 2, 0.95, 0.5),
        ("churn.30", 1, 2, 0.15, 0.5),
        ("churn.30", 9, 1, 1.0, 1.0),
    ]
