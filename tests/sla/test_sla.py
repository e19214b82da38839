"""Clocks of single tickets as tables and stories: what is promised, when it is broken, and what late truth changes."""

from __future__ import annotations

from typing import Any

import pytest

from processors.contract import LARGEST_CELL_BYTES
from processors.sla import SLA
from processors.sla_why import why_clock
from schemas.accounts import AccountCreated, AccountUpdated
from schemas.experts import ExpertReplied
from schemas.facts import EventLate, SlaClock
from schemas.instant import DAY, HOUR, MINUTE, parse_instant
from schemas.settings import SettingsCalendarChanged, SettingsLimitsChanged, SettingsSlaChanged
from schemas.tickets import (
    TicketClosed,
    TicketMerged,
    TicketMessageAdded,
    TicketOpened,
    TicketPriorityChanged,
    TicketReopened,
    TicketResolved,
    TicketStatusChanged,
)
from tests.sla.desk import TENANT, Desk

MONDAY = parse_instant("2026-06-01T00:00:00+02:00")

OFFICE = SettingsCalendarChanged.model_validate(
    {
        "name": "office",
        "zone": "Europe/Vienna",
        "hours": tuple(
            {"weekday": day, "start": "08:00", "end": "17:00"} for day in ("mon", "tue", "wed", "thu", "fri")
        ),
        "holidays": ({"date": "2026-06-04"},),
    }
)


def policy(name: str, *targets: dict[str, Any], **conditions: Any) -> dict[str, Any]:
    return {"name": name, "targets": targets, **conditions}


def target(clock: str, hours: float, *paused_on: str, warn: tuple[int, ...] = ()) -> dict[str, Any]:
    return {"clock": clock, "target_seconds": int(hours * 3600), "paused_on": paused_on, "warn_percent": warn}


def promises(*policies: dict[str, Any]) -> SettingsSlaChanged:
    return SettingsSlaChanged.model_validate({"policies": policies})


FOUR_EIGHT = promises(
    policy(
        "everyone",
        target("first_response", 4, warn=(50, 75)),
        target("next_response", 4),
        target("resolution", 8, "pending", "on_hold", warn=(50,)),
        calendar="office",
    )
)


def desk(*settings: SettingsSlaChanged | SettingsCalendarChanged) -> Desk:
    made = Desk()
    for data in settings or (OFFICE, FOUR_EIGHT):
        made.say(data, MONDAY - 30 * DAY, account=None)
    return made


def opened(**fields: Any) -> TicketOpened:
    return TicketOpened.model_validate({"ticket": "T", **fields})


def status(name: str) -> TicketStatusChanged:
    return TicketStatusChanged.model_validate({"ticket": "T", "status": name})


REPLY = ExpertReplied(ticket="T", expert="x")
NOTE = ExpertReplied(ticket="T", expert="x", public=False)
ASK = TicketMessageAdded(ticket="T", author="customer")
BOT = TicketMessageAdded(ticket="T", author="bot")
SOLVED = TicketResolved(ticket="T")
REOPENED = TicketReopened(ticket="T")


def at(day: int, hour: float) -> int:
    """So many hours after the Vienna midnight of a day; day 0 is a Monday."""
    return MONDAY + day * DAY + round(hour * HOUR)


def test_a_reply_in_time_keeps_the_promise() -> None:
    d = desk()
    d.say(opened(), at(0, 16), event_id="open")
    d.say(BOT, at(0, 16.1))
    d.say(NOTE, at(0, 16.2))
    d.say(REPLY, at(1, 10), event_id="reply")
    first = d.clock_of("first_response")
    assert (first.state, first.fulfilled_at, first.breached_at) == ("fulfilled", at(1, 10), None)
    assert first.elapsed_seconds == 3 * 3600
    assert first.remaining_seconds == 3600
    assert first.due_at == at(1, 11)
    assert [(term.label, term.amount, term.event_ids) for term in first.terms] == [
        ("new: counted", 3 * 3600.0, ("open", "reply"))
    ]
    assert (first.policy, first.calendar, first.target_seconds) == ("everyone", "office", 4 * 3600)
    assert d.warnings() == [("first_response", 0, 50, at(1, 9))]
    assert d.breaches() == []


