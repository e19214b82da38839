"""`millrace as-of`: a folder of the past out of one that is served, asked by every other verb."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from infra.cli.main import app
from schemas.instant import HOUR, format_instant
from streams.embedded import machine_clock
from tests.cli.conftest import Verb, said

TENANT = "as-of"


def opened(ticket: str, title: str) -> str:
    at = format_instant(machine_clock() - HOUR)
    told = {"specversion": "1.0", "id": f"o-{ticket}", "source": "desk", "type": "ticket.opened", "time": at}
    return json.dumps(told | {"account": "mill", "data": {"ticket": ticket, "title": title}})


@pytest.fixture(scope="module")
def then(served_home: Path) -> str:
    """An instant between two tickets of a tenant that is served."""
    options = ["--home", str(served_home), "--tenant", TENANT]
    runner = CliRunner()
    assert runner.invoke(app, [*options, "append"], input=opened("T-1", "The invoice is wrong")).exit_code == 0
    instant = format_instant(machine_clock())
    assert runner.invoke(app, [*options, "append"], input=opened("T-2", "Still wrong")).exit_code == 0
    assert runner.invoke(app, ["--home", str(served_home), "run", "--until-idle"]).exit_code == 0
    return instant


@pytest.fixture(scope="module")
def past(served_home: Path, then: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("past") / "then"
    made = CliRunner().invoke(app, ["--home", str(served_home), "as-of", then, str(folder), "--tenant", TENANT])
    assert made.exit_code == 0, made.output
    assert f"1 records were known by {then}" in made.stdout.replace("\n", " ")
    assert f"millrace --home {folder} why ID" in made.stdout.replace("\n", " ")
    return folder


def ask(past: Path, *arguments: str, stdin: str | None = None) -> Result:
    # A log that is named for everyday work is not the past's.
    return CliRunner().invoke(
        app, ["--home", str(past), *arguments], input=stdin, env={"MILLRACE_LOG": "kafka://127.0.0.1:1"}
    )


def test_every_verb_answers_as_of_then(past: Path, verb: Verb, then: str) -> None:
    tickets = "SELECT ticket FROM tickets ORDER BY ticket"
    assert said(verb("sql", tickets, "--json", tenant=TENANT)) == [{"ticket": "T-1"}, {"ticket": "T-2"}]
    assert said(ask(past, "sql", tickets, "--json")) == [{"ticket": "T-1"}]
    assert {one["subject"] for one in said(ask(past, "why", "T-1", "--json"))} == {"T-1"}
    assert "not found" in str(ask(past, "why", "T-2").exception)
    clocks = said(ask(past, "sla", "why", "T-1", "--json"))
    assert {one["segments"][-1]["until"] for one in clocks if one["segments"]} == {then}


def test_it_takes_nothing_and_says_so(past: Path) -> None:
    ran = ask(past, "append", stdin=opened("T-3", "Too late"))
    assert ran.exit_code == 1
    assert "this is the past" in str(ran.exception)
    made = ask(past, "keys", "create")
    assert made.exit_code == 1
    assert "this is the past" in str(made.exception)


def test_the_examination_says_that_it_is_the_past(past: Path, then: str) -> None:
    (found,) = [one["detail"] for one in said(ask(past, "doctor", "--json")) if one["part"] == "past"]
    assert then in found


def test_a_mark_that_is_damaged_is_no_present(past: Path) -> None:
    kept = (past / "as-of.json").read_bytes()
    (past / "as-of.json").write_bytes(b"{}")
    try:
        ran = ask(past, "accounts")
        assert ran.exit_code == 1
        assert "as-of.json cannot be read" in str(ran.exception)
    finally:
        (past / "as-of.json").write_bytes(kept)


def test_it_is_for_its_owner_only(past: Path) -> None:
    for folder, _, files in os.walk(past):
        assert not Path(folder).stat().st_mode & 0o077, folder
        assert not [name for name in files if (Path(folder) / name).stat().st_mode & 0o077], folder


@pytest.mark.parametrize(
    ("instant", "words"),
    [
        ("yesterday", "is not an instant"),
        ("2999-01-01T00:00:00Z", "is still to come"),
        ("1999-01-01T00:00:00Z", "known"),
    ],
)
def test_what_is_wrong_is_an_error_that_says_so(
    verb: Verb, then: str, tmp_path: Path, instant: str, words: str
) -> None:
    ran = verb("as-of", instant, str(tmp_path / "folder"))
    assert ran.exit_code == 1
    assert words in str(ran.exception)
    assert list(tmp_path.iterdir()) == []
