"""Are questions answered, and are those that cannot be told so?"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from schemas.instant import HOUR, format_instant, parse_instant
from schemas.tickets import TicketOpened
from sinks.clickhouse.views import VIEWS
from tests.http.desk import Caller, Desk
from tests.streams_door.test_privacy import Stumbling


@pytest.fixture(scope="module")
def desk(own_desk: Desk) -> Desk:
    return own_desk


@pytest.fixture(scope="module")
def told(desk: Desk) -> Iterator[Caller]:
    """A tenant with an account, tickets of which one is solved, and a broken promise."""
    with desk.caller() as caller:
        promise = {"clock": "first_response", "target_seconds": 1800}
        caller.tell(
            caller.event("settings.sla_changed", {"policies": [{"name": "all", "targets": [promise]}]}),
            caller.event("account.created"),
            caller.event("ticket.opened", {"ticket": "T-1"}),
            caller.event("ticket.opened", {"ticket": "T-2", "title": "The invoice of May is wrong"}),
            caller.event("expert.replied", {"ticket": "T-2"}, time=format_instant(caller.desk.now() - 2 * HOUR // 3)),
            caller.event("ticket.resolved", {"ticket": "T-2"}, time=format_instant(caller.desk.now() - HOUR // 3)),
            caller.event("usage.recorded", time=format_instant(caller.desk.now())),
        ).raise_for_status()
        caller.settled()
        yield caller


def test_totals(told: Caller) -> None:
    said = told.get("/v1/totals").json()
    assert (said["tickets"], said["waiting"], said["breaches"], said["accounts"]) == (2, 1, 1, 1)
    assert (said["tenant"], said["live"]) == (told.tenant, True)


def test_the_breach_queue(told: Caller) -> None:
    (row,) = told.get("/v1/breaches").json()["breaches"]
    assert (row["ticket"], row["clock"], row["state"], row["policy"]) == ("T-1", "first_response", "breached", "all")


def test_a_ticket_tells_its_clocks_words_course_and_reasons(told: Caller) -> None:
    said = told.get("/v1/tickets/T-1").json()
    (clock,) = said["clocks"]
    assert (clock["state"], clock["elapsed_seconds"]) == ("breached", 1800)
    assert [entry["type"] for entry in said["timeline"]] == ["ticket.opened"]
    assert said["words"][0]["by"] == "customer"
    assert [one["id"] for one in said["similar"]] == ["T-2"]
    assert said["why"] == told.get("/v1/why/T-1").json()["explanations"]


def test_every_why_sums_to_what_it_explains(told: Caller) -> None:
    for id_ in ("T-1", "acct-1"):
        explanations = told.get(f"/v1/why/{id_}").json()["explanations"]
        assert explanations
        for one in explanations:
            counted = [term["amount"] for term in one["terms"]]
            assert math.isclose(math.fsum(counted), one["total"], abs_tol=1e-6), one["kind"]
            assert one["basis"]
            assert one["position"] > 0, one["kind"]


def test_every_clock_of_a_ticket_tells_its_segments(told: Caller) -> None:
    (clock,) = told.get("/v1/sla/T-1").json()["clocks"]
    assert (clock["clock"], clock["state"], clock["policy"]) == ("first_response", "breached", "all")
    assert clock["policy_by"] is not None
    # It was broken after half an hour, and somebody still waits.
    waited_us = parse_instant(clock["evaluated_at"]) - parse_instant(clock["started_at"])
    assert waited_us >= HOUR
    assert sum(one["counted_us"] for one in clock["segments"]) == clock["elapsed_us"] == waited_us
    assert [(one["rule"], one["event_id"]) for one in clock["segments"]] == [("new: counted", clock["started_by"])]
    assert (clock["calendar_elapsed_us"], clock["within_calendar_hours"]) == (waited_us, True)


def test_what_happened_to_a_clock_is_told_as_other_tools_tell_it(told: Caller) -> None:
    answer = told.get("/v1/sla-events/T-1").json()
    activate, apply, breach = answer["ticket_metric_events"]
    assert answer["count"] == 3
    assert [one["type"] for one in (activate, apply, breach)] == ["activate", "apply_sla", "breach"]
    assert {(one["metric"], one["instance_id"], one["ticket_id"]) for one in (activate, apply, breach)} == {
        ("reply_time", 1, "T-1")
    }
    assert apply["sla"] == {
        "target": 30,
        "target_in_seconds": 1800,
        "business_hours": False,
        "policy": {"title": "all"},
    }
    assert parse_instant(breach["time"]) - parse_instant(activate["time"]) == HOUR // 2
    assert told.get("/v1/sla-events/nobody's").status_code == 404


def test_the_time_on_the_wall_stands_beside_business_time(told: Caller) -> None:
    asked = "SELECT elapsed_seconds, calendar_seconds FROM sla WHERE ticket = 'T-1'"
    assert told.post("/v1/sql", json={"sql": asked}).json()["rows"] == [[1800.0, 1800.0]]


def test_an_account_tells_its_score_and_tickets(told: Caller) -> None:
    said = told.get("/v1/accounts/acct-1").json()
    assert {ticket["ticket"] for ticket in said["tickets"]} == {"T-1", "T-2"}
    assert said["name"] == "Hartwell Mills"
    assert [row["account"] for row in told.get("/v1/accounts").json()["accounts"]] == ["acct-1"]


def test_an_id_may_hold_slashes(caller: Caller) -> None:
    caller.tell(caller.event("ticket.opened", {"ticket": "shop/7 ü"}))
    caller.settled()
    assert caller.get("/v1/tickets/shop%2F7%20%C3%BC").json()["ticket"] == "shop/7 ü"
    assert caller.get("/v1/tickets/shop/7 ü").json()["ticket"] == "shop/7 ü"


def test_search_finds_by_words_kind_and_filter(told: Caller) -> None:
    def found(**asked: Any) -> list[str]:
        return [f"{hit['kind']} {hit['id']}" for hit in told.get("/v1/search", params=asked).json()["hits"]]

    assert "ticket T-2" in found(q="invoice")
    assert found(q="invoice", kind="answer") == ["answer T-2"]
    assert found(q="invoice", kind="ticket", status="solved") == ["ticket T-2"]
    assert found(q="zebra") == []


@pytest.fixture
def stumbling(desk: Desk) -> Iterator[None]:
    """The door's redactor cannot cope with one word meanwhile."""
    privacy = desk.application.runtime.privacy
    usual = privacy.redactor_of
    privacy.redactor_of = lambda tenant: Stumbling(privacy.secret(tenant))
    yield
    privacy.redactor_of = usual


