"""From nothing to answers with the verbs alone: what is appended is folded, shown, explained, kept and rebuilt."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from infra.client import Refused
from schemas.instant import format_instant
from streams.embedded import machine_clock
from tests.cli.conftest import Verb, said

SECOND = 1_000_000
NOW = machine_clock()


def event(number: int, type_: str, ago_seconds: int, account: str | None, **data: Any) -> str:
    time = format_instant(NOW - ago_seconds * SECOND)
    said_by = {"specversion": "1.0", "id": f"e-{number}", "source": "helpdesk", "type": type_, "time": time}
    return json.dumps(said_by | ({"account": account} if account else {}) | {"data": data})


def story() -> str:
    lines = [
        event(1, "settings.taxonomy_changed", 900_000, None, categories={"billing": ["invoice"], "login": ["sign"]}),
        event(2, "account.created", 800_000, "hartwell", name="Hartwell Mills", tier="premium", recurring_minor=1),
        event(3, "ticket.opened", 700_000, "hartwell", ticket="T-1", title="Invoice wrong", text="+49 171 2345678"),
        event(4, "expert.replied", 699_000, "hartwell", ticket="T-1", expert="x-1", text="We corrected the invoice."),
        event(5, "ticket.resolved", 698_000, "hartwell", ticket="T-1", by="x-1", category="billing"),
        event(6, "ticket.opened", 90_000, "hartwell", ticket="T-2", title="Invoice wrong again", text="Once more"),
        event(7, "usage.recorded", 3_600, "hartwell", name="report.exported", quantity=4),
        event(8, "usage.recorded", 3_600, "hartwell", name="report.exported", quantity=-4),
        "this is not JSON",
    ]
    return "\n".join(lines)


@pytest.fixture(scope="module")
def told(served_home: Path) -> str:
    """The story, appended once; the tenant it belongs to."""
    from typer.testing import CliRunner

    from infra.cli.main import app

    options = ["--home", str(served_home), "append", "--tenant", "acme", "--json"]
    result = CliRunner().invoke(app, options, input=story())
    assert result.exit_code == 1
    answer = json.loads(result.stdout)
    assert (answer["accepted"], answer["duplicate"], answer["refused"]) == (7, 0, 2)
    assert [(one["line"], one["reason"]) for one in answer["failures"]] == [(8, "invalid_data"), (9, "not_json")]
    result = CliRunner().invoke(app, ["--home", str(served_home), "run", "--until-idle", "--json"])
    assert result.exit_code == 0, result.output
    return "acme"


def test_the_same_again_is_recognised(verb: Verb, told: str) -> None:
    answer = json.loads(verb("append", "--json", tenant=told, stdin=story()).stdout)
    assert (answer["accepted"], answer["duplicate"], answer["refused"]) == (0, 7, 2)


def test_a_ticket_shows_its_promises_words_and_likes(verb: Verb, told: str) -> None:
    ticket = said(verb("ticket", "T-2", "--json", tenant=told))
    assert (ticket["status"], ticket["account"], ticket["triage_category"]) == ("new", "hartwell", "billing")
    assert {clock["clock"]: clock["state"] for clock in ticket["clocks"]}["first_response"] == "breached"
    assert [one["id"] for one in ticket["similar"]] == ["T-1"]
    assert ticket["similar"][0]["answer"] == "We corrected the invoice."
    assert "T-2" in verb("ticket", "T-2", tenant=told).output


def test_personal_words_are_redacted_everywhere(verb: Verb, told: str) -> None:
    words = said(verb("ticket", "T-1", "--json", tenant=told))["words"]
    assert "<PHONE_" in words[0]["text"]
    assert "2345678" not in json.dumps(said(verb("search", "invoice", "--json", tenant=told)))


def test_every_explanation_sums_to_its_number(verb: Verb, told: str) -> None:
    for subject in ("T-1", "T-2", "hartwell"):
        found = said(verb("why", subject, "--json", tenant=told))
        assert found
        for one in found:
            counted = [term for term in one["terms"] if not one["kind"].startswith("sla") or term["amount"]]
            assert sum(term["amount"] for term in counted) == pytest.approx(one["total"], abs=1e-9), one["kind"]


def test_a_promise_is_told_segment_by_segment(verb: Verb, told: str) -> None:
    clocks = said(verb("sla", "why", "T-2", "--json", tenant=told))
    assert "first_response" in {clock["clock"] for clock in clocks}
    for clock in clocks:
        assert sum(one["counted_us"] for one in clock["segments"]) == clock["elapsed_us"]
    shown = verb("sla", "why", "T-2", tenant=told).output
    assert "first_response 1: breached" in shown
    assert "new: counted" in shown


def test_accounts_and_account(verb: Verb, told: str) -> None:
    (row,) = said(verb("accounts", "--json", tenant=told))
    assert (row["account"], row["tier"]) == ("hartwell", "premium")
    account = said(verb("account", "hartwell", "--json", tenant=told))
    assert {ticket["ticket"] for ticket in account["tickets"]} == {"T-1", "T-2"}
    assert "Hartwell Mills" in verb("account", "hartwell", tenant=told).output


def test_sql_answers_and_refuses(verb: Verb, told: str) -> None:
    rows = said(verb("sql", "SELECT name, sum(quantity) AS used FROM usage_daily GROUP BY name", "--json", tenant=told))
    assert rows == [{"name": "report.exported", "used": 4}]
    for query in ("DROP TABLE tickets", "SELECT 1; SELECT 2", "SELECT file('/etc/passwd')"):
        result = verb("sql", query, tenant=told)
        assert result.exit_code != 0
        assert isinstance(result.exception, Refused)


def test_an_unknown_id_is_an_error_that_says_so(verb: Verb, told: str) -> None:
    for arguments in (("ticket", "T-404"), ("account", "nobody"), ("why", "nothing"), ("sla", "why", "T-404")):
        result = verb(*arguments, tenant=told)
        assert result.exit_code != 0
        assert "there is no" in str(result.exception)


def test_a_file_that_is_not_there_is_an_error_that_says_so(verb: Verb, told: str, tmp_path: Path) -> None:
    result = verb("append", str(tmp_path / "events.jsonl"), tenant=told)
    assert result.exit_code != 0
    assert f"there is no file {tmp_path / 'events.jsonl'}" in str(result.exception)


def test_dead_letters_are_listed_shown_and_redriven(verb: Verb, told: str) -> None:
    rows = said(verb("dead-letters", "list", "--json", tenant=told))
    assert sorted(row["reason"] for row in rows) == ["invalid_data", "not_json"]
    letter = next(row["letter"] for row in rows if row["reason"] == "not_json")
    assert said(verb("dead-letters", "show", letter, "--json", tenant=told))["raw"] == "this is not JSON"
    dry = said(verb("dead-letters", "redrive", "--dry-run", "--json", tenant=told))
    assert [row["outcome"] for row in dry] == ["would be sent again"] * 2
    assert verb("dead-letters", "redrive", letter, tenant=told).exit_code == 1


def test_a_rebuild_says_the_same(verb: Verb, told: str) -> None:
    before = said(verb("state-hash", "--json"))["state_hash"]
    proof = said(verb("rebuild", "--json"))
    assert proof["equal"]
    assert proof["old_hash"] == proof["new_hash"] == before
    assert proof["differing_tables"] == []
    assert said(verb("state-hash", "--json"))["state_hash"] == before
    assert [one["id"] for one in said(verb("ticket", "T-2", "--json", tenant=told))["similar"]] == ["T-1"]


def test_keys_are_shown_once(verb: Verb, told: str) -> None:
    made = said(verb("keys", "create", "--scope", "read", "--name", "board", "--json", tenant=told))
    assert made["key"].startswith("mr_live_")
    listed = verb("keys", "list", "--json", tenant=told)
    assert made["key"] not in listed.output
    assert verb("keys", "revoke", made["hint"], tenant=told).exit_code == 0
    rows = said(verb("keys", "list", "--json", tenant=told))
    assert next(row for row in rows if row["hint"] == made["hint"])["revoked_at"]


def test_acts_are_listed_and_verified(verb: Verb, told: str) -> None:
    hint = said(verb("keys", "create", "--name", "audited", "--json", tenant=told))["hint"]
    assert hint in {row["subject"] for row in said(verb("audit", "list", "--json", tenant=told))}
    assert "key.created" in verb("audit", "list", "--newest", "1", tenant=told).output
    shown = verb("audit", "verify", tenant=told)
    assert shown.exit_code == 0
    assert "Every act stands as it was written" in shown.output
    (end,) = said(verb("audit", "verify", "--json", tenant=told))["tenants"][0]["chains"]
    assert end["digest"] in shown.output
    assert verb("audit", "verify", "--kept", end["digest"]).exit_code == 0
    lost = verb("audit", "verify", "--kept", "0" * 64)
    assert (lost.exit_code, "was written anew" in lost.output) == (1, True)


def test_history_comes_in_by_a_mapping(verb: Verb, tmp_path: Path) -> None:
    file = tmp_path / "labelled.csv"
    file.write_text("text,category\nWhere is my card?,card\nThe invoice is wrong,billing\n", encoding="utf-8")
    report = said(verb("import", str(file), "--mapping", "labelled-tickets", "--tenant", "history", "--json"))
    assert (report["rows"], report["by_type"]["ticket.opened"]) == (2, 2)
    again = said(verb("import", str(file), "--mapping", "labelled-tickets", "--tenant", "history", "--json"))
    assert again["state"] == "ended"
    said(verb("run", "--until-idle", "--json"))
    assert said(verb("sql", "SELECT count() AS n FROM tickets", "--json", tenant="history")) == [{"n": 2}]


def test_the_rest_of_the_verbs_answer(verb: Verb, tmp_path: Path) -> None:
    assert any(row["name"] == "journal" for row in said(verb("topics", "--json")))
    assert all(row["state"] != "broken" for row in said(verb("doctor", "--json")))
    assert verb("schemas", "export", str(tmp_path / "schemas")).exit_code == 0
    assert list((tmp_path / "schemas").iterdir())
