"""Does a key open what it was made for, and nothing else, until it is revoked?"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import orjson
import pytest

from infra.access import LOOK_EVERY_SECONDS, Access, Scope
from schemas.instant import SECOND
from tests.http.desk import BATCH, Caller, Desk

ROUTES_BY_SCOPE: tuple[tuple[str, str, Scope], ...] = (
    ("POST", "/v1/events", "ingest"),
    ("GET", "/v1/tenants", "read"),
    ("GET", "/v1/totals", "read"),
    ("GET", "/v1/accounts", "read"),
    ("GET", "/v1/at-risk", "read"),
    ("GET", "/v1/lost-accounts", "read"),
    ("GET", "/v1/accounts/a", "read"),
    ("GET", "/v1/tickets/t", "read"),
    ("GET", "/v1/breaches", "read"),
    ("GET", "/v1/themes", "read"),
    ("GET", "/v1/why/t", "read"),
    ("GET", "/v1/demand", "read"),
    ("GET", "/v1/sla/t", "read"),
    ("GET", "/v1/sla-events/t", "read"),
    ("GET", "/v1/models", "read"),
    ("GET", "/v1/models/topics", "read"),
    ("GET", "/v1/models/advice", "read"),
    ("GET", "/v1/teach/suggested", "read"),
    ("GET", "/v1/search?q=x", "read"),
    ("POST", "/v1/sql", "read"),
    ("GET", "/v1/changes", "read"),
    ("GET", "/v1/dead-letters", "read"),
    ("GET", "/v1/deliveries", "read"),
    ("GET", "/v1/webhooks", "read"),
    ("GET", "/v1/alerts", "read"),
    ("POST", "/v1/webhooks/x/enable", "admin"),
    ("POST", "/v1/webhooks/x/recover", "admin"),
    ("POST", "/v1/webhooks/x/trial", "admin"),
    ("GET", "/v1/dead-letters/x", "admin"),
    ("POST", "/v1/dead-letters/redrive", "admin"),
    ("GET", "/v1/keys", "admin"),
    ("POST", "/v1/keys", "admin"),
    ("DELETE", "/v1/keys/x", "admin"),
    ("POST", "/v1/admin/run", "admin"),
    ("POST", "/v1/admin/rebuild", "admin"),
    ("POST", "/v1/admin/import", "admin"),
    ("POST", "/v1/admin/sla-diff", "admin"),
    ("GET", "/v1/admin/state-hash", "admin"),
)


@pytest.fixture
def keyed(caller: Caller) -> Iterator[Caller]:
    """A key that may take and read for the caller's tenant."""
    with caller.desk.caller(caller.tenant, _key(caller, "ingest", "read")) as keyed:
        yield keyed


def _key(caller: Caller, *scopes: Scope) -> str:
    made = caller.post("/v1/keys", json={"scopes": scopes, "name": "test"})
    assert made.status_code == 201
    return str(made.json()["key"])


def test_a_key_is_shown_once_and_kept_as_a_hash(caller: Caller) -> None:
    key = _key(caller, "read")
    (row,) = caller.get("/v1/keys").json()["keys"]
    assert (row["tenant"], row["scopes"], row["name"]) == (caller.tenant, ["read"], "test")
    assert key not in caller.get("/v1/keys").text
    home = caller.desk.application.home
    found = sqlite3.connect(home.access).execute("SELECT * FROM api_keys").fetchall()
    assert key not in str(found)
    assert home.access.stat().st_mode & 0o077 == 0


def test_a_revoked_key_stops_at_once(caller: Caller, keyed: Caller) -> None:
    caller.tell(caller.event("usage.recorded"))
    assert keyed.get("/v1/totals").status_code == 200
    (row,) = caller.get("/v1/keys").json()["keys"]
    assert caller.delete(f"/v1/keys/{row['hint']}").json() == {"revoked": row["hint"]}
    assert keyed.get("/v1/totals").status_code == 401
    assert keyed.tell(keyed.event("usage.recorded")).status_code == 401
    assert caller.delete("/v1/keys/nonesuch").status_code == 404