@pytest.mark.usefixtures("stumbling")
def test_a_text_whose_redaction_fails_is_in_no_answer(desk: Desk, caller: Caller) -> None:
    """The event is kept, found by its other words and counted; what it said is sealed, and nowhere else."""
    said = {"ticket": "T-1", "title": "Umbrellas leak", "text": "abracadabra joe@mail.example"}
    before = withheld(desk)
    assert caller.tell(caller.event("ticket.opened", said)).json()["accepted"] == 1
    caller.settled()
    assert withheld(desk) == before + 1

    shown = [
        caller.get(path).raise_for_status().text
        for path in ("/v1/tickets/T-1", "/v1/why/T-1", "/v1/accounts/acct-1", "/v1/breaches", "/v1/search?q=umbrellas")
    ] + [caller.post("/v1/sql", json={"sql": f"SELECT * FROM {view}"}).raise_for_status().text for view in VIEWS]
    assert "<WITHHELD_TEXT>" in shown[0]
    assert '"id":"T-1"' in shown[4]
    assert any('"T-1"' in text for text in shown[5:])
    assert not [text for text in shown if "abracadabra" in text or "joe@" in text]
    for word in ("abracadabra", "joe"):
        assert caller.get("/v1/search", params={"q": word}).json() == {"hits": []}

    runtime = desk.application.runtime
    event = runtime.log.read(caller.tenant, 0, 1)[0]  # ticks may follow
    assert isinstance(event.data, TicketOpened)
    assert (event.data.title, event.data.text) == ("Umbrellas leak", "<WITHHELD_TEXT>")
    assert runtime.privacy.originals(event) == {"text": said["text"]}
    holding = [path for path in desk.application.home.root.rglob("*") if b"abracadabra" in bytes_of(path)]
    assert not [path.name for path in holding]


def bytes_of(path: Path) -> bytes:
    """Nothing of what is no file, or is none any more: ClickHouse makes one part of several meanwhile."""
    with suppress(FileNotFoundError, IsADirectoryError):
        return path.read_bytes()
    return b""


