"""Does what other tools push get in by its signature only, and does each hear the answer that it waits for?"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from infra.connections import LOOK_EVERY_SECONDS, Connections
from schemas.instant import HOUR, SECOND, format_instant
from streams.connectors.catalog import BY_NAME, CONNECTORS
from tests.connectors.asking import PAYLOADS, names
from tests.http.desk import Caller, Desk

SECRET = "a-secret-of-this-test-0123456789"
_LABELS = count(1)


def signed_by_recipe(source: str, body: bytes, url: str, now: int, secret: str) -> dict[str, str]:
    """The headers of each tool's own scheme; the secret itself where a tool has none."""
    stamp, milliseconds = str(now // SECOND), str(now // 1_000)

    def digest(signed_: bytes, algorithm: str = "sha256") -> bytes:
        return hmac.new(secret.encode(), signed_, algorithm).digest()

    def coded(raw: bytes) -> str:
        return base64.b64encode(raw).decode()

    iso = format_instant(now // SECOND * SECOND)
    made: dict[str, dict[str, str]] = {
        "zendesk": {
            "X-Zendesk-Webhook-Signature": coded(digest(iso.encode() + body)),
            "X-Zendesk-Webhook-Signature-Timestamp": iso,
        },
        "intercom": {"X-Hub-Signature": "sha1=" + digest(body, "sha1").hex()},
        "helpscout": {"X-HelpScout-Signature": coded(digest(body, "sha1"))},
        "hubspot": {
            "X-HubSpot-Request-Timestamp": milliseconds,
            "X-HubSpot-Signature-v3": coded(digest(b"POST" + url.encode() + body + milliseconds.encode())),
        },
        "jira": {"X-Hub-Signature": "sha256=" + digest(body).hex()},
        "segment": {"X-Signature": digest(body, "sha1").hex()},
        "stripe": {"Stripe-Signature": f"t={stamp},v1={digest(stamp.encode() + b'.' + body).hex()}"},
        "delighted": {"X-Delighted-Webhook-Signature": "sha256=" + digest(body).hex()},
        "typeform": {"Typeform-Signature": "sha256=" + coded(digest(body))},
        "slack": {
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": "v0=" + digest(f"v0:{stamp}:".encode() + body).hex(),
        },
        "chatwoot": {
            "X-Chatwoot-Timestamp": stamp,
            "X-Chatwoot-Signature": "sha256=" + digest(stamp.encode() + b"." + body).hex(),
        },
        "github": {"X-Hub-Signature-256": "sha256=" + digest(body).hex()},
    }
    made["zammad"] = made["intercom"]
    return made.get(source, {"X-Millrace-Secret": secret})


def signed(source: str, body: bytes, url: str, now: int, secret: str = SECRET) -> dict[str, str]:
    """The headers of a request as its tool would sign it."""
    if source == "standard":
        stamp = str(now // SECOND)
        key = base64.b64decode(secret.removeprefix("whsec_"))
        shown = hmac.new(key, f"msg_1.{stamp}.".encode() + body, hashlib.sha256).digest()
        return {
            "webhook-id": "msg_1",
            "webhook-timestamp": stamp,
            "webhook-signature": "v1," + base64.b64encode(shown).decode(),
        }
    return signed_by_recipe(source, body, url, now, secret)


class Tool:
    """A connected tool that signs and posts."""

    def __init__(self, caller: Caller, source: str, **asked: Any) -> None:
        self.caller = caller
        self.source = source
        brought = {"secret": SECRET} if source != "standard" else {}
        answer = caller.post("/v1/connections", json={"source": source, **brought, **asked})
        assert answer.status_code == 201, answer.text
        self.row: dict[str, Any] = answer.json()
        self.secret = self.row.get("secret", SECRET)
        self.url = caller.desk.url + self.row["path"]

    def push(self, body: bytes, headers: Mapping[str, str] | None = None, **how: Any) -> httpx.Response:
        shown = signed(self.source, body, self.url, self.caller.desk.now(), how.get("secret", self.secret))
        return httpx.post(self.url, content=body, headers={**shown, **(headers or {})}, trust_env=False)


@pytest.fixture
def tool(caller: Caller) -> Any:
    """Connects tools for the caller's tenant."""

    def connect(source: str, **asked: Any) -> Tool:
        return Tool(caller, source, **{"label": f"{source}-{next(_LABELS)}", **asked})

    return connect


def usual(source: str) -> tuple[bytes, dict[str, str]]:
    """A payload of a source, with the headers that say what it is."""
    headers = {"helpscout": {"X-HelpScout-Event": "convo.created"}, "github": {"X-GitHub-Event": "issues"}}
    if source in ("cloudevents", "standard"):
        event = {"specversion": "1.0", "id": "1", "source": "app", "type": "usage.recorded", "data": {"name": "x"}}
        return json.dumps(event | {"account": "a"}).encode(), {}
    wanted = {"helpscout": "convo_created", "github": "issues_opened", "slack": "event", "intercom": "user_created"}
    name = next(one for one in names() if one.startswith(f"{source}/") and wanted.get(source, "") in one)
    return (PAYLOADS / name).read_bytes(), headers.get(source, {})


@pytest.mark.parametrize("source", [connector.name for connector in CONNECTORS])
def test_what_is_signed_gets_in_once_and_what_is_not_never(tool: Any, source: str) -> None:
    pushing, (body, headers) = tool(source), usual(source)
    unsigned = httpx.post(pushing.url, content=body, headers=headers, trust_env=False)
    wrong = pushing.push(body, headers, secret="whsec_" + "A" * 43 + "=" if source == "standard" else "another" * 4)
    assert (unsigned.status_code, wrong.status_code) == (401, 401)
    assert unsigned.content == wrong.content
    first, again = pushing.push(body, headers), pushing.push(body, headers)
    assert (first.status_code, again.status_code) == (200, 200)
    if first.headers["content-type"] == "application/json":
        accepted = first.json()["accepted"]
        assert accepted >= 1
        assert again.json() == {"accepted": 0, "queued": 0, "duplicate": accepted, "refused": 0}


def test_two_tenants_with_one_tool_hear_their_own_only(desk: Desk, tool: Any) -> None:
    mine = tool("zendesk", label="zendesk")
    body, _ = usual("zendesk")
    with desk.caller() as another:
        other = Tool(another, "zendesk", label="zendesk")
        for pushing in (mine, other):
            assert pushing.push(body).json()["accepted"] == 2
            pushing.caller.settled()
            assert "zendesk:7304000000401" in pushing.caller.get("/v1/tickets/zendesk:88213").text
    assert mine.caller.get("/v1/dead-letters").json()["dead_letters"] == []


@pytest.mark.parametrize("path", ["zendesk/none", "zendesk/{other}", "nonesuch/{id}", "{source}/{id}x"])
def test_an_address_that_is_none_says_nothing_about_others(tool: Any, path: str) -> None:
    one, other = tool("slack"), tool("intercom")
    named = path.format(id=one.row["id"], other=other.row["id"], source="slack")
    answer = httpx.post(f"{one.caller.desk.url}/v1/connect/{named}", content=b"{}", trust_env=False)
    assert (answer.status_code, answer.json()["detail"]) == (404, "there is no such connection")


def test_handshakes(tool: Any) -> None:
    slack, intercom, events = tool("slack"), tool("intercom"), tool("cloudevents")
    challenge = slack.push((PAYLOADS / "slack/url_verification.json").read_bytes())
    assert challenge.json() == {"challenge": "larkspurChallengeValue0123456789abcdefABCDEF"}
    assert (
        httpx.post(slack.url, content=b'{"type":"url_verification","challenge":"x"}', trust_env=False).status_code
        == 401
    )
    assert httpx.head(intercom.url, trust_env=False).status_code == 200
    assert httpx.head(slack.url, trust_env=False).status_code == 405
    ping = intercom.push((PAYLOADS / "intercom/ping.json").read_bytes())
    assert (ping.status_code, ping.json()["accepted"]) == (200, 0)
    allowed = httpx.options(events.url, headers={"WebHook-Request-Origin": "sender.example"}, trust_env=False)
    assert (allowed.status_code, allowed.headers["webhook-allowed-origin"]) == (200, "sender.example")
    acknowledged = tool("salesforce").push((PAYLOADS / "salesforce/outbound_message_case.xml").read_bytes())
    assert acknowledged.headers["content-type"].startswith("text/xml")
    assert b"<Ack>true</Ack>" in acknowledged.content


def test_the_secret_of_a_tool_that_sends_no_headers_stands_in_the_address(tool: Any) -> None:
    pushing = tool("salesforce")
    body = (PAYLOADS / "salesforce/outbound_message_case.xml").read_bytes()
    assert httpx.post(f"{pushing.url}?secret={SECRET}", content=body, trust_env=False).status_code == 200
    assert httpx.post(f"{pushing.url}?secret={SECRET}x", content=body, trust_env=False).status_code == 401


def test_hubspot_signs_the_address_that_others_call(tool: Any) -> None:
    pushing = tool("hubspot", public_url="https://hooks.example.com/")
    body, _ = usual("hubspot")
    called = f"https://hooks.example.com{pushing.row['path']}"
    for query, seen in (("", ""), ("?tenant=t1%3Aeu", "?tenant=t1:eu")):
        headers = signed("hubspot", body, called + seen, pushing.caller.desk.now())
        assert httpx.post(pushing.url + query, content=body, headers=headers, trust_env=False).status_code == 200
    assert pushing.push(body).status_code == 401


def test_secrets_turn_over_without_a_gap(tool: Any) -> None:
    pushing, (body, headers) = tool("github"), usual("github")
    newer = "another-secret-of-this-test-0123"
    path = f"/v1/connections/{pushing.row['id']}/secrets"
    rotated = pushing.caller.post(path, json={"secret": newer})
    assert (rotated.status_code, rotated.json()["secrets"]) == (200, 2)
    assert "secret" not in rotated.json()
    assert [pushing.push(body, headers, secret=secret).status_code for secret in (SECRET, newer)] == [200, 200]
    third = pushing.caller.post(path, json={"keep_seconds": 0}).json()
    assert len(third["secret"]) >= 32
    answers = [pushing.push(body, headers, secret=secret).status_code for secret in (SECRET, newer, third["secret"])]
    assert answers == [401, 401, 200]


def test_a_tool_that_makes_its_own_secret_waits_for_it(caller: Caller) -> None:
    row = caller.post("/v1/connections", json={"source": "stripe"}).json()
    assert (row["secrets"], "secret" in row) == (0, False)
    body, now = usual("stripe")[0], caller.desk.now()
    url = caller.desk.url + row["path"]
    for secret in ("", SECRET):
        headers = signed("stripe", body, url, now, secret)
        assert httpx.post(url, content=body, headers=headers, trust_env=False).status_code == 401
    missing = caller.post(f"/v1/connections/{row['id']}/secrets", json={})
    assert (missing.status_code, "bring the new one" in missing.json()["detail"]) == (400, True)
    assert caller.post(f"/v1/connections/{row['id']}/secrets", json={"secret": SECRET}).status_code == 200
    headers = signed("stripe", body, url, now)
    assert httpx.post(url, content=body, headers=headers, trust_env=False).status_code == 200


def test_a_connection_can_be_stopped_and_ended(tool: Any) -> None:
    pushing, (body, headers) = tool("jira"), usual("jira")
    path, caller = f"/v1/connections/{pushing.row['id']}", pushing.caller
    for enabled, status in ((False, 404), (True, 200)):
        assert caller.post(path, json={"enabled": enabled}).json()["enabled"] is enabled
        assert pushing.push(body, headers).status_code == status
    assert caller.delete(path).status_code == 200
    assert pushing.push(body, headers).status_code == 404
    assert caller.delete(path).status_code == 404
    assert caller.post(path, json={"enabled": True}).status_code == 404
    assert caller.post(path + "/secrets", json={"secret": "x" * 3 + SECRET}).status_code == 404


def test_another_tenants_connection_is_none(desk: Desk, tool: Any) -> None:
    pushing = tool("zammad")
    key = pushing.caller.post("/v1/keys", json={"scopes": ["admin"]}).json()["key"]
    with desk.caller() as stranger:
        foreign = stranger.post("/v1/keys", json={"scopes": ["admin"]}).json()["key"]
    path = f"/v1/connections/{pushing.row['id']}"
    with desk.caller(stranger.tenant, foreign) as other, desk.caller(pushing.caller.tenant, key) as owner:
        assert pushing.row["id"] not in other.get("/v1/connections").text
        assert other.delete(path).content == other.delete(f"{path}x").content
        assert pushing.row["id"] in owner.get("/v1/connections").text
        assert owner.delete(path).status_code == 200
    reader = pushing.caller.post("/v1/keys", json={"scopes": ["ingest", "read"]}).json()["key"]
    with desk.caller(pushing.caller.tenant, reader) as reading:
        assert reading.get("/v1/connections").status_code == 403
        assert reading.post("/v1/connections", json={"source": "slack"}).status_code == 403


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"source": "nonesuch"}, "millrace connectors"),
        ({"source": "slack", "secret": "short"}, "at least 16"),
        ({"source": "zendesk", "secret": "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="}, "documentation"),
        ({"source": "slack", "scheme": "v9"}, "v9"),
        ({"source": "slack", "label": "No Label"}, "label"),
        ({"source": "slack", "statuses": {"x": "asleep"}}, "statuses"),
        ({"source": "slack", "surprise": 1}, "surprise"),
    ],
)
def test_what_no_connection_can_be(caller: Caller, asked: dict[str, Any], words: str) -> None:
    answer = caller.post("/v1/connections", json=asked)
    assert (answer.status_code, words in answer.text) == (400, True), answer.text