def test_a_key_reaches_its_tenant_only(caller: Caller, keyed: Caller, desk: Desk) -> None:
    keyed.tell(keyed.event("ticket.opened", {"ticket": "T-mine"}))
    caller.settled()
    with desk.caller() as other:
        other.tell(other.event("ticket.opened", {"ticket": "T-theirs"}))
        other.settled()
        assert keyed.get("/v1/tenants").json() == {"tenants": [caller.tenant]}
        for named in ({"x-millrace-tenant": other.tenant}, {"x-millrace-tenant": "nobody"}):
            assert keyed.get("/v1/tickets/T-theirs", headers=named).status_code == 403
        assert keyed.get("/v1/totals", params={"tenant": other.tenant}).status_code == 403
        event = keyed.event("usage.recorded", tenant=other.tenant)
        refused = keyed.tell(event)
        assert (refused.status_code, refused.json()["results"][0]["reason"]) == (403, "tenant_mismatch")
        assert caller.get("/v1/tickets/T-mine").status_code == 200
        (row,) = caller.get("/v1/keys").json()["keys"]
        with desk.caller(other.tenant, _key(other, "admin")) as admin:
            assert admin.delete(f"/v1/keys/{row['hint']}").status_code == 404


@pytest.mark.parametrize("path", ["/v1/tickets/{}", "/v1/accounts/{}", "/v1/why/{}", "/v1/dead-letters/{}"])
def test_what_is_anothers_looks_like_what_nobody_has(caller: Caller, desk: Desk, path: str) -> None:
    caller.tell(caller.event("usage.recorded"))
    with desk.caller() as other:
        # A letter's id derives from tenant and bytes, so it is known before another tenant has it.
        letter = other.tell_bytes(b"nope").json()["results"][0]["letter"] if "letters" in path else None
        id_ = letter or f"X-{path}".replace("/", "").replace("{}", "")
        nobodys = caller.get(path.format("f" * 24 if letter else id_))
        other.tell(other.event("ticket.opened", {"ticket": id_}, account=id_))
        other.settled()
        assert other.get(path.format(id_)).status_code == 200
        foreign = caller.get(path.format(id_))
    assert foreign.status_code == 404
    assert foreign.content == (nobodys.content.replace(b"f" * 24, id_.encode()) if letter else nobodys.content)


@pytest.mark.parametrize(("method", "path", "scope"), ROUTES_BY_SCOPE)
def test_every_route_needs_its_scope(caller: Caller, method: str, path: str, scope: Scope) -> None:
    caller.tell(caller.event("usage.recorded"))
    others: dict[str, tuple[Scope, ...]] = {
        "ingest": ("read", "label"),
        "read": ("ingest", "label"),
        "admin": ("ingest", "read", "label"),
    }
    bare = httpx.request(method, caller.desk.url + path, trust_env=False)
    assert (bare.status_code, bare.headers["www-authenticate"]) == (401, "Bearer")
    with caller.desk.caller(caller.tenant, _key(caller, *others[scope])) as lacking:
        answer = lacking.request(method, path)
    assert (answer.status_code, answer.json()["title"]) == (403, "the key lacks a scope")


@pytest.mark.parametrize(
    ("said", "needed"), [("expert.corrected", "label"), ("settings.sla_changed", "admin"), ("usage.recorded", "ingest")]
)
def test_what_teaches_and_what_judges_needs_a_scope_of_its_own(caller: Caller, said: str, needed: Scope) -> None:
    scopes: tuple[tuple[Scope, ...], ...] = (("ingest",), ("ingest", "label"), ("admin",))
    for held in scopes:
        with caller.desk.caller(caller.tenant, _key(caller, *held)) as keyed:
            usual = keyed.event("usage.recorded")
            event = orjson.dumps(keyed.event(said)).replace(
                b'"type":"', b'"type":"x","type":"\\u00%02x' % ord(said[0]), 1
            )
            event = event.replace(
                b"%02x%b" % (ord(said[0]), said.encode()), b"%02x%b" % (ord(said[0]), said[1:].encode())
            )
            answer = keyed.tell_bytes(b"[" + orjson.dumps(usual) + b"," + event + b"]", BATCH)
            allowed = needed in held or "admin" in held
            assert (answer.status_code, "accepted" in answer.text) == ((200, True) if allowed else (403, False))
            if not allowed:
                assert f"needs the scope '{needed}'" in answer.json()["detail"]
                assert keyed.tell(usual).json()["accepted"] == 1


@pytest.mark.parametrize(
    "hidden", [b'"type":5,"type":', b'"account":5,"type":', b'"more":NaN,"type":', b'"more":-Infinity,"type":']
)
def test_a_type_is_read_as_the_door_reads_it(caller: Caller, hidden: bytes) -> None:
    """What a strict parser stumbles over, the door may take all the same: its scope is asked for."""
    with caller.desk.caller(caller.tenant, _key(caller, "ingest")) as keyed:
        event = orjson.dumps(keyed.event("settings.sla_changed"))
        answer = keyed.tell_bytes(event.replace(b'"type":', hidden, 1))
        assert (answer.status_code, "needs the scope 'admin'" in answer.text) == (403, True)


