"""What is told of one account is told in order and numbered, whatever fails, and nobody else waits for it."""

from __future__ import annotations

import json
import random
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.instant import HOUR, MINUTE, SECOND
from sinks.webhook.beginning import PATIENCE
from sinks.webhook.circuit import Circuit
from sinks.webhook.delivery_row import Due, Finished
from sinks.webhook.outbox import Outbox
from sinks.webhook.outbox_tables import prepare
from tests.sinks_webhook.conftest import OpenReceiver, OpenSink
from tests.sinks_webhook.receiver import Answer, status
from tests.sinks_webhook.told import NOON, Clock, alert, endpoint

DESK = endpoint("https://hooks.example.test/a")
CHAT = endpoint("https://hooks.example.test/c", "chat", shape="slack", secrets=())


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    opened = Outbox(tmp_path / "webhooks.db")
    opened.circuits([DESK])
    yield opened
    opened.close()


def owe(outbox: Outbox, *numbers: int, account: str | None = "hartwell", now: int = NOON) -> None:
    outbox.enqueue([(alert(number, account=account, happened_at=now), DESK) for number in numbers], now, HOUR)


def sent(outbox: Outbox, now: int = NOON) -> list[Due]:
    return [one for one in outbox.begin(outbox.due(DESK.key, now, 100, []), now) if one is not None]


def end(outbox: Outbox, due: Due, *, again_at: int | None = None, delivered: bool = True, now: int = NOON) -> None:
    outbox.record([Finished(due, delivered, now, 200 if delivered else 500, None, False, again_at)], {}, now)


def said(due: Due) -> tuple[str, str, int]:
    sequence = json.loads(due.body)["sequence"]
    return due.webhook_id, sequence["key"], sequence["number"]


def test_of_one_account_one_is_under_way(outbox: Outbox) -> None:
    owe(outbox, 1, 2)
    owe(outbox, 3, account="meridian")
    first, other = sent(outbox)
    assert said(first) == ("alert-00001", "hartwell", 1)
    assert said(other) == ("alert-00003", "meridian", 1)
    assert [due.webhook_id for due in outbox.due(DESK.key, NOON, 9, [first.webhook_id, other.webhook_id])] == []
    end(outbox, other)
    assert sent(outbox) == [first]
    end(outbox, first)
    assert [said(due) for due in sent(outbox)] == [("alert-00002", "hartwell", 2)]


def test_what_concerns_no_account_is_told_in_the_order_of_its_subject(outbox: Outbox) -> None:
    owe(outbox, 1, 2, account=None)
    assert [said(due)[1:] for due in sent(outbox)] == [("t-1", 1), ("t-2", 1)]


def test_one_that_fails_holds_its_account_up_for_an_hour_and_no_other(outbox: Outbox) -> None:
    owe(outbox, 1, 2)
    (first,) = sent(outbox)
    end(outbox, first, delivered=False, again_at=NOON + 5 * HOUR)
    owe(outbox, 3, account="meridian")
    (other,) = sent(outbox)
    assert other.webhook_id == "alert-00003"
    end(outbox, other)
    assert sent(outbox, NOON + PATIENCE - 1) == []
    (second,) = sent(outbox, NOON + PATIENCE)
    assert said(second) == ("alert-00002", "hartwell", 2)
    end(outbox, second)
    # The receiver saw that 1 was missing; it comes when it can, with the number it had.
    (late,) = sent(outbox, NOON + 5 * HOUR)
    assert said(late) == ("alert-00001", "hartwell", 1)


def test_a_retry_says_the_same_bytes(outbox: Outbox) -> None:
    owe(outbox, 1)
    (first,) = sent(outbox)
    end(outbox, first, delivered=False, again_at=NOON + SECOND)
    (second,) = sent(outbox, NOON + SECOND)
    assert second.body == first.body


def test_what_is_taken_back_before_it_was_heard_leaves_no_gap(outbox: Outbox) -> None:
    owe(outbox, 1, 2, 3)
    outbox.withdraw(["alert-00001"], NOON)
    (second,) = sent(outbox)
    assert said(second) == ("alert-00002", "hartwell", 1)
    end(outbox, second, delivered=False, again_at=NOON + 10)
    outbox.withdraw(["alert-00002"], NOON)
    (third,) = sent(outbox)
    assert said(third) == ("alert-00003", "hartwell", 1)


def test_a_number_that_cannot_be_given_back_is_told_by_the_withdrawal(outbox: Outbox) -> None:
    owe(outbox, 1, 2)
    (first,) = sent(outbox)
    end(outbox, first, delivered=False, again_at=NOON + 5 * HOUR)
    (second,) = sent(outbox, NOON + PATIENCE)
    end(outbox, second)
    outbox.withdraw(["alert-00001"], NOON + PATIENCE)
    (withdrawal,) = sent(outbox, NOON + PATIENCE)
    assert said(withdrawal) == ("alert-00001.withdrawn", "hartwell", 1)


def test_what_was_given_up_leaves_a_gap_that_its_receiver_sees(outbox: Outbox) -> None:
    owe(outbox, 1, 2)
    (first,) = sent(outbox)
    end(outbox, first, delivered=False)
    outbox.record([], {DESK.key: Circuit().disabled("failing")}, NOON)
    owe(outbox, 3)
    outbox.enable(DESK.key)
    owe(outbox, 4)
    assert [said(due) for due in sent(outbox)] == [("alert-00004", "hartwell", 4)]


