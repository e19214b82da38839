"""Does every tool that can be pulled keep what all of them promise, whatever happens on the way?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from infra.tool_web import MOST_TRIES, PullFailed
from schemas.facts import TicketState
from schemas.system import Tick
from streams.connectors.catalog import BY_NAME
from streams.connectors.pull_catalog import PULLERS
from tests.pulling import chatwoot_api, freshdesk_api, hubspot_api, intercom_api, stripe_api, zammad_api
from tests.pulling.acted import Case
from tests.pulling.desk import TENANT, Desk
from tests.pulling.tool import Answers, Asked, Told, Tool

Serve = Callable[[Answers], Tool]
OpenDesk = Callable[[str], Desk]

CASES = [
    intercom_api.CASE,
    freshdesk_api.CASE,
    chatwoot_api.CASE,
    zammad_api.CASE,
    hubspot_api.CASE,
    stripe_api.CASE,
]
every = pytest.mark.parametrize("case", CASES, ids=lambda case: case.source)


def pull(desk: Desk, tool: Tool, case: Case, **how: Any) -> dict[str, Any]:
    report = desk.pull(tool, case.source, statuses=case.statuses, **how)
    assert (report["conflicts"], report["refused"], report["undated"]) == (0, 0, 0)
    return report


def hear(desk: Desk, case: Case) -> None:
    for body in case.live:
        assert "refused" not in desk.hear(case.source, body, statuses=case.statuses)


def named(desk: Desk) -> list[str]:
    """What was told, but for pictures and ratings, whose ids hold digests."""
    return sorted(id_ for id_ in desk.said() if not id_.startswith(("snapshot:", "rating:", "csat:")))


def lists(tool: Tool, case: Case) -> int:
    return sum(asked.path == case.listed for asked in tool.asked)


def test_every_puller_is_tried_here_or_alone() -> None:
    assert {puller.source for puller in PULLERS} == {"zendesk", *(case.source for case in CASES)}
    assert all(puller.source in BY_NAME for puller in PULLERS)


@every
def test_the_whole_history_is_read_and_read_again_says_nothing_new(desk: Desk, serve: Serve, case: Case) -> None:
    tool = serve(case.play(0))
    pull(desk, tool, case)
    assert named(desk) == sorted(case.ids)
    before = desk.said()
    assert desk.pulled()[-1].whole
    assert pull(desk, tool, case)["accepted"] == 0
    assert desk.said() == before


@every
def test_many_pages_are_read_though_rows_move_meanwhile(desk: Desk, serve: Serve, case: Case) -> None:
    played = case.play(case.crowd)
    tool = serve(played)

    def moving(asked: Asked) -> Told:
        told = played(asked)
        if asked.path == case.listed and lists(tool, case) == 1:
            played.move()
        return told

    tool.answers = moving
    assert pull(desk, tool, case)["pages"] > 1
    # What moved to a page that had been read is found by the next pull.
    pull(desk, tool, case)
    crowded = [*case.ids, *case.crowded(case.crowd), *case.moved]
    assert set(crowded) <= set(named(desk))
    assert len(set(desk.said())) == len(desk.said())


@every
def test_a_tool_that_stumbles_is_asked_again(desk: Desk, serve: Serve, case: Case) -> None:
    tool = serve(case.play(0))
    tool.stumbles += [
        (case.listed, Told({}, 429, {"Retry-After": "17"})),
        (case.listed, Told(b"<html>", 503)),
        (case.detailed or case.listed, Told({}, 500)),
        (case.detailed or case.listed, Told({}, 429, {"Retry-After": "19"})),
    ]
    pull(desk, tool, case)
    assert not tool.stumbles
    assert {17.0, 19.0} <= set(desk.waits)
    assert any(wait in (0.5, 1.0) for wait in desk.waits)
    assert named(desk) == sorted(case.ids)


@every
def test_an_interrupted_pull_goes_on_where_it_ended(open_desk: OpenDesk, serve: Serve, case: Case) -> None:
    played = case.play(case.crowd)
    tool = serve(played)

    def failing(asked: Asked) -> Told:
        return Told({}, 500) if asked.path == case.listed and lists(tool, case) > 1 else played(asked)

    tool.answers = failing
    with pytest.raises(PullFailed, match=f"status 500, {MOST_TRIES} times"):
        open_desk("one").pull(tool, case.source, statuses=case.statuses)
    again = open_desk("one")
    (first,) = again.pulled()
    tool.answers = played
    pull(again, tool, case)
    assert set(named(again)) == {*case.ids, *case.crowded(case.crowd)}
    assert len(set(again.said())) == len(again.said())
    assert again.pulled()[-1].until_at == first.began_at


@pytest.mark.parametrize("case", [case for case in CASES if case.gone], ids=lambda case: case.source)
def test_a_cursor_that_expired_begins_again(desk: Desk, serve: Serve, case: Case) -> None:
    played, gone = case.play(case.crowd), case.gone
    assert gone is not None
    tool = serve(played)
    tool.answers = lambda asked: gone if lists(tool, case) == 2 and asked.path == case.listed else played(asked)
    report = pull(desk, tool, case)
    assert report["cursors_gone"] == 1
    assert report["known"] > 0
    assert set(named(desk)) == {*case.ids, *case.crowded(case.crowd)}


@every
def test_a_page_that_repeats_for_ever_ends_the_pull(desk: Desk, serve: Serve, case: Case) -> None:
    played = case.play(case.crowd)
    tool = serve(played)
    stuck: list[Told] = []

    def repeating(asked: Asked) -> Told:
        if asked.path != case.listed:
            return played(asked)
        stuck.append(stuck[0] if stuck else played(asked))
        return stuck[0]

    tool.answers = repeating
    with pytest.raises(PullFailed, match="again and again"):
        desk.pull(tool, case.source, statuses=case.statuses)
    assert len(set(desk.said())) == len(desk.said())


@every
@pytest.mark.parametrize(
    ("told", "words"),
    [
        (Told({}, 401), "refuses the token"),
        (Told({}, 302, {"Location": "https://elsewhere.example"}), "status 302"),
        (Told(b"<html>sign in</html>"), "no JSON"),
        (Told({"message": "hello"}), "no list"),
    ],
)
def test_what_is_no_answer_is_an_error_and_moves_no_cursor(
    desk: Desk, serve: Serve, case: Case, told: Told, words: str
) -> None:
    with pytest.raises(PullFailed, match=words):
        desk.pull(serve(lambda _: told), case.source)
    assert desk.journal() == []


def stories(desk: Desk, case: Case) -> Any:
    facts = desk.facts()
    if not case.compared:
        return facts
    return {
        fact.ticket: {name: getattr(fact, name) for name in case.compared}
        for fact in facts.values()
        if isinstance(fact, TicketState)
    }


@every
def test_live_and_pulled_end_where_either_alone_does(open_desk: OpenDesk, serve: Serve, case: Case) -> None:
    tool = serve(case.play(0))
    heard, pulled, live_first, pulled_first = (open_desk(name) for name in ("heard", "pulled", "live", "first"))
    hear(heard, case)
    pull(pulled, tool, case)
    hear(live_first, case)
    pull(live_first, tool, case)
    pull(pulled_first, tool, case)
    hear(pulled_first, case)
    expected = stories(heard, case)
    assert expected
    assert stories(pulled, case) == expected
    assert stories(live_first, case) == expected
    assert stories(pulled_first, case) == expected
    for desk in (live_first, pulled_first):
        assert desk.embedded.log.letters(TENANT) == []
        assert len(set(desk.said())) == len(desk.said())


@pytest.mark.parametrize("case", [case for case in CASES if case.source != "freshdesk"], ids=lambda case: case.source)
def test_a_pull_raises_what_would_have_been_raised_in_time(open_desk: OpenDesk, serve: Serve, case: Case) -> None:
    """Though the clock is far beyond what is pulled. (What Freshdesk pushes has no instant, so it is never overdue.)"""
    heard, pulled = open_desk("heard"), open_desk("pulled")
    hear(heard, case)
    pulled.embedded.record(TENANT, Tick(), id="before")
    pull(pulled, serve(case.play(0)), case)
    assert pulled.alarms() == heard.alarms()
