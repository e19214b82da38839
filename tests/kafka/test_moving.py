"""A home folder moves to Kafka with the verbs alone, and a server takes what comes there."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from infra.as_of import make_as_of
from infra.home import Home
from processors.catalog import PROCESSORS
from schemas.instant import HOUR, MINUTE
from streams.embedded import Embedded, machine_clock
from streams.kafka.address import Address
from streams.kafka.topics import apply_topics
from streams.state_hash import tenant_hash
from tests.kafka.sequenced import journal, lying, sequencer
from tests.patience import wait_until
from tests.streams.records import raw, used

TENANTS = ("acme", "zoo", "b-1", "b-2")
PROMISING = "zoo"
START_SECONDS = 60.0
PROMISE = {"name": "at once", "targets": [{"clock": "first_response", "target_seconds": 60}]}
COMMAND = (sys.executable, "-m", "infra.cli.main")


def said(tenant: str) -> list[bytes]:
    now = machine_clock() - HOUR
    texts = (f"Hello, this is {tenant}{number}@example.com: the invoice is wrong." for number in range(20))
    tickets = [
        raw("ticket.opened", {"ticket": f"T-{number}", "title": "Invoice", "text": text}, f"t-{number}", now)
        for number, text in enumerate(texts)
    ]
    return tickets + [used(f"u-{number}", number, at=now + number * MINUTE) for number in range(40)]


def millrace(home: Path, *arguments: str, stdin: bytes = b"") -> str:
    """What a verb prints; its failing is an error."""
    command = [*COMMAND, "--home", str(home), *arguments]
    return subprocess.run(command, check=True, input=stdin, stdout=subprocess.PIPE, timeout=300).stdout.decode()


@contextmanager
def serving(home: Path, log: Address) -> Iterator[None]:
    command = [*COMMAND, "--home", str(home), "serve", "--port", "0", "--log", str(log)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        try:
            until = time.monotonic() + START_SECONDS
            while not (home / "serve.json").exists():
                assert server.poll() is None
                assert time.monotonic() < until
                time.sleep(0.05)
            yield
        finally:
            server.terminate()
            assert server.wait(60) == 0


def answers(home: Path, *where: str) -> list[Any]:
    """What is told of one ticket, with its words, its course and what its promises counted up to when they were due."""
    asked = (("ticket", "T-3"), ("sla", "why", "T-3"))
    ticket, clocks = (json.loads(millrace(home, *one, "--tenant", PROMISING, "--json", *where)) for one in asked)
    for clock in clocks:
        # The customer still waits: each answer has counted on to when it was asked for.
        for name in ("elapsed_us", "remaining_us", "calendar_elapsed_us", "evaluated_at"):
            del clock[name]
        for name in ("until", "seconds", "counted_us"):
            del clock["segments"][-1][name]
    return [ticket, clocks]


def assert_the_past_is_the_same(home: Path, log: Address, at: int, folder: Path) -> None:
    """A folder as of an instant is made of the log as it is made of the folder that moved there."""
    sources = {folder / "here": Home(home), folder / "there": Home(home, str(log))}
    made = [make_as_of(source, at, target, ["acme"]).records for target, source in sources.items()]
    assert made[0] == made[1]
    hashes = []
    for target in sources:
        with closing(Embedded(target, PROCESSORS)) as runtime:
            hashes.append(tenant_hash(runtime.store, "acme", PROCESSORS))
    assert hashes[0] == hashes[1]


def assert_the_same_is_supposed(home: Path, log: tuple[str, str], moved: int) -> None:
    """`sla diff` of a tenant answers of the log what it answers of the folder, from which so many records moved."""
    supposed = home / "promise.jsonl"
    supposed.write_bytes(raw("settings.sla_changed", {"policies": [PROMISE]}, "p-1", machine_clock() - 2 * HOUR))
    asked = ("sla", "diff", str(supposed), "--tenant", "acme", "--json")
    here, there = (json.loads(millrace(home, *asked, *where)) for where in ((), log))
    assert here["totals"]["newly_broken"] == 20
    # The folder's clock goes on: what it answers holds until a later instant, and it may have woken the tenant.
    assert there["records"] == moved <= here["records"]
    assert there == here | {"records": moved, "until": there["until"]}


def test_a_folder_moves_and_its_door_goes_on(address: Address, tmp_path: Path) -> None:
    home, elsewhere, log = tmp_path / "home", tmp_path / "elsewhere", ("--log", str(address))
    home.mkdir()
    runtime = Embedded(home, PROCESSORS)
    promised = raw("settings.sla_changed", {"policies": [PROMISE]}, "p-0", machine_clock() - 2 * HOUR)
    for tenant in TENANTS:
        runtime.take(tenant, [*([promised] if tenant == PROMISING else []), *said(tenant)])
    runtime.fold_all()
    moved, moved_at = runtime.log.end("acme"), machine_clock()
    runtime.close()
    millrace(home, "export", str(address))
    millrace(elsewhere, "worker", *log, "--workers", "2", "--until-idle")
    assert millrace(elsewhere, "state-hash", *log) == millrace(home, "state-hash")
    assert {path.name for path in (elsewhere / "workers").iterdir()} == {"0", "1"}
    millrace(home, "run", "--until-idle")
    ticket, (clock,) = told = answers(home)
    assert [len(ticket[one]) for one in ("timeline", "words")] == [1, 1]
    # An hour, a broken promise, and not solved yet.
    assert ticket["conversation_score"] == 74
    assert clock["segments"]
    assert answers(elsewhere, *log) == told
    assert_the_same_is_supposed(home, log, moved)
    assert_the_past_is_the_same(home, address, moved_at, tmp_path / "past")
    # What a server acknowledges there, the broker has; what it queued, a sequencer takes.
    with serving(home, address):
        lines = b"\n".join([used("new-1"), used("u-1", 1), b'{"id":'])
        command = [*COMMAND, "--home", str(home), "append", "--tenant", "acme", "--json"]
        answered = subprocess.run(command, input=lines, stdout=subprocess.PIPE, check=False, timeout=300)
        answer = json.loads(answered.stdout)
        assert (answer["queued"], answer["refused"]) == (2, 1)
        assert len(list(lying(address, "usage"))) == 2
        # It reads what the workers save, and needs to have been there for nothing of it.
        wait_until(lambda: (home / "cells.db").exists() and answers(home) == told, START_SECONDS, look_every=1.0)
    with sequencer(address, home) as worker:
        worker.run(until_idle=True)
    # While a day begins a tick may come, too.
    came = [event.id for event in journal(address)["acme"][moved:] if not event.id.startswith("tick-")]
    assert came == ["new-1"]


def test_a_log_there_needs_no_folder_here(address: Address, tmp_path: Path) -> None:
    apply_topics(address)
    command = [*COMMAND, "--home", str(tmp_path / "nowhere"), "accounts", "--tenant", "acme", "--log", str(address)]
    asked = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert "nobody has said anything as 'acme'" in asked.stderr
