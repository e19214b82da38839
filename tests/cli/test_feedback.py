"""`feedback` shows what asks for something, and how far its answer has come."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from infra.cli.main import app
from schemas.instant import DAY, format_instant
from streams.embedded import machine_clock
from tests.cli.conftest import Verb, said

TENANT = "loops"
NOW = machine_clock()


def event(number: int, type_: str, days_ago: int, **data: object) -> str:
    one = {"specversion": "1.0", "id": f"f-{number}", "source": "desk", "type": type_, "account": "mill"}
    return json.dumps(one | {"time": format_instant(NOW - days_ago * DAY), "data": data})


def test_open_loops_and_their_steps(served_home: Path, verb: Verb) -> None:
    told = [
        event(1, "feedback.given", 3, feedback="F-1", scale="nps", score=1.0, text="Too slow " * 20),
        event(2, "feedback.routed", 3, feedback="F-1", owner="anna"),
        event(3, "feedback.given", 3, feedback="F-2", scale="nps", score=0.0),
        event(4, "feedback.told_back", 2, feedback="F-2"),
    ]
    options = ["--home", str(served_home), "append", "--tenant", TENANT]
    assert CliRunner().invoke(app, options, input="\n".join(told)).exit_code == 0
    assert CliRunner().invoke(app, ["--home", str(served_home), "run", "--until-idle"]).exit_code == 0
    rows = said(verb("feedback", "--open", "--json", tenant=TENANT))["loops"]
    assert [(row["feedback"], row["step"], row["owner"]) for row in rows] == [("F-1", "acknowledged", "anna")]
    shown = verb("feedback", tenant=TENANT).stdout
    assert "F-1" in shown
    assert "F-2" in shown
    assert "…" in shown
    assert "told_back" in shown
