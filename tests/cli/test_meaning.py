"""A home folder with a model of sentences: what it tells is recorded, taught and explained; a rebuild needs it not."""

from __future__ import annotations

import importlib.util
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from infra.cli.main import app
from schemas.instant import MINUTE, format_instant
from schemas.meaning import meaning_in
from streams.database import Database
from streams.embedded import machine_clock
from streams.sqlite_log import SqliteLog
from tests.cli.conftest import said
from tests.sinks_qdrant.tiny_model import NAME, write_tiny_model

VECTORS = {"printer": [1.0, 0.1], "drucker": [0.9, 0.2], "invoice": [0.1, 1.0], "rechnung": [0.2, 0.9]}
TOPICS = {"devices": "printer", "money": "invoice"}

Verb = Callable[..., Result]


def story() -> str:
    """Sixty solved tickets in English, and one in German whose words nobody has taught."""
    now, lines = machine_clock(), []

    def say(id_: str, type_: str, at: int, **data: Any) -> None:
        envelope = {"specversion": "1.0", "id": id_, "source": "desk", "type": type_, "time": format_instant(at)}
        lines.append(json.dumps(envelope | {"account": "mill", "data": data}))

    for number in range(60):
        label = sorted(TOPICS)[number % 2]
        at, ticket = now - (300 - 4 * number) * MINUTE, f"T-{number}"
        say(f"o-{number}", "ticket.opened", at, ticket=ticket, title=f"{TOPICS[label]} a{number} b{number % 7}")
        say(f"r-{number}", "ticket.resolved", at + MINUTE, ticket=ticket, by=f"x-{number % 3}", category=label)
    say("o-de", "ticket.opened", now - MINUTE, ticket="T-de", title="Drucker")
    return "\n".join(lines)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if importlib.util.find_spec("fastembed") is None:
        pytest.skip("NOT TESTED HERE: meanings by a real model, because fastembed is not installed ([embeddings])")
    folder = tmp_path_factory.mktemp("meaning")
    write_tiny_model(folder / "model", VECTORS)
    (folder / "home").mkdir()
    settings = folder / "home" / "settings.toml"
    settings.write_text(f'[embedding]\nmodel = "{NAME}"\nfolder = "{folder / "model"}"\n')
    settings.chmod(0o600)
    return folder / "home"


@pytest.fixture(scope="module")
def verb(home: Path) -> Verb:
    def run(*arguments: str, stdin: str | None = None) -> Result:
        return CliRunner().invoke(app, ["--home", str(home), "--tenant", "acme", *arguments], input=stdin)

    assert run("append", stdin=story()).exit_code == 0
    assert run("run", "--until-idle").exit_code == 0
    return run


@pytest.fixture
def settings(home: Path) -> Iterator[Path]:
    """The settings' file, put back as it was."""
    file = home / "settings.toml"
    kept = file.read_text()
    yield file
    file.write_text(kept)


def test_what_a_text_means_is_recorded_and_answers(verb: Verb, home: Path) -> None:
    database = Database(home / "millrace.db")
    journal = SqliteLog(database, 16).read("acme", 0, 1_000)
    database.close()
    meanings = [meaning_in(event.meaning) for event in journal if event.type == "ticket.opened"]
    assert {meaning.model for meaning in meanings if meaning is not None} == {NAME}
    assert len(meanings) == 61
    assert not [event for event in journal if event.meaning is not None and event.type != "ticket.opened"]
    told = said(verb("ticket", "T-de", "--json"))
    assert told["triage_category"] == "devices"
    reasons = json.dumps(said(verb("why", "T-de", "--json")))
    assert "what the words mean together" in reasons


@pytest.mark.parametrize(
    ("section", "wrong"),
    [
        (f'model = "{NAME}"\nfolder = "/nowhere"', "/nowhere does not exist"),
        ('model = "nobody/knows-it"', "nobody/knows-it cannot be loaded"),
        ('folder = "/models"', "needs a `model` beside it"),
    ],
)
def test_a_model_that_cannot_be_loaded_is_told_at_the_start(
    verb: Verb, settings: Path, section: str, wrong: str
) -> None:
    settings.write_text(f"[embedding]\n{section}\n")
    ran = verb("state-hash")
    assert ran.exit_code == 1
    assert wrong in str(ran.exception)


def test_doctor_looks_for_the_model(verb: Verb, home: Path, settings: Path) -> None:
    for folder, state in ((home.parent / "model", "ok"), ("/nowhere", "broken")):
        settings.write_text(f'[embedding]\nmodel = "{NAME}"\nfolder = "{folder}"\n')
        (found,) = [one for one in json.loads(verb("doctor", "--json").stdout) if one["part"] == "meaning"]
        assert (found["state"], str(folder) in found["detail"]) == (state, True)


def test_a_rebuild_needs_no_model(verb: Verb, home: Path, settings: Path) -> None:
    before = verb("state-hash").stdout
    settings.write_text("")
    refused = verb("state-hash")
    assert "`millrace rebuild` sends them" in str(refused.exception)
    shutil.rmtree(home / "qdrant")
    proof = said(verb("rebuild", "--json"))
    assert proof["equal"]
    assert proof["new_hash"] in before
    found = said(verb("search", "invoice", "--json"))
    assert found