def test_a_breach_and_its_warnings_come_to_the_instant_on_an_idle_stream() -> None:
    d = desk()
    d.say(opened(), at(0, 15))
    d.wait_until(at(3, 9))
    assert d.warnings() == [
        ("first_response", 0, 50, at(0, 17)),
        ("first_response", 0, 75, at(1, 9)),
        ("resolution", 0, 50, at(1, 10)),
    ]
    assert d.breaches() == [("first_response", 0, at(1, 10)), ("resolution", 0, at(1, 14))]
    first = d.clock_of("first_response")
    assert (first.state, first.breached_at, first.evaluated_at) == ("breached", at(1, 10), at(1, 10))
    assert [(alert.alert, alert.happened_at) for alert in d.alerts()] == [
        ("sla.warned", at(0, 17)),
        ("sla.warned", at(1, 9)),
        ("sla.breached", at(1, 10)),
        ("sla.warned", at(1, 10)),
        ("sla.breached", at(1, 14)),
    ]
    d.say(REPLY, at(4, 9))
    first = d.clock_of("first_response")
    assert (first.state, first.fulfilled_at, first.breached_at) == ("breached", at(4, 9), at(1, 10))
    assert first.elapsed_seconds == (2 + 9 + 9 + 1) * 3600  # Thursday is a holiday
    assert len(d.alerts()) == 5


@pytest.mark.parametrize(
    ("replied_at", "is_breached"), [(at(1, 10) - 1, False), (at(1, 10), False), (at(1, 10) + 1, True)]
)
def test_the_last_microsecond_counts(replied_at: int, *, is_breached: bool) -> None:
    d = desk()
    d.say(opened(), at(0, 15))
    d.say(REPLY, replied_at)
    assert bool(d.breaches()) is is_breached


def test_a_pause_stops_only_the_clocks_that_name_it() -> None:
    d = desk()
    d.say(opened(), at(0, 9))
    d.say(status("pending"), at(0, 10))
    d.say(REPLY, at(0, 12))
    d.say(status("open"), at(1, 9))
    assert d.clock_of("first_response").elapsed_seconds == 3 * 3600
    resolution = d.clock_of("resolution")
    assert (resolution.state, resolution.elapsed_seconds) == ("running", 3600.0)
    assert resolution.due_at == at(1, 16)
    d.say(status("on_hold"), at(1, 10))
    resolution = d.clock_of("resolution")
    assert (resolution.state, resolution.elapsed_seconds, resolution.due_at) == ("paused", 2 * 3600.0, None)
    d.wait_until(at(20, 0))
    assert d.clock_of("resolution").state == "paused"


def test_each_question_after_a_reply_starts_a_next_response() -> None:
    d = desk()
    d.say(opened(), at(0, 9))
    d.say(ASK, at(0, 9.5))  # before any reply: still the first response
    d.say(REPLY, at(0, 10))
    assert not [fact for fact in d.facts(SlaClock) if fact.clock == "next_response"]
    d.say(ASK, at(0, 11), event_id="ask")
    d.say(ASK, at(0, 12))
    d.say(REPLY, at(0, 13), event_id="answer")
    d.say(ASK, at(0, 16))
    d.wait_until(at(1, 15))
    first, second = d.clock_of("next_response", 0), d.clock_of("next_response", 1)
    assert (first.state, first.started_at, first.fulfilled_at) == ("fulfilled", at(0, 11), at(0, 13))
    assert [term.event_ids[-2:] for term in first.terms] == [("ask", "answer")]
    assert (second.state, second.breached_at) == ("breached", at(1, 11))


def test_a_solved_ticket_fulfils_its_resolution_and_reopening_continues_it() -> None:
    d = desk()
    d.say(opened(), at(0, 9))
    d.say(REPLY, at(0, 10))
    d.say(SOLVED, at(0, 12))
    solved = d.clock_of("resolution")
    assert (solved.state, solved.fulfilled_at, solved.elapsed_seconds) == ("fulfilled", at(0, 12), 3 * 3600.0)
    d.say(REOPENED, at(2, 8))
    again = d.clock_of("resolution")
    assert (again.state, again.fulfilled_at, again.elapsed_seconds) == ("running", None, 3 * 3600.0)
    assert again.due_at == at(2, 13)
    d.say(TicketClosed(ticket="T"), at(2, 10))
    closed = d.clock_of("resolution")
    assert (closed.state, closed.fulfilled_at, closed.elapsed_seconds) == ("fulfilled", at(2, 10), 5 * 3600.0)
    assert [(term.label, term.amount) for term in closed.terms] == [
        ("new: counted", 3 * 3600.0),
        ("solved: stopped", 0.0),
        ("open: counted", 2 * 3600.0),
        ("closed: stopped", 0.0),
    ]


