"""What holds at the desk whatever happens, and in whatever parts it is saved."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from processors.routing import ROUTING
from processors.routing_desk import Desk
from processors.routing_score import excluded_by
from processors.routing_terms import DEFAULT_ROUTING
from schemas.instant import MINUTE
from schemas.routing import ExpertLoad, TicketQueued, TicketRouted
from schemas.tickets import TicketMessageAdded, TicketPriorityChanged
from tests.routing.bench import Bench

EXPERTS = ("anna", "ben", "cleo", "dora")
GROUPS = ("first", "second")
TICKETS = tuple(f"T-{number}" for number in range(8))

there = st.tuples(
    st.just("there"),
    st.sampled_from(EXPERTS),
    st.sampled_from(("online", "online", "away", "offline")),
    st.sampled_from((None, 0, 1, 2, 3)),
    st.sampled_from((None, *GROUPS)),
    st.sampled_from((None, 0, 1)),
)
opens = st.tuples(
    st.just("opens"),
    st.sampled_from(TICKETS),
    st.sampled_from((None, *GROUPS)),
    st.sampled_from(("chat", "email")),
    st.sampled_from((None, "low", "urgent")),
)
assigns = st.tuples(
    st.just("assigns"),
    st.sampled_from(TICKETS),
    st.sampled_from((None, *GROUPS)),
    st.sampled_from((None, None, "stranger", *EXPERTS)),
)
others = st.tuples(
    st.sampled_from(("solves", "reopens", "replies", "waits")), st.sampled_from(TICKETS), st.sampled_from(EXPERTS)
)
changes = st.tuples(st.just("changes"), st.sampled_from(TICKETS), st.sampled_from(("low", "urgent")))
writes = st.tuples(st.just("writes"), st.sampled_from(TICKETS), st.sampled_from((None, "stranger", *EXPERTS)))
happenings = st.lists(st.one_of(there, opens, opens, assigns, others, changes, writes), max_size=40)


def happen(bench: Bench, one: tuple[Any, ...]) -> None:
    match one:
        case ("there", expert, status, capacity, group, on_chat):
            told = {"capacity": capacity, "group": group}
            chat = {} if on_chat is None else {"channel_capacity": {"chat": on_chat}}
            bench.there(expert, status, **told, **chat)
        case ("opens", ticket, group, channel, priority):
            bench.opens(ticket, group=group, channel=channel, priority=priority)
        case ("assigns", ticket, group, assignee):
            bench.assigns(ticket, group, assignee)
        case ("solves", ticket, expert):
            bench.solves(ticket, by=expert)
        case ("reopens", ticket, _):
            bench.reopens(ticket)
        case ("replies", ticket, expert):
            bench.replies(expert, ticket)
        case ("changes", ticket, priority):
            bench.say(TicketPriorityChanged(ticket=ticket, priority=priority))
        case ("writes", ticket, expert):
            bench.say(TicketMessageAdded(ticket=ticket, author="expert", person=expert))
        case _:
            bench.tick(bench.now + 90 * MINUTE)


def is_sound(desk: Desk) -> None:
    """Loads are what is held, nobody waits while somebody could take it, and nobody has and waits at once."""
    groups = {seat.group: None for seat in desk.seats.values()}
    assert {turn[2] for turn in desk.queue} == {ticket for ticket, case in desk.cases.items() if case.waits}
    assert desk.queue == sorted(desk.queue)
    for expert, seat in desk.seats.items():
        held = Counter(case.channel for case in desk.cases.values() if case.expert == expert)
        assert seat.held == dict(held)
    for case in desk.cases.values():
        assert not (case.waits and (case.expert is not None or case.is_over))
        if case.waits:
            group = case.wanted if case.wanted in groups else None
            free = [seat for seat in desk.seats.values() if seat.status == "online"]
            assert all(excluded_by(seat, case, group, DEFAULT_ROUTING) is not None for seat in free)


@given(happenings)
@settings(max_examples=80, deadline=None)
def test_capacity_is_never_exceeded_and_nobody_waits_in_vain(said: list[tuple[Any, ...]]) -> None:
    bench = Bench()
    known: dict[tuple[str, int], TicketRouted] = {}
    for one in said:
        happen(bench, one)
        if not bench.facts(ExpertLoad):
            continue
        desk = bench.desk
        is_sound(desk)
        for queued in bench.facts(TicketQueued):
            case = desk.cases[queued.ticket]
            assert (queued.group, queued.category, queued.priority) == (case.wanted, case.category, case.priority)
        assert all(load.group == desk.seats[load.expert].group for load in bench.facts(ExpertLoad))
        routes = {(route.ticket, route.number): route for route in bench.facts(TicketRouted)}
        for key, route in routes.items():
            assert route.score == sum(term.amount for term in route.terms)
            assert route.score == route.candidates[0][1] == max(score for _, score in route.candidates)
            seat = desk.seats[route.expert]
            if key not in known:
                assert seat.status == "online"
                assert seat.room(DEFAULT_ROUTING) >= 0
                # Of other channels people may have given more than fits.
                channel = desk.cases[route.ticket].channel
                assert seat.held.get(channel, 0) <= seat.channel_capacity.get(channel, 1_000)
        known = routes


@given(st.integers(1, 6), st.integers(1, 5), st.data())
@settings(max_examples=40, deadline=None)
def test_load_spreads_evenly_among_equals(capacity: int, experts: int, data: st.DataObject) -> None:
    bench = Bench()
    for number in range(experts):
        bench.there(f"expert-{number}", capacity=capacity, skills=["billing"], languages=["en"])
    for number in range(data.draw(st.integers(1, capacity * experts))):
        bench.opens(f"T-{number}", title=data.draw(st.sampled_from(["refund", "login", "Hilfe"])))
        loads = [one.tickets for one in bench.facts(ExpertLoad)]
        assert max(loads) - min(loads) <= 1
        assert max(loads) <= capacity


@given(happenings, st.lists(st.integers(1, 7), max_size=12))
@settings(max_examples=30, deadline=None)
def test_a_desk_saved_in_parts_is_the_same_desk(said: list[tuple[Any, ...]], restarts: list[int]) -> None:
    through, broken = Bench(), Bench()
    stops = {sum(restarts[: place + 1]) for place in range(len(restarts))}
    for place, one in enumerate(said):
        happen(through, one)
        happen(broken, one)
        if place in stops:
            broken.restart()
    assert broken.hash == through.hash
    assert broken.store.current == through.store.current


def test_parts_of_a_desk_tell_all_of_it() -> None:
    bench = Bench()
    bench.there("anna", capacity=2)
    for number in range(5):
        bench.opens(f"T-{number}")
    desk = bench.desk
    assert [turn[2] for turn in desk.queue] == ["T-2", "T-3", "T-4"]
    assert ROUTING.digest(desk) == ROUTING.digest(bench.desk)
    assert desk.encode().keys() == {""}
