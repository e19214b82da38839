"""A rebuild that says something else than before becomes a new generation, and the journal says since when."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.application import generation_story


def test_only_a_rebuild_that_differs_is_journaled(tmp_path: Path) -> None:
    command = [sys.executable, "-m", generation_story.__name__, str(tmp_path / "home")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert (told["sound"], told["quiet"]) == (True, [])
    assert (told["damaged"], told["hash"]) == (False, True)
    (switch,) = told["acme"]
    assert (switch["replaced"], switch["generation"], switch["folded_position"]) == (1, 2, 1)
    assert told["beta"] == []
    assert told["again"] is True
    assert told["tickets"] == [["acme", "T-1"], ["beta", "T-1"]]
    older = told["older"]
    assert "written by another version or is damaged" in older["said"]
    assert "`millrace rebuild`" in older["said"]
    assert (older["old"], older["status"]) == ("unreadable", [["solved"]])
    assert older["letters"] == 0