def test_solving_without_a_reply_cancels_the_response_until_it_is_reopened() -> None:
    d = desk()
    d.say(opened(), at(0, 9))
    d.say(SOLVED, at(0, 10))
    assert d.clock_of("first_response").state == "cancelled"
    d.wait_until(at(1, 12))
    assert d.breaches() == []
    d.say(REOPENED, at(1, 13))
    d.wait_until(at(2, 9))
    assert d.breaches() == [("first_response", 0, at(1, 16))]


def test_a_merge_cancels_what_runs_and_keeps_what_was_broken() -> None:
    d = desk()
    d.say(opened(), at(0, 9))
    d.wait_until(at(0, 14))
    d.say(TicketMerged(ticket="T", into="U"), at(0, 15))
    d.say(REOPENED, at(0, 16))
    d.wait_until(at(10, 0))
    assert d.clock_of("first_response").state == "breached"
    assert (d.clock_of("resolution").state, d.clock_of("resolution").elapsed_seconds) == ("cancelled", 6 * 3600.0)
    assert d.breaches() == [("first_response", 0, at(0, 13))]


def test_late_truth_moves_a_breach_without_a_second_alert() -> None:
    d = desk()
    d.say(opened(), at(0, 9))
    d.say(REPLY, at(0, 9))
    d.say(status("pending"), at(0, 15))
    d.say(status("open"), at(0, 17))
    d.wait_until(at(1, 12))
    assert d.breaches() == [("resolution", 0, at(1, 10))]
    d.say(status("on_hold"), at(0, 14), taken_at=at(1, 12))
    assert d.breaches() == [("resolution", 0, at(1, 11))]
    assert [alert.happened_at for alert in d.alerts() if alert.alert == "sla.breached"] == [at(1, 10)]
    moved = [("resolution", at(1, 10), False), ("resolution", at(1, 10), True), ("resolution", at(1, 11), False)]
    assert d.heard() == moved


def test_late_truth_retracts_a_breach_and_tells_the_other_processors() -> None:
    d = desk()
    d.say(opened(), at(0, 9))
    d.wait_until(at(0, 16))
    assert d.breaches() == [("first_response", 0, at(0, 13))]
    d.say(REPLY, at(0, 10), taken_at=at(0, 16))
    assert d.breaches() == []
    assert d.heard() == [("first_response", at(0, 13), False), ("first_response", at(0, 13), True)]
    assert d.warnings() == [("resolution", 0, 50, at(0, 13))]
    assert d.clock_of("first_response").state == "fulfilled"


def test_what_comes_after_the_horizon_is_late_and_changes_nothing() -> None:
    d = desk()
    d.say(opened(), at(0, 9))
    d.wait_until(at(40, 9))
    before = d.facts(SlaClock)
    d.say(REPLY, at(0, 10), event_id="forgotten", taken_at=at(40, 9))
    assert d.facts(SlaClock) == before
    (late,) = d.history(EventLate)
    assert (late.processor, late.entity, late.event_id, late.late_by_seconds) == (
        "sla",
        "T",
        "forgotten",
        8 * 86_400 - 3_600,
    )


def test_the_horizon_is_a_setting() -> None:
    d = desk()
    d.say(SettingsLimitsChanged(horizon_days=2), MONDAY - DAY, account=None)
    d.say(opened(), at(0, 9))
    d.wait_until(at(3, 9))
    d.say(REPLY, at(0, 10), taken_at=at(3, 9))
    assert len(d.history(EventLate)) == 1


def test_repeats_change_nothing() -> None:
    d = desk()
    for _ in range(2):
        d.say(opened(), at(0, 9), event_id="open")
    d.say(REPLY, at(0, 10), event_id="reply")
    facts, cell = d.facts(SlaClock), d.cell()
    d.say(REPLY, at(0, 10), event_id="reply")
    assert (d.facts(SlaClock), d.cell()) == (facts, cell)


TIERED = promises(
    policy("urgent", target("resolution", 1), priorities=("urgent",), tiers=("enterprise",)),
    policy("enterprise", target("resolution", 4), tiers=("enterprise",)),
    policy("chat", target("resolution", 6), channels=("chat",)),
    policy("rest", target("resolution", 8, "pending"), target("first_response", 2)),
)


@pytest.mark.parametrize(
    ("tier", "priority", "channel", "expected"),
    [
        ("enterprise", "urgent", "email", "urgent"),
        ("enterprise", "high", "chat", "enterprise"),
        ("free", "urgent", "chat", "chat"),
        (None, "urgent", "email", "rest"),
        ("free", None, "email", "rest"),
    ],
)
def test_the_first_policy_that_holds_counts(
    tier: str | None, priority: str | None, channel: str, expected: str
) -> None:
    d = desk(TIERED)
    if tier is not None:
        d.say(AccountCreated.model_validate({"tier": tier}), MONDAY)
    d.say(opened(priority=priority, channel=channel), at(0, 9))
    assert d.clock_of("resolution").policy == expected
    assert len([fact for fact in d.facts(SlaClock) if fact.clock == "first_response"]) == (expected == "rest")