def test_a_name_is_given_once(caller: Caller) -> None:
    assert caller.post("/v1/connections", json={"source": "zammad"}).status_code == 201
    again = caller.post("/v1/connections", json={"source": "zammad"})
    assert (again.status_code, "--label" in again.json()["detail"]) == (400, True)


def test_secrets_stand_in_no_answer_and_no_log(tool: Any, capsys: pytest.CaptureFixture[str]) -> None:
    pushing, (body, headers) = tool("github"), usual("github")
    pushing.push(body, headers, secret="something-else-entirely-0123")
    shown = [pushing.caller.get("/v1/connections").text, json.dumps(pushing.row), *capsys.readouterr()]
    assert not [text for text in shown if SECRET in text]


@pytest.mark.parametrize("source", [connector.name for connector in CONNECTORS])
def test_the_answer_waits_for_the_log_and_for_nothing_else(tool: Any, source: str) -> None:
    """While nothing is folded and nothing shown: so a tool is answered in its time however much there is to fold."""
    pushing, (body, headers) = tool(source), usual(source)
    runtime = pushing.caller.desk.application.runtime
    with runtime.holding():
        end = runtime.log.end(pushing.caller.tenant)
        assert pushing.push(body, headers).status_code == 200
        assert runtime.log.end(pushing.caller.tenant) > end
        assert runtime.backlog() > 0


