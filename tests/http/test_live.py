"""Are changing facts heard of, at once, once, and by those they concern only?"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson
import pytest

from infra.http import changes
from tests.http.desk import Caller, Desk

PROMPT_SECONDS = 2.0


@dataclass
class Listener:
    """One stream of server-sent events; `until` reads on to the first event that fits."""

    response: httpx.Response
    heard: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._blocks = self._read()

    def _read(self) -> Iterator[str]:
        text = ""
        for part in self.response.iter_text():
            text += part
            while "\n\n" in text:
                block, _, text = text.partition("\n\n")
                yield block

    def block(self) -> dict[str, Any]:
        """The next event, heartbeat or head."""
        said: dict[str, Any] = {}
        for line in next(self._blocks).splitlines():
            name, _, value = line.partition(":")
            said[name or "comment"] = value.strip()
        if "data" in said:
            said["data"] = orjson.loads(said["data"])
            self.heard.append(said)
        return said

    def until(self, kind: str) -> dict[str, Any]:
        while (said := self.block()).get("event") != kind:
            pass
        return said


@contextmanager
def listening(caller: Caller, after: str | None = None) -> Iterator[Listener]:
    headers = {"Last-Event-ID": after} if after is not None else {}
    with caller.stream("GET", "/v1/changes", headers=headers) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        listener = Listener(response)
        assert listener.block()["retry"] == "2000"
        yield listener


@pytest.fixture
def known(caller: Caller) -> Caller:
    caller.tell(caller.event("usage.recorded", account="acct-0"))
    caller.settled()
    return caller


def test_a_change_is_heard_within_two_seconds(known: Caller) -> None:
    with listening(known) as listener:
        began = time.monotonic()
        known.tell(known.event("ticket.opened", {"ticket": "T-9"}))
        said = listener.until("ticket.state")
        assert time.monotonic() - began < PROMPT_SECONDS
    fact = said["data"]
    assert (fact["kind"], fact["ticket"], fact["status"], fact["retracted"]) == ("ticket.state", "T-9", "new", False)
    assert len(fact["fact_id"]) == 32
    assert fact["revision"] > 0
    assert fact["opened_at"].endswith("Z")


def test_another_tenants_changes_are_not_heard(known: Caller, desk: Desk) -> None:
    with desk.caller() as other, listening(known) as listener:
        other.tell(other.event("ticket.opened", {"ticket": "T-other"}))
        other.settled()
        known.tell(known.event("ticket.opened", {"ticket": "T-own"}))
        listener.until("ticket.state")
    assert listener.heard
    assert "T-other" not in str(listener.heard)


def test_who_comes_back_goes_on_where_it_was(known: Caller) -> None:
    with listening(known) as listener:
        known.tell(known.event("ticket.opened", {"ticket": "T-1"}))
        last = listener.until("ticket.state")["id"]
    known.tell(known.event("ticket.opened", {"ticket": "T-2"}))
    deadline = time.monotonic() + 30
    while known.desk.application.runtime.backlog() and time.monotonic() < deadline:
        time.sleep(0.01)
    with listening(known, last) as listener:
        while listener.until("ticket.state")["data"]["ticket"] != "T-2":
            pass
    tokens = [int(one["id"]) for one in listener.heard]
    assert tokens == list(range(int(last) + 1, int(last) + 1 + len(tokens)))


@pytest.mark.parametrize("after", ["0", "999999999"])
def test_who_comes_back_too_late_is_told_so(known: Caller, after: str) -> None:
    # Everything was shown by the sinks, so what is older is forgotten.
    with listening(known, after) as listener:
        assert listener.block()["event"] == "missed"
        known.tell(known.event("ticket.opened", {"ticket": "T-3"}))
        assert listener.until("ticket.state")["data"]["ticket"] == "T-3"


def test_while_nothing_happens_the_stream_says_that_it_lives(known: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "HEARTBEAT_SECONDS", 0.05)
    with listening(known) as listener:
        assert listener.block() == {"comment": "still here"}


def test_no_more_than_a_hundred_follow(known: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "MOST_READERS", 2)
    monkeypatch.setattr(changes, "HEARTBEAT_SECONDS", 0.05)
    with listening(known), listening(known):
        refused = known.get("/v1/changes")
        assert (refused.status_code, refused.json()["title"]) == (503, "too many listen")
        assert refused.headers["retry-after"]
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with known.stream("GET", "/v1/changes") as answer:
            if answer.status_code == 200:
                return
    pytest.fail("places of readers who left were not given back")


def test_a_revoked_key_hears_no_more(known: Caller, desk: Desk) -> None:
    made = known.post("/v1/keys", json={"scopes": ["read"]}).json()
    with desk.caller(known.tenant, made["key"]) as keyed, listening(keyed) as listener:
        known.delete(f"/v1/keys/{made['hint']}")
        known.tell(known.event("ticket.opened", {"ticket": "T-secret"}))
        with pytest.raises(StopIteration):
            listener.until("ticket.state")
    assert listener.heard == []
