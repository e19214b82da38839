"""Verbs without `millrace serve`: each opens the home folder itself, one at a time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.cli.test_walkthrough import story


def millrace(home: Path, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "infra.cli.main", "--home", str(home), *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=300, check=False)


def test_a_folder_is_made_filled_folded_and_asked(tmp_path: Path) -> None:
    home = tmp_path / "home"
    nowhere = millrace(home, "accounts")
    assert nowhere.returncode == 1
    assert "millrace init" in nowhere.stderr
    assert millrace(home, "init").returncode == 0
    assert (home / "settings.toml").stat().st_mode & 0o777 == 0o600
    appended = millrace(home, "append", "--tenant", "acme", stdin=story())
    assert appended.returncode == 1
    assert "7 accepted" in appended.stdout
    assert "line 9: not_json" in appended.stderr
    unfolded = millrace(home, "ticket", "T-none")
    assert unfolded.returncode == 1
    assert "wait to be folded: run `millrace run --until-idle`" in unfolded.stderr
    assert millrace(home, "run", "--until-idle").returncode == 0
    assert "folded" not in millrace(home, "ticket", "T-none").stderr
    answer = millrace(home, "sql", "SELECT count() AS n FROM tickets", "--json")
    assert answer.returncode == 0, answer.stderr
    assert '"n": 2' in answer.stdout