def test_equal_bytes_without_an_instant_are_one_delivery_within_the_hour(tmp_path: Path) -> None:
    store = Connections(tmp_path / "access.db", lambda: 0)
    at = 1_772_000_000 * SECOND
    assert [store.first_seen("c", b"d", at + shift) for shift in (0, 1, HOUR - 1)] == [at] * 3
    assert store.first_seen("c", b"d", at + HOUR) == at + HOUR
    assert store.first_seen("other", b"d", at + HOUR + 1) == at + HOUR + 1
    store.close()


def test_the_store_is_read_anew_where_another_process_wrote(tmp_path: Path, tool: Any) -> None:
    pushing, (body, headers) = tool("typeform"), usual("typeform")
    desk = pushing.caller.desk
    other = Connections(desk.application.home.access, desk.application.clock)
    assert other.remove(None, pushing.row["id"])
    time.sleep(LOOK_EVERY_SECONDS)
    assert pushing.push(body, headers).status_code == 404
    other.close()
    assert desk.application.home.access.stat().st_mode & 0o077 == 0


def test_a_batch_of_which_one_is_signed_gives_one_and_says_so(tool: Any) -> None:
    pushing = tool("segment")
    calls = [{"type": "track", "messageId": f"m{number}", "event": "Exported", "userId": "u"} for number in range(3)]
    for call in calls:
        call["timestamp"] = format_instant(pushing.caller.desk.now())
    body = json.dumps(calls, separators=(",", ":")).encode()
    first = json.dumps(calls[0], separators=(",", ":")).encode()
    shown = {"X-Signature": hmac.new(SECRET.encode(), first, "sha1").hexdigest()}
    answer = httpx.post(pushing.url, content=body, headers=shown, trust_env=False)
    assert (answer.status_code, "batching" in answer.json()["detail"]) == (401, True)
    whole = httpx.post(pushing.url, content=body, headers={"X-Millrace-Secret": SECRET}, trust_env=False)
    assert whole.json() == {"accepted": 2, "queued": 0, "duplicate": 1, "refused": 0}