def test_an_unsaid_priority_is_normal() -> None:
    d = desk(promises(policy("normal", target("resolution", 1), priorities=("normal",))))
    d.say(opened(), at(0, 9))
    assert d.clock_of("resolution").policy == "normal"


def test_another_tier_under_way_is_promised_from_the_opening_with_pauses_kept() -> None:
    d = desk(TIERED)
    d.say(opened(), at(0, 9))
    d.say(status("pending"), at(0, 10))
    d.say(status("open"), at(0, 11))
    d.say(AccountUpdated(tier="enterprise"), at(0, 12))
    assert d.clock_of("resolution").policy == "rest"  # the context shows it from the next record on
    d.wait_until(at(0, 12))
    resolution = d.clock_of("resolution")
    assert (resolution.policy, resolution.due_at) == ("enterprise", at(0, 13))  # whose policy pauses on nothing
    assert not [fact for fact in d.facts(SlaClock) if fact.clock == "first_response"]
    d.say(TicketPriorityChanged(ticket="T", priority="urgent"), at(0, 12.5))
    assert d.clock_of("resolution").policy == "urgent"
    assert d.breaches() == [("resolution", 0, at(0, 10))]


def test_a_clock_that_ended_keeps_the_promise_of_its_end() -> None:
    d = desk(TIERED)
    d.say(AccountCreated(tier="free"), MONDAY)
    d.say(opened(), at(0, 9))
    d.say(REPLY, at(0, 10))
    d.say(SOLVED, at(0, 11))
    d.say(AccountUpdated(tier="enterprise"), at(0, 12))
    d.say(TicketPriorityChanged(ticket="T", priority="urgent"), at(0, 13))
    d.wait_until(at(1, 0))
    assert d.clock_of("resolution").policy == "rest"
    assert d.clock_of("first_response").state == "fulfilled"


def test_settings_count_as_of_the_opening_even_when_they_come_late() -> None:
    d = desk(promises(policy("old", target("first_response", 4))))
    d.say(opened(), at(0, 9))
    d.say(promises(policy("new", target("first_response", 1))), at(0, 10), account=None)
    d.wait_until(at(0, 11))
    assert (d.clock_of("first_response").policy, d.breaches()) == ("old", [])
    d.say(promises(policy("forgotten", target("first_response", 1))), at(0, 8), account=None)
    d.wait_until(at(0, 12))
    assert d.clock_of("first_response").policy == "forgotten"
    assert d.breaches() == [("first_response", 0, at(0, 10))]


@pytest.mark.parametrize(
    "calendar",
    [None, SettingsCalendarChanged(name="office", zone="Mars/Olympus", hours=())],
)
def test_a_calendar_that_cannot_be_used_is_always_open(calendar: SettingsCalendarChanged | None) -> None:
    d = desk(FOUR_EIGHT, *([calendar] if calendar else []))
    d.say(opened(), at(5, 9))
    first = d.clock_of("first_response")
    assert (first.calendar, first.due_at) == ("always", at(5, 13))


def test_without_settings_the_default_promises_hold() -> None:
    d = Desk()
    d.say(opened(), at(0, 9))
    assert d.clock_of("resolution").policy == "default"


def test_nothing_is_promised_before_the_opening_is_known() -> None:
    d = desk()
    d.say(REPLY, at(0, 10))
    assert d.facts(SlaClock) == []
    d.say(opened(), at(0, 9), taken_at=at(0, 10))
    assert d.clock_of("first_response").fulfilled_at == at(0, 10)


def test_an_answer_before_the_opening_answers_it_at_once() -> None:
    d = desk()
    d.say(REPLY, at(0, 9) - 1)
    d.say(opened(), at(0, 9))
    first = d.clock_of("first_response")
    assert (first.state, first.fulfilled_at, first.elapsed_seconds) == ("fulfilled", at(0, 9), 0.0)


def test_what_is_dated_ahead_counts_once_its_time_has_come() -> None:
    d = desk()
    d.say(opened(), at(0, 9))
    d.say(REPLY, at(0, 12), taken_at=at(0, 10))
    d.wait_until(at(0, 11.9))
    assert d.clock_of("first_response").state == "running"
    d.wait_until(at(0, 12))
    assert d.clock_of("first_response").fulfilled_at == at(0, 12)


