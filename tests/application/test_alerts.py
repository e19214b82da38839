"""A broken promise reaches a webhook, signed and once; late truth takes it back; a rebuild tells nobody."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from tests.application import alert_story


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a process of its own went through: the embedded ClickHouse allows one folder a process."""
    home: Path = tmp_path_factory.mktemp("alerts") / "home"
    command = [sys.executable, "-m", alert_story.__name__, str(home)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def test_the_breach_is_told_when_it_happens(outcome: dict[str, Any]) -> None:
    assert 0.0 <= outcome["heard_after_seconds"] < alert_story.WAIT_SECONDS
    said = json.loads(outcome["received"][0]["body"])
    assert (said["type"], said["tenant"], said["subject"]) == ("sla.breached", "acme", "T-1")
    assert said["fact"]["clock"] == "first_response"


def test_every_message_carries_a_signature_that_holds(outcome: dict[str, Any]) -> None:
    for one in outcome["received"]:
        headers = {name.lower(): value for name, value in one["headers"].items()}
        Webhook(alert_story.SECRET).verify(one["body"], headers)


def test_late_truth_withdraws_the_alert_once(outcome: dict[str, Any]) -> None:
    ids = [{name.lower(): value for name, value in one["headers"].items()}["webhook-id"] for one in outcome["received"]]
    assert ids == [ids[0], f"{ids[0]}.withdrawn"]
    assert outcome["breaches"] == 0
    assert outcome["withdrawn"] == [True]


def test_a_rebuild_is_equal_and_tells_nobody(outcome: dict[str, Any]) -> None:
    assert outcome["rebuild_equal"]
    assert len(outcome["received"]) == 2
