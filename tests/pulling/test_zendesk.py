"""Is Zendesk's history read whole, whatever happens on the way, and does it meet what came live?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from infra.pulling import Pull
from infra.tool_web import LONGEST_WAIT_SECONDS, MOST_TRIES, PullFailed
from schemas.instant import parse_instant
from tests.pulling.desk import NOW, TENANT, Desk
from tests.pulling.tool import Answers, Told, Tool
from tests.pulling.zendesk_api import EXPORT, INES, MINA, ORGANISATION, Zendesk, audit, change, comment, ticket

Serve = Callable[[Answers], Tool]

TICKETS = [
    ticket(1, "2026-03-01T08:00:00Z", "2026-03-01T09:00:00Z", status="solved", assignee_id=INES),
    ticket(2, "2026-03-01T10:00:00Z", "2026-03-01T10:00:00Z", status="new", priority=None),
    ticket(3, "2026-03-01T11:00:00Z", "2026-03-01T12:00:00Z", status="pending"),
    ticket(4, "2026-03-02T08:00:00Z", "2026-03-02T09:00:00Z"),
    ticket(5, "2026-03-02T10:00:00Z", "2026-03-02T10:30:00Z", status="deleted"),
]
AUDITS = {
    1: [
        audit(100, "2026-03-01T08:00:00Z", MINA, comment(1001, MINA, "Labels of dock 1 stopped printing.")),
        audit(101, "2026-03-01T08:30:00Z", INES, comment(1002, INES, "Is it plugged in?")),
        audit(102, "2026-03-01T08:45:00Z", MINA, comment(1003, MINA, "It is now.")),
        audit(103, "2026-03-01T09:00:00Z", INES, change(1004, "status", "open", "solved")),
    ],
    3: [
        audit(300, "2026-03-01T11:00:00Z", MINA, comment(3001, MINA, "Labels of dock 3 stopped printing.")),
        audit(301, "2026-03-01T12:00:00Z", INES, comment(3002, INES, "Ask the vendor.", public=False)),
    ],
}
EVERYTHING = {
    "opened:1",
    "comment:1002",
    "comment:1003",
    "audit:1004",
    "opened:2",
    "opened:3",
    "comment:3002",
    "opened:4",
}


def named(desk: Desk) -> list[str]:
    """What was told, but for the pictures, whose ids hold digests."""
    return sorted(id_ for id_ in desk.said() if not id_.startswith("snapshot:"))


def api(**how: Any) -> Zendesk:
    return Zendesk(list(TICKETS), dict(AUDITS), **how)


def test_the_whole_history_is_read_page_by_page(desk: Desk, serve: Serve) -> None:
    tool = serve(api())
    report = desk.pull(tool, "zendesk")
    assert (report["pages"], report["rows"], report["conflicts"], report["refused"]) == (3, 5, 0, 0)
    assert named(desk) == sorted(EVERYTHING)
    assert [(said.cursor, said.whole) for said in desk.pulled()] == [
        ("at:c-2", False),
        ("at:c-4", False),
        ("at:c-5", True),
    ]
    assert desk.pulled()[-1].until_at == desk.pulled()[0].began_at
    assert tool.asked[0].query == {"start_time": "0", "per_page": "1000"}
    # Ten pages a minute are allowed: a page waits for its turn, what is asked of one ticket does not.
    assert [round(wait) for wait in desk.waits] == [6, 6]
    one = desk.tickets()["zendesk:1"]
    assert (one.status, one.priority, one.expert_messages) == ("solved", "high", 1)
    assert one.account == f"zendesk:{ORGANISATION}"
    # What was deleted is listed still.
    assert desk.tickets()["zendesk:5"].status == "closed"
    assert not any("/5/" in asked.path for asked in tool.asked)


def test_a_second_pull_reads_only_what_is_new(desk: Desk, serve: Serve) -> None:
    zendesk = api()
    tool = serve(zendesk)
    desk.pull(tool, "zendesk")
    before = desk.said()
    assert desk.pull(tool, "zendesk")["accepted"] == 0
    zendesk.tickets.append(ticket(6, "2026-03-02T18:31:00Z", "2026-03-02T18:31:00Z"))
    assert desk.pull(tool, "zendesk")["accepted"] == 2
    assert desk.said()[: len(before)] == before
    assert "opened:6" in desk.said()
    assert len(set(desk.said())) == len(desk.said())


@pytest.mark.parametrize(
    ("told", "waited"),
    [
        (Told({}, 429, {"Retry-After": "17"}), 17.0),
        (Told({}, 429, {"Retry-After": "Mon, 02 Mar 2020 18:00:00 GMT"}), 0.0),
        (Told({}, 503, {"Retry-After": "5"}), 5.0),
        (Told({"error": "oops"}, 500), 0.5),
        (Told(b"<html>", 502), 0.5),
    ],
)
@pytest.mark.parametrize("path", [EXPORT, "/api/v2/tickets/3"])
def test_a_tool_that_stumbles_is_asked_again(desk: Desk, serve: Serve, told: Told, waited: float, path: str) -> None:
    tool = serve(api())
    tool.stumbles.append((path, told))
    assert desk.pull(tool, "zendesk")["refused"] == 0
    assert named(desk) == sorted(EVERYTHING)
    assert sorted(desk.waits)[0 if waited < 6 else -1] == pytest.approx(waited)
    assert not tool.stumbles


def test_what_never_gets_well_ends_after_so_many_tries_and_is_gone_on_with(desk: Desk, serve: Serve) -> None:
    tool = serve(api())
    tool.stumbles += [("/api/v2/tickets/3", Told({}, 500))] * MOST_TRIES
    with pytest.raises(PullFailed, match="status 500, 8 times"):
        desk.pull(tool, "zendesk")
    assert [said.cursor for said in desk.pulled()] == ["at:c-2"]
    asked = len(tool.asked)
    report = desk.pull(tool, "zendesk")
    assert tool.asked[asked].query["cursor"] == "c-2"
    assert (report["pages"], report["rows"]) == (2, 3)
    assert named(desk) == sorted(EVERYTHING)
    assert desk.pulled()[-1].until_at == desk.pulled()[0].began_at


def test_a_wait_beyond_the_bound_is_not_waited(desk: Desk, serve: Serve) -> None:
    tool = serve(api())
    tool.stumbles.append((EXPORT, Told({}, 429, {"Retry-After": str(int(LONGEST_WAIT_SECONDS) + 1)})))
    with pytest.raises(PullFailed, match="wait for 901 s"):
        desk.pull(tool, "zendesk")
    assert desk.waits == []


def test_a_cursor_that_expired_begins_again_where_all_had_been_read(desk: Desk, serve: Serve) -> None:
    zendesk = api()
    tool = serve(zendesk)
    desk.pull(tool, "zendesk")
    before, asked = named(desk), len(tool.asked)
    zendesk.forgotten.add("c-5")
    zendesk.tickets.append(ticket(6, "2026-03-02T18:31:00Z", "2026-03-02T18:31:00Z"))
    report = desk.pull(tool, "zendesk")
    assert report["cursors_gone"] == 1
    assert named(desk) == sorted([*before, "opened:6"])
    # An hour before the first pull began.
    began = tool.asked[asked + 1].query["start_time"]
    assert began == str((NOW - 3_600_000_000) // 1_000_000)


def test_a_cursor_that_expires_half_way_begins_the_history_again(desk: Desk, serve: Serve) -> None:
    zendesk = api()
    tool = serve(zendesk)
    zendesk.forgotten.add("c-2")
    answers = 0

    def once(asked: Any) -> Told:
        nonlocal answers
        answers += asked.path == EXPORT
        if answers == 4:
            zendesk.forgotten.clear()
        return zendesk(asked)

    tool.answers = once
    report = desk.pull(tool, "zendesk")
    assert report["cursors_gone"] == 1
    assert report["known"] > 0
    assert named(desk) == sorted(EVERYTHING)
    assert len(set(desk.said())) == len(desk.said())


def test_a_page_that_repeats_does_no_harm(desk: Desk, serve: Serve) -> None:
    zendesk = api()
    zendesk.repeated.add("c-2")
    report = desk.pull(serve(zendesk), "zendesk")
    assert report["pages"] == 4
    assert named(desk) == sorted(EVERYTHING)
    assert len(set(desk.said())) == len(desk.said())


def test_a_page_that_repeats_for_ever_ends_the_pull(desk: Desk, serve: Serve) -> None:
    stuck = Told({"tickets": TICKETS[:1], "after_cursor": "c-1", "end_of_stream": False})
    with pytest.raises(PullFailed, match="again and again"):
        desk.pull(serve(lambda asked: stuck if asked.path == EXPORT else Told({"audits": []})), "zendesk")
    assert named(desk) == ["opened:1"]


@pytest.mark.parametrize("answered", range(1, 9))
def test_an_interrupted_pull_goes_on_without_repeats(
    open_desk: Callable[[str], Desk], serve: Serve, answered: int
) -> None:
    """The machine fails after so many answers; another process goes on over the same home folder."""
    tool = serve(api())
    left = answered

    def limited(asked: Any) -> Told:
        nonlocal left
        left -= 1
        if left < 0:
            raise ConnectionError
        return api()(asked)

    tool.answers = limited
    with pytest.raises(PullFailed, match="did not answer"):
        open_desk("one").pull(tool, "zendesk")
    again = open_desk("one")
    tool.answers = api()
    again.pull(tool, "zendesk")
    assert named(again) == sorted(EVERYTHING)
    assert len(set(again.said())) == len(again.said())


def test_a_page_that_was_taken_and_not_noted_is_known(
    desk: Desk, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process ends between the events of a page and the cursor behind them."""
    tool = serve(api())
    with monkeypatch.context() as patched:
        patched.setattr(Pull, "_say", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            desk.pull(tool, "zendesk")
    assert desk.pulled() == []
    report = desk.pull(tool, "zendesk")
    assert (report["conflicts"], report["duplicate"]) == (0, 0)
    assert report["known"] > 0
    assert named(desk) == sorted(EVERYTHING)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (Told({"error": "no"}, 401), "refuses the token"),
        (Told({"error": "no"}, 403), "refuses the token"),
        (Told({"error": "no"}, 404), "is the address right"),
        (Told(b"", 302, {"Location": "https://elsewhere.example"}), "status 302"),
        (Told(b"<html>sign in</html>"), "no JSON"),
        (Told({"tickets": None}), "no list tickets"),
        (Told({"tickets": []}), "neither `after_cursor`"),
    ],
)
def test_what_is_no_answer_is_an_error_and_moves_no_cursor(desk: Desk, serve: Serve, told: Told, words: str) -> None:
    with pytest.raises(PullFailed, match=words):
        desk.pull(serve(lambda _: told), "zendesk")
    assert desk.journal() == []


