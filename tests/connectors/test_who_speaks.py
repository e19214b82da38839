"""Whose words they are: people are told apart, and nobody speaks for another."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from schemas.decode import decode
from tests.connectors.test_mappings import MESSAGE, Change, both, set_, with_

INES = "712020:11111111-2222-4333-8444-555555555555"
SENDER = ("conversation", "meta", "sender")


def test_a_customer_and_a_user_of_help_scout_may_have_one_number() -> None:
    user = {"type": "message", "id": 5, "createdAt": "2026-03-02T15:00:00Z", "createdBy": {"id": 7}, "body": "Done."}
    customer = {**user, "type": "customer", "body": "Thanks."}
    asked = both(set_("primaryCustomer", "id", 7), set_("_embedded", "threads", [user, customer]))
    said = [
        with_("helpscout/convo_created.json", asked, headers={"x-helpscout-event": kind})[0].data
        for kind in ("convo.agent.reply.created", "convo.customer.reply.created")
    ]
    assert (said[0]["expert"], said[0]["requester"]) == ("helpscout:7", "helpscout:customer:7")
    assert said[1]["person"] == "helpscout:customer:7"


def test_a_contact_and_an_agent_of_chatwoot_may_have_one_number() -> None:
    contact = both(set_(*SENDER, "id", 1), set_(*SENDER, "identifier", None))
    agent = both(set_("message_type", "outgoing"), set_("sender", {"id": 1, "type": "user"}))
    (asked,) = with_(MESSAGE, contact)
    (answered,) = with_(MESSAGE, both(contact, agent))
    assert (asked.data["person"], answered.data["expert"]) == ("chatwoot:contact:1", "chatwoot:1")
    assert answered.data["requester"] == "chatwoot:contact:1"
    (nobody,) = with_(MESSAGE, set_(*SENDER, {"email": "tomas.rey@brightfern.example"}))
    assert nobody.data["person"].startswith("email:")


RULE = ("freshdesk_webhook", "triggered_event")
CONTACT = {"data": {"payload": {"ChangeEventHeader": {"entityName": "Contact", "recordIds": ["003RM1"]}}}}


@pytest.mark.parametrize(
    ("name", "change", "headers", "person"),
    [
        ("zendesk/ticket_created.json", set_("type", "zen:event-type:ticket.merged"), None, "zendesk:7304000000501"),
        (
            "zendesk/ticket_created.json",
            both(set_("type", "zen:event-type:user.created"), set_("detail", {"id": "7304000000501"})),
            None,
            "zendesk:7304000000501",
        ),
        ("intercom/conversation_user_replied.json", set_("topic", "conversation.read"), None, "usr_4411"),
        (
            "intercom/conversation_user_replied.json",
            both(set_("topic", "contact.user.updated"), set_("data", "item", {"id": "64f1", "external_id": None})),
            None,
            "intercom:64f1",
        ),
        (
            "freshdesk/ticket_created.json",
            both(set_(*RULE, "{tag_added:vip}"), set_("freshdesk_webhook", "requester_id", "7")),
            None,
            "freshdesk:7",
        ),
        (
            "helpscout/convo_created.json",
            set_("primaryCustomer", "id", 238604),
            {"x-helpscout-event": "convo.merged"},
            "helpscout:customer:238604",
        ),
        (
            "helpscout/convo_deleted.json",
            set_("id", 9),
            {"x-helpscout-event": "customer.updated"},
            "helpscout:customer:9",
        ),
        ("chatwoot/message_created.json", set_("event", "conversation_typing_on"), None, "usr_9001"),
        (
            "chatwoot/contact_updated.json",
            both(set_("identifier", None), set_("id", 3), set_("custom_attributes", {})),
            None,
            "chatwoot:contact:3",
        ),
        ("jira/comment_created.json", set_("webhookEvent", "comment_deleted"), None, f"jira:{INES}"),
        (
            "jira/issue_updated_status.json",
            set_("changelog", "items", [{"field": "Rank"}]),
            None,
            "jira:qm:6a1c0b2e-1f7a-4a0e-9b5b-aa11bb22cc33:0f",
        ),
        (
            "github/issues_opened.json",
            both(set_("action", "edited"), set_("issue", "user", "login", "m")),
            None,
            "github:m",
        ),
        ("slack/event_message.json", set_("event", {"type": "reaction_added", "user": "U7"}), None, "slack:U7"),
        ("salesforce/case_gap_update.json", lambda body: body.update(CONTACT), None, "salesforce:003RM1"),
    ],
)
def test_what_nobody_knows_is_kept_for_whom_it_tells_of(
    name: str, change: Change, headers: Mapping[str, str] | None, person: str
) -> None:
    (kept,) = (one for one in with_(name, change, headers) if one.type == "source.unmapped")
    assert kept.data["person"] == person
    assert decode(kept.raw()).data.person == person  # type: ignore[attr-defined]


REPLIED = "intercom/conversation_user_replied.json"
MINA, TOMAS = "69a4c0de5b1d4f0012ab34cd", "69a4c0de5b1d4f0012ab0000"
CONTACTS = [
    {"type": "contact", "id": TOMAS, "external_id": "usr_9001"},
    {"type": "contact", "id": MINA, "external_id": "usr_4411"},
]
PARTS = ("data", "item", "conversation_parts", "conversation_parts")


@pytest.mark.parametrize(
    ("author", "person"),
    [
        ({"type": "user", "id": TOMAS}, "usr_9001"),
        ({"type": "user", "id": MINA}, "usr_4411"),
        ({"type": "lead", "id": "64f1"}, "intercom:64f1"),
        ({"type": "user"}, "usr_4411"),
    ],
)
def test_each_contact_of_an_intercom_conversation_speaks_for_itself(author: dict[str, str], person: str) -> None:
    """https://developers.intercom.com/docs/references/rest-api/api.intercom.io/conversations/attachcontacttoconversation"""
    several = set_("data", "item", "contacts", "contacts", CONTACTS)
    (words,) = with_(REPLIED, both(several, set_(*PARTS, 0, "author", author)))
    assert words.data["person"] == person
    answer = {"type": "admin", "id": "9700011"}
    (reply,) = with_(REPLIED, both(several, set_(*PARTS, 0, "author", answer)))
    # Who began it is who asked, wherever they stand in the list.
    assert reply.data["requester"] == "usr_4411"


@pytest.mark.parametrize("topic", ["conversation.admin.assigned", "conversation.admin.replied"])
def test_what_is_written_with_an_assignment_of_intercom_is_kept(topic: str) -> None:
    """https://developers.intercom.com/docs/references/rest-api/api.intercom.io/conversations/manageconversation"""
    by = {"type": "admin", "id": "9700011"}
    part = {
        "id": "9002",
        "part_type": "assignment",
        "body": "<p>Ines helps.</p>",
        "author": by,
        "created_at": 1772443500,
    }
    assigned = ["ticket.assigned"] if topic.endswith("assigned") else []
    made = with_(REPLIED, both(set_("topic", topic), set_(*PARTS, [part])))
    assert [one.type for one in made] == ["expert.replied", *assigned]
    assert (made[0].id, made[0].data["text"], made[0].data["expert"]) == (
        "part:9002",
        "Ines helps.",
        "intercom:9700011",
    )
    silent = with_(REPLIED, both(set_("topic", topic), set_(*PARTS, [part | {"body": None}])))
    assert [one.type for one in silent] == assigned
