"""Scores rolled up by revenue are sums of whole numbers: rolled up again they come to the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from schemas.explanation import Term
from schemas.facts import AccountState, HealthScored
from schemas.health import NamedScore
from sinks.clickhouse.sink import ClickHouseSink
from tests.sinks_clickhouse.statements import NOON, Outbox

GROUPS = ("parent", "product", "region")


def company(draw: Random) -> Iterator[AccountState]:
    for number in range(60):
        yield AccountState(
            account=f"A-{number}",
            plan=draw.choice(["team", "business", None]),
            recurring_minor=draw.choice([None, 0, 10**12 + number, draw.randrange(10**7)]),
            currency=draw.choice(["EUR", "USD"]),
            parent=draw.choice([None, "A-1", "A-2"]),
            region=draw.choice(["north", "south", None]),
            churned_at=NOON if draw.random() < 0.1 else None,
            updated_at=NOON,
        )


@pytest.fixture
def told(sink: ClickHouseSink) -> dict[str, tuple[AccountState, int]]:
    """A company's accounts with the quarter points of their scores, written; one has no profile."""
    draw, outbox, accounts = Random(7), Outbox(), dict[str, tuple[AccountState, int]]()
    said = []
    for account in [*company(draw), AccountState(account="A-unknown", updated_at=NOON)]:
        quarters = draw.randrange(401)
        accounts[account.account] = account, quarters
        terms = (Term("usage", quarters / 4),)
        score: dict[str, Any] = {"account": account.account, "band": "watch", "terms": terms}
        said.append(outbox.say(HealthScored(score=quarters / 4, scored_at=NOON, **score)))
        if quarters % 2:
            own = NamedScore(score="own", value=quarters / 4, settings_id="s-1", **score)
            said.append(outbox.say(own))
        if account.account != "A-unknown":
            said.append(outbox.say(account))
    sink.write(said)
    return accounts


def expected(told: dict[str, tuple[AccountState, int]], by: str, score: str) -> dict[tuple[str, str], list[int]]:
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for account, quarters in told.values():
        if account.churned_at is None and (score == "health" or quarters % 2):
            named = {"parent": account.parent or account.account, "product": account.plan, "region": account.region}
            line = sums[named[by] or "unknown", account.currency or "unknown"]
            revenue = account.recurring_minor or 0
            for place, more in enumerate((1, revenue, revenue * quarters)):
                line[place] += more
    return dict(sums)


@pytest.mark.parametrize("score", ["health", "own"])
@pytest.mark.parametrize("by", GROUPS)
def test_a_rollup_is_what_adding_up_the_accounts_gives(
    sink: ClickHouseSink, told: dict[str, tuple[AccountState, int]], by: str, score: str
) -> None:
    rows = sink.read(
        f"SELECT {by}, currency, accounts, recurring_minor, weighted_quarters, value FROM health_by_{by} "
        "WHERE tenant = 'acme' AND score = {score:String}",
        {"score": score},
    ).rows
    found = {(row[0], row[1]): list(row[2:5]) for row in rows}
    assert found == expected(told, by, score)
    for row in rows:
        assert row[5] == (row[4] / (4 * row[3]) if row[3] else None)


@pytest.mark.parametrize("by", GROUPS)
def test_rolled_up_again_it_is_the_whole(
    sink: ClickHouseSink, told: dict[str, tuple[AccountState, int]], by: str
) -> None:
    sums = "sum(recurring_minor), sum(weighted_quarters)"
    whole = sink.read(f"SELECT score, currency, count(), {sums} FROM health_weights GROUP BY ALL ORDER BY ALL").rows
    again = f"SELECT score, currency, sum(accounts), {sums} FROM health_by_{by} GROUP BY ALL ORDER BY ALL"
    assert sink.read(again).rows == whole
    assert len(whole) > 3
