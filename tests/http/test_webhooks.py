"""Who hears of alerts, what became of each, and the alerts for who asks instead of listening."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from schemas.instant import DAY, HOUR, MINUTE, format_instant
from sinks.webhook.circuit import Circuit
from sinks.webhook.endpoint import Endpoint
from sinks.webhook.outbox import Outbox
from sinks.webhook.signature import new_private_key, public_key
from tests.http.desk import PATIENCE_SECONDS, Caller, Desk
from tests.http.test_audit import acts
from tests.patience import wait_until

SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"  # invented, for this test alone


@pytest.fixture
def heard(desk: Desk, caller: Caller) -> Iterator[Caller]:
    """A tenant with an endpoint at an address that is refused, and with a promise that was broken two hours ago."""
    private = new_private_key()
    endpoint = Endpoint("on-call", caller.tenant, "https://127.0.0.1/hook", (private, SECRET), group_seconds=0)
    desk.application.webhooks.configure([endpoint])
    before, opened_at = format_instant(desk.now() - DAY), format_instant(desk.now() - 2 * HOUR - MINUTE)
    targets = [{"clock": "first_response", "target_seconds": 60, "warn_percent": []}]
    policies = [{"name": "quick", "calendar": "always", "targets": targets}]
    caller.tell(
        caller.event("settings.sla_changed", {"policies": policies}, time=before),
        caller.event("ticket.opened", {"ticket": "T-1", "title": "Help"}, time=opened_at),
    )
    # The promise is broken when the tenant's clock ticks.
    wait_until(lambda: len(told(caller)) == 1, PATIENCE_SECONDS)
    caller.headers["x-public-key"] = public_key(private)
    yield caller
    desk.application.webhooks.configure([])


def told(caller: Caller, after: int = 0) -> list[dict[str, Any]]:
    answer = caller.get(f"/v1/alerts?after={after}")
    return list(answer.json()["alerts"]) if answer.status_code == 200 else []


def listed(caller: Caller) -> dict[str, Any]:
    (row,) = caller.get("/v1/webhooks").json()["webhooks"]
    return dict(row)


def test_an_endpoint_is_told_of_without_its_address_and_secrets(heard: Caller) -> None:
    answer = heard.get("/v1/webhooks")
    row = listed(heard)
    assert (row["id"], row["state"], row["waiting"], row["shape"]) == ("on-call", "on", 0, "standard")
    assert row["public_keys"] == [heard.headers["x-public-key"]]
    for secret in ("127.0.0.1", "whsec_", "whsk_"):
        assert secret not in answer.text


def test_what_was_too_old_is_told_when_it_is_asked_for(desk: Desk, heard: Caller) -> None:
    (row,) = heard.get("/v1/deliveries").json()["deliveries"]
    assert (row["kind"], row["state"], row["reason"]) == ("sla.breached", "not_sent_old", "old")
    assert row["happened_at"].endswith("Z")
    asked = {"since": format_instant(desk.now() - 3 * HOUR)}
    assert heard.post("/v1/webhooks/on-call/recover", json=asked).json() == {"given_up": 0, "never_sent": 1}
    assert desk.application.webhooks.drain(30)
    (row,) = heard.get("/v1/deliveries?endpoint=on-call&limit=1").json()["deliveries"]
    assert (row["state"], row["attempts"], row["number"]) == ("pending", 1, 1)
    assert str(row["reason"]).startswith("address_refused")
    assert listed(heard)["waiting"] == 1
    assert heard.get("/v1/deliveries?endpoint=another").json() == {"deliveries": []}
    assert acts(heard)[-1][:3] == ("webhook.recovered", "operator", "on-call")
    assert "0 given up, 1 never sent" in acts(heard)[-1][3]


def test_who_asks_hears_of_alerts_page_by_page(heard: Caller) -> None:
    first = heard.get("/v1/alerts?limit=1").json()
    (one,) = first["alerts"]
    assert (one["alert"]["type"], one["alert"]["subject"], one["withdrawn"]) == ("sla.breached", "T-1", False)
    assert one["alert"]["id"] == one["id"]
    rest = heard.get(f"/v1/alerts?after={first['next']}").json()
    assert rest == {"alerts": [], "next": first["next"]}
    reply = heard.event("expert.replied", {"ticket": "T-1", "expert": "x", "text": "Here you are"})
    heard.tell(reply | {"time": format_instant(heard.desk.now() - 2 * HOUR - MINUTE // 2)})
    wait_until(lambda: len(told(heard, first["next"])) == 1, PATIENCE_SECONDS)
    (taken_back,) = told(heard, first["next"])
    assert (taken_back["id"], taken_back["withdrawn"]) == (one["id"], True)


def test_a_trial_says_what_became_of_it(heard: Caller) -> None:
    row = heard.post("/v1/webhooks/on-call/trial").json()["delivery"]
    assert (row["kind"], row["attempts"]) == ("webhook.trial", 1)
    assert str(row["reason"]).startswith("address_refused")
    assert acts(heard)[-1][:3] == ("webhook.tried", "operator", "on-call")


def test_an_endpoint_that_was_disabled_is_enabled_before_it_recovers(desk: Desk, heard: Caller) -> None:
    outbox = Outbox(desk.application.home.deliveries)
    outbox.record([], {(heard.tenant, "on-call"): Circuit().disabled("failing")}, desk.now())
    outbox.close()
    row = listed(heard)
    assert (row["state"], row["disabled_reason"]) == ("disabled", "failing")
    asked = {"since": format_instant(desk.now() - 3 * HOUR)}
    refused = heard.post("/v1/webhooks/on-call/recover", json=asked)
    assert (refused.status_code, refused.json()["detail"]) == (
        409,
        "it is told nothing now: disabled, failing; enable it first",
    )
    assert heard.post("/v1/webhooks/on-call/enable").json() == {"enabled": "on-call"}
    assert listed(heard)["state"] == "on"
    assert heard.post("/v1/webhooks/on-call/recover", json=asked).json() == {"given_up": 0, "never_sent": 1}
    assert [act[0] for act in acts(heard)[-2:]] == ["webhook.enabled", "webhook.recovered"]


@pytest.mark.parametrize(
    ("since", "title"),
    [
        ("yesterday", "not an instant"),
        ("2026-01-01T00:00:00", "not an instant"),
        ("2016-01-01T00:00:00Z", "too long ago"),
        ("2999-01-01T00:00:00Z", "too long ago"),
    ],
)
def test_an_instant_that_cannot_be_is_refused(heard: Caller, since: str, title: str) -> None:
    answer = heard.post("/v1/webhooks/on-call/recover", json={"since": since})
    assert (answer.status_code, answer.json()["title"]) == (422, title)


@pytest.mark.parametrize("act", ["enable", "recover", "trial"])
def test_an_endpoint_that_is_not_there_is_not_found(heard: Caller, act: str) -> None:
    answer = heard.post(f"/v1/webhooks/nobody/{act}", json={"since": "2026-01-01T00:00:00Z"})
    assert (answer.status_code, answer.json()["detail"]) == (404, "there is no such webhook in settings.toml")


@pytest.mark.parametrize("after", ["-1", "x", "1.5", "9" * 20])
def test_what_is_no_cursor_is_refused(heard: Caller, after: str) -> None:
    assert heard.get(f"/v1/alerts?after={after}").status_code == 400