@pytest.mark.parametrize("path", ["/v1/admin/run", "/v1/admin/rebuild", "/v1/admin/import"])
def test_what_concerns_the_whole_home_is_the_operators(caller: Caller, path: str) -> None:
    with caller.desk.caller(caller.tenant, _key(caller, "admin")) as admin:
        assert admin.post(path).json()["title"] == "the operator only"
        assert admin.get("/v1/admin/state-hash").status_code == 403
        assert admin.get("/v1/keys").status_code == 200


@pytest.mark.parametrize(
    "shown", ["", "Bearer", "Bearer nonsense", "Bearer mr_live_x", "Basic bWU6bWU=", "mr_live_naked", "Bearer é"]
)
def test_a_bad_credential_is_told_what_to_do(desk: Desk, shown: str) -> None:
    answer = httpx.get(f"{desk.url}/v1/totals", headers={b"Authorization": shown.encode("latin-1")}, trust_env=False)
    assert answer.status_code == 401
    assert "millrace keys create" in answer.json()["detail"]


def test_the_token_is_not_taken_without_its_scheme_or_out_of_a_cookie(desk: Desk) -> None:
    for headers in ({"Authorization": desk.token}, {"Cookie": f"millrace={desk.token}"}):
        assert httpx.get(f"{desk.url}/v1/tenants", headers=headers, trust_env=False).status_code == 401
    lower = {"Authorization": f"bearer {desk.token}"}
    assert httpx.get(f"{desk.url}/v1/tenants", headers=lower, trust_env=False).status_code == 200


@pytest.mark.parametrize("name", ["key", "api_key", "token", "access_token"])
def test_a_key_in_an_address_is_refused(caller: Caller, name: str) -> None:
    answer = caller.get("/v1/tenants", params={name: "mr_live_x"})
    assert (answer.status_code, answer.json()["title"]) == (400, "a key does not belong in an address")
    assert "mr_live_x" not in answer.text


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"scopes":["write"]}', "write"),
        (b'{"scopes":[]}', "length"),
        (b'{"scopes":"read"}', "array"),
        (b'{"lifetime_seconds":-1}', ">= 1"),
        (b'{"lifetime_seconds":"long"}', "int"),
        (b'{"colour":"red"}', "colour"),
        (b"[]", "object"),
        (b"{", "truncated"),
    ],
)
def test_a_key_that_cannot_be(caller: Caller, body: bytes, words: str) -> None:
    answer = caller.post("/v1/keys", content=body)
    assert answer.status_code == 400
    assert words in answer.json()["detail"]
    assert caller.get("/v1/keys").json()["keys"] == []


def test_the_operator_sees_all_keys_and_one_tenants(desk: Desk, caller: Caller) -> None:
    _key(caller, "read")
    bare = {"Authorization": f"Bearer {desk.token}"}
    every = httpx.get(f"{desk.url}/v1/keys", headers=bare, trust_env=False).json()["keys"]
    assert len(every) >= len(caller.get("/v1/keys").json()["keys"]) == 1


def test_when_a_key_was_last_used_is_known_to_the_minute(tmp_path: Path) -> None:
    now, path = [1_000 * SECOND], tmp_path / "used.db"
    with closing(Access(path, lambda: now[0])) as access:
        key, row = access.create("acme", ["read"])
        assert row.used_at is None
    for later, used in ((0, 1_000), (30, 1_000), (90, 1_090)):
        now[0] = (1_000 + later) * SECOND
        with closing(Access(path, lambda: now[0])) as access:
            assert access.principal(key) is not None
            assert access.keys("acme")[0].used_at == used * SECOND


def test_a_key_ends_with_its_lifetime(desk: Desk) -> None:
    now = [0]
    access = Access(desk.application.home.root / "other.db", lambda: now[0])
    key, row = access.create("acme", ["read"], lifetime_seconds=60)
    assert row.expires_at == 60 * SECOND
    for instant, valid in ((0, True), (59 * SECOND, True), (60 * SECOND, False)):
        now[0] = instant
        assert (access.principal(key) is not None) is valid
    assert access.principal(key[:-1] + ("0" if key[-1] != "0" else "1")) is None
    access.close()


def test_what_another_process_revokes_ends_within_a_second(desk: Desk) -> None:
    path = desk.application.home.root / "two.db"
    here, elsewhere = Access(path, desk.now), Access(path, desk.now)
    key, row = here.create("acme", ["read"], lifetime_seconds=3_600)
    assert here.principal(key) is not None
    elsewhere.revoke(None, row.hint)
    time.sleep(LOOK_EVERY_SECONDS)
    assert here.principal(key) is None
    again, row = here.create("acme", ["read"])
    assert here.principal(again) is not None
    here.revoke(None, row.hint)
    assert here.principal(again) is None
    here.close()
    elsewhere.close()
