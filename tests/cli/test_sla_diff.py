"""`millrace sla diff`: what another promise would have changed, told, and what is wrong with what was handed in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from infra.cli.main import app
from schemas.instant import HOUR, format_instant
from streams.embedded import machine_clock
from tests.cli.conftest import Verb, said

NOW = machine_clock()
TENANT = "what-if"


def event(id_: str, type_: str, hours_ago: float, account: str | None = None, **data: Any) -> str:
    at = format_instant(NOW - int(hours_ago * HOUR))
    one = {"specversion": "1.0", "id": id_, "source": "desk", "type": type_, "time": at}
    return json.dumps(one | ({"account": account} if account else {}) | {"data": data})


def promises(hours: int, id_: str = "p-2", **more: Any) -> str:
    target = {"clock": "first_response", "target_seconds": hours * 3_600}
    return event(id_, "settings.sla_changed", 300, policies=[{"name": f"{hours} h", "targets": [target], **more}])


CREDITS: dict[str, Any] = {"currency": "EUR", "rules": [{"name": "all", "steps": [{"amount_minor": 2_500}]}]}


@pytest.fixture(scope="module")
def told(served_home: Path) -> str:
    lines = [
        promises(4, "p-1"),
        event("c-1", "settings.credits_changed", 2_000, **CREDITS),
        event("o-1", "ticket.opened", 200, "mill", ticket="T-1", title="Hello", text="Hello"),
        event("r-1", "expert.replied", 197, "mill", ticket="T-1", expert="anna", text="Good day to you"),
    ]
    options = ["--home", str(served_home)]
    appended = CliRunner().invoke(app, [*options, "append", "--tenant", TENANT], input="\n".join(lines))
    assert appended.exit_code == 0, appended.output
    assert CliRunner().invoke(app, [*options, "run", "--until-idle"]).exit_code == 0
    return TENANT


def test_a_shorter_promise_would_have_been_broken_and_cost(verb: Verb, told: str, tmp_path: Path) -> None:
    file = tmp_path / "shorter.jsonl"
    file.write_text(promises(2))
    found = said(verb("sla", "diff", str(file), "--json", tenant=told))
    (changed,) = found["promises"]
    assert (changed["ticket"], changed["before"], changed["after"]) == ("T-1", "kept", "broken")
    assert (changed["policy_before"], changed["policy_after"]) == ("4 h", "2 h")
    assert changed["due_at_after"] == format_instant(NOW - 198 * HOUR)
    assert (found["totals"]["newly_broken"], found["totals"]["no_longer_broken"]) == (1, 0)
    ((before, after),) = [(row["before_minor"], row["after_minor"]) for row in found["credits"]]
    assert (before, after) == (0, 2_500)
    assert [(row["ledger"], row["change_minor"]) for row in found["ledger"]] == [("owed", 2_500), ("granted", -2_500)]
    shown = verb("sla", "diff", str(file), tenant=told)
    assert shown.exit_code == 0
    assert "broken" in shown.output
    assert "25.00 EUR" in shown.output
    # What was asked only is not so.
    assert said(verb("sql", "SELECT state FROM sla", "--json", tenant=told)) == [{"state": "fulfilled"}]


@pytest.mark.parametrize(("hours", "code"), [(4, 0), (2, 3)])
def test_the_exit_code_tells_whether_anything_changes(verb: Verb, told: str, hours: int, code: int) -> None:
    assert verb("sla", "diff", "-", "--exit-code", tenant=told, stdin=promises(hours)).exit_code == code


def test_what_is_probably_not_meant_is_said(verb: Verb, told: str) -> None:
    found = said(verb("sla", "diff", "-", "--json", tenant=told, stdin=promises(4, calendar="offcie")))
    assert found["warnings"] == ["p-2: '4 h' names the calendar 'offcie', which nobody defined"]


@pytest.mark.parametrize(
    ("options", "stdin", "words"),
    [
        (["-"], "", "no event in there"),
        (["-"], "{}", "line 1: not_an_event"),
        (["-"], event("x", "ticket.closed", 1, ticket="T"), "decides no promise"),
        (["nonesuch.jsonl"], "", "cannot be read"),
        (["-", "--from", "someday"], promises(2), "someday"),
        (["-", "--from", "2031-01-01T00:00:00Z"], promises(2), "nothing to compare"),
    ],
)
def test_what_is_wrong_is_an_error_that_says_so(
    verb: Verb, told: str, options: list[str], stdin: str, words: str
) -> None:
    ran = verb("sla", "diff", *options, tenant=told, stdin=stdin)
    assert ran.exit_code == 1
    assert words in str(ran.exception)
