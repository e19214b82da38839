"""Does an import make the same journal whatever came between, and nothing twice?"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import orjson
import pytest

from schemas.instant import DAY
from streams.history import importing
from streams.history.door import Outcome
from streams.history.embedded_door import EmbeddedDoor
from streams.history.importing import import_history
from streams.history.mapping_file import parse_mapping
from streams.history.progress import Progress
from tests.history.conftest import OpenDesk
from tests.history.helpdesk import MAPPING, ROWS, TENANT, Desk, csv_bytes, helpdesk, written

EVENTS = 13


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "BATCH_RECORDS", 4)


class CutDoor(EmbeddedDoor):
    """A door whose process is interrupted after so many batches."""

    def __init__(self, desk: Desk, batches: int) -> None:
        super().__init__(desk.runtime)
        self._left = batches

    def take(self, tenant: str, raws: Sequence[bytes], origin: str) -> Sequence[Outcome]:
        if not self._left:
            raise KeyboardInterrupt
        self._left -= 1
        return super().take(tenant, raws, origin)


def _cut(desk: Desk, path: Path, batches: int) -> None:
    with pytest.raises(KeyboardInterrupt):
        import_history(CutDoor(desk, batches), [written(path, csv_bytes(ROWS))], helpdesk(), TENANT)


def test_shuffled_split_and_renamed_files_make_the_same_journal(tmp_path: Path, open_desk: OpenDesk) -> None:
    straight = open_desk("straight")
    straight.imported(written(tmp_path / "a.csv", csv_bytes(ROWS)))
    shuffled = list(ROWS)
    random.Random(7).shuffle(shuffled)
    other = open_desk("other")
    other.imported(
        written(tmp_path / "x.gz", csv_bytes(shuffled[:5]), packed=True),
        written(tmp_path / "b.csv", csv_bytes(shuffled[5:])),
    )
    assert other.journal() == straight.journal()
    assert straight.types()[0] == "backfill.started"
    assert straight.types()[-1] == "backfill.ended"
    assert len(straight.types()) == EVENTS + 2


def test_marks_and_records_of_history(tmp_path: Path, open_desk: OpenDesk) -> None:
    desk = open_desk("home")
    report = desk.imported(written(tmp_path / "a.csv", csv_bytes(ROWS)))
    values = [orjson.loads(value) for _, value in desk.journal()]
    assert values[0]["data"] == {"name": report.name, "clock": "journal"}
    assert values[0]["time"] == values[1]["time"] == "2026-01-05T07:00:00Z"
    assert values[-1]["data"] == {"name": report.name, "records": EVENTS}
    assert values[-1]["time"] == values[-2]["time"] == "2026-01-08T06:15:00Z"
    assert all(value["backfill"] for value in values[1:-1])
    assert (report.state, report.rows, report.events, report.accepted) == ("new", 8, EVENTS, EVENTS)
    assert report.by_type["ticket.opened"] == 2


def test_recent_history_leaves_the_clock_live(tmp_path: Path, open_desk: OpenDesk) -> None:
    desk = open_desk("home")
    desk.now -= 30 * DAY
    desk.imported(written(tmp_path / "a.csv", csv_bytes(ROWS)))
    assert orjson.loads(desk.journal()[0][1])["data"]["clock"] == "live"


def test_a_row_of_the_far_future_does_not_make_history_new(tmp_path: Path, open_desk: OpenDesk) -> None:
    desk = open_desk("home")
    future = ("T-9", "leeds", "09/01/2062 09:00", 0, "new", 2, "?", "?", 0, "?")
    report = desk.imported(written(tmp_path / "a.csv", csv_bytes([*ROWS, future])))
    assert report.refused == {"future_dated": 1}
    assert orjson.loads(desk.journal()[0][1])["data"]["clock"] == "journal"


@pytest.mark.parametrize("days_later", [0, 1, 40])
def test_twice_is_once(tmp_path: Path, open_desk: OpenDesk, days_later: int) -> None:
    desk = open_desk("home")
    bad = ("", "leeds", "09/01/2026 09:00", 0, "new", 2, "?", "?", 0, "?")
    desk.imported(written(tmp_path / "a.csv", csv_bytes([*ROWS, bad])))
    before, letters = desk.journal(), desk.letters()
    _later(desk, days_later)
    report = desk.imported(written(tmp_path / "b.csv", csv_bytes([bad, *ROWS[::-1]])))
    assert (report.state, report.accepted, report.duplicates) == ("ended", 0, EVENTS)
    assert desk.journal() == before
    assert desk.letters() == letters
    assert letters[0][2] == 1


def _later(desk: Desk, days: int) -> None:
    """So many days pass, and the door forgets the ids that are old by then."""
    desk.now += days * DAY
    desk.runtime.log.expire_ids(desk.now - 32 * DAY, desk.now - 2 * DAY)


@pytest.mark.parametrize("batches", [0, 1, 2, 3])
@pytest.mark.parametrize("days_later", [0, 40])
def test_interrupted_and_run_again(tmp_path: Path, open_desk: OpenDesk, batches: int, days_later: int) -> None:
    straight = open_desk("straight")
    straight.imported(written(tmp_path / "a.csv", csv_bytes(ROWS)))
    desk = open_desk("cut")
    _cut(desk, tmp_path / "b.csv", batches)
    assert len(desk.journal()) == 1 + 4 * batches
    _later(desk, days_later)
    report = desk.imported(written(tmp_path / "c.csv", csv_bytes(ROWS)))
    assert (report.accepted, report.duplicates) == (EVENTS - 4 * batches, 4 * batches)
    if days_later:
        ids = [orjson.loads(value)["id"] for _, value in desk.journal()]
        assert len([id_ for id_ in ids if id_.startswith("updates/")]) == EVENTS
    else:
        assert report.state == "resumed"
        assert desk.journal() == straight.journal()


def test_taken_up_after_another_backfill_it_is_marked_anew(tmp_path: Path, open_desk: OpenDesk) -> None:
    desk = open_desk("home")
    _cut(desk, tmp_path / "a.csv", 2)
    desk.imported(
        written(tmp_path / "b.csv", csv_bytes(ROWS)), mapping=parse_mapping(MAPPING.replace('"helpdesk"', '"other"'))
    )
    desk.imported(written(tmp_path / "c.csv", csv_bytes(ROWS)))
    marks = [
        (value["type"].removeprefix("backfill."), value["data"]["name"].split("-")[0])
        for value in map(orjson.loads, (raw for _, raw in desk.journal()))
        if value["type"].startswith("backfill.")
    ]
    assert marks == [
        ("started", "helpdesk"),
        ("started", "other"),
        ("ended", "other"),
        ("started", "helpdesk"),
        ("ended", "helpdesk"),
    ]


def test_a_longer_history_adds_what_is_new(tmp_path: Path, open_desk: OpenDesk) -> None:
    desk = open_desk("home")
    first = desk.imported(written(tmp_path / "a.csv", csv_bytes(ROWS)), limit=3)
    second = desk.imported(written(tmp_path / "a.csv", csv_bytes(ROWS)))
    assert first.accepted + second.accepted == EVENTS
    assert second.duplicates == first.accepted
    assert desk.letters() == []


def test_progress_reaches_its_end_in_every_stage(tmp_path: Path, open_desk: OpenDesk) -> None:
    seen: list[Progress] = []
    desk = open_desk("home")
    import_history(desk.door, [written(tmp_path / "a.csv", csv_bytes(ROWS))], helpdesk(), TENANT, progress=seen.append)
    ends = {sight.stage: sight for sight in seen}
    assert list(ends) == ["reading", "mapping", "taking"]
    assert all(sight.done == sight.total for sight in ends.values())
    assert (ends["taking"].rows, ends["taking"].events) == (len(ROWS), EVENTS)
    assert ends["taking"].seconds_left == 0
    assert Progress("taking", 10, 40, 5, 40, 2.0).seconds_left == pytest.approx(6.0)


KILLED = """
import sys
from pathlib import Path
from streams.history import importing
from tests.history.helpdesk import ROWS, Desk, csv_bytes, written
importing.BATCH_RECORDS = 4
folder = Path(sys.argv[1])
Desk(folder / "home").imported(written(folder / "a.csv", csv_bytes(ROWS)))
"""


@pytest.mark.parametrize("nth", [1, 3, 5])
def test_killed_and_run_again(tmp_path: Path, open_desk: OpenDesk, nth: int) -> None:
    straight = open_desk("straight")
    straight.imported(written(tmp_path / "s.csv", csv_bytes(ROWS)))
    root = Path(__file__).parent.parent.parent
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path)],
        env={**os.environ, "MILLRACE_FAILPOINT": f"appended:{nth}", "PYTHONPATH": str(root)},
        cwd=tmp_path,
        check=False,
    )
    assert ended.returncode == -9
    desk = open_desk("home")
    report = desk.imported(written(tmp_path / "a.csv", csv_bytes(ROWS)))
    assert report.state == "resumed"
    assert desk.journal() == straight.journal()
