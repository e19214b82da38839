"""Scales are counted apart, and themes weigh what the accounts that speak of them pay."""

from __future__ import annotations

from schemas.facts import AccountState, FeedbackItem
from schemas.voice import FeedbackRead
from sinks.clickhouse.sink import ClickHouseSink
from tests.sinks_clickhouse.statements import NOON, Outbox, example

ANSWERS = {
    "nps": (range(11), (7, 2, 2), 100 * (2 - 7) / 11),
    "csat": (range(1, 6), (2, 1, 2), 40.0),
    "ces": (range(1, 8), (3, 1, 3), 300 / 7),
    "stars": (range(1, 6), (2, 1, 2), 40.0),
    "criticality": (range(-5, 6), (5, 1, 5), 500 / 11),
}


def test_every_scale_is_counted_by_itself_and_sums(sink: ClickHouseSink) -> None:
    outbox, said = Outbox(), []
    for scale, (scores, _, _) in ANSWERS.items():
        for score in scores:
            item = {"feedback": f"{scale} {score}", "account": "A", "form": "survey", "given_at": NOON}
            said.append(outbox.say(FeedbackItem(**item, scale=scale, score=float(score))))  # type: ignore[arg-type]
    said.append(outbox.say(FeedbackItem(feedback="words", account="A", form="text", text="Hello", given_at=NOON)))
    sink.write(said)
    rows = sink.read("SELECT scale, answers, low, middle, high, value FROM feedback_scores ORDER BY scale").rows
    expected = [(scale, len(scores), *parts, value) for scale, (scores, parts, value) in sorted(ANSWERS.items())]
    assert rows == expected
    assert all(low + middle + high == answers for _, answers, low, middle, high, _ in rows)


def test_themes_weigh_each_account_once(sink: ClickHouseSink) -> None:
    outbox = Outbox()
    said = [
        outbox.say(AccountState(account=name, recurring_minor=revenue, currency="EUR", updated_at=NOON))
        for name, revenue in (("A", 500), ("B", 70))
    ]
    told = [("A", "speed", "severe"), ("A", "speed", "none"), ("B", "speed", "severe"), ("B", None, None)]
    for number, (account, topic, severity) in enumerate([*told, ("C", "speed", "mild")]):
        read = example(FeedbackRead, feedback=f"F-{number}", account=account, topic=topic, severity=severity)
        said.append(outbox.say(read))
    sink.write(said)
    columns = "topic, currency, accounts, answers, severe, recurring_minor"
    assert sink.read(f"SELECT {columns} FROM feedback_themes ORDER BY topic, currency").rows == [
        ("speed", "EUR", 2, 3, 2, 570),
        ("speed", "unknown", 1, 1, 0, 0),
        ("unknown", "EUR", 1, 1, 0, 70),
    ]