def test_what_is_not_understood_is_taken_and_counted(tool: Any) -> None:
    pushing = tool("delighted")
    body = b'{"event_type":"survey.unheard_of","event_id":"e-9","event_data":{"note":"caf\xc3\xa9"}}'
    assert pushing.push(body).json()["accepted"] == 1
    assert pushing.push(b"\xff not JSON").json()["accepted"] == 1
    text = httpx.get(f"{pushing.caller.desk.url}/metrics", trust_env=False).text
    found = {
        (sample.labels["connector"], sample.labels["outcome"]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "millrace_connectors_received_total"
    }
    assert found["delighted", "unmapped"] >= 2
    assert pushing.caller.get("/v1/dead-letters").json()["dead_letters"] == []


def test_too_much_is_said_before_it_is_read(tool: Any) -> None:
    pushing = tool("slack")
    assert pushing.push(b"x" * (BY_NAME["slack"].largest_body_bytes + 1)).status_code == 413
    assert tool("jira").push(b"[" + b" " * (2 << 20) + b"]").status_code == 200


@pytest.mark.parametrize(("source", "status"), [("zendesk", 409), ("intercom", 503)])
def test_overload_is_said_so_that_the_tool_tries_again(
    tool: Any, monkeypatch: pytest.MonkeyPatch, source: str, status: int
) -> None:
    pushing, (body, headers) = tool(source), usual(source)
    monkeypatch.setattr("infra.http.door.MOST_WAITING_BYTES", 10)
    answer = pushing.push(body, headers)
    assert (answer.status_code, answer.headers["retry-after"]) == (status, "30")
    monkeypatch.undo()
    assert pushing.push(body, headers).json()["accepted"] >= 1
