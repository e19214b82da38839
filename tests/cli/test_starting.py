"""Does a verb begin at once, and wait for a `serve` that is just starting instead of failing?"""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from infra import client
from infra.home import Home, HomeLocked
from infra.server import served
from infra.settings import HttpSettings

HEAVY = ("numpy", "river", "starlette", "opentelemetry", "sqlglot", "chdb", "clickhouse_connect", "qdrant_edge")
TOLD = f"print(*(name for name in {HEAVY!r} if name in sys.modules))"
ASKED_NOWHERE = """
try:
    infra.cli.main.app(["--home", sys.argv[1], "accounts"])
except infra.home.HomeError as error:
    assert "there is no home folder" in str(error)
else:
    raise AssertionError("nothing was said of it")
"""


@pytest.mark.parametrize("said", ["", ASKED_NOWHERE], ids=["typed", "asked where no folder is"])
def test_a_verb_that_opens_no_folder_loads_no_engine(said: str, tmp_path: Path) -> None:
    code = f"import infra.cli.main, sys\n{said}\n{TOLD}"
    nowhere = str(tmp_path / "nowhere")
    ran = subprocess.run([sys.executable, "-c", code, nowhere], check=True, capture_output=True, text=True, timeout=120)
    assert ran.stdout.split() == []
    assert not Path(nowhere).exists()


@pytest.mark.parametrize("verb", ["search", "import", "sql", "ticket"])
def test_what_is_not_utf8_is_refused_before_anything_is_asked(verb: str, tmp_path: Path) -> None:
    command: list[str | bytes] = [sys.executable, "-m", "infra.cli.main", "--home", str(tmp_path), verb]
    command.append(b"r\xe9sum\xe9.csv")
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 1
    assert (
        ran.stderr.strip() == r"millrace: b'r\xe9sum\xe9.csv' is not UTF-8: write it so, or give the file another name"
    )


def test_a_verb_that_is_typed_too_early_asks_who_serves(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.create()
    begun, asked = threading.Event(), threading.Event()

    def serve() -> None:
        with home.locked():
            begun.set()
            asked.wait(10)
        with served(home, HttpSettings(port=0), fold=False, announced=True):
            answered.wait(30)

    answered = threading.Event()
    thread = threading.Thread(target=serve)
    thread.start()
    begun.wait(10)
    threading.Timer(0.3, asked.set).start()
    try:
        with client.connected(home, "acme") as asking:
            assert asking.get("/healthz") == {"status": "ok"}
            assert home.serving() is not None
    finally:
        asked.set()
        answered.set()
        thread.join(30)


def test_where_nobody_comes_to_serve_it_says_who_is_in_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(tmp_path / "home")
    home.create()
    monkeypatch.setattr(client, "_STARTING_SECONDS", 0.2)
    with home.locked(), pytest.raises(HomeLocked, match="in another process"), client.connected(home, "acme"):
        pass