def test_what_was_answered_in_time_raises_nothing(desk: Desk, serve: Serve) -> None:
    """What is pulled is days old by the clock of what is heard live; its answers stand further down the page."""
    desk.hear("zendesk", live("ticket.created", TICKETS[3], {}, "2026-03-02T18:00:00Z"))
    days = [f"2026-02-2{number}" for number in range(5)]
    tickets = [ticket(200 + n, f"{day}T08:00:00Z", f"{day}T09:00:00Z", status="solved") for n, day in enumerate(days)]
    audits = {
        200 + n: [
            audit(9_000 + 10 * n, f"{day}T08:00:00Z", MINA, comment(10 * n + 1, MINA, "It does not print.")),
            audit(9_001 + 10 * n, f"{day}T08:30:00Z", INES, comment(10 * n + 2, INES, "It does now.")),
            audit(9_002 + 10 * n, f"{day}T09:00:00Z", INES, change(10 * n + 3, "status", "open", "solved")),
        ]
        for n, day in enumerate(days)
    }
    desk.pull(serve(Zendesk(tickets, audits, size=10)), "zendesk")
    assert [alarm for alarm in desk.alarms() if alarm != "zendesk:4"] == []


def test_a_history_that_a_crash_left_open_is_ended_by_the_next_pull(
    desk: Desk, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = serve(api())
    with monkeypatch.context() as patched:
        for name in ("_end_history", "_say"):
            patched.setattr(Pull, name, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            desk.pull(tool, "zendesk")
    assert desk.said("backfill.ended") == []
    desk.pull(tool, "zendesk")
    assert len(desk.said("backfill.ended")) == len(desk.said("backfill.started"))
    assert named(desk) == sorted(EVERYTHING)


OLD = ticket(90, "2024-03-01T08:00:00Z", "2024-03-01T09:00:00Z", status="solved")


def test_an_old_history_is_never_late(desk: Desk, serve: Serve) -> None:
    desk.hear("zendesk", live("ticket.created", TICKETS[3], {}, "2026-03-02T08:00:00Z"))
    audits = {90: [audit(900, "2024-03-01T09:00:00Z", INES, change(9001, "status", "open", "solved"))]}
    desk.pull(serve(Zendesk([OLD], audits)), "zendesk")
    kinds = [event.type for event in desk.journal() if event.source == "millrace"]
    assert kinds == ["backfill.started", "backfill.ended", "source.pulled"]
    assert desk.tickets()["zendesk:90"].status == "solved"


def test_an_old_picture_is_never_late(desk: Desk, serve: Serve) -> None:
    desk.hear("zendesk", live("ticket.created", TICKETS[3], {}, "2026-03-02T08:00:00Z"))
    desk.pull(serve(Zendesk([OLD])), "zendesk")
    assert desk.tickets()["zendesk:90"].status == "solved"


def live(kind: str, ticket_: dict[str, Any], event: dict[str, Any], at: str) -> dict[str, Any]:
    """An event webhook as Zendesk sends it: ids as text, words in capitals."""
    named_ = ("assignee_id", "group_id", "organization_id", "requester_id")
    detail = {name: ticket_[name] for name in ("subject", "description", "via", "created_at", "tags")}
    detail |= {"id": str(ticket_["id"]), "updated_at": at} | {name: str(ticket_[name]) for name in named_}
    detail |= {name: (ticket_[name] or "").upper() or None for name in ("status", "priority")}
    return {
        "id": f"{kind}-{ticket_['id']}-{at}",
        "time": at,
        "type": f"zen:event-type:{kind}",
        "detail": detail,
        "event": event,
    }


def written(id_: int, author: int, text: str, *, public: bool = True) -> dict[str, Any]:
    by = {"id": str(author), "is_staff": author == INES}
    return {"comment": {"id": str(id_), "body": text, "is_public": public, "author": by}}


def hear_all(desk: Desk) -> None:
    one, two, three, four, five = TICKETS
    opened, worked_on = one | {"status": "new"}, one | {"status": "open"}
    for kind, about, event, at in (
        ("ticket.created", opened, {}, "2026-03-01T08:00:00Z"),
        ("ticket.comment_added", worked_on, written(1002, INES, "Is it plugged in?"), "2026-03-01T08:30:00Z"),
        ("ticket.comment_added", worked_on, written(1003, MINA, "It is now."), "2026-03-01T08:45:00Z"),
        ("ticket.status_changed", one, {"previous": "OPEN", "current": "SOLVED"}, "2026-03-01T09:00:00Z"),
        ("ticket.created", two, {}, "2026-03-01T10:00:00Z"),
        ("ticket.created", three, {}, "2026-03-01T11:00:00Z"),
        ("ticket.comment_added", three, written(3002, INES, "Ask the vendor.", public=False), "2026-03-01T12:00:00Z"),
        ("ticket.created", four, {}, "2026-03-02T08:00:00Z"),
        ("ticket.priority_changed", four, {"current": "HIGH"}, "2026-03-02T09:00:00Z"),
        ("ticket.soft_deleted", five | {"status": "open"}, {}, "2026-03-02T10:30:00Z"),
    ):
        assert "refused" not in desk.hear("zendesk", live(kind, about, event, at))


def stories(desk: Desk) -> dict[str, tuple[Any, ...]]:
    names = ("account", "status", "priority", "assignee", "group", "tags", "requester", "expert_messages")
    return {id_: tuple(getattr(fact, name) for name in names) for id_, fact in desk.tickets().items()}


def test_live_and_pulled_end_where_either_alone_does(open_desk: Callable[[str], Desk], serve: Serve) -> None:
    tool = serve(api())
    heard, pulled, live_first, pulled_first = (open_desk(name) for name in ("heard", "pulled", "live", "first"))
    hear_all(heard)
    pulled.pull(tool, "zendesk")
    hear_all(live_first)
    report = live_first.pull(tool, "zendesk")
    assert (report["conflicts"], report["refused"]) == (0, 0)
    pulled_first.pull(tool, "zendesk")
    hear_all(pulled_first)
    expected = stories(heard)
    assert set(expected) == {f"zendesk:{number}" for number in (1, 2, 3, 4, 5)}
    assert stories(pulled) == stories(live_first) == stories(pulled_first) == expected
    for desk in (live_first, pulled_first):
        told = [id_ for id_ in desk.said() if id_.startswith(("opened:", "comment:"))]
        assert sorted(told) == sorted(id_ for id_ in EVERYTHING if not id_.startswith("audit:"))
        # An audit's change and a webhook's have no number in common: both are kept, and the second changes nothing.
        both = {"audit:1004", "status:ticket.status_changed-1-2026-03-01T09:00:00Z"}
        assert both <= set(desk.said())
        assert desk.embedded.log.letters(TENANT) == []


def test_reading_anew_since_an_instant_reads_what_had_been_read(desk: Desk, serve: Serve) -> None:
    tool = serve(api())
    desk.pull(tool, "zendesk")
    before, asked = desk.said(), len(tool.asked)
    report = desk.pull(tool, "zendesk", since=parse_instant("2026-03-01T00:00:00Z"))
    assert tool.asked[asked].query["start_time"] == "1772323200"
    assert (report["accepted"], report["rows"]) == (0, 5)
    assert desk.said() == before
