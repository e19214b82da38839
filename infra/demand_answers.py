"""What people ask about demand: how many tickets will come, what spiked, and why is that so?"""

from __future__ import annotations

from infra.view_rows import Read, Row, explained, explanations
from schemas.explanation import Explanation, Term

_THOUSANDTHS = "thousandths of tickets"


def demand_ahead(read: Read, tenant: str) -> list[Row]:
    """What the latest full hour said of the six hours after it, the most tickets first."""
    return read(
        "SELECT topic, from_at, until_at, expected_thousandths / 1000 AS expected, low, high, came FROM demand "
        "WHERE tenant = {tenant:String} AND from_at = (SELECT max(from_at) FROM demand WHERE tenant = {tenant:String}) "
        "ORDER BY expected_thousandths DESC, topic",
        {"tenant": tenant},
    )


def demand_spikes(read: Read, tenant: str, limit: int) -> list[Row]:
    """Spikes, those that go on first, then the latest."""
    return read(
        "SELECT topic, began_at, over_at, tickets, expected_thousandths / 1000 AS expected, edge, event_ids "
        "FROM demand_spikes WHERE tenant = {tenant:String} "
        "ORDER BY over_at IS NOT NULL, began_at DESC, topic LIMIT {limit:UInt32}",
        {"tenant": tenant, "limit": limit},
    )


def demand_why(read: Read, tenant: str, topic: str) -> list[Explanation]:
    """Why so many tickets of a topic are expected, and what made its latest spikes."""
    where = "WHERE tenant = {tenant:String} AND topic = {id:String}"
    ahead = f"SELECT * FROM demand {where}"  # noqa: S608 - all of it is ours
    spikes = f"SELECT * FROM demand_spikes {where} ORDER BY began_at DESC LIMIT 3"  # noqa: S608 - all of it is ours
    return explanations(read, ahead, tenant, topic, _forecast) + explanations(read, spikes, tenant, topic, _spike)


def _forecast(row: Row) -> Explanation:
    basis = f"{row['low']} to {row['high']} expected from {row['from_at']} on, {row['hours_seen']} hours seen"
    return explained(row, row["topic"], "demand of 6 h", float(row["expected_thousandths"]), _THOUSANDTHS, basis)


def _spike(row: Row) -> Explanation:
    expected, came = float(row["expected_thousandths"]), 1000.0 * row["tickets"]
    terms = Term("expected in these six hours", expected), Term("beyond it", came - expected, tuple(row["event_ids"]))
    basis = f"since {row['began_at']}, {row['edge']} would have been much"
    return Explanation(row["topic"], "spike", row["position"], came, _THOUSANDTHS, basis, terms)
