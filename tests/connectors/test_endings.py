"""What ends, moves or goes on elsewhere is told as just that."""

from __future__ import annotations

import pytest

from tests.connectors.test_mappings import both, said, set_, with_

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
