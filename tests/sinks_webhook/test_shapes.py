"""The bodies that receivers understand."""

from __future__ import annotations

import json
from typing import Any, get_args

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinks.webhook.alert import OutgoingAlert
from sinks.webhook.endpoint import Endpoint
from sinks.webhook.shapes import MOST_BYTES, Shape, UnsendableAlert, render, with_routing_key, withdrawn_body
from tests.sinks_webhook.told import NEXT_SECRET, NOON, ROUTING_KEY, SECRET, alert, endpoint

SHAPES: tuple[Shape, ...] = get_args(Shape)
CHAT_SHAPES = SHAPES[1:]


def spoken(data: dict[str, Any]) -> OutgoingAlert:
    body = orjson.dumps({"type": "health.dropped", "data": data})
    return OutgoingAlert("alert-1", "acme", "health.dropped", "account-3", "account-7", NOON, body)


def texts(value: object) -> list[str]:
    """Every string a reader may see."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for part in value.values() for text in texts(part)]
    return [text for part in value for text in texts(part)] if isinstance(value, list) else []


def test_the_standard_shape_is_the_engines_own_bytes() -> None:
    assert render(alert(), "standard").body == alert().body


def test_slack() -> None:
    body = json.loads(render(alert(3), "slack").body)
    assert body["text"] == "Ticket 3 breached its promise"
    header, section = body["blocks"]
    assert header["text"] == {"type": "plain_text", "text": "Ticket 3 breached its promise", "emoji": False}
    assert [field["text"] for field in section["fields"]] == [
        "account\naccount-3",
        "subject\nt-3",
        "happened at\n2026-03-02T12:00:00Z",
        "ticket\nt-3",
        "minutes late\n3",
    ]


def test_slack_reads_no_mention_or_link_out_of_a_customers_words() -> None:
    body = json.loads(render(spoken({"summary": "<!channel> & <http://x|y>", "note": "<!here>"}), "slack").body)
    assert body["text"] == "&lt;!channel&gt; &amp; &lt;http://x|y&gt;"
    assert all(field["type"] == "plain_text" for field in body["blocks"][1]["fields"])


def test_teams() -> None:
    body = json.loads(
        render(spoken({"summary": "Health fell", "to": 41.5, "note": "[pay here](http://x)"}), "teams").body
    )
    (attachment,) = body["attachments"]
    assert body["type"] == "message"
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.2")
    assert all(block["type"] == "RichTextBlock" for block in card["body"])
    assert "".join(run["text"] for run in card["body"][4]["inlines"]) == "to: 41.5"


def test_pagerduty_triggers_and_resolves_under_one_key() -> None:
    opened = json.loads(with_routing_key(render(alert(3), "pagerduty").body, ROUTING_KEY))
    closed = json.loads(with_routing_key(withdrawn_body(alert(3), "pagerduty", NOON + 5_000_000), ROUTING_KEY))
    assert (opened["event_action"], closed["event_action"]) == ("trigger", "resolve")
    assert opened["dedup_key"] == closed["dedup_key"] == "alert-00003"
    assert opened["routing_key"] == closed["routing_key"] == ROUTING_KEY
    payload = opened["payload"]
    assert payload["severity"] == "critical"
    assert (payload["source"], payload["component"], payload["group"]) == ("acme", "t-3", "account-3")
    assert payload["timestamp"] == "2026-03-02T12:00:00Z"
    assert payload["custom_details"]["minutes late"] == "3"


def test_the_routing_key_is_not_in_what_the_log_keeps() -> None:
    assert ROUTING_KEY.encode() not in render(alert(), "pagerduty").body


def test_a_withdrawal_in_the_standard_shape() -> None:
    assert json.loads(withdrawn_body(alert(3), "standard", NOON + 1_000_000)) == {
        "type": "alert.withdrawn",
        "timestamp": "2026-03-02T12:00:01Z",
        "data": {
            "alert_id": "alert-00003",
            "kind": "sla.breached",
            "account": "account-3",
            "subject": "t-3",
            "happened_at": "2026-03-02T12:00:00Z",
        },
    }


@given(st.dictionaries(st.text(max_size=300), st.text(max_size=2000) | st.integers(-(2**53), 2**53), max_size=30))
def test_a_chat_shape_always_fits_whatever_is_said(data: dict[str, Any]) -> None:
    body = orjson.dumps({"data": data})
    told = OutgoingAlert("a", "t" * 900, "k" * 900, "\U0001f600" * 900, "\x00" * 900, NOON, body)
    for shape in CHAT_SHAPES:
        for body in (render(told, shape).body, withdrawn_body(told, shape, NOON)):
            assert len(body) <= MOST_BYTES
            shown = "".join(texts(json.loads(body)))
            assert not any(ord(letter) < 32 and letter != "\n" for letter in shown)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (OutgoingAlert("has space", "t", "k", None, "s", NOON, b"{}"), "bad_id"),
        (OutgoingAlert("new\nline", "t", "k", None, "s", NOON, b"{}"), "bad_id"),
        (OutgoingAlert("é", "t", "k", None, "s", NOON, b"{}"), "bad_id"),
        (OutgoingAlert("", "t", "k", None, "s", NOON, b"{}"), "bad_id"),
        (OutgoingAlert("a" * 201, "t", "k", None, "s", NOON, b"{}"), "bad_id"),
        (OutgoingAlert("a.withdrawn", "t", "k", None, "s", NOON, b"{}"), "bad_id"),
        (OutgoingAlert("a", "t", "k", None, "s", NOON, b""), "bad_body"),
        (OutgoingAlert("a", "t", "k", None, "s", NOON, b"[]"), "bad_body"),
        (OutgoingAlert("a", "t", "k", None, "s", NOON, b"{"), "bad_body"),
    ],
)
def test_what_can_be_told_to_nobody(told: OutgoingAlert, reason: str, shape: Shape) -> None:
    with pytest.raises(UnsendableAlert, match=f"^{reason}$"):
        render(told, shape)


def test_a_standard_body_beyond_20_kib_is_refused_and_one_of_20_kib_is_not() -> None:
    fits = b'{"a":"' + b"x" * (MOST_BYTES - 8) + b'"}'
    assert len(render(OutgoingAlert("a", "t", "k", None, "s", NOON, fits), "standard").body) == MOST_BYTES
    with pytest.raises(UnsendableAlert, match="body_too_large"):
        render(OutgoingAlert("a", "t", "k", None, "s", NOON, fits.replace(b"x", b"xx", 1)), "standard")


@pytest.mark.parametrize(
    ("shape", "secrets", "complaint"),
    [
        ("standard", (), "whsec_"),
        ("standard", (SECRET, NEXT_SECRET, SECRET), "at most 2"),
        ("standard", ("hush",), "whsec_"),
        ("slack", ("hush",), "whsec_"),
        ("pagerduty", (), "routing key"),
        ("pagerduty", (SECRET,), "routing key"),
        ("carrier_pigeon", (SECRET,), "carrier_pigeon"),
    ],
)
def test_an_endpoint_that_cannot_work_is_refused(shape: Shape, secrets: tuple[str, ...], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        endpoint("https://hooks.example.test/x", shape=shape, secrets=secrets)


def test_an_endpoint_shows_neither_address_nor_secret() -> None:
    shown = repr(Endpoint("desk", "acme", "https://hooks.example.test/T0/B0/zzz", (SECRET,)))
    assert "zzz" not in shown
    assert SECRET not in shown
