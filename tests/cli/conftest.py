"""A home folder that a real `millrace serve` has open, and the verbs that ask it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from infra.cli.main import app

START_SECONDS = 60.0

Verb = Callable[..., Result]


@pytest.fixture(scope="session")
def served_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder served by a process of its own, which is stopped by its process id."""
    home = tmp_path_factory.mktemp("home") / "millrace"
    command = [sys.executable, "-m", "infra.cli.main", "--home", str(home), "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        until = time.monotonic() + START_SECONDS
        while not (home / "serve.json").exists():
            assert process.poll() is None, process.stderr.read() if process.stderr else ""
            assert time.monotonic() < until, "millrace serve did not start"
            time.sleep(0.05)
        yield home
        process.terminate()
        process.communicate(timeout=60)
        assert process.returncode == 0
    assert not (home / "serve.json").exists()


@pytest.fixture
def verb(served_home: Path) -> Verb:
    """Runs one verb against the served folder."""

    def run(*arguments: str, tenant: str | None = None, stdin: str | None = None) -> Result:
        options = ["--home", str(served_home)] + (["--tenant", tenant] if tenant else [])
        kept = {name: os.environ.pop(name, None) for name in ("MILLRACE_HOME", "MILLRACE_TENANT")}
        try:
            return CliRunner().invoke(app, [*options, *arguments], input=stdin)
        finally:
            for name, value in kept.items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value

    return run


def said(result: Result) -> Any:
    """What a verb printed for programs."""
    assert result.exit_code == 0, result.output + repr(result.exception)
    return json.loads(result.stdout)
