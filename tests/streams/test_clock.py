"""What moves a tenant's clock, and what waits for the end of a backfill."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from processors.contract import Context, Output, Processor, Timer
from schemas.event import Data, Event
from schemas.instant import DAY, HOUR
from schemas.system import ADMINISTRATION, BackfillEnded, BackfillStarted
from streams.driver import Driver
from tests.streams.tiny import START, said, scripted, word


@pytest.mark.parametrize(
    ("records", "clock"),
    [
        ([(0, 0)], 0),
        ([(5, 5), (3, 6)], 5),
        ([(5, 5), (9, 6)], 6),
        ([(0, 0), (DAY, HOUR)], HOUR),
        ([(0, 0), (-DAY, HOUR)], 0),
        ([(HOUR, HOUR), (2 * HOUR, 0)], HOUR),
    ],
    ids=["first", "late", "a little ahead", "future-dated", "history", "taken before"],
)
def test_the_clock_is_the_latest_that_was_told(records: list[tuple[int, int]], clock: int) -> None:
    driver = Driver([])
    for occurred_at, taken_at in records:
        driver.send(said("x"), START + occurred_at, taken_at=START + taken_at)
    header = driver.store.header("acme")
    assert header is not None
    assert header.clock == START + clock


@pytest.mark.parametrize("said_of_itself", ADMINISTRATION, ids=lambda kind: kind.type)
@pytest.mark.parametrize("mode", ["live", "journal"])
def test_administration_moves_no_clock_and_wakes_nobody(said_of_itself: type[Data], mode: str) -> None:
    waking = Waking()
    waking.begin(0, mode)
    waking.hear("one", 0, taken=90, backfill=True)
    waking.end(0)
    waking.driver.send(said_of_itself.model_validate(said_of_itself.example, strict=False), START + 100 * HOUR)
    header = waking.driver.store.header("acme")
    assert header is not None
    assert (header.clock, header.clock_mode, waking.fired) == (START, mode, [])


class Waking:
    """A driver over a processor that wakes an hour after everything it hears, and writes down when."""

    def __init__(self) -> None:
        self.fired: list[int] = []
        self.driver = Driver([self._processor()])

    def _processor(self) -> Processor[list[str]]:
        def answer(state: list[str], event: Event, context: Context) -> Sequence[Output]:
            if not word(event).startswith("timer"):
                return (Timer(word(event), event.occurred_at + HOUR),)
            self.fired.append((event.occurred_at - START) // HOUR)
            return ()

        return scripted("waking", answer)

    def hear(self, name: str, hour: int, *, taken: int | None = None, backfill: bool | None = None) -> None:
        at = START + hour * HOUR
        self.driver.send(said(name), at, taken_at=None if taken is None else START + taken * HOUR, backfill=backfill)

    def begin(self, hour: int, clock: str = "live") -> None:
        started = BackfillStarted.model_validate({"name": "history", "clock": clock})
        self.driver.send(started, START + hour * HOUR)

    def end(self, hour: int) -> None:
        self.driver.send(BackfillEnded(name="history"), START + hour * HOUR)

    @property
    def due(self) -> int | None:
        due = self.driver.engine.next_due("acme")
        return None if due is None else (due - START) // HOUR


def test_a_future_dated_record_fires_nothing() -> None:
    waking = Waking()
    waking.hear("a", 0)
    waking.hear("b", 20, taken=0)
    assert waking.fired == []
    assert waking.due == 1
    waking.hear("c", 1)
    assert waking.fired == [1]


@pytest.mark.parametrize("restart", [False, True])
def test_timers_that_history_makes_due_wait_for_its_end(restart: bool) -> None:
    waking = Waking()
    waking.hear("now", 100)
    waking.begin(110)
    assert waking.fired == [101]
    # Hours 105 to 110 lie between the tenant's last record and the beginning of the backfill: history all the same.
    for hour in (10, 50, 105, 20):
        waking.hear(f"h{hour}", hour, taken=110, backfill=True)
    if restart:
        waking.driver.restart()
    assert waking.fired == [101]
    assert waking.due is None
    waking.hear("live", 110)
    waking.hear("live too", 112)
    assert waking.fired == [101, 111]
    waking.end(112)
    assert waking.fired == [101, 111, 11, 21, 51, 106]
    waking.hear("after", 113)
    assert waking.fired == [101, 111, 11, 21, 51, 106, 113]


def test_a_tenant_that_begins_with_history_lives_through_it_by_its_own_clock() -> None:
    waking = Waking()
    waking.begin(0, "journal")
    for hour in (1, 5, 9):
        waking.hear(f"h{hour}", hour, taken=1_000, backfill=True)
    assert waking.fired == [2, 6]
    waking.end(9)
    assert waking.fired == [2, 6]
    # The clock of such a tenant is its journal's: nobody ticks it.
    assert waking.due is None
    waking.hear("h20", 20, taken=1_001)
    assert waking.fired == [2, 6, 10]


def test_the_first_event_decides_whether_a_tenant_is_ticked() -> None:
    live = Waking()
    live.hear("a", 0)
    live.begin(1, "journal")
    live.end(1)
    live.hear("b", 2)
    assert live.due == 3
