"""Does every admin act stand in the journal, with who did it, and change nothing else?"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Any

import orjson
import pytest

from processors.catalog import PROCESSORS
from schemas.event import Data
from schemas.instant import DAY, HOUR, format_instant, parse_instant
from schemas.system import AdminActed, BackfillEnded, BackfillStarted
from streams.embedded import Embedded
from tests.http.desk import PATIENCE_SECONDS, Caller, Desk

LONG_AGO = parse_instant("2016-03-02T09:00:00Z")
SECRET = "a-secret-of-this-test-0123456789"


def acts(caller: Caller) -> list[tuple[str, str, str, str]]:
    """What the tenant's journal tells of administration: action, actor, subject, detail."""
    events = caller.desk.application.runtime.log.read(caller.tenant, 0, 1_000)
    said = [event.data for event in events if isinstance(event.data, AdminActed)]
    return [(one.action, one.actor, one.subject, one.detail) for one in said]


def audited(caller: Caller, **asked: Any) -> dict[str, Any]:
    """What the surface says of the chain of acts; progress stands in the lines before."""
    return dict(orjson.loads(caller.post("/v1/audit", json=asked).content.splitlines()[-1])["result"])


def test_keys_are_made_and_revoked_in_the_journal(caller: Caller) -> None:
    asked = {"scopes": ["admin"], "name": "Ada Lovelace"}
    made = caller.post("/v1/keys", json=asked).json()
    with caller.desk.caller(caller.tenant, made["key"]) as admin:
        other = admin.post("/v1/keys", json={"scopes": ["ingest", "read"]}).json()
        assert admin.delete(f"/v1/keys/{other['hint']}").status_code == 200
        assert admin.delete("/v1/keys/nonesuch").status_code == 404
    assert acts(caller) == [
        ("key.created", "operator", made["hint"], "scopes admin"),
        ("key.created", f"key {made['hint']}", other["hint"], "scopes ingest, read"),
        ("key.revoked", f"key {made['hint']}", other["hint"], ""),
    ]


def test_the_operator_who_names_no_tenant_acts_in_the_keys_tenant(desk: Desk, caller: Caller) -> None:
    hint = caller.post("/v1/keys", json={}).json()["hint"]
    del caller.headers["x-millrace-tenant"]
    assert caller.delete(f"/v1/keys/{hint}").status_code == 200
    assert acts(caller)[-1] == ("key.revoked", "operator", hint, "")


def test_what_happens_to_a_connection_is_told_without_its_secret(caller: Caller) -> None:
    id_ = caller.post("/v1/connections", json={"source": "github", "secret": SECRET}).json()["id"]
    caller.post(f"/v1/connections/{id_}/secrets", json={"secret": SECRET + "-2"})
    for enabled in (False, True):
        caller.post(f"/v1/connections/{id_}", json={"enabled": enabled})
    caller.delete(f"/v1/connections/{id_}")
    for path in ("", "/secrets"):
        assert caller.post(f"/v1/connections/nonesuch{path}", json={"enabled": True} if not path else {}).is_error
    actions = ("created", "rotated", "disabled", "enabled", "removed")
    assert acts(caller) == [(f"connection.{one}", "operator", id_, "github as github") for one in actions]


def test_letters_sent_again_are_told_once_a_request_and_a_dry_run_is_not(caller: Caller) -> None:
    caller.tell_bytes(b"nope")
    for asked in ({"dry_run": True}, {"reason": "unknown_type"}, {}):
        assert caller.post("/v1/dead-letters/redrive", json=asked).status_code == 200
    assert acts(caller) == [("dead_letters.redriven", "operator", "1 letters", "0 sent again")]


def test_settings_a_history_and_a_rebuild_are_told_with_who_asked(tmp_path: Path, desk: Desk, caller: Caller) -> None:
    hint = caller.post("/v1/keys", json={"scopes": ["admin"]}).json()
    changed = caller.event("settings.limits_changed")
    with desk.caller(caller.tenant, hint["key"]) as admin:
        assert admin.tell(changed, caller.event("usage.recorded")).json()["accepted"] == 2
        assert admin.tell(changed).json()["duplicate"] == 1
    file = tmp_path / "labelled.csv"
    file.write_text("text,category\nWhere is my card?,card\n", encoding="utf-8")
    asked = {"files": [str(file)], "mapping": "labelled-tickets", "tenant": caller.tenant}
    assert caller.post("/v1/admin/import", json=asked).status_code == 200
    assert "error" in caller.post("/v1/admin/import", json=asked | {"mapping": "nonesuch"}).text
    caller.settled()
    assert '"equal":true' in caller.post("/v1/admin/rebuild").text
    assert acts(caller)[1:] == [
        ("settings.changed", f"key {hint['hint']}", "settings.limits_changed", changed["id"]),
        ("history.imported", "operator", "labelled-tickets", "labelled.csv"),
    ]


