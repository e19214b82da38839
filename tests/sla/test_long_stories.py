"""A ticket that changes its status hundreds of times keeps every pause of it."""

from __future__ import annotations

import pytest

from processors.contract import LARGEST_CELL_BYTES
from processors.sla import MOST_SPANS_BEFORE, SLA
from processors.sla_story import Span, forget_events, merge_shortest
from schemas.instant import DAY, HOUR
from schemas.tickets import TicketOpened, TicketStatusChanged
from tests.sla.desk import Desk
from tests.sla.plain_story import Week, promise, promises

WEEK = Week()
BEGUN = WEEK.instant("mon", "09:00")
PROMISED = promises(promise("everyone", "resolution 2000 h, paused on pending"))


@pytest.mark.parametrize("reason", [None, "Awaiting customer"])
def test_five_months_of_daily_pauses_count_an_hour_a_day(reason: str | None) -> None:
    desk = Desk()
    desk.say(PROMISED, BEGUN, account=None)
    desk.say(TicketOpened(ticket="T"), BEGUN)
    for day in range(150):
        paused = TicketStatusChanged(ticket="T", status="pending", status_raw=reason)
        desk.say(paused, BEGUN + day * DAY + HOUR, event_id=f"zendesk:audit:{day:030}:paused")
        desk.say(TicketStatusChanged(ticket="T", status="open"), BEGUN + (day + 1) * DAY)
    assert desk.clock_of("resolution").elapsed_seconds == 150 * 3600
    assert len(desk.cell().before.spans) > 200
    assert len(SLA.encode(desk.cell())[""]) <= LARGEST_CELL_BYTES


def test_of_more_than_can_be_kept_the_shortest_are_told_as_if_the_status_before_had_lasted() -> None:
    desk = Desk()
    desk.say(PROMISED, BEGUN, account=None)
    desk.say(TicketOpened(ticket="T"), BEGUN)
    for half_day in range(MOST_SPANS_BEFORE):
        at = BEGUN + half_day * DAY // 2
        length = HOUR if half_day % 4 else HOUR // 60
        desk.say(TicketStatusChanged(ticket="T", status="pending"), at + HOUR)
        desk.say(TicketStatusChanged(ticket="T", status="open"), at + HOUR + length)
    counted_seconds = desk.clock_of("resolution").elapsed_seconds
    long_pauses = MOST_SPANS_BEFORE * 3 // 4
    assert len(SLA.encode(desk.cell())[""]) <= LARGEST_CELL_BYTES
    lasted_seconds = (desk.clock - BEGUN) // 1_000_000
    assert 0 <= counted_seconds - (lasted_seconds - long_pauses * 3600 - (MOST_SPANS_BEFORE // 4) * 60) <= 200 * 3600


def test_a_shortest_span_is_merged_into_its_neighbours() -> None:
    spans = [
        Span(at, status, f"e{at}")
        for at, status in [(0, "new"), (10, "open"), (30, "pending"), (31, "open"), (90, "new")]
    ]
    merge_shortest(spans)
    assert spans == [Span(0, "new", "e0"), Span(10, "open", "e10"), Span(90, "new", "e90")]


def test_the_newest_spans_and_the_first_one_keep_their_events() -> None:
    spans = [Span(at, "open" if at % 2 else "new", f"e{at}") for at in range(40)]
    assert forget_events(spans)
    assert [span.event_id for span in spans] == ["e0", *[""] * 7, *[f"e{at}" for at in range(8, 40)]]
    assert [span.since_at for span in spans] == list(range(40))
    assert not forget_events(spans)
