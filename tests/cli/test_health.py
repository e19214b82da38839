"""An account's scores at any time and by any rule, beside what users saw; and what they come to together."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from schemas.instant import DAY, format_instant
from streams.embedded import machine_clock
from tests.cli.conftest import Verb, said

NOW = machine_clock()
TENANT = "scores"
_numbers = count(1)


def event(type_: str, days_ago: float, account: str | None = None, **data: Any) -> str:
    at = format_instant(NOW - int(days_ago * DAY))
    one = {"specversion": "1.0", "id": f"h-{next(_numbers)}", "source": "desk", "type": type_, "time": at}
    return json.dumps(one | ({"account": account} if account else {}) | {"data": data})


def story() -> str:
    voice: dict[str, Any] = {"name": "voice", "weights": {"sentiment": 1}, "missing": {"sentiment": "zero"}}
    known = {"plan": "team", "region": "north", "currency": "EUR"}
    lines = [
        event("settings.score_changed", 20, **voice),
        event("account.created", 20, "mill", recurring_minor=300, **known),
        event("account.created", 20, "dam", recurring_minor=100, parent="mill", **known),
        event("feedback.given", 10, "mill", feedback="F-1", scale="nps", score=10.0),
        event("feedback.given", 5, "mill", feedback="F-2", scale="nps", score=0.0),
        event("settings.score_changed", 3, **voice | {"weights": {"sentiment": 1, "commercial": 1}}),
        event("feedback.given", 2, "dam", feedback="F-3", scale="nps", score=5.0),
    ]
    return "\n".join(lines)


@pytest.fixture(scope="module")
def told(served_home: Path) -> str:
    from typer.testing import CliRunner

    from infra.cli.main import app

    options = ["--home", str(served_home), "append", "--tenant", TENANT]
    assert CliRunner().invoke(app, options, input=story()).exit_code == 0
    assert CliRunner().invoke(app, ["--home", str(served_home), "run", "--until-idle"]).exit_code == 0
    return TENANT


def scores(verb: Verb, account: str, days_ago: float, *more: str) -> dict[str, tuple[float, float | None]]:
    """Value and what was seen, by score, so many days ago."""
    at = format_instant(NOW - int(days_ago * DAY))
    rows = said(verb("health", "show", account, "--as-of", at, *more, "--json", tenant=TENANT))
    for row in rows:
        assert sum(term["amount"] for term in row["terms"]) == row["value"]
    return {row["score"]: (row["value"], row["seen"]) for row in rows}


def test_what_is_reckoned_by_the_rules_of_then_is_what_was_seen(verb: Verb, told: str) -> None:
    for days_ago, voice in ((9, 100.0), (4, 50.0), (1, 60.0)):
        found = scores(verb, "mill", days_ago)
        assert found["voice"] == (voice, voice)
        assert found["health"][0] == found["health"][1]
    now = said(verb("health", "show", "mill", "--json", tenant=told))
    assert {row["score"]: row["value"] for row in now} == {row["score"]: row["seen"] for row in now}


def test_the_past_by_a_later_rule_stands_beside_what_was_seen(verb: Verb, told: str) -> None:
    versions = said(verb("health", "versions", "--json", tenant=told))
    first, second = [row["event_id"] for row in versions if row["score"] == "voice"]
    assert scores(verb, "mill", 4, "--config", second) == {"voice": (60.0, 50.0)}
    assert scores(verb, "mill", 1, "--config", first) == {"voice": (50.0, 60.0)}
    assert set(scores(verb, "mill", 4, "--config", "default")) == {"health"}
    assert "voice" in verb("health", "show", "mill", tenant=told).output


def test_what_is_not_there_is_an_error_that_says_so(verb: Verb, told: str) -> None:
    for arguments in (
        ("nobody",),
        ("mill", "--config", "no such version"),
        ("mill", "--as-of", "2001-01-01T00:00:00Z"),
    ):
        result = verb("health", "show", *arguments, tenant=told)
        assert result.exit_code != 0
        assert "there is no" in str(result.exception)
    assert "is no instant" in str(verb("health", "show", "mill", "--as-of", "yesterday", tenant=told).exception)


@pytest.mark.parametrize(("by", "name"), [("parent", "mill"), ("product", "team"), ("region", "north")])
def test_scores_together_are_weighted_by_revenue(verb: Verb, told: str, by: str, name: str) -> None:
    each = {account: scores(verb, account, 0)["voice"][0] for account in ("mill", "dam")}
    (row,) = said(verb("health", "rollup", "--by", by, "--score", "voice", "--json", tenant=told))
    assert (row[by], row["accounts"], row["recurring_minor"]) == (name, 2, 400)
    assert row["weighted_quarters"] == 4 * (300 * each["mill"] + 100 * each["dam"])
    assert row["value"] == row["weighted_quarters"] / 1600
    assert name in verb("health", "rollup", "--by", by, tenant=told).output