def test_chat_is_told_in_order_without_a_number(outbox: Outbox) -> None:
    outbox.enqueue([(alert(number, account="hartwell"), CHAT) for number in (1, 2)], NOON, HOUR)
    due = outbox.due(CHAT.key, NOON, 9, [])
    assert [one.webhook_id for one in due] == ["alert-00001"]
    (begun,) = outbox.begin(due, NOON)
    assert begun is not None
    assert b"sequence" not in begun.body


ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("raise"), st.integers(0, 2)),
        st.tuples(st.just("withdraw"), st.integers(1, 12)),
        st.tuples(st.just("again"), st.integers(1, 12)),
        st.tuples(st.sampled_from(["begin", "deliver", "fail", "lose"]), st.integers(0, 3)),
        st.tuples(st.just("wait"), st.integers(1, 12)),
    ),
    max_size=60,
)


@given(acts=ACTS)
@settings(max_examples=200, deadline=None)
def test_numbers_rise_by_one_in_the_order_of_telling(acts: list[tuple[str, int]]) -> None:
    """Attempts fail, get lost on their way back, or arrive; none waits for so long that others go ahead."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    outbox, now, raised = Outbox(connection), NOON, 0
    heard: dict[str, list[tuple[int, str]]] = defaultdict(list)
    under_way: list[Due] = []
    for act, value in [*acts, *[("begin", 0), ("deliver", 0)] * 80]:
        match act:
            case "raise":
                raised += 1
                owe(outbox, raised, account=f"account-{value}", now=now)
            case "withdraw":
                outbox.withdraw([f"alert-{value:05}"], now)
            case "again" if value <= raised:
                rows = {row.webhook_id: row for row in outbox.deliveries("acme", 100)}
                known = rows[f"alert-{value:05}"]
                owe(outbox, value, account=known.account, now=known.happened_at)
            case "wait":
                now += value * MINUTE // 6
            case "begin":
                taken = [due.webhook_id for due in under_way]
                begun = outbox.begin(outbox.due(DESK.key, now, 9, taken), now)
                under_way += [due for due in begun if due is not None]
            case "deliver" | "fail" | "lose" if value < len(under_way):
                due = under_way.pop(value)
                if act != "fail":
                    heard[said(due)[1]].append((said(due)[2], due.webhook_id))
                again_at = None if act == "deliver" else now
                seen = (act == "deliver", now, None, None, act == "lose", again_at)
                outbox.record([Finished(due, *seen)], {}, now)
    assert {row.state for row in outbox.deliveries("acme", 100)} <= {"delivered", "withdrawn"}
    for told in heard.values():
        firsts = list(dict.fromkeys(told))
        assert [number for number, _ in firsts] == list(range(1, len(firsts) + 1))
    connection.close()


def test_in_order_under_failures_of_one_in_five(open_receiver: OpenReceiver, open_sink: OpenSink, clock: Clock) -> None:
    chance = random.Random(20)
    answers: list[Answer] = [status(503 if chance.random() < 0.2 else 200) for _ in range(400)]
    receiver = open_receiver(*answers, status(200))
    sink = open_sink([endpoint(receiver.url())])
    told = [alert(number, account=f"account-{number % 5}") for number in range(100)]
    for alerts in (told[:50], told[50:]):
        sink.enqueue(alerts, clock.now)
        for _ in range(90):
            assert sink.drain(10)
            clock.pass_seconds(30)
    assert {row.state for row in sink.deliveries("acme", 200)} == {"delivered"}
    failed = sum(row.attempts > 1 for row in sink.deliveries("acme", 200))
    assert failed >= 10
    arrived: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for got in receiver.received:
        sequence = json.loads(got.body)["sequence"]
        arrived[sequence["key"]].append((sequence["number"], got.webhook_id))
    for account, messages in arrived.items():
        in_order = [one.alert_id for one in told if one.account == account]
        assert list(dict.fromkeys(messages)) == list(enumerate(in_order, 1))


def test_a_log_of_before_goes_on(tmp_path: Path) -> None:
    """What it left pending may have arrived: it did not say what was under way."""
    path = tmp_path / "old.db"
    connection = sqlite3.connect(path, isolation_level=None)
    prepare(connection)
    connection.executescript(
        """
        CREATE TABLE before AS SELECT webhook_id, tenant, endpoint_id, kind, account, subject, happened_at, shape,
            traceparent, body, state, reason, attempts, unsure, enqueued_at, due_at, last_attempt_at, last_status,
            ended_at FROM webhook_deliveries;
        DROP TABLE webhook_deliveries;
        ALTER TABLE before RENAME TO webhook_deliveries;
        CREATE UNIQUE INDEX identity ON webhook_deliveries (webhook_id, tenant, endpoint_id);
        """
    )
    told = alert(1, account="hartwell")
    connection.execute(
        "INSERT INTO webhook_deliveries VALUES (?, 'acme', 'desk', ?, ?, ?, ?, 'standard', NULL, ?, 'pending', NULL, "
        "0, 0, ?, ?, NULL, NULL, NULL)",
        (told.alert_id, told.kind, told.account, told.subject, NOON, told.body, NOON, NOON),
    )
    connection.close()
    outbox = Outbox(path)
    outbox.resume(NOON)
    owe(outbox, 2)
    (first,) = sent(outbox)
    assert said(first) == ("alert-00001", "hartwell", 1)
    outbox.withdraw(["alert-00001"], NOON)
    assert "alert-00001.withdrawn" not in {row.webhook_id for row in outbox.deliveries("acme", 9)}
    end(outbox, first, delivered=False)
    assert "alert-00001.withdrawn" in {row.webhook_id for row in outbox.deliveries("acme", 9)}
    outbox.close()
