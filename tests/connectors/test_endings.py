"""What ends, moves or goes on elsewhere is told as just that."""

from __future__ import annotations

import pytest

from streams.connectors import pull_stripe
from tests.connectors.asking import made_of
from tests.connectors.test_mappings import both, said, set_, with_

SUBSCRIPTION = "stripe/customer_subscription_updated.json"
ENDED = "stripe/customer_subscription_deleted.json"


def test_who_ends_a_subscription_of_stripe_has_left_unless_the_operator_says_otherwise() -> None:
    (left,) = made_of(ENDED)
    assert (left.type, said(left)["reason"]) == ("account.churned", "missing_features")
    (kept,) = made_of(ENDED, statuses={"canceled": "open"})
    ended = {"subscription_status": "canceled", "cancellation_reason": "missing_features"}
    assert (kept.type, said(kept)["attributes"]) == ("account.updated", ended)


def test_a_customer_that_stripe_deletes_has_left() -> None:
    customer = {"id": "cus_Tidewater0001", "object": "customer", "metadata": {"account_id": "acct_1007"}}
    (gone,) = with_(ENDED, both(set_("type", "customer.deleted"), set_("data", "object", customer)))
    assert (gone.type, gone.account) == ("account.churned", "acct_1007")
    assert "customer.deleted" in pull_stripe.KINDS


@pytest.mark.parametrize(("status", "types"), [("active", ["updated", "renewed"]), ("incomplete", ["updated"])])
def test_who_begins_to_pay_stripe_is_there_again(status: str, types: list[str]) -> None:
    begun = both(set_("type", "customer.subscription.created"), set_("data", "object", "status", status))
    made = with_(SUBSCRIPTION, begun)
    assert [one.type for one in made] == [f"account.{name}" for name in types]
    assert len({one.id for one in made}) == len(types)


DELETED = "zendesk/ticket_status_changed.json"
CLOSED = {"type": "ticket.status_changed", "status": "closed", "status_raw": "deleted", "by": "zendesk:7304000000021"}


@pytest.mark.parametrize("kind", ["soft_deleted", "permanently_deleted", "marked_as_spam"])
def test_a_ticket_that_zendesk_deletes_is_closed(kind: str) -> None:
    """https://developer.zendesk.com/api-reference/webhooks/event-types/ticket-events/"""
    made = with_(DELETED, both(set_("type", f"zen:event-type:ticket.{kind}"), set_("event", {})))
    assert [said(one) for one in made] == [CLOSED]


def test_a_ticket_that_comes_back_to_zendesk_stands_as_it_is_told() -> None:
    back = both(set_("type", "zen:event-type:ticket.undeleted"), set_("event", {}), set_("detail", "status", "OPEN"))
    unmapped, picture = with_(DELETED, back)
    assert (unmapped.type, said(picture)["status"]) == ("source.unmapped", "open")


def test_a_deleted_ticket_of_the_export_is_closed_and_no_more_is_told_of_it() -> None:
    page = "zendesk/incremental_tickets_cursor_page.json"
    scrubbed = both(set_("tickets", 0, "status", "deleted"), set_("tickets", 0, "subject", "SCRUBBED"))
    assert [said(one) for one in with_(page, scrubbed)] == [
        {"type": "ticket.snapshot", "status": "closed", "status_raw": "deleted"}
    ]


def test_an_issue_of_jira_that_moves_stays_one_ticket() -> None:
    """https://confluence.atlassian.com/cloudkb/migration-of-jira-s-historical-keys-for-issues-and-projects-1027124328.html"""
    items = [
        {"field": "Key", "fieldtype": "jira", "fromString": "SUP-412", "toString": "OPS-7"},
        {"field": "project", "fieldtype": "jira", "from": "10001", "to": "10002", "toString": "Operations"},
        {"field": "status", "fieldtype": "jira", "from": "1", "to": "3", "toString": "In Progress"},
    ]
    here = both(set_("issue", "key", "OPS-7"), set_("changelog", "items", items))
    moved = with_("jira/issue_updated_status.json", here)
    assert {one.data["ticket"] for one in moved} == {made_of("jira/issue_created.json")[0].data["ticket"]}
    assert [one.type for one in moved] == ["ticket.status_changed", "ticket.snapshot"]
    (after,) = with_("jira/comment_created.json", set_("issue", "key", "OPS-7"))
    assert after.data["ticket"] == "jira:10457"
    (bare,) = with_("jira/comment_created.json", set_("issue", {"key": "SUP-412", "fields": {}}))
    assert bare.data["ticket"] == "jira:SUP-412"


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("delighted/survey_response_created.json", ("event_data", "id")),
        ("typeform/form_response_nps.json", ("form_response", "token")),
    ],
)
def test_an_answer_whose_id_has_nothing_to_show_is_kept_as_it_came(name: str, place: tuple[str, ...]) -> None:
    assert [one.type for one in with_(name, set_(*place, "\x08"))] == ["source.unmapped"]