def withheld(desk: Desk) -> float:
    lines = httpx.get(f"{desk.url}/metrics", trust_env=False).text.splitlines()
    (value,) = (line.split()[-1] for line in lines if line.startswith("millrace_texts_withheld"))
    return float(value)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/v1/search", "words as `q`"),
        ("/v1/search?q=%20", "words as `q`"),
        ("/v1/search?q=a&kind=spam", "feedback"),
        ("/v1/search?q=a&limit=0", "from 1 to 200"),
        ("/v1/accounts?limit=-1", "from 1 to 10,000"),
        ("/v1/accounts?limit=1e3", "from 1 to 10,000"),
        ("/v1/accounts?limit=٣", "from 1 to 10,000"),
        ("/v1/breaches?limit=99999999999999999999", "from 1 to 10,000"),
        ("/v1/changes?after=x", "Last-Event-ID"),
    ],
)
def test_questions_that_cannot_be(told: Caller, path: str, words: str) -> None:
    answer = told.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert words in answer.json()["detail"]


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("SELECT ticket FROM tickets WHERE status = 'solved'", [["T-2"]]),
        ("SELECT count() AS n, count() AS n FROM accounts", [[1, 1]]),
        ("SELECT toDecimal64(1.25, 2) AS d, 1 / 0 AS i", [["1.25", None]]),
        ("SELECT toDate('2026-01-02') AS d, NULL AS n", [["2026-01-02", None]]),
    ],
)
def test_sql(told: Caller, query: str, rows: list[list[object]]) -> None:
    answer = told.post("/v1/sql", json={"sql": query}).json()
    assert answer["rows"] == rows
    assert len(answer["columns"]) == len(answer["types"]) == len(rows[0])


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"sql": "SELECT 1; SELECT 2"}, "one"),
        ({"sql": "DROP TABLE tickets"}, "SELECT"),
        ({"sql": "SELECT * FROM facts_ticket_state"}, "facts_ticket_state"),
        ({"sql": "SELECT * FROM url('http://127.0.0.1')"}, "url"),
        ({"sql": "SELEC"}, ""),
        ({"sql": "SELECT nothing FROM tickets"}, "nothing"),
        ({"sql": "SELECT toUInt8(ticket) FROM tickets"}, ""),
        ({"sql": 7}, "sql"),
        ({"query": "SELECT 1"}, "`query`"),
        ({}, "`sql`"),
        ([], "object"),
        ({"sql": "SELECT 1 /* " + "x" * 100_000 + "*/"}, "length"),
    ],
)
def test_sql_that_is_refused(told: Caller, body: object, words: str) -> None:
    answer = told.post("/v1/sql", json=body)
    assert answer.status_code == 400
    assert words in answer.json()["detail"]


def test_dead_letters_are_listed_shown_and_sent_again(caller: Caller) -> None:
    raw = b'{"specversion":"1.0","id":"x","note":"call +49 6221 123456"}'
    (result,) = caller.tell_bytes(raw).json()["results"]
    (listed,) = caller.get("/v1/dead-letters").json()["dead_letters"]
    assert (listed["letter"], listed["reason"], listed["redriven_at"]) == (result["letter"], "not_an_event", None)
    assert "raw" not in listed
    assert caller.get(f"/v1/dead-letters/{result['letter']}").json()["raw"] == raw.decode()
    dry = caller.post("/v1/dead-letters/redrive", json={"dry_run": True}).json()["redriven"]
    assert [one["outcome"] for one in dry] == ["would be sent again"]
    again = caller.post("/v1/dead-letters/redrive", content=b"").json()["redriven"]
    assert [one["outcome"] for one in again] == ["refused again"]
    assert caller.get("/v1/dead-letters/none").status_code == 404


@pytest.mark.parametrize("body", [b'{"most":"many"}', b'{"letters":"all"}', b'{"most":0}', b'{"dry_run":1}', b"nope"])
def test_a_redrive_that_cannot_be(caller: Caller, body: bytes) -> None:
    assert caller.post("/v1/dead-letters/redrive", content=body).status_code == 400


def test_an_unknown_tenant_is_told_so(desk: Desk, told: Caller) -> None:
    with desk.caller("nobody-yet") as nobody:
        for path in ("/v1/totals", "/v1/tickets/T-1", "/v1/changes", "/v1/dead-letters"):
            answer = nobody.get(path)
            assert (answer.status_code, answer.json()["title"]) == (404, "no such tenant")
    bare = {"Authorization": f"Bearer {desk.token}"}
    with desk.caller() as second:
        second.tell(second.event("usage.recorded"))
        unnamed = httpx.get(f"{desk.url}/v1/totals", headers=bare, trust_env=False)
    assert (unnamed.status_code, unnamed.json()["title"]) == (400, "which tenant?")
    assert told.tenant in httpx.get(f"{desk.url}/v1/tenants", headers=bare, trust_env=False).json()["tenants"]


def test_deliveries_are_none_without_endpoints(told: Caller) -> None:
    assert told.get("/v1/deliveries").json() == {"deliveries": []}


def test_operations_tell_their_progress_and_result(told: Caller) -> None:
    def last(path: str) -> dict[str, Any]:
        return dict(orjson.loads(told.post(path).content.splitlines()[-1]))

    last("/v1/admin/run")  # whatever is due by now
    assert last("/v1/admin/run") == {"result": {"folded": 0}}
    before = told.get("/v1/admin/state-hash").json()
    assert told.tenant in before["tenants"]
    rebuilt = last("/v1/admin/rebuild")["result"]
    assert rebuilt["equal"] is True
    assert told.post("/v1/admin/rebuild", params={"accept_refusals": "yes"}).status_code == 400
    assert told.get("/v1/admin/state-hash").json() == before
    assert "error" in orjson.loads(
        told.post(
            "/v1/admin/import", json={"files": ["/nonesuch.csv"], "mapping": "none", "tenant": "new"}
        ).content.splitlines()[-1]
    )


@pytest.mark.parametrize(
    "body", [{}, {"files": [], "mapping": "m", "tenant": "t"}, {"files": ["f"], "mapping": "m", "tenant": "No!"}]
)
def test_an_import_that_cannot_be(told: Caller, body: dict[str, object]) -> None:
    assert told.post("/v1/admin/import", json=body).status_code == 400
