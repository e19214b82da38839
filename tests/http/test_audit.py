"""Does every admin act stand in the journal, with who did it, and change nothing else?"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import orjson
import pytest

from processors.catalog import PROCESSORS
from schemas.event import Data
from schemas.instant import DAY, HOUR, format_instant, parse_instant
from schemas.system import AdminActed, BackfillEnded, BackfillStarted
from streams.embedded import Embedded
from tests.http.desk import Caller, Desk

LONG_AGO = parse_instant("2016-03-02T09:00:00Z")
SECRET = "a-secret-of-this-test-0123456789"


def acts(caller: Caller) -> list[tuple[str, str, str, str]]:
    """What the tenant's journal tells of administration: action, actor, subject, detail."""
    events = caller.desk.application.runtime.log.read(caller.tenant, 0, 1_000)
    said = [event.data for event in events if isinstance(event.data, AdminActed)]
    return [(one.action, one.actor, one.subject, one.detail) for one in said]


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


def test_nobody_outside_says_what_was_administered(caller: Caller) -> None:
    forged = caller.tell(caller.event("admin.acted", {"actor": "operator"}))
    assert (forged.status_code, forged.json()["refused"]) == (422, 1)
    assert acts(caller) == []


def test_an_act_that_cannot_be_written_is_not_answered_with_success(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(tenant: str, data: Data, *, id: str) -> None:
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