def test_a_cell_waits_for_the_horizon_after_its_end_and_then_closes() -> None:
    d = desk()
    d.say(opened(), at(0, 9))
    d.say(REPLY, at(0, 10))
    d.say(SOLVED, at(0, 12))
    d.wait_until(at(32, 12))
    assert d.is_open()
    d.wait_until(at(32, 12) + 1)
    assert not d.is_open()
    assert (d.cell().entries, d.cell().wakes_at) == ([], None)
    facts = d.facts(SlaClock)
    d.say(REOPENED, at(40, 8))
    assert d.is_open()
    resolution = d.clock_of("resolution")
    assert (resolution.state, resolution.elapsed_seconds) == ("running", 3 * 3600.0)
    assert [fact for fact in facts if fact.clock == "first_response"] == [d.clock_of("first_response")]


def test_a_ticket_without_an_account_is_reached_by_the_tenants_settings() -> None:
    d = desk(promises(policy("old", target("resolution", 4))))
    d.say(opened(), at(0, 9), account=None)
    d.say(promises(policy("backdated", target("resolution", 4))), at(0, 8), account=None)
    d.wait_until(at(0, 10))
    assert d.clock_of("resolution").policy == "backdated"


def test_history_is_not_breached_by_today() -> None:
    d = desk()
    d.wait_until(at(400, 0))
    d.begin_history()
    d.say(opened(), at(0, 9))
    d.say(status("pending"), at(0, 9))
    d.say(status("open"), at(0, 9))  # the rows of one instant come in any order
    assert d.breaches() == []
    d.say(REPLY, at(0, 10))
    d.say(SOLVED, at(0, 18))
    d.end_history()
    d.wait_until(at(401, 0))
    assert d.history(EventLate) == []
    assert d.breaches() == [("resolution", 0, at(0, 17))]
    assert not d.is_open()


def test_a_backfilled_ticket_that_is_still_open_is_told_by_the_clock_at_the_end() -> None:
    d = desk()
    d.begin_history(clock="journal")
    d.say(opened(), at(0, 9))
    assert d.breaches() == []
    d.end_history()
    d.wait_until(at(2, 0))
    assert d.breaches() == [("first_response", 0, at(0, 13)), ("resolution", 0, at(0, 17))]


def test_a_cell_stays_small_whatever_comes() -> None:
    d = desk()
    d.say(opened(), at(0, 9))
    for number in range(400):
        d.say(ASK if number % 2 else REPLY, at(0, 9) + number * MINUTE, event_id=f"{number}-" + "é" * 120)
    for number in range(200):
        d.say(status("pending" if number % 2 else "open"), at(1 + number, 0), event_id=f"status-{number}")
    assert len(SLA.encode(d.cell())[""]) <= LARGEST_CELL_BYTES
    assert len(d.cell().entries) <= 256
    assert d.clock_of("next_response", 198).state == "fulfilled"


def test_why_tells_every_piece_and_sums_to_the_elapsed_time() -> None:
    d = desk()
    d.say(opened(), at(0, 16), event_id="open")
    d.say(status("pending"), at(1, 10), event_id="pending")
    d.say(status("open"), at(1, 16), event_id="open again")
    d.say(SOLVED, at(4, 9), event_id="solved")
    why = why_clock(d.cell(), d.engine.fold_of(TENANT), "resolution")
    assert why is not None
    assert why.segments == (
        (at(0, 16), at(0, 17), HOUR, "new: counted", "open"),
        (at(0, 17), at(1, 8), 0, "new: calendar office is closed", "open"),
        (at(1, 8), at(1, 10), 2 * HOUR, "new: counted", "open"),
        (at(1, 10), at(1, 16), 0, "pending: paused", "pending"),
        (at(1, 16), at(1, 17), HOUR, "open: counted", "open again"),
        (at(1, 17), at(2, 8), 0, "open: calendar office is closed", "open again"),
        (at(2, 8), at(2, 17), 9 * HOUR, "open: counted", "open again"),
        (at(2, 17), at(4, 8), 0, "open: calendar office is closed", "open again"),
        (at(4, 8), at(4, 9), HOUR, "open: counted", "open again"),
        (at(4, 9), at(4, 9), 0, "solved: stopped", "solved"),
    )
    assert sum(segment.counted_us for segment in why.segments) == why.reading.elapsed_us == 14 * HOUR
    assert why_clock(d.cell(), d.engine.fold_of(TENANT), "next_response") is None
