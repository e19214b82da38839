"""Are dead letters sent again in the order in which they came, as many and of the kind that was asked for?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import orjson
import pytest

from infra.records import EmbeddedRecords
from infra.redriving import Redriving
from schemas.instant import DAY, SECOND, format_instant, parse_instant
from streams.embedded import Embedded

TENANT = "acme"
BEGAN = parse_instant("2026-03-02T09:00:00Z")
AHEAD = 12


class Ways:
    def __init__(self, runtime: Embedded) -> None:
        self.take = runtime.take
        self.refusals = runtime.log.refusals
        self.record = runtime.record
        self.redriven = runtime.redriven


class Desk:
    """A runtime whose clock stands where it is put."""

    def __init__(self, home: Path) -> None:
        self.now = BEGAN
        self.runtime = Embedded(home, (), clock=lambda: self.now)
        self.redriving = Redriving(EmbeddedRecords(self.runtime), Ways(self.runtime), lambda: self.now)

    def redrive(self, *letters: str, most: int = 1_000, reason: str = "", dry_run: bool = False) -> list[str]:
        found = self.redriving.redrive(TENANT, letters, most, reason, dry_run=dry_run)
        return [one.outcome for one in found]

    def journal(self) -> list[str]:
        return [event.id for event in self.runtime.log.read(TENANT, 0, 1_000)]

    def close(self) -> None:
        self.runtime.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Changes of one ticket that are dated too far ahead came in two requests, and something broken between them."""
    with closing(Desk(tmp_path)) as desk:
        raws = [changed(number) for number in range(AHEAD)]
        desk.runtime.take(TENANT, raws[:8])
        desk.runtime.take(TENANT, [b"broken"])
        desk.now += SECOND
        desk.runtime.take(TENANT, raws[8:])
        yield desk


def changed(number: int) -> bytes:
    event = {"specversion": "1.0", "id": f"e-{number:02}", "source": "desk", "type": "ticket.status_changed"}
    at = {"time": format_instant(BEGAN + 2 * DAY + number * SECOND), "account": "a"}
    return orjson.dumps(event | at | {"data": {"ticket": "T-1", "status": "open"}})


def test_a_dry_run_says_what_would_be_sent_and_sends_nothing(desk: Desk) -> None:
    assert desk.redrive(dry_run=True) == ["would be sent again"] * (AHEAD + 1)
    assert desk.journal() == []
    assert desk.redrive(dry_run=True, reason="not_json") == ["would be sent again"]


def test_what_is_sent_again_keeps_its_order(desk: Desk) -> None:
    desk.now += 2 * DAY
    assert sorted(desk.redrive()) == ["accepted"] * AHEAD + ["refused again"]
    assert desk.journal() == [f"e-{number:02}" for number in range(AHEAD)]


def test_the_oldest_are_sent_first_where_not_all_may_be(desk: Desk) -> None:
    desk.now += 2 * DAY
    for _ in range(4):
        assert desk.redrive(most=3, reason="future_dated") == ["accepted"] * 3
    assert desk.redrive(reason="future_dated") == []
    assert desk.journal() == [f"e-{number:02}" for number in range(AHEAD)]
    assert desk.redrive() == ["refused again"]