@pytest.mark.parametrize("written", [b'"\\u0073ettings.', b'5,"type":"settings.', b'"settings.'])
def test_settings_are_told_however_their_type_is_written(caller: Caller, written: bytes) -> None:
    event = caller.event("settings.limits_changed")
    content = orjson.dumps(event).replace(b'"settings.', written, 1)
    assert caller.tell_bytes(content).json()["accepted"] == 1
    assert acts(caller) == [("settings.changed", "operator", "settings.limits_changed", event["id"])]


def test_a_pull_is_told_before_the_tool_is_asked(caller: Caller) -> None:
    id_ = caller.post("/v1/connections", json={"source": "stripe"}).json()["id"]
    asked = {"tenant": caller.tenant, "source": "stripe", "address": "http://127.0.0.1:9"}
    assert "bring" in caller.post("/v1/admin/pull", json=asked).text
    with caller.stream("POST", "/v1/admin/pull", json=asked | {"token": "a-token-of-this-test"}):
        until = time.monotonic() + PATIENCE_SECONDS
        while len(acts(caller)) < 2:
            assert time.monotonic() < until
            time.sleep(0.01)
    assert acts(caller)[1:] == [("history.pulled", "operator", id_, "stripe as stripe")]


def test_the_chain_of_acts_is_told_to_who_administers_the_tenant(desk: Desk, caller: Caller) -> None:
    made = [caller.post("/v1/keys", json={"scopes": [scope]}).json() for scope in ("admin", "read")]
    with desk.caller(caller.tenant, made[0]["key"]) as admin, desk.caller(caller.tenant, made[1]["key"]) as reader:
        assert reader.post("/v1/audit").status_code == 403
        found = audited(admin)
        (one,) = found["tenants"]
        assert (found["sound"], one["tenant"], one["acts"], one["faults"]) == (True, caller.tenant, 2, [])
        assert [act["subject"] for act in one["newest"]] == [row["hint"] for row in made]
        (end,) = one["chains"]
        assert audited(admin, kept=[end["digest"]])["sound"]
        lost = audited(admin, kept=["0" * 64])
        assert (lost["sound"], lost["not_found"]) == (False, ["0" * 64])
    everybody = caller.desk.caller()
    del everybody.headers["x-millrace-tenant"]
    with everybody:
        told = audited(everybody)
    assert told["sound"]
    assert caller.tenant in {one["tenant"] for one in told["tenants"]}


def test_nobody_outside_says_what_was_administered(caller: Caller) -> None:
    forged = caller.tell(caller.event("admin.acted", {"actor": "operator"}))
    assert (forged.status_code, forged.json()["refused"]) == (422, 1)
    assert acts(caller) == []


def test_an_act_that_cannot_be_written_is_not_answered_with_success(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(tenant: str, data: Data, *, id: str, occurred_at: int | None = None) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(caller.desk.application, "record", full)
    answer = caller.post("/v1/keys", json={})
    assert (answer.status_code, "mr_live_" in answer.text) == (503, False)


@pytest.mark.parametrize("first", ["act", "history"])
def test_administration_moves_no_clock_and_a_history_stays_one(tmp_path: Path, first: str) -> None:
    act = AdminActed(action="key.created", actor="operator", subject="x")
    runtime = Embedded(tmp_path, PROCESSORS, clock=lambda: LONG_AGO + 3_000 * DAY)
    usage = _usage(LONG_AGO + HOUR)
    steps: dict[str, Any] = {
        "act": lambda: runtime.record("acme", act, id="act"),
        "history": lambda: (
            runtime.record("acme", BackfillStarted(name="old", clock="journal"), id="begin", occurred_at=LONG_AGO),
            runtime.take("acme", [usage], backfill=True),
            runtime.record("acme", BackfillEnded(name="old"), id="end", occurred_at=LONG_AGO + HOUR),
        ),
    }
    for step in ("act", "history") if first == "act" else ("history", "act"):
        steps[step]()
        runtime.fold_all()
    header = runtime.store.header("acme")
    assert header is not None
    assert (header.position, header.clock, header.clock_mode) == (4, LONG_AGO + HOUR, "journal")
    runtime.close()


def _usage(at: int) -> bytes:
    event = {"specversion": "1.0", "id": "u", "source": "s", "type": "usage.recorded", "time": format_instant(at)}
    return orjson.dumps(event | {"account": "a", "data": {"name": "report.opened", "quantity": 1}})
