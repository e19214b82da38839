"""What happened to a ticket's clocks, as other tools tell it: stories in plain words, and what holds for any."""

from __future__ import annotations

from itertools import pairwise

import pytest

from processors.sla import SLA
from processors.sla_events import ACTIVATE, BREACH, FULFILL, PAUSE, UPDATE_STATUS, metric_events
from processors.sla_why import why_clocks
from schemas.instant import MINUTE
from tests.sla.desk import TENANT
from tests.sla.plain_story import Week, calendar, promise, promises, told
from tests.sla.test_why import DESKS, Saved, folded

OFFICE = calendar("office", "Europe/Vienna", "08:00-17:00")


@pytest.mark.parametrize(
    ("terms", "story", "expected"),
    [
        (
            "first_response 2 h",
            "mon 09:00 open; mon 10:00 reply; mon 12:00",
            """
            mon 09:00 reply_time 1 activate
            mon 09:00 reply_time 1 apply_sla
            mon 10:00 reply_time 1 fulfill
            mon 10:00 reply_time 1 update_status 60 60
            """,
        ),
        (
            "first_response 1 h",
            "mon 16:30 open; tue 09:00 reply; tue 12:00",
            """
            mon 16:30 reply_time 1 activate
            mon 16:30 reply_time 1 apply_sla
            tue 08:30 reply_time 1 breach
            tue 09:00 reply_time 1 fulfill
            tue 09:00 reply_time 1 update_status 90 990
            """,
        ),
        (
            "next_response 8 h",
            "mon 09:00 open; mon 09:10 reply; mon 10:00 ask; mon 11:00 reply; mon 12:00 ask; mon 13:00",
            """
            mon 10:00 reply_time 2 activate
            mon 10:00 reply_time 2 apply_sla
            mon 11:00 reply_time 2 fulfill
            mon 11:00 reply_time 2 update_status 60 60
            mon 12:00 reply_time 3 activate
            mon 12:00 reply_time 3 apply_sla
            """,
        ),
        (
            "resolution 40 h, paused on pending",
            "mon 09:00 open; mon 10:00 status pending; mon 12:00 status open; mon 13:00 solve; tue 08:00 reopen",
            """
            mon 09:00 resolution_time 1 activate
            mon 09:00 resolution_time 1 apply_sla
            mon 10:00 resolution_time 1 pause
            mon 12:00 resolution_time 1 activate
            mon 13:00 resolution_time 1 fulfill
            mon 13:00 resolution_time 1 update_status 120 240
            tue 08:00 resolution_time 1 activate
            """,
        ),
    ],
)
def test_a_story_in_events(terms: str, story: str, expected: str) -> None:
    week = Week()
    desk = told(week, [OFFICE, promises(promise("all", terms, calendar="office"))], story, {})
    events = metric_events(why_clocks(desk.cell(), desk.engine.fold_of(TENANT), read_now=True))
    shown = []
    for one in events:
        status = f" {one.counted_us // MINUTE} {one.calendar_us // MINUTE}" if one.type == UPDATE_STATUS else ""
        shown.append(f"{week.shown(one.at)} {one.metric} {one.instance} {one.type}{status}")
    assert shown == [line.strip() for line in expected.split("\n") if line.strip()]
    assert all(one.event_id for one in events if one.type != BREACH)


@pytest.mark.parametrize("number", range(DESKS))
def test_events_of_invented_desks_follow_one_another(number: int) -> None:
    store, now = folded(f"events:{number}")
    context = Saved(store, now)
    for cell, parts in store.cells(TENANT):
        if cell.processor != SLA.name:
            continue
        clocks = why_clocks(SLA.decode(parts), context, read_now=True)
        events = metric_events(clocks)
        assert [one.at for one in events] == sorted(one.at for one in events)
        for why in clocks:
            mine = [one for one in events if one.why is why]
            assert {one.type: one.at for one in mine if one.type == BREACH} == (
                {} if why.fact.breached_at is None else {BREACH: why.fact.breached_at}
            )
            # A clock is told to run, to pause or that it is over, and never the same twice in a row.
            moves = [one.type for one in mine if one.type in (ACTIVATE, PAUSE, FULFILL)]
            assert moves[0] == ACTIVATE
            assert all(one != after for one, after in pairwise(moves))
            assert (moves[-1] == FULFILL) == (why.fact.fulfilled_at is not None)
            if why.fact.fulfilled_at is not None:
                ended = [one for one in mine if one.type == UPDATE_STATUS][-1]
                assert (ended.at, ended.counted_us) == (why.fact.fulfilled_at, why.reading.elapsed_us)
