"""Every payload says what the documents say it says, under ids of its own, in events that hold their schemas."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import orjson
import pytest

from schemas.decode import decode
from schemas.instant import format_instant
from schemas.values import Status
from streams.connectors.catalog import BY_NAME, CONNECTORS
from streams.connectors.contract import Made
from tests.connectors.asking import NO_REQUESTS, PAYLOADS, asked, body_request, connector_of, made_of, names
from tests.connectors.expected_helpdesks import HELPDESKS, UNTIMED, Expected
from tests.connectors.expected_others import OTHERS

EXPECTED: Mapping[str, Expected] = {**HELPDESKS, **OTHERS}


def told(made: Made) -> tuple[str, str, str | None, dict[str, Any]]:
    """An event without its id; what was not understood without its body."""
    data = {name: value for name, value in made.data.items() if name != "body"}
    return made.type, format_instant(made.occurred_at), made.account, data


def test_every_payload_is_expected_to_say_something() -> None:
    assert sorted(EXPECTED) == list(names())
    folders = {connector_of(name) for name in names()}
    assert folders == {connector.name for connector in CONNECTORS} - {"standard"}
    assert all((PAYLOADS / name).is_file() for name in NO_REQUESTS)


@pytest.mark.parametrize("name", names())
def test_a_payload_says_what_is_expected(name: str) -> None:
    assert [told(made) for made in made_of(name)] == EXPECTED[name]


@pytest.mark.parametrize("name", names())
def test_events_hold_their_schemas_under_ids_of_their_own(name: str) -> None:
    made = made_of(name)
    events = [decode(one.raw()) for one in made]
    assert [(event.type, event.id, event.source) for event in events] == [
        (one.type, one.id, one.source) for one in made
    ]
    assert len({one.id for one in made}) == len(made)
    assert {one.source for one in made} <= {connector_of(name)}


@pytest.mark.parametrize("name", names())
def test_the_same_bytes_say_the_same_whenever_they_come(name: str) -> None:
    late = made_of(name, received_at=asked(name).received_at + 3_600_000_000)
    for first, again in zip(made_of(name), late, strict=True):
        assert (first.timed, again.timed) == (again.timed, first.timed)
        if first.timed:
            assert first == again
        assert first.timed is (told(first)[1] != UNTIMED)


@pytest.mark.parametrize("name", names())
def test_what_is_not_understood_is_kept_as_it_came(name: str) -> None:
    body = asked(name).body
    for made in made_of(name):
        if made.type == "source.unmapped":
            kept, came = json.loads(made.data["body"]), json.loads(body)
            parts = came if isinstance(came, list) else [came]
            # In binary mode the attributes came in headers.
            assert kept == came or kept in parts or kept["data"] == came


def test_two_connections_of_one_tool_say_things_of_their_own() -> None:
    request = asked("zendesk/ticket_created.json")
    setup = request.setup.__class__("zendesk-emea")
    other = BY_NAME["zendesk"].events(request.__class__(request.body, {}, setup, request.received_at))
    assert other[0].source == "zendesk-emea"
    assert other[0].data["ticket"] == "zendesk-emea:88213"


def test_the_operator_says_whose_ids_are_ours() -> None:
    accounts = {"zendesk:7304000000401": "acct_1007"}
    assert {made.account for made in made_of("zendesk/ticket_created.json", accounts=accounts)} == {"acct_1007"}
    assert made_of("zendesk/ticket_created.json", accounts={"7304000000401": "a"})[0].account == "a"
    assert made_of("jira/issue_created.json", account_field="customfield_10048")[0].account == "jira:7"
    assert made_of("stripe/customer_subscription_deleted.json", account_field="other")[0].account == (
        "stripe:cus_Tidewater0001"
    )


STAGES: dict[str, Status] = {"4": "closed", "3": "pending"}


def test_the_operator_says_what_a_status_means() -> None:
    changed = made_of("hubspot/ticket_property_change_batch.json", statuses=STAGES)[0]
    assert (changed.type, changed.data["status"], changed.data["status_raw"]) == (
        "ticket.status_changed",
        "closed",
        "4",
    )
    own: dict[str, Status] = {"open": "on_hold"}
    assert made_of("freshdesk/ticket_created.json", statuses=own)[1].data["status"] == "on_hold"
    zammad: dict[str, Status] = {"4": "solved"}
    assert made_of("zammad/ticket_updated_closed.json", statuses=zammad)[1].data["status"] == "solved"


def test_only_the_account_the_operator_named_may_speak() -> None:
    foreign = made_of("zendesk/ticket_created.json", vendor_account="1")
    assert [(made.type, made.data["kind"]) for made in foreign] == [("source.unmapped", "another account")]
    assert made_of("zendesk/ticket_created.json", vendor_account="20417733")[0].type == "ticket.opened"
    message = made_of("salesforce/outbound_message_case.xml", vendor_account="00DRM000000AbCd")
    assert message[0].type == "ticket.snapshot"
    assert (
        made_of("salesforce/outbound_message_case.xml", vendor_account="00DRM000000XXXX")[0].type == "source.unmapped"
    )


OURS = {"type": "usage.recorded", "data": {"name": "export"}}


@pytest.mark.parametrize(
    ("connector", "body", "headers", "said"),
    [
        (
            "cloudevents",
            {**OURS, "specversion": "1.0", "id": "1", "source": "app", "time": "2026-03-02T10:00:00Z", "account": "a"},
            {"content-type": "application/cloudevents+json"},
            ("usage.recorded", "2026-03-02T10:00:00Z", "a", {"name": "export"}),
        ),
        (
            "cloudevents",
            {"name": "export"},
            {
                "ce-specversion": "1.0",
                "ce-id": "1",
                "ce-source": "app",
                "ce-type": "usage.recorded",
                "ce-time": "2026-03-02T10:00:00Z",
                "ce-account": "%C3%A4",
                "content-type": "application/json",
            },
            ("usage.recorded", "2026-03-02T10:00:00Z", "ä", {"name": "export"}),
        ),
        (
            "standard",
            {**OURS, "timestamp": "2026-03-02T10:00:00Z", "account": "a"},
            {"webhook-id": "msg_1"},
            ("usage.recorded", "2026-03-02T10:00:00Z", "a", {"name": "export"}),
        ),
        (
            "standard",
            {"type": "usage.recorded", "timestamp": "2026-03-02T10:00:00Z", "data": {"name": "x", "account": "a"}},
            {"webhook-id": "msg_1"},
            ("usage.recorded", "2026-03-02T10:00:00Z", "a", {"name": "x"}),
        ),
        (
            "standard",
            {"type": "settings.limits_changed", "timestamp": "2026-03-02T10:00:00Z", "data": {}},
            {"webhook-id": "msg_1"},
            (
                "source.unmapped",
                "2026-03-02T10:00:00Z",
                None,
                {"connector": "standard", "kind": "settings.limits_changed"},
            ),
        ),
    ],
)
def test_our_own_types_are_taken_as_they_are(
    connector: str, body: Any, headers: dict[str, str], said: tuple[Any, ...]
) -> None:
    (made,) = BY_NAME[connector].events(body_request(connector, orjson.dumps(body), headers))
    assert told(made) == said
    decode(made.raw())
