"""Does `millrace pull` bring a history in, alone and through a serving process, and go on after an interruption?"""

from __future__ import annotations

import base64
import hmac
import json
import os
import shlex
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from infra.cli.main import app
from schemas.instant import SECOND, format_instant
from streams.connectors.pull_catalog import PULLER_OF, PULLERS
from tests.connectors.asking import PAYLOADS
from tests.patience import wait_until
from tests.pulling.freshdesk_api import Freshdesk
from tests.pulling.stripe_api import EVENTS, Stripe
from tests.pulling.test_zendesk import AUDITS, TICKETS
from tests.pulling.tool import Answers, Asked, Told, Tool
from tests.pulling.zendesk_api import Zendesk

Serve = Callable[[Answers], Tool]

TOKEN = "a-token-of-this-test"
LONGEST_SECONDS = 60.0
CROWD = 6
REPOSITORY = Path(__file__).parents[2]
README, GUIDE = REPOSITORY / "README.md", REPOSITORY / "docs" / "connectors.md"


def command(home: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "infra.cli.main", "--home", str(home), *arguments]


def environment(token: str | None = None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MILLRACE_")}
    return kept | ({"MILLRACE_PULL_TOKEN": token} if token else {})


def millrace(
    home: Path, *arguments: str, token: str | None = None, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(home, *arguments),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env=environment(token),
    )


def said(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def alone(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    assert millrace(home, "init").returncode == 0
    return home


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("served") / "home"
    with subprocess.Popen(command(home, "serve", "--port", "0"), env=environment(), stderr=subprocess.PIPE) as process:
        wait_until(lambda: (home / "serve.json").exists() or process.poll() is not None, LONGEST_SECONDS)
        yield home
        process.terminate()
        process.communicate(timeout=60)


def slow_after(pages: int, stripe: Stripe) -> Answers:
    """Answers so many requests; the next one takes as long as nobody waits for."""
    asked_times = 0

    def answer(asked: Asked) -> Told:
        nonlocal asked_times
        asked_times += 1
        if asked_times == pages + 1:
            time.sleep(5.0)
        return stripe(asked)

    return answer


def interrupted(home: Path, arguments: Sequence[str], reached: Callable[[], bool]) -> int:
    """Runs a verb, and interrupts it as a person would once it has come so far; its exit code."""
    # What a shell runs in the background is born deaf to interrupts, and so are its children.
    heard = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = subprocess.Popen(command(home, *arguments), env=environment(TOKEN), stderr=subprocess.PIPE)
    finally:
        signal.signal(signal.SIGINT, heard)
    with process:
        wait_until(lambda: reached() or process.poll() is not None, LONGEST_SECONDS)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    return process.returncode


def pulled_twice(home: Path, serve: Serve) -> None:
    assert millrace(home, "connect", "stripe", "--tenant", "acme").returncode == 0
    tool = serve(slow_after(2, Stripe(CROWD)))
    pull = ["pull", "stripe", "--tenant", "acme", "--address", tool.address]
    assert interrupted(home, pull, lambda: len(tool.asked) > 2) == 130
    so_far = len(tool.asked)
    report = said(millrace(home, *pull, "--json", token=TOKEN))
    # It went on after what was read, be that with or without the page that was under way.
    ids = [*(f"evt_{100 + place:06}" for place in reversed(range(CROWD))), *(one["id"] for one in reversed(EVENTS))]
    read = ids.index(tool.asked[so_far].query["starting_after"]) + 1
    assert read in (4, 6)
    assert (report["accepted"], report["refused"], report["conflicts"]) == (len(ids) - read, 0, 0)


@pytest.mark.chaos
def test_alone_it_goes_on_after_an_interruption(alone: Path, serve: Serve) -> None:
    pulled_twice(alone, serve)
    assert millrace(alone, "run", "--until-idle").returncode == 0
    (account,) = said(millrace(alone, "accounts", "--tenant", "acme", "--json"))
    assert (account["account"], account["plan"]) == ("acct_1007", "gold")


def test_through_a_serving_process_it_goes_on_after_an_interruption(served: Path, serve: Serve) -> None:
    pulled_twice(served, serve)


def test_what_opens_it_is_kept_where_only_its_owner_reads(served: Path, serve: Serve, tmp_path: Path) -> None:
    tool = serve(Freshdesk())
    of_tenant = ["--tenant", "keeper"]
    assert millrace(served, "connect", "freshdesk", *of_tenant).returncode == 0
    pull = ["pull", "freshdesk", *of_tenant]
    nothing = millrace(served, *pull)
    assert nothing.returncode == 1
    assert "nothing is kept that opens freshdesk: bring the API key" in nothing.stderr
    (tmp_path / "token").write_text(f"{TOKEN}\n", encoding="utf-8")
    first = millrace(served, *pull, "--address", tool.address, "--token-file", str(tmp_path / "token"), "--keep")
    # Where nobody watches, no progress stands between the lines.
    assert (first.returncode, first.stderr) == (0, "")
    assert "2 row(s) on 1 page(s) of freshdesk: 7 events are new, 0 were known" in first.stdout
    assert stat.S_IMODE((served / "access.db").stat().st_mode) == 0o600
    again = said(millrace(served, *pull, "--since", "2026-03-01", "--json"))
    assert (again["rows"], again["accepted"], again["known"]) == (2, 0, 7)
    elsewhere = millrace(served, *pull, "--address", "https://elsewhere.example")
    assert elsewhere.returncode == 1
    assert "the token that is kept is for" in elsewhere.stderr
    assert kept(served) == [TOKEN]
    assert all(TOKEN.encode() not in path.read_bytes() for path in served.glob("journal*"))
    (row,) = said(millrace(served, "connect", "list", *of_tenant, "--json"))
    assert millrace(served, "connect", "remove", row["id"], *of_tenant).returncode == 0
    assert kept(served) == []


def kept(home: Path) -> list[str]:
    with closing(sqlite3.connect(home / "access.db")) as database:
        return [token for (token,) in database.execute("SELECT token FROM pull_access")]


def test_on_a_terminal_it_shows_how_far_it_came(served: Path, serve: Serve) -> None:
    """Each page as it comes: the tool keeps the third one back until the second is seen."""
    typed_here(served, ["connect", "stripe", "--tenant", "watcher"], "")
    seen, stripe = bytearray(), Stripe(CROWD)

    def answer(asked: Asked) -> Told:
        if len(tool.asked) == 3:
            wait_until(lambda: b"4/4" in seen, LONGEST_SECONDS)
        return stripe(asked)

    tool = serve(answer)
    pull = ["pull", "stripe", "--tenant", "watcher", "--address", tool.address]
    screen, terminal = os.openpty()
    with os.fdopen(screen, "rb", buffering=0) as shown:
        of_terminal = environment(TOKEN) | {"TERM": "xterm", "COLUMNS": "120"}
        with subprocess.Popen(command(served, *pull), env=of_terminal, stdout=subprocess.PIPE, stderr=terminal) as run:
            os.close(terminal)
            # A terminal that nobody writes to any more reads as an error.
            with suppress(OSError):
                while some := shown.read(4_096):
                    seen += some
            told = run.communicate(timeout=LONGEST_SECONDS)[0]
    assert run.returncode == 0, seen
    assert f"{len(stripe.events)} row(s)".encode() in told
    last = seen.decode().rpartition("pulling stripe")[2]
    assert f"{len(stripe.events)}/{len(stripe.events)}" in last


ZENDESK_SECRET = "the-signing-secret-of-this-test"


def pushed(url: str, payload: str, *, secret: str = ZENDESK_SECRET, ago_seconds: int = 0) -> httpx.Response:
    """A body of Zendesk's as it posts it, signed now or so long ago."""
    body = (PAYLOADS / payload).read_bytes()
    stamp = format_instant((time.time_ns() // 1_000_000_000 - ago_seconds) * SECOND)
    shown = base64.b64encode(hmac.new(secret.encode(), stamp.encode() + body, "sha256").digest()).decode()
    headers = {"X-Zendesk-Webhook-Signature": shown, "X-Zendesk-Webhook-Signature-Timestamp": stamp}
    return httpx.post(url, content=body, headers=headers, trust_env=False)


def typed_here(home: Path, arguments: Sequence[str], stdin: str) -> str:
    """What the verb prints, run in this process; it asks the serving one."""
    hidden = {name: None for name in os.environ if name.startswith("MILLRACE_")}
    shown = {**hidden, "MILLRACE_HOME": str(home)} | ({"MILLRACE_PULL_TOKEN": TOKEN} if "--keep" in arguments else {})
    done = CliRunner().invoke(app, list(arguments), input=stdin, env=shown)
    assert done.exit_code == 0, (arguments, done.output, done.exception)
    return done.stdout


def followed(home: Path, lines: Sequence[str], tool: Tool, tenant: str) -> str:
    """Types the lines of a guide, with this machine for the tool's; where Zendesk is to push to."""
    base, url, id_ = json.loads((home / "serve.json").read_text())["address"], "", ""
    for line in lines:
        mine = line.replace(PULLER_OF["zendesk"].address, tool.address).replace("acme", tenant)
        arguments = [id_ if word in ("ID", "9f0c…") else word for word in shlex.split(mine, comments=True)[1:]]
        printed = typed_here(home, arguments, f"{ZENDESK_SECRET}\n")
        if "--public-url" in arguments:
            path = printed.partition("pushes to https://hooks.example.com")[2].split()[0]
            url, id_ = base + path, path.rpartition("/")[2]
            # Nothing is taken before Zendesk's secret is there.
            assert pushed(url, "zendesk/ticket_created.json").status_code == 401
        elif "rotate" in arguments:
            assert pushed(url, "zendesk/ticket_created.json").json()["accepted"] == 2
            typed_here(home, ["run", "--until-idle"], "")
        elif "ticket" in arguments:
            assert "Label printer offline at dock 4" in printed
        elif "list" in arguments:
            assert id_ in printed
    return url


def test_the_readme_is_followed_word_for_word(served: Path, serve: Serve) -> None:
    block = README.read_text(encoding="utf-8").partition("\n## Connect your helpdesk\n")[2].split("```")[1]
    lines = [line for line in block.splitlines() if line.startswith("millrace")]
    tool = serve(Zendesk(list(TICKETS), dict(AUDITS), size=10))
    url = followed(served, lines, tool, "reader")
    assert len(lines) == 4
    assert tool.asked[0].headers["authorization"].startswith("Basic ")
    again = pushed(url, "zendesk/ticket_created.json")
    assert (again.status_code, again.json()["duplicate"]) == (200, 2)
    for refused in (
        pushed(url, "zendesk/ticket_created.json", secret="another-secret-of-this-test"),
        pushed(url, "zendesk/ticket_created.json", ago_seconds=301),
    ):
        assert refused.status_code == 401


def test_the_guide_is_followed_word_for_word(served: Path, serve: Serve) -> None:
    """The three steps of the page on connecting a helpdesk, then how history is read."""
    tool = serve(Zendesk(list(TICKETS), dict(AUDITS), size=10))
    lines = [line.strip().removeprefix("$ ") for line in guide().splitlines() if line.strip().startswith("$ millrace")]
    assert [line.split()[1] for line in lines] == ["connect", "connect", "connect", "ticket", "pull", *["connect"] * 2]
    # The last two show how other connections are made.
    followed(served, lines[:5], tool, "guided")
    assert tool.asked
    assert "page(s) of zendesk" in guide()
    # What was kept opens it from then on.
    assert "page(s) of zendesk" in typed_here(served, ["pull", "zendesk", "--tenant", "guided"], "")


def test_the_guide_names_every_tool_that_can_be_pulled() -> None:
    section = guide().partition("## Reading history")[2].partition("\n## ")[0]
    told = [line.split("|")[1:3] for line in section.splitlines() if line.startswith("| `")]
    assert [source.strip(" `") for source, _ in told] == [puller.source for puller in PULLERS]
    for puller, (_, address) in zip(PULLERS, told, strict=True):
        assert "none needed" in address if puller.has_one_address else f"`{puller.address}`" in address


def guide() -> str:
    return GUIDE.read_text(encoding="utf-8")


def test_of_several_tenants_one_must_be_named(served: Path, serve: Serve) -> None:
    tool = serve(Stripe())
    for tenant in ("one", "two"):
        assert millrace(served, "connect", "stripe", "--tenant", tenant).returncode == 0
    several = millrace(served, "pull", "stripe", "--address", tool.address, token=TOKEN)
    assert several.returncode == 1
    assert "say which tenant with --tenant" in several.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["pull", "github"], "github cannot be pulled; these can: zendesk, intercom"),
        (["pull", "zendesk"], "acme has no connection of zendesk: `millrace connect zendesk"),
        (["pull", "stripe", "--address", "http://tool.example"], "would hear the token unencrypted"),
        (["pull", "stripe", "--address", "nowhere"], "is no address of an API"),
        (["pull", "stripe", "--since", "yesterday"], "is not an instant"),
        (["pull", "stripe", "--token", "anything"], "No such option"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(served: Path, arguments: list[str], words: str) -> None:
    millrace(served, "connect", "stripe", "--tenant", "acme")
    done = millrace(served, *arguments, "--tenant", "acme", token=TOKEN)
    assert done.returncode != 0
    assert words in " ".join(done.stderr.replace("│", " ").split())
    assert TOKEN not in done.stderr
