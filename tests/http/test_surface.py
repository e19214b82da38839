"""Is the surface what its description says, in good order, and shut to those it is not for?"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from prometheus_client.parser import text_string_to_metric_families

from infra.access import Access
from infra.home import Home, HomeError
from infra.http.app import ROUTES, build
from infra.http.openapi import document
from infra.http.operations import OPERATIONS
from infra.operations import Operations
from infra.server import served
from infra.settings import HttpSettings
from processors.catalog import PROCESSORS
from tests.http.desk import Caller, Desk


def test_every_route_is_described_and_every_description_has_a_route() -> None:
    routed = {
        (method, route.path.replace(":path}", "}"))
        for route in ROUTES
        for method in route.methods or ()
        if method != "HEAD"
    }
    described = [(operation.method, operation.path) for operation in OPERATIONS]
    assert sorted(described) == sorted(routed)


def test_the_description_refers_to_what_it_holds(desk: Desk) -> None:
    said = httpx.get(f"{desk.url}/openapi.json", trust_env=False).json()
    assert said == orjson.loads(orjson.dumps(document()))
    assert said["openapi"] == "3.1.0"

    def references(inside: Any) -> list[str]:
        if isinstance(inside, dict):
            own = [inside["$ref"]] if isinstance(inside.get("$ref"), str) else []
            return own + [each for value in inside.values() for each in references(value)]
        return [each for value in inside for each in references(value)] if isinstance(inside, list) else []

    for reference in references(said):
        place: Any = said
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]
        assert place
    for path, methods in said["paths"].items():
        for method, operation in methods.items():
            named = {one["name"] for one in operation["parameters"] if one.get("in") == "path"}
            assert all(f"{{{name}}}" in path for name in named), (method, path)
            assert path.count("{") == len(named)


def test_what_is_said_to_need_a_key_needs_one_and_nothing_else_does(desk: Desk) -> None:
    for operation in OPERATIONS:
        path = operation.path.replace("{id}", "x").replace("{hint}", "x")
        answer = httpx.request(operation.method, desk.url + path, trust_env=False)
        assert (answer.status_code == 401) is (operation.scope is not None), operation.path


@pytest.mark.parametrize(
    ("method", "path", "status", "words"),
    [
        ("GET", "/nonesuch", 404, "nothing at this address"),
        ("GET", "/console/nonesuch.js", 404, "nothing at this address"),
        ("GET", "/console/..%2Fserver.py", 404, "nothing at this address"),
        ("DELETE", "/v1/events", 405, "this method"),
        ("GET", "/v1/sql", 405, "this method"),
    ],
)
def test_what_there_is_not(desk: Desk, method: str, path: str, status: int, words: str) -> None:
    answer = httpx.request(method, desk.url + path, trust_env=False)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert words in answer.json()["title"]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil:80", "", "[::2]"])
def test_another_name_for_this_host_is_refused(desk: Desk, host: str) -> None:
    answer = httpx.get(f"{desk.url}/metrics", headers={"Host": host}, trust_env=False)
    assert answer.status_code in (400, 421)
    assert "millrace_" not in answer.text


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:99", "[::1]:8321"])
def test_this_machines_own_names_are_taken(desk: Desk, host: str) -> None:
    assert httpx.get(f"{desk.url}/healthz", headers={"Host": host}, trust_env=False).json() == {"status": "ok"}


def test_the_console_runs_nothing_from_elsewhere(desk: Desk) -> None:
    page = httpx.get(f"{desk.url}/", trust_env=False)
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert page.headers["x-frame-options"] == "DENY"
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    console = Path(__file__).parents[2] / "infra" / "console"
    names = [path.name for path in console.iterdir()]
    for name in names:
        served_file = httpx.get(f"{desk.url}/console/{name}", trust_env=False)
        assert served_file.content == (console / name).read_bytes()
        assert served_file.headers["x-content-type-options"] == "nosniff"
        assert "http://" not in served_file.text.replace("http://www.w3.org/2000/svg", "")
        assert "https://" not in served_file.text


def test_answers_are_kept_by_nobody(caller: Caller) -> None:
    caller.tell(caller.event("usage.recorded"))
    answer = caller.get("/v1/totals")
    assert answer.headers["cache-control"] == "no-store"
    assert "server" not in answer.headers


def test_metrics_tell_what_happened(own_desk: Desk) -> None:
    """Of a desk with few tenants: beyond a number of them they are counted together."""
    with own_desk.caller() as caller:
        event = caller.event("ticket.opened", {"ticket": "T-m"})
        for sent in (event, event, {**event, "type": "ticket.exploded"}):
            caller.tell(sent)
        caller.settled()
    text = httpx.get(f"{own_desk.url}/metrics", trust_env=False).text
    found = {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }

    def value(name: str, **labels: str) -> float:
        return found[f"millrace_{name}", tuple(sorted(labels.items()))]

    tenant = caller.tenant
    assert value("records_taken_total", tenant=tenant, status="accepted", reason="") == 1
    assert value("records_taken_total", tenant=tenant, status="duplicate", reason="") == 1
    assert value("records_taken_total", tenant=tenant, status="refused", reason="unknown_type") == 1
    assert value("events_folded_total", tenant=tenant) >= 1
    assert value("backlog", tenant=tenant) == 0
    assert {labels for name, labels in found if name == "millrace_lag_seconds" and ("tenant", tenant) in labels} == {
        (("processor", processor.name), ("tenant", tenant)) for processor in PROCESSORS
    }
    assert value("sink_failures", sink="clickhouse") == value("fold_stopped") == 0
    assert value("sink_lag", sink="qdrant") >= 0
    assert value("batch_duration_seconds_count", stage="fold") >= 1
    assert value("http_request_duration_seconds_count", method="POST", route="take", status="200") >= 1


def test_not_ready_where_a_sink_fails_or_the_fold_stopped(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    ready = httpx.get(f"{desk.url}/readyz", trust_env=False)
    assert (ready.status_code, ready.json()["status"], ready.json()["faults"]) == (200, "ready", {})
    monkeypatch.setattr(desk.application, "fold_failure", RuntimeError("Ada Lovelace, +44 20 7946 0000"))
    stopped = httpx.get(f"{desk.url}/readyz", trust_env=False)
    assert (stopped.status_code, stopped.json()["faults"]) == (503, {"fold": "RuntimeError"})


@pytest.mark.parametrize("host", ["192.0.2.7", "::", "10.0.0.1"])
def test_nothing_listens_to_others_without_a_proxy(tmp_path: Path, host: str) -> None:
    home = Home(tmp_path)
    with (
        pytest.raises(HomeError, match="behind_proxy"),
        served(home, HttpSettings(host=host, port=0), fold=False, announced=False),
    ):
        pass
    assert not home.journal.exists()


def test_behind_a_proxy_other_names_are_taken_and_metrics_are_the_operators(tmp_path: Path, desk: Desk) -> None:
    # One process has one ClickHouse: the surface alone is built a second time.
    access = Access(tmp_path / "access.db", desk.application.clock)
    key, _ = access.create("acme", ["admin"])
    app = build(desk.application, Operations(desk.application), access, "token", exposed=True)

    async def statuses() -> list[int]:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="https://millrace.example") as client:
            asked = [("/healthz", ""), ("/metrics", ""), ("/metrics", f"Bearer {key}"), ("/metrics", "Bearer token")]
            return [(await client.get(path, headers={"Authorization": shown})).status_code for path, shown in asked]

    assert asyncio.run(statuses()) == [200, 401, 403, 200]
    app.state.surface.telemetry.close()
    access.close()
