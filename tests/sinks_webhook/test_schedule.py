"""When a delivery is tried again, and when an endpoint is left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.instant import HOUR, MINUTE, SECOND, parse_instant
from sinks.webhook.circuit import FAILURES_TO_OPEN, FIRST_PAUSE, LONGEST_PAUSE, Circuit
from sinks.webhook.schedule import DELAYS, JITTER, meaning, retry_after, retry_delay
from tests.sinks_webhook.told import NOON


def test_the_schedule_is_the_one_of_the_specification() -> None:
    hours = [delay / HOUR for delay in DELAYS]
    assert hours == pytest.approx([0, 5 / 3600, 5 / 60, 0.5, 2, 5, 10, 14, 20, 24])


@given(st.text(max_size=40), st.integers(0, len(DELAYS) - 1))
def test_a_wait_is_lengthened_a_little_and_always_the_same(delivery_id: str, made: int) -> None:
    delay = retry_delay(delivery_id, made)
    assert delay is not None
    assert DELAYS[made] <= delay <= DELAYS[made] * (1 + JITTER)
    assert delay == retry_delay(delivery_id, made)


def test_deliveries_that_failed_together_do_not_return_together() -> None:
    delays = [retry_delay(f"alert-{number}", 2) for number in range(100)]
    assert len(dict.fromkeys(delays)) > 90


def test_after_ten_attempts_there_is_no_other() -> None:
    assert retry_delay("a", 9) is not None
    assert retry_delay("a", 10) is None


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (200, "delivered"), (201, "delivered"), (202, "delivered"), (204, "delivered"), (299, "delivered"),
        (301, "failed"), (302, "failed"), (304, "failed"), (307, "failed"), (308, "failed"),
        (400, "failed"), (401, "failed"), (404, "failed"), (410, "gone"), (413, "failed"), (429, "throttled"),
        (500, "failed"), (502, "failed"), (503, "throttled"), (504, "failed"), (599, "failed"), (100, "failed"),
    ],
)  # fmt: skip
def test_what_a_status_means(status: int, said: str) -> None:
    assert meaning(status) == said


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 0),
        ("", 0),
        ("0", 0),
        ("7", 7),
        (" 120 ", 120),
        ("-5", 0),
        ("1.5", 0),
        ("soon", 0),
        ("٣", 0),
        ("999999999", 24 * 3600),
        ("99999999999999999999", 0),
        ("Mon, 02 Mar 2026 12:02:00 GMT", 120),
        ("Mon, 02 Mar 2026 12:02:00 -0000", 120),
        ("Mon, 02 Mar 2026 11:00:00 GMT", 0),
        ("Mon, 02 Mar 2036 12:00:00 GMT", 24 * 3600),
    ],
)
def test_retry_after(header: str | None, seconds: int) -> None:
    assert retry_after(header, parse_instant("2026-03-02T12:00:00Z")) == seconds * SECOND


def failed_times(count: int, now: int = NOON) -> Circuit:
    circuit = Circuit()
    for _ in range(count):
        circuit = circuit.failed(now)
    return circuit


def test_a_circuit_opens_after_failures_in_a_row_and_then_lets_one_probe_through() -> None:
    assert failed_times(FAILURES_TO_OPEN - 1).room(NOON, 8) == 8
    opened = failed_times(FAILURES_TO_OPEN)
    assert opened.room(NOON, 8) == 0
    assert opened.room(NOON + FIRST_PAUSE - 1, 8) == 0
    assert opened.room(NOON + FIRST_PAUSE, 8) == 1
    assert opened.succeeded().room(NOON, 8) == 8


def test_failures_of_what_was_under_way_do_not_lengthen_the_pause() -> None:
    assert failed_times(FAILURES_TO_OPEN + 7).open_until == NOON + FIRST_PAUSE


def test_each_failed_probe_doubles_the_pause_up_to_a_limit() -> None:
    circuit, now, pauses = failed_times(FAILURES_TO_OPEN - 1), NOON, []
    for _ in range(7):
        circuit = circuit.failed(now)
        assert circuit.open_until is not None
        pauses.append((circuit.open_until - now) // SECOND)
        now = circuit.open_until
    assert pauses == [30, 60, 120, 240, 300, 300, 300]
    assert pauses[-1] * SECOND == LONGEST_PAUSE


def test_an_answer_that_asks_for_peace_gets_it() -> None:
    circuit = Circuit().failed(NOON, wait=10 * MINUTE)
    assert circuit.room(NOON + 10 * MINUTE - 1, 8) == 0
    assert circuit.room(NOON + 10 * MINUTE, 8) == 1


@pytest.mark.parametrize(
    ("success_after_hours", "hours", "reason"),
    [(None, 119, None), (None, 120, "failing"), (None, 300, "failing"), (100, 200, None), (100, 221, "failing")],
)
def test_five_days_of_only_failures_disable(success_after_hours: int | None, hours: int, reason: str | None) -> None:
    circuit = Circuit()
    for hour in range(hours + 1):
        circuit = circuit.failed(NOON + hour * HOUR)
        if hour == success_after_hours:
            circuit = circuit.succeeded()
    assert circuit.disabled_reason == reason
    assert (circuit.room(NOON + 10_000 * HOUR, 8) == 0) == (reason is not None)
