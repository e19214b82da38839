"""Is a credential that was taken back useless within five seconds, whoever took it back and whatever it is used for?"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from typer.testing import CliRunner

from infra.access import Access
from infra.cli.main import app
from infra.connections import LOOK_EVERY_SECONDS, Connections
from infra.http.operations import OPERATIONS
from tests.http.desk import Caller, Desk
from tests.http.test_connectors import SECRET, Tool, usual
from tests.http.test_live import Listener, listening

WITHIN_SECONDS = 5.0

Verb = Callable[..., None]


@pytest.fixture
def verb(desk: Desk) -> Iterator[Verb]:
    """Runs a verb of the command line, which asks the process that serves."""
    home = desk.application.home

    def run(*arguments: str) -> None:
        result = CliRunner().invoke(app, ["--home", str(home.root), *arguments])
        assert result.exit_code == 0, result.output

    home.announce_at(desk.url, desk.token, "")
    yield run
    home.renounce()


@pytest.fixture
def key(caller: Caller) -> dict[str, str]:
    """An admin key of a tenant that something is known of."""
    caller.tell(caller.event("usage.recorded"))
    caller.settled()
    made: dict[str, str] = caller.post("/v1/keys", json={"scopes": ["admin"]}).json()
    return made


def statuses(caller: Caller) -> set[int]:
    """What the key gets from every route that takes keys."""
    return {
        caller.request(operation.method, operation.path.replace("{id}", "x").replace("{hint}", "x")).status_code
        for operation in OPERATIONS
        if operation.scope is not None and operation.path != "/v1/changes"
    }


def end_of(listener: Listener) -> float:
    """Seconds until the stream ends."""
    began = time.monotonic()
    while True:
        try:
            listener.block()
        except StopIteration:
            return time.monotonic() - began


def test_what_the_command_line_revokes_opens_nothing_and_ends_what_is_open(
    desk: Desk, caller: Caller, key: dict[str, str], verb: Verb
) -> None:
    with desk.caller(caller.tenant, key["key"]) as keyed, listening(keyed) as listener:
        assert 401 not in statuses(keyed)
        verb("--tenant", caller.tenant, "keys", "revoke", key["hint"])
        assert statuses(keyed) == {401}
        assert end_of(listener) < WITHIN_SECONDS


@pytest.mark.parametrize("how", ["another process", "its lifetime"])
def test_a_stream_on_which_nothing_happens_ends_too(desk: Desk, caller: Caller, key: dict[str, str], how: str) -> None:
    if how == "its lifetime":
        key = caller.post("/v1/keys", json={"scopes": ["read"], "lifetime_seconds": 1}).json()
    with desk.caller(caller.tenant, key["key"]) as keyed, listening(keyed) as listener:
        if how == "another process":
            other = Access(desk.application.home.access, desk.now)
            other.revoke(None, key["hint"])
            other.close()
        assert end_of(listener) < WITHIN_SECONDS
        assert keyed.get("/v1/totals").status_code == 401


def test_a_connection_that_was_ended_elsewhere_takes_nothing(desk: Desk, caller: Caller, verb: Verb) -> None:
    (body, headers), tools = usual("github"), [Tool(caller, "github", label=f"g-{number}") for number in range(2)]
    assert [tool.push(body, headers).status_code for tool in tools] == [200, 200]
    verb("--tenant", caller.tenant, "connect", "remove", tools[0].row["id"])
    other = Connections(desk.application.home.access, desk.now)
    other.rotate(None, tools[1].row["id"], SECRET + "-2", keep_seconds=0)
    other.close()
    time.sleep(LOOK_EVERY_SECONDS)
    assert [tool.push(body, headers).status_code for tool in tools] == [404, 401]
