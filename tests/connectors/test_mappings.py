"""What payloads that differ from the samples in one place say: each connector's smaller rules."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import orjson
import pytest

from schemas.decode import decode
from streams.connectors.catalog import BY_NAME
from streams.connectors.contract import Made
from streams.connectors.wording import plain_if_html
from tests.connectors.asking import PAYLOADS, asked, body_request, connector_of

Change = Callable[[Any], object]


def with_(name: str, change: Change, headers: Mapping[str, str] | None = None) -> list[Made]:
    """What a payload says once it was changed."""
    document = json.loads((PAYLOADS / name).read_bytes())
    change(document)
    sent = headers if headers is not None else asked(name).headers
    made = list(BY_NAME[connector_of(name)].events(body_request(connector_of(name), orjson.dumps(document), sent)))
    for one in made:
        decode(one.raw())
    return made


def said(made: Made) -> dict[str, Any]:
    """The data without the ticket and what was kept raw."""
    return {name: value for name, value in made.data.items() if name not in ("ticket", "body")} | {"type": made.type}


def set_(*path_and_value: Any) -> Change:
    """Puts a value at a path."""
    *path, last, value = path_and_value

    def change(document: Any) -> None:
        for step in path:
            document = document[step]
        document[last] = value

    return change


def both(*changes: Change) -> Change:
    def change(document: Any) -> None:
        for each in changes:
            each(document)

    return change


COMMENT = "zendesk/ticket_comment_added.json"
AUTHOR = ("event", "comment", "author")


def test_zendesk_comments() -> None:
    customer = with_(COMMENT, set_(*AUTHOR, {"id": "7304000000501", "is_staff": False}))[0]
    assert said(customer)["author"] == "customer"
    assert said(customer)["person"] == "zendesk:7304000000501"
    private = with_(COMMENT, set_("event", "comment", "is_public", False))[0]
    assert said(private)["type"] == "expert.noted"
    recorded = {"id": "9", "author_id": "7304000000501", "html_body": "<p>Hello</p>", "is_public": True}
    assert said(with_(COMMENT, set_("event", "comment", recorded))[0])["text"] == "Hello"
    assert said(with_(COMMENT, set_("event", "comment", recorded))[0])["author"] == "customer"
    staff = {**recorded, "author_id": "7304000000021"}
    assert said(with_(COMMENT, set_("event", "comment", staff))[0])["type"] == "expert.replied"


STATUS = "zendesk/ticket_status_changed.json"


@pytest.mark.parametrize(
    ("kind", "types"),
    [
        ("tags_changed", ["ticket.snapshot"]),
        ("custom_status_changed", ["ticket.snapshot"]),
        ("group_assignment_changed", ["ticket.assigned", "ticket.snapshot"]),
        ("merged", ["source.unmapped", "ticket.snapshot"]),
        ("custom_field_changed", ["source.unmapped", "ticket.snapshot"]),
        ("heard_of_in_2030", ["source.unmapped", "ticket.snapshot"]),
    ],
)
def test_zendesk_changes(kind: str, types: list[str]) -> None:
    made = with_(STATUS, set_("type", f"zen:event-type:ticket.{kind}"))
    assert [one.type for one in made] == types


def test_zendesk_words_nobody_knows_are_kept() -> None:
    made = with_(STATUS, both(set_("event", "current", "ARCHIVED"), set_("detail", "status", "ARCHIVED")))
    assert said(made[0]) == {"type": "ticket.snapshot", "status_raw": "ARCHIVED"}
    assert with_(STATUS, set_("type", "zen:event-type:user.created"))[0].type == "source.unmapped"
    rated = with_(
        "zendesk/incremental_tickets_cursor_page.json", set_("tickets", 0, "satisfaction_rating", {"score": "bad"})
    )
    assert (said(rated[2])["score"], said(rated[2])["scale"]) == (1, 2)


REPLIED = "intercom/conversation_user_replied.json"
PART = ("data", "item", "conversation_parts", "conversation_parts", 0)


@pytest.mark.parametrize(
    ("topic", "part", "types"),
    [
        (
            "conversation.admin.replied",
            {"part_type": "comment", "author": {"type": "admin", "id": "1"}},
            ["expert.replied"],
        ),
        ("conversation.admin.noted", {"part_type": "note", "author": {"type": "admin", "id": "1"}}, ["expert.noted"]),
        (
            "conversation.operator.replied",
            {"part_type": "comment", "author": {"type": "bot", "id": "1"}},
            ["ticket.message_added"],
        ),
        (
            "conversation.user.replied",
            {"part_type": "comment", "author": {"type": "lead", "id": "1"}},
            ["ticket.message_added"],
        ),
        ("conversation.user.replied", {"part_type": "assignment", "body": None}, []),
        ("conversation.admin.assigned", {}, ["ticket.assigned"]),
        ("conversation.priority.updated", {}, ["ticket.priority_changed"]),
        ("conversation.admin.snoozed", {}, ["ticket.status_changed"]),
        ("conversation.read", {}, ["source.unmapped"]),
        ("contact.user.created", {}, ["source.unmapped"]),
    ],
)
def test_intercom_conversations(topic: str, part: dict[str, Any], types: list[str]) -> None:
    made = with_(REPLIED, both(set_("topic", topic), lambda document: at_part(document).update(part)))
    assert [one.type for one in made] == types
    if topic == "conversation.operator.replied":
        assert said(made[0])["author"] == "bot"


def at_part(document: Any) -> Any:
    for step in PART:
        document = document[step]
    return document


def test_intercom_tickets_and_companies() -> None:
    state = "intercom/ticket_state_updated.json"
    parts = ("data", "item", "ticket_parts", "ticket_parts", 0)
    assert with_(state, set_(*parts, "previous_ticket_state", "waiting_on_customer")) == []
    assert said(with_(state, set_("topic", "ticket.created"))[0])["title"] == "Report export times out"
    assigned = with_(state, set_("topic", "ticket.admin.assigned"))[0]
    assert said(assigned) == {"type": "ticket.assigned", "assignee": "intercom:9700011"}
    company = {"type": "company", "id": "5", "company_id": "acct_1007", "name": "Tidewater", "plan": {"name": "gold"}}
    made = with_(state, both(set_("topic", "company.updated"), set_("data", "item", company)))[0]
    assert (made.account, said(made)) == ("acct_1007", {"type": "account.updated", "name": "Tidewater", "plan": "gold"})


RULE = "freshdesk/ticket_created.json"
HOOK = "freshdesk_webhook"


@pytest.mark.parametrize(
    ("trigger", "types"),
    [
        ("{priority:{from:1,to:3}}", ["ticket.priority_changed", "ticket.snapshot"]),
        ("{status:{from:2,to:4}}", ["ticket.status_changed", "ticket.snapshot"]),
        ("{note_type:private}", ["ticket.message_added", "ticket.snapshot"]),
        ("{reply_sent:sent}", ["ticket.message_added", "ticket.snapshot"]),
        ("{reply_received:yes}", ["ticket.message_added", "ticket.snapshot"]),
        ("{ticket_action:updated}", ["source.unmapped", "ticket.snapshot"]),
        ("{responder_id:{from:1,to:2}}", ["source.unmapped", "ticket.snapshot"]),
        ("nonsense", ["source.unmapped", "ticket.snapshot"]),
    ],
)
def test_freshdesk_triggers(trigger: str, types: list[str]) -> None:
    made = with_(RULE, set_(HOOK, "triggered_event", trigger))
    assert [one.type for one in made] == types


def test_freshdesk_templates_may_tell_more() -> None:
    more = {
        "event_time": "2026-03-02T12:00:00Z",
        "account_id": "acct_2042",
        "latest_public_comment": "<b>Hi</b>",
        "agent_id": "7",
    }
    made = with_(
        RULE, both(lambda document: document[HOOK].update(more), set_(HOOK, "triggered_event", "{reply_sent:x}"))
    )
    assert all(one.timed and one.account == "acct_2042" for one in made)
    assert said(made[0])["expert"] == "freshdesk:7"
    assert said(made[0])["text"] == "Hi"
    label = with_(
        RULE, both(set_(HOOK, "triggered_event", "{status:{from:2,to:9}}"), set_(HOOK, "ticket_status", "With vendor"))
    )
    assert said(label[0]) == {"type": "ticket.snapshot", "status_raw": "With vendor"}


def test_the_operators_word_for_a_status_of_freshdesk_goes_before_ours() -> None:
    change = both(set_(HOOK, "triggered_event", "{status:{from:2,to:3}}"), set_(HOOK, "ticket_status", "With vendor"))
    document = json.loads((PAYLOADS / RULE).read_bytes())
    change(document)
    sent = body_request("freshdesk", orjson.dumps(document), statuses={"with vendor": "on_hold"})
    assert said(BY_NAME["freshdesk"].events(sent)[0])["status"] == "on_hold"


CONVO = "helpscout/convo_created.json"


@pytest.mark.parametrize(
    ("event", "kind", "types"),
    [
        ("convo.customer.reply.created", "customer", ["ticket.message_added", "ticket.snapshot"]),
        ("convo.agent.reply.created", "message", ["expert.replied", "ticket.snapshot"]),
        ("convo.note.created", "note", ["expert.noted", "ticket.snapshot"]),
        ("convo.agent.reply.created", "lineitem", ["source.unmapped", "ticket.snapshot"]),
        ("convo.assigned", "customer", ["ticket.snapshot"]),
        ("convo.merged", "customer", ["source.unmapped", "ticket.snapshot"]),
        ("customer.created", "customer", ["source.unmapped"]),
        ("helpscout.test", "customer", []),
    ],
)
def test_help_scout_events(event: str, kind: str, types: list[str]) -> None:
    made = with_(CONVO, set_("_embedded", "threads", 0, "type", kind), {"x-helpscout-event": event})
    assert [one.type for one in made] == types


MESSAGE = "chatwoot/message_created.json"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"message_type": "outgoing", "sender": {"id": 5, "type": "user"}}, ("expert.replied", "chatwoot:5")),
        (
            {"message_type": "outgoing", "private": True, "sender": {"id": 5, "type": "user"}},
            ("expert.noted", "chatwoot:5"),
        ),
        ({"message_type": "outgoing", "sender": {"id": 5, "type": "agent_bot"}}, ("ticket.message_added", "bot")),
        ({"message_type": "outgoing", "sender": {"type": "captain_assistant"}}, ("ticket.message_added", "bot")),
        ({"message_type": "template"}, ("ticket.message_added", "bot")),
        ({"message_type": "activity"}, ("source.unmapped", None)),
        ({"event": "message_updated"}, ("source.unmapped", None)),
        ({"event": "conversation_typing_on"}, ("source.unmapped", None)),
    ],
)
def test_chatwoot_messages(change: dict[str, Any], expected: tuple[str, str | None]) -> None:
    (made,) = with_(MESSAGE, lambda document: document.update(change))
    assert (made.type, made.data.get("expert") or made.data.get("author")) == expected


def test_one_change_under_two_deliveries_of_chatwoot_is_one_event() -> None:
    updated = set_("event", "conversation_updated")
    first, again = (with_("chatwoot/conversation_created.json", updated) for _ in range(2))
    assert [one.type for one in first] == ["ticket.snapshot"]
    assert first == again


ARTICLE = "zammad/ticket_updated_closed.json"


@pytest.mark.parametrize(
    ("sender", "internal", "expected"),
    [
        ("Customer", False, "ticket.message_added"),
        ("Agent", True, "expert.noted"),
        ("System", False, "ticket.message_added"),
    ],
)
def test_zammad_articles(sender: str, internal: bool, expected: str) -> None:
    made = with_(ARTICLE, both(set_("article", "sender", sender), set_("article", "internal", internal)))
    assert made[0].type == expected
    nobody = with_(ARTICLE, set_("ticket", "owner_id", 1))[1]
    assert "assignee" not in nobody.data


ISSUE, NOTE = "jira/issue_updated_status.json", "jira/comment_created.json"


def test_jira_comments_are_for_colleagues_unless_told_otherwise() -> None:
    assert with_(NOTE, set_("comment", "jsdPublic", False))[0].type == "expert.noted"
    assert with_(NOTE, lambda document: document["comment"].pop("jsdPublic"))[0].type == "expert.noted"
    assert said(with_(NOTE, set_("comment", "author", "accountType", "customer"))[0])["author"] == "customer"


def test_jira_changes() -> None:
    priority = {"field": "priority", "from": "3", "fromString": "Medium", "to": "2", "toString": "High"}
    made = with_(ISSUE, set_("changelog", "items", [priority]))
    assert [said(one)["type"] for one in made] == ["ticket.priority_changed", "ticket.snapshot"]
    labels = {"field": "labels", "fromString": "", "toString": "scanner"}
    assert [one.type for one in with_(ISSUE, set_("changelog", "items", [labels]))] == ["ticket.snapshot"]
    other = {"field": "Rank", "fromString": "", "toString": "1"}
    assert [one.type for one in with_(ISSUE, set_("changelog", "items", [other]))] == [
        "source.unmapped",
        "ticket.snapshot",
    ]
    gone = with_(ISSUE, set_("webhookEvent", "jira:issue_deleted"))
    assert [said(one) for one in gone] == [
        {"type": "ticket.status_changed", "status": "closed", "status_raw": "deleted"}
    ]
    done = {"id": "5", "name": "Canceled", "statusCategory": {"key": "done"}}
    moved = {"field": "status", "from": "3", "to": "5", "toString": "Canceled"}
    closed = with_(ISSUE, both(set_("issue", "fields", "status", done), set_("changelog", "items", [moved])))
    assert said(closed[0])["status"] == "closed"


def test_hubspot_companies_and_owners() -> None:
    base = {"portalId": 1, "subscriptionId": 2, "objectId": 7712, "occurredAt": 1_772_450_000_500}
    company = {**base, "subscriptionType": "company.propertyChange"}
    changes: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({**company, "propertyName": "name", "propertyValue": "Tidewater"}, {"name": "Tidewater"}),
        ({**company, "propertyName": "hubspot_owner_id", "propertyValue": "9"}, {"owner": "hubspot:9"}),
        ({**company, "propertyName": "industry", "propertyValue": "Ports"}, {"attributes": {"industry": "Ports"}}),
        (
            {
                **base,
                "subscriptionType": "object.propertyChange",
                "objectTypeId": "0-5",
                "propertyName": "hubspot_owner_id",
                "propertyValue": "",
            },
            {"ticket": "hubspot:7712"},
        ),
    ]
    made = BY_NAME["hubspot"].events(body_request("hubspot", orjson.dumps([change for change, _ in changes])))
    assert [dict(one.data) for one in made] == [data for _, data in changes]
    assert made[3].type == "ticket.assigned"
    gone = orjson.dumps([{**base, "subscriptionType": "ticket.deletion"}])
    (closed,) = BY_NAME["hubspot"].events(body_request("hubspot", gone))
    assert (closed.type, said(closed)["status"]) == ("ticket.status_changed", "closed")
    assert len({one.id for one in made}) == 4
    retried = [{**change, "attemptNumber": 3} for change, _ in changes]
    assert BY_NAME["hubspot"].events(body_request("hubspot", orjson.dumps(retried))) == made


CASE = "salesforce/case_change_event_update.json"


def test_salesforce_cases() -> None:
    payload = ("data", "payload")
    owner = both(set_(*payload, "OwnerId", "005X"), set_(*payload, "ChangeEventHeader", "changedFields", ["OwnerId"]))
    assert said(with_(CASE, owner)[0]) == {"type": "ticket.assigned", "assignee": "salesforce:005X"}
    unknown = with_(CASE, set_(*payload, "Status", "Beim Kunden"))
    assert said(unknown[0]) == {"type": "ticket.snapshot", "status_raw": "Beim Kunden"}
    closed = with_(CASE, both(set_(*payload, "Status", "Erledigt"), set_(*payload, "IsClosed", True)))
    assert said(closed[0])["status"] == "closed"
    wild = with_(CASE, set_(*payload, "ChangeEventHeader", "recordIds", ["500*"]))
    assert [one.type for one in wild] == ["source.unmapped"]
    merged = with_(CASE, set_(*payload, "ChangeEventHeader", "recordIds", ["500A", "500B"]))
    assert len({one.id for one in merged}) == len(merged) == 4
    header = (*payload, "ChangeEventHeader")
    uncounted = set_("data", "event", {})
    steps = [with_(CASE, both(uncounted, set_(*header, "sequenceNumber", step)))[0].id for step in (1, 2)]
    bare = [
        with_(CASE, both(uncounted, set_(*header, "transactionKey", ""), set_(*payload, "Status", status)))[0].id
        for status in ("New", "Closed")
    ]
    assert len({*steps, *bare}) == 4


def test_product_tools() -> None:
    assert said(with_("segment/track.json", set_("type", "page"))[0])["name"] == "page viewed"
    assert with_("segment/track.json", set_("properties", {"account_id": "acct_9"}))[0].account == "acct_9"
    group = both(
        set_("event", "event", "$groupidentify"),
        set_("event", "properties", {"$group_key": "acct_9", "$group_set": {"name": "Nine", "size": 3}}),
    )
    made = with_("posthog/destination_event.json", group)[0]
    assert (made.account, made.type, made.data["attributes"]) == ("acct_9", "account.updated", {"size": 3})
    assert with_("posthog/destination_event.json", set_("event", "event", "$identify"))[0].type == "source.unmapped"
    zulu = with_("amplitude/export_event.json", set_("event_time", "2026-03-02T10:00:01.921Z"))[0]
    assert zulu.occurred_at == with_("amplitude/export_event.json", set_("app", 1))[0].occurred_at
    assert with_("amplitude/export_event.json", set_("event_type", "$identify"))[0].type == "source.unmapped"


def test_stripe_counts_a_year() -> None:
    name, item = "stripe/customer_subscription_updated.json", ("data", "object", "items", "data", 0)
    for interval, every, year in (("year", 1, 48_000), ("week", 1, 52 * 48_000), ("month", 3, 4 * 48_000)):
        recurring = {"interval": interval, "interval_count": every}
        assert said(with_(name, set_(*item, "price", "recurring", recurring))[0])["recurring_minor"] == year
    assert "recurring_minor" not in with_(name, set_(*item, "price", "unit_amount", None))[0].data
    old = both(set_(*item, "current_period_end", None), set_("data", "object", "current_period_end", 1_772_452_800))
    assert said(with_(name, old)[0])["renewal_at"] == "2026-03-02T12:00:00Z"
    assert with_(name, set_("type", "charge.dispute.created"))[0].type == "source.unmapped"
    assert with_(name, set_("type", "customer.subscription.paused"))[0].type == "account.updated"
    thin = {
        "object": "v2.core.event",
        "id": "evt_2",
        "type": "v1.billing.meter.error",
        "created": "2026-03-02T10:00:00Z",
    }
    request = body_request("stripe", orjson.dumps(thin))
    assert [one.type for one in BY_NAME["stripe"].events(request)] == ["source.unmapped"]


def test_surveys_keep_scores_that_fit_no_scale_aside() -> None:
    thumbs = both(set_("event_data", "survey_type", "thumbs"), set_("event_data", "score", 1))
    made = said(with_("delighted/survey_response_created.json", thumbs)[0])
    assert "scale" not in made
    assert made["attributes"] == {"survey_type": "thumbs", "score": 1.0}
    answers = ("form_response", "answers", 0)
    rating = {"type": "number", "number": 4, "field": {"id": "r", "type": "rating", "ref": "stars"}}
    assert said(with_("typeform/form_response_nps.json", set_(*answers, rating))[0])["scale"] == "stars"
    opinion = {"type": "number", "number": 4, "field": {"id": "r", "type": "opinion_scale", "ref": "ease"}}
    assert said(with_("typeform/form_response_nps.json", set_(*answers, opinion))[0])["attributes"] == {"ease": 4}


SLACK = "slack/event_message.json"


@pytest.mark.parametrize(
    ("change", "types"),
    [
        ({"thread_ts": "1772440000.000100"}, ["ticket.message_added"]),
        ({"thread_ts": "1772440000.000100", "team": "T0LARKSPUR"}, ["expert.replied"]),
        ({"team": "T0LARKSPUR"}, ["source.unmapped"]),
        ({"bot_id": "B1"}, []),
        ({"subtype": "message_changed"}, []),
        ({"type": "app_mention"}, ["ticket.opened"]),
        ({"type": "reaction_added"}, ["source.unmapped"]),
    ],
)
def test_slack_threads(change: dict[str, Any], types: list[str]) -> None:
    made = with_(SLACK, lambda document: document["event"].update(change))
    assert [one.type for one in made] == types
    if "thread_ts" in change:
        assert made[0].data["ticket"] == "slack:C0TIDEWATER:1772440000.000100"


def test_slack_marks_become_words() -> None:
    text = "<@U1> see <https://x.example|the page> in <#C1|ops> &amp; <https://y.example> <!here>"
    made = with_(SLACK, set_("event", "text", text))
    assert said(made[0])["text"] == "see the page in #ops & https://y.example"


LABELED, ISSUE_COMMENT = "github/issues_labeled.json", "github/issue_comment_created.json"


def test_github_issues() -> None:
    unlabeled = both(set_("action", "unlabeled"), set_("issue", "labels", []))
    assert said(with_(LABELED, unlabeled)[0]) == {"type": "ticket.snapshot", "tags": []}
    reopened = both(set_("action", "reopened"), set_("issue", "state", "open"))
    assert said(with_(LABELED, reopened)[0])["status"] == "open"
    assigned = both(set_("action", "assigned"), set_("issue", "assignee", {"login": "ines-p"}))
    assert said(with_(LABELED, assigned)[0]) == {"type": "ticket.assigned", "assignee": "github:ines-p"}
    both_at_once = [
        with_(LABELED, both(assigned, set_("assignee", {"login": login})))[0].id for login in ("ines-p", "omar-k")
    ]
    assert len(set(both_at_once)) == 2
    assert said(with_(LABELED, set_("action", "deleted"))[0])["status"] == "closed"
    assert with_(LABELED, set_("action", "pinned"))[0].type == "source.unmapped"
    assert with_(LABELED, set_("issue", "pull_request", {"url": "x"}))[0].type == "source.unmapped"
    assert with_(LABELED, set_("action", "x"), {"x-github-event": "ping"}) == []
    outsider = with_(ISSUE_COMMENT, set_("comment", "author_association", "NONE"))[0]
    assert said(outsider)["author"] == "customer"
    assert said(with_(ISSUE_COMMENT, set_("comment", "user", "type", "Bot"))[0])["author"] == "bot"


def test_a_requester_who_comments_on_an_issue_of_theirs_is_no_expert() -> None:
    reporter = {"accountId": "712020:11111111-2222-4333-8444-555555555555", "accountType": "atlassian"}
    asked_again = with_(NOTE, set_("issue", "fields", "reporter", reporter))[0]
    assert (asked_again.type, said(asked_again)["author"]) == ("ticket.message_added", "customer")
    other = with_(NOTE, set_("issue", "fields", "reporter", reporter | {"accountId": "712020:other"}))[0]
    assert other.type == "expert.replied"


def test_a_reply_that_is_sent_to_the_channel_as_well_is_one() -> None:
    plain_reply = with_(SLACK, set_("event", "thread_ts", "1772440000.000100"))
    broadcast = both(set_("event", "thread_ts", "1772440000.000100"), set_("event", "subtype", "thread_broadcast"))
    assert [said(one) for one in with_(SLACK, broadcast)] == [said(one) for one in plain_reply]


def test_cells_of_a_table_are_words_apart() -> None:
    told = plain_if_html("<table><tr><td>Card</td><td>4111 1111 1111 1111</td></tr><tr><th>Name<td>Ada</tr></table>")
    assert told.split() == ["Card", "4111", "1111", "1111", "1111", "Name", "Ada"]


CLOSED = "intercom/conversation_admin_closed.json"


def test_a_reply_that_opens_a_closed_conversation_is_both() -> None:
    author = {"type": "user", "id": "5f1b"}
    opening = {"id": "9001", "part_type": "open", "body": "It is back", "author": author, "created_at": 1772443500}
    parts = ("data", "item", "conversation_parts", "conversation_parts")
    words, change = map(said, with_(REPLIED, set_(*parts, [opening])))
    assert (words["type"], words["text"], words["author"]) == ("ticket.message_added", "It is back", "customer")
    assert (change["type"], change["status"]) == ("ticket.status_changed", "open")
    (change,) = map(said, with_(REPLIED, set_(*parts, [opening | {"body": None}])))
    assert change["type"] == "ticket.status_changed"
    words, change = map(said, with_(CLOSED, set_(*parts, -1, "body", "<p>Mended.</p>")))
    assert (words["type"], words["text"], change["status"]) == ("expert.replied", "Mended.", "closed")
