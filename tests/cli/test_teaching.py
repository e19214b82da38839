"""Tickets are corrected and suggested, models tell how good they are, and lessons are taken back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from schemas.instant import MINUTE, format_instant
from streams.embedded import machine_clock
from tests.cli.conftest import Verb, said
from tests.learners.invented import tickets

TENANT = "taught"


def story() -> str:
    now, lines, number = machine_clock(), [], 0
    for number, (text, label) in enumerate(tickets(60, seed=4)):
        at = now - (200 - 2 * number) * MINUTE
        opened: dict[str, Any] = {"ticket": f"T-{number}", "title": "Help", "text": text}
        resolved = {"ticket": f"T-{number}", "by": f"expert-{number % 3}", "category": label}
        for place, (type_, data) in enumerate((("ticket.opened", opened), ("ticket.resolved", resolved))):
            if type_ == "ticket.resolved" and number >= 50:
                continue
            said_at = format_instant(at + place * MINUTE)
            one = {"specversion": "1.0", "id": f"t-{number}-{place}", "source": "desk", "type": type_, "time": said_at}
            lines.append(json.dumps(one | {"account": "mill", "data": data}))
    return "\n".join(lines)


@pytest.fixture(scope="module")
def told(served_home: Path) -> str:
    from typer.testing import CliRunner

    from infra.cli.main import app

    options = ["--home", str(served_home), "append", "--tenant", TENANT]
    assert CliRunner().invoke(app, options, input=story()).exit_code == 0
    assert CliRunner().invoke(app, ["--home", str(served_home), "run", "--until-idle"]).exit_code == 0
    return TENANT


def test_models_tell_how_good_they_are_and_who_taught(verb: Verb, told: str) -> None:
    found = said(verb("models", "--json", tenant=told))
    (category,) = [one for one in found["models"] if one["model"] == "category"]
    assert category["predictions"] == 60
    assert category["judged"] == 50
    assert 0.0 <= category["accuracy"] <= 1.0
    assert category["median_label_delay_seconds"] == 60
    assert category["state"]["n"] == 50
    assert {row["person"]: row["learned"] for row in found["teachers"]} == {
        "expert-0": 17,
        "expert-1": 17,
        "expert-2": 16,
    }
    assert "expert-0" in verb("models", tenant=told).output


def test_suggested_are_open_tickets_each_once(verb: Verb, told: str) -> None:
    rows = said(verb("teach", "--suggest", "--json", tenant=told))
    names = [row["ticket"] for row in rows]
    assert sorted(names) == [f"T-{number}" for number in range(50, 60)]
    assert rows[0]["margin"] < 1.0
    assert verb("teach", "--suggest", "T-1", tenant=told).exit_code == 1


def test_a_correction_is_said_and_taken_back(verb: Verb, served_home: Path, told: str) -> None:
    id_ = said(verb("teach", "T-55", "facilities", "--by", "mallory", "--json", tenant=told))["event_id"]
    verb("run", "--until-idle", tenant=told)
    assert said(verb("ticket", "T-55", "--json", tenant=told))["triage_category"] == "facilities"
    teachers = said(verb("models", "--json", tenant=told))["teachers"]
    assert [row["last_event_id"] for row in teachers if row["person"] == "mallory"] == [id_]
    said(verb("models", "undo", "--by", "mallory", "--reason", "a wrong list", "--json", tenant=told))
    verb("run", "--until-idle", tenant=told)
    (gone,) = said(verb("models", "--json", tenant=told))["unlearned"]
    assert (gone["person"], gone["remembered"], gone["reason"]) == ("mallory", 1, "a wrong list")


def test_a_ticket_that_is_not_there_cannot_be_corrected(verb: Verb, told: str) -> None:
    before = said(verb("models", "--json", tenant=told))["teachers"]
    refused = verb("teach", "T/5 5", "facilities", tenant=told)
    assert refused.exit_code == 1
    assert "there is no ticket 'T/5 5'" in str(refused.exception)
    assert said(verb("models", "--json", tenant=told))["teachers"] == before


STRANGE = "strange"


def strange_story() -> str:
    """Questions of a kind nobody has taught, beside taught ones that are filed anywhere."""
    now, lines = machine_clock(), []
    texts = [f"Wo bleibt das Velo Nummer {number}? Es fehlt noch" for number in range(6)]
    texts += [text for text, _ in tickets(40, seed=5)]
    for number, text in enumerate(texts):
        at = format_instant(now - (100 - number) * MINUTE)
        one = {"specversion": "1.0", "id": f"s-{number}", "source": "desk", "type": "ticket.opened", "time": at}
        lines.append(json.dumps(one | {"data": {"ticket": f"S-{number}", "title": "Help", "text": text}}))
        if number >= 6:
            label = ("left", "right")[number % 2]
            told = one | {"id": f"f-{number}", "type": "ticket.resolved"}
            lines.append(json.dumps(told | {"data": {"ticket": f"S-{number}", "by": "expert-1", "category": label}}))
    return "\n".join(lines)


def test_new_topics_and_advice_are_worked_out_when_asked(verb: Verb, served_home: Path) -> None:
    from typer.testing import CliRunner

    from infra.cli.main import app

    options = ["--home", str(served_home), "append", "--tenant", STRANGE]
    assert CliRunner().invoke(app, options, input=strange_story()).exit_code == 0
    assert CliRunner().invoke(app, ["--home", str(served_home), "run", "--until-idle"]).exit_code == 0
    found = said(verb("models", "topics", "--json", tenant=STRANGE))
    (topic,) = [one for one in found["topics"] if "fehlt" in one["words"]]
    assert topic["tickets"] == 6
    assert topic["filed_as"] == []
    assert all(int(one["ticket"].removeprefix("S-")) < 6 for one in topic["examples"])
    assert "fehlt" in verb("models", "topics", tenant=STRANGE).output
    told = said(verb("models", "advice", "--json", tenant=STRANGE))
    assert told["judged"] == 40
    assert all(set(one["categories"]) <= {"left", "right"} for one in told["pairs"])
    assert f"right of {told['judged']}" in verb("models", "advice", tenant=STRANGE).output
