"""Does what belongs to another tenant look exactly like what nobody has, on every route that reads?

The routes come from the OpenAPI document, so that a new one is asked too, or has to be named here.
"""

from __future__ import annotations

from typing import Any

import pytest

from infra.http.operation import Operation
from infra.http.operations import OPERATIONS
from sinks.webhook.endpoint import Endpoint
from tests.http.desk import Caller, Desk
from tests.http.test_connectors import SECRET
from tests.http.test_live import listening

# What a route needs beside its path. Those without an id are asked whether they tell of anything foreign.
_BODIES: dict[str, Any] = {
    "/v1/connections/{id}": {"enabled": False},
    "/v1/connections/{id}/secrets": {"secret": SECRET + "-3"},
    "/v1/sql": {"sql": "SELECT * FROM tickets ORDER BY ticket"},
    "/v1/dead-letters/redrive": {"letters": ["{letter}"]},
    "/v1/events": [],
    "/v1/keys": {"scopes": ["read"]},
    "/v1/connections": {"source": "jira", "secret": SECRET},
    "/v1/webhooks/{id}/recover": {"since": "2026-01-01T00:00:00Z"},
}
_NEEDS_A_KEY = [operation for operation in OPERATIONS if operation.scope in ("ingest", "read", "label", "admin")]
_BY_ID = [operation for operation in _NEEDS_A_KEY if "{" in operation.path]
_WITHOUT = [operation for operation in _NEEDS_A_KEY if "{" not in operation.path and operation.path != "/v1/changes"]
_WEBHOOK_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"  # invented, for this test alone
_OTHERS_WORD = "Zyzzyva"


class World:
    """Two tenants: one that has things, and one that asks for them with an admin key of its own."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.owner = desk.caller()
        operator = desk.caller()
        operator.tell(operator.event("ticket.opened", {"ticket": "T-mine"}, account="acct-mine"))
        self.stranger = desk.caller(
            operator.tenant, operator.post("/v1/keys", json={"scopes": ["admin"]}).json()["key"]
        )
        title = {"ticket": "T-theirs", "title": f"{_OTHERS_WORD} is missing", "text": f"Where is {_OTHERS_WORD}?"}
        self.owner.tell(self.owner.event("ticket.opened", title, account="acct-theirs"))
        letter = self.owner.tell_bytes(b"nope " + _OTHERS_WORD.encode()).json()["results"][0]["letter"]
        hint = self.owner.post("/v1/keys", json={"scopes": ["read"]}).json()["hint"]
        connection = self.owner.post("/v1/connections", json={"source": "slack", "secret": SECRET}).json()["id"]
        self.ids = {
            "/v1/accounts": "acct-theirs",
            "/v1/health": "acct-theirs",
            "/v1/tickets": "T-theirs",
            "/v1/why": "T-theirs",
            "/v1/sla": "T-theirs",
            "/v1/sla-events": "T-theirs",
            "/v1/replies": "T-theirs",
            "/v1/dead-letters": letter,
            "/v1/keys": hint,
            "/v1/connections": connection,
            "/v1/webhooks": "hook-theirs",
        }
        endpoint = Endpoint("hook-theirs", self.owner.tenant, "https://hooks.example.com/", (_WEBHOOK_SECRET,))
        desk.application.webhooks.configure([endpoint])
        self.owner.settled()
        operator.close()

    def close(self) -> None:
        self.owner.close()
        self.stranger.close()


@pytest.fixture(scope="module")
def world(desk: Desk) -> Any:
    world = World(desk)
    yield world
    world.close()


def ask(caller: Caller, operation: Operation, id_: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and bytes; of the id that was asked for, its length alone counts where it is said again."""
    path = operation.path.replace("{id}", id_).replace("{hint}", id_)
    body = _BODIES.get(operation.path) if operation.method == "POST" else None
    answer = caller.request(operation.method, path, json=body)
    headers = {name: value for name, value in answer.headers.items() if name != "date"}
    return answer.status_code, headers, answer.content.replace(id_.encode(), b"*" * len(id_))


def named(operation: Operation) -> str:
    return f"{operation.method} {operation.path}"


@pytest.mark.parametrize("operation", _BY_ID, ids=named)
def test_what_is_anothers_is_answered_like_what_nobody_has(world: World, operation: Operation) -> None:
    (owned,) = [id_ for prefix, id_ in world.ids.items() if operation.path.startswith(prefix + "/")]
    unknown = "".join({"T": "U", "a": "b"}.get(letter, letter) for letter in owned[::-1])
    assert unknown != owned
    assert len(unknown) == len(owned)
    foreign, nobodys = ask(world.stranger, operation, owned), ask(world.stranger, operation, unknown)
    assert foreign == nobodys
    assert foreign[0] == 404
    if operation.method == "GET":
        assert ask(world.owner, operation, owned)[0] == 200


@pytest.mark.parametrize("operation", _WITHOUT, ids=named)
def test_no_answer_tells_of_another_tenant(world: World, operation: Operation) -> None:
    if operation.path == "/v1/search":
        answer = world.stranger.get(operation.path, params={"q": _OTHERS_WORD})
    else:
        body = _BODIES.get(operation.path) if operation.method == "POST" else None
        if operation.path == "/v1/dead-letters/redrive":
            body = {"letters": [world.ids["/v1/dead-letters"]]}
        answer = world.stranger.request(operation.method, operation.path, json=body)
    assert answer.status_code < 500
    for told in (*world.ids.values(), _OTHERS_WORD, world.owner.tenant):
        assert told not in answer.text


@pytest.mark.parametrize("operation", _NEEDS_A_KEY, ids=named)
def test_naming_another_tenant_is_answered_alike_whether_there_is_one(world: World, operation: Operation) -> None:
    path = operation.path.replace("{id}", "x").replace("{hint}", "x")
    answers = []
    for tenant in (world.owner.tenant, "nobody-at-all"):
        for how in ({"headers": {"x-millrace-tenant": tenant}}, {"params": {"tenant": tenant}}):
            answer = world.stranger.request(operation.method, path, json=_BODIES.get(operation.path), **how)  # type: ignore[arg-type]
            answers.append((answer.status_code, answer.content))
    assert answers == answers[:1] * 4
    assert answers[0][0] == 403


def test_nobody_hears_of_anothers_changes(world: World) -> None:
    with listening(world.stranger) as listener:
        world.owner.tell(world.owner.event("ticket.opened", {"ticket": "T-theirs-too"}))
        world.stranger.tell(world.stranger.event("ticket.opened", {"ticket": "T-mine-too"}))
        while listener.until("ticket.state")["data"]["ticket"] != "T-mine-too":
            pass
    assert "T-theirs" not in str(listener.heard)


def test_what_another_sent_is_no_duplicate_and_no_conflict(world: World) -> None:
    event = world.owner.event("usage.recorded")
    assert world.owner.tell(event).json()["accepted"] == 1
    for sent in (event, {**event, "id": "fresh"}):
        assert world.stranger.tell(sent).json()["accepted"] == 1


def test_what_a_tool_pushes_to_is_answered_alike_whether_it_is_anothers_or_nobodys(world: World) -> None:
    id_ = world.ids["/v1/connections"]
    answers = [
        world.stranger.post(f"/v1/connect/{source}/{named_}", content=b"{}")
        for source, named_ in (("github", id_), ("slack", id_[::-1]), ("nonesuch", id_))
    ]
    assert {(answer.status_code, answer.content) for answer in answers} == {(404, answers[0].content)}
