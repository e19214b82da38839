"""Status, priority and ratings in the words of each tool: the normalisation tables, row by row."""

from __future__ import annotations

import pytest

from schemas.values import Status
from streams.connectors import moments
from streams.connectors.scales import (
    PRIORITIES,
    STATUSES,
    five_rating,
    help_scout_rating,
    jira_status,
    priority_of,
    status_of,
    survey_scale,
    zendesk_rating,
)

ROWS: list[tuple[str, str, Status]] = [
    ("zendesk", "NEW", "new"),
    ("zendesk", "OPEN", "open"),
    ("zendesk", "PENDING", "pending"),
    ("zendesk", "HOLD", "on_hold"),
    ("zendesk", "SOLVED", "solved"),
    ("zendesk", "CLOSED", "closed"),
    ("zendesk", "solved", "solved"),
    ("zendesk", "DELETED", "closed"),
    ("intercom", "open", "open"),
    ("intercom", "snoozed", "on_hold"),
    ("intercom", "closed", "closed"),
    ("intercom", "submitted", "open"),
    ("intercom", "in_progress", "open"),
    ("intercom", "waiting_on_customer", "pending"),
    ("intercom", "resolved", "solved"),
    ("freshdesk", "2", "open"),
    ("freshdesk", "3", "pending"),
    ("freshdesk", "4", "solved"),
    ("freshdesk", "5", "closed"),
    ("freshdesk", "6", "pending"),
    ("freshdesk", "7", "on_hold"),
    ("freshdesk", "Waiting on Customer", "pending"),
    ("helpscout", "active", "open"),
    ("helpscout", "pending", "pending"),
    ("helpscout", "closed", "closed"),
    ("helpscout", "spam", "closed"),
    ("chatwoot", "open", "open"),
    ("chatwoot", "pending", "open"),
    ("chatwoot", "snoozed", "on_hold"),
    ("chatwoot", "resolved", "solved"),
    ("zammad", "new", "new"),
    ("zammad", "open", "open"),
    ("zammad", "pending reminder", "on_hold"),
    ("zammad", "pending close", "on_hold"),
    ("zammad", "closed", "closed"),
    ("zammad", "merged", "closed"),
    ("github", "open", "open"),
    ("github", "closed", "closed"),
]


@pytest.mark.parametrize(("tool", "raw", "status"), ROWS)
def test_a_status_means_what_the_table_says(tool: str, raw: str, status: Status) -> None:
    assert status_of(tool, raw, {}) == status


@pytest.mark.parametrize(
    ("tool", "raw"),
    [
        ("zendesk", "ARCHIVED"),
        ("freshdesk", "8"),
        ("helpscout", "waiting"),
        ("zammad", "offen"),
        ("hubspot", "4"),
        ("x", "open"),
    ],
)
def test_a_word_nobody_knows_means_nothing_until_the_operator_says(tool: str, raw: str) -> None:
    assert status_of(tool, raw, {}) is None
    assert status_of(tool, raw, {raw: "on_hold"}) == "on_hold"
    assert status_of(tool, raw.upper(), {raw.lower(): "closed"}) == "closed"


@pytest.mark.parametrize(
    ("name", "category", "status"),
    [
        ("Open", "new", "open"),
        ("To Do", "new", "open"),
        ("In Progress", "indeterminate", "open"),
        ("Waiting for customer", "indeterminate", "pending"),
        ("On Hold", "indeterminate", "on_hold"),
        ("Pending", "indeterminate", "on_hold"),
        ("Resolved", "done", "solved"),
        ("Done", "done", "solved"),
        ("Closed", "done", "closed"),
        ("Canceled", "done", "closed"),
        ("Fertig", "done", "solved"),
        ("Closed", "", "closed"),
        ("Fertig", "", None),
    ],
)
def test_jira_statuses_by_category_and_name(name: str, category: str, status: Status | None) -> None:
    assert jira_status(name, category, {}) == status
    assert jira_status(name, category, {name.lower(): "new"}) == "new"


@pytest.mark.parametrize(
    ("tool", "raw", "priority"),
    [
        ("zendesk", "LOW", "low"),
        ("zendesk", "NORMAL", "normal"),
        ("zendesk", "HIGH", "high"),
        ("zendesk", "URGENT", "urgent"),
        ("freshdesk", "1", "low"),
        ("freshdesk", "2", "normal"),
        ("freshdesk", "3", "high"),
        ("freshdesk", "4", "urgent"),
        ("freshdesk", "Medium", "normal"),
        ("chatwoot", "medium", "normal"),
        ("zammad", "1 low", "low"),
        ("zammad", "2 normal", "normal"),
        ("zammad", "3 high", "high"),
        ("intercom", "priority", "high"),
        ("intercom", "not_priority", "normal"),
        ("intercom", "urgent", "urgent"),
        ("jira", "Highest", "urgent"),
        ("jira", "Medium", "normal"),
        ("jira", "Lowest", "low"),
        ("hubspot", "MEDIUM", "normal"),
        ("salesforce", "High", "high"),
        ("salesforce", "Sehr hoch", None),
    ],
)
def test_a_priority_means_what_the_table_says(tool: str, raw: str, priority: str | None) -> None:
    assert priority_of(tool, raw) == priority


def test_raw_words_stand_in_lower_case() -> None:
    for table in (STATUSES, PRIORITIES):
        assert all(raw == raw.lower() for words in table.values() for raw in words)
    assert set(STATUSES) == set(PRIORITIES)


def test_ratings_keep_their_scales() -> None:
    assert [help_scout_rating(raw) for raw in ("great", "2", "not_good", "")] == [(3, 3), (2, 3), (1, 3), None]
    assert [zendesk_rating(raw) for raw in ("good", "bad_with_comment", "unoffered")] == [(2, 2), (1, 2), None]
    assert [five_rating(score) for score in (1, 5, 0, 6, None)] == [(1, 5), (5, 5), None, None, None]
    assert [survey_scale("nps", score) for score in (0, 10, 11, None)] == ["nps", "nps", None, None]
    assert (survey_scale("ces", 7), survey_scale("thumbs", 1), survey_scale("csat", 0)) == ("ces", None, None)


SECOND = 1_000_000
NOON = 1_772_452_800 * SECOND  # 2026-03-02T12:00:00Z


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-03-02T12:00:00Z", NOON),
        ("2026-03-02T12:00:00.204918377Z", NOON + 204_918),
        ("2026-03-02T12:00:00.412+0000", NOON + 412_000),
        ("2026-03-02T13:00:00+01:00", NOON),
        ("2026-03-02 12:00:00.921000", None),
        ("2026-03-02", None),
        ("yesterday", None),
        ("", None),
        (None, None),
        (12, None),
        ("9" * 60, None),
    ],
)
def test_instants_as_text(text: object, instant: int | None) -> None:
    assert moments.iso(text) == instant


def test_instants_as_numbers() -> None:
    assert moments.iso("2026-03-02 12:00:00.921000", zone="Z") == NOON + 921_000
    assert moments.seconds(NOON // SECOND) == moments.milliseconds(NOON // 1_000) == NOON
    assert moments.seconds(NOON / SECOND + 0.3100002) == NOON + 310_000
    assert moments.seconds_text("1772452800.000200") == NOON + 200
    for wrong in (True, "1772452800", -1, 10**18, None, float("nan"), float("inf")):
        assert moments.seconds(wrong) is None
    for text in ("", "1.2.3", "1772452800.0000001", "-1", "\u0661"):
        assert moments.seconds_text(text) is None
