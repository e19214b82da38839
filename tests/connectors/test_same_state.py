"""Delivered twice, late or in another order, what a tool sends ends in the same state; through the real door."""

from __future__ import annotations

from collections import Counter
from functools import cache

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.fact import Fact
from schemas.facts import FeedbackItem, TicketState
from schemas.instant import DAY, HOUR
from schemas.sources import SourceUnmapped
from streams.connectors.catalog import BY_NAME
from streams.connectors.request import Request
from tests.connectors.asking import ARRIVED, asked, connector_of, made_of, names, set_up
from tests.laws.world import World

# One ticket is told by events, which name the organisation, and by a trigger, which names our account.
ACCOUNTS = {"zendesk:7304000000401": "acct_1007"}
END = ARRIVED + 30 * DAY
LATEST_HOURS = 14 * 24


def is_timed(name: str) -> bool:
    return all(made.timed for made in made_of(name))


# What its tool dates: the others happened when they came.
TIMED = tuple(name for name in names() if is_timed(name))


def deliver(world: World, name: str, now: int) -> Counter[str]:
    """A payload as the route hands it to the door; what became of its events."""
    return Counter(world.arrive(made.raw(), now) for made in made_of(name, received_at=ARRIVED, accounts=ACCOUNTS))


def happened_at(name: str) -> int:
    return max((made.occurred_at for made in made_of(name)), default=ARRIVED)


@cache
def on_time() -> dict[str, Fact]:
    world = World()
    for name in sorted(TIMED, key=happened_at):
        # The binary form says what the structured one says, and so do single events and batches.
        assert not deliver(world, name, happened_at(name))["refused"]
    world.wait_until(END)
    return world.settled()


def test_the_payloads_tell_a_story_of_all_of_it() -> None:
    tickets = {fact.ticket: fact for fact in on_time().values() if isinstance(fact, TicketState)}
    assert {ticket.partition(":")[0] for ticket in tickets} == {
        "zendesk",
        "intercom",
        "freshdesk",
        "helpscout",
        "chatwoot",
        "zammad",
        "jira",
        "github",
        "hubspot",
        "salesforce",
        "slack",
    }
    zendesk = tickets["zendesk:88213"]
    assert (zendesk.status, zendesk.priority, zendesk.assignee) == ("solved", "high", "zendesk:7304000000021")
    assert (zendesk.tags, zendesk.expert_messages) == (("printer", "dock_4", "tier_gold"), 1)
    assert tickets["helpscout:918273645"].status == "closed"
    assert tickets["zammad:417"].status == "closed"
    assert tickets["chatwoot:57"].csat_percent == 75
    assert tickets["github:larkspur-labs:scanner-app:42"].tags == ("bug",)
    (nps,) = (fact for fact in on_time().values() if isinstance(fact, FeedbackItem) and fact.feedback[0] == "d")
    assert nps.text.startswith("Exports fail")


@given(st.dictionaries(st.sampled_from(TIMED), st.integers(0, LATEST_HOURS)), st.sets(st.sampled_from(TIMED)))
@settings(max_examples=15, deadline=None)
def test_late_repeated_and_swapped_deliveries_end_in_the_same_state(late: dict[str, int], again: set[str]) -> None:
    arrivals = [(happened_at(name) + late.get(name, 0) * HOUR, name) for name in TIMED]
    arrivals += [(now + 3 * HOUR, name) for now, name in arrivals if name in again]
    world, seen = World(), Counter[str]()
    for now, name in sorted(arrivals):
        became = deliver(world, name, now)
        assert not became["refused"]
        assert not (seen[name] and became["accepted"])
        seen[name] += 1
    world.wait_until(END)
    assert world.settled() == on_time()


@pytest.mark.parametrize("name", names())
def test_equal_bytes_are_taken_once(name: str) -> None:
    world = World()
    first = deliver(world, name, END)
    assert not first["refused"]
    again = deliver(world, name, END + HOUR)
    assert again == {"duplicate": sum(first.values())} or not again
    assert sum(event.type != "tick" for event in world.journal()) == first["accepted"]


def test_what_is_not_understood_is_journaled_and_protected() -> None:
    world = World()
    body = orjson.dumps({"type": "zen:event-type:user.unheard", "id": "1", "mail": "mina.okafor@tidewater.example"})
    request = Request(body, {}, set_up("zendesk"), ARRIVED)
    for made in BY_NAME["zendesk"].events(request):
        world.arrive(made.raw(), ARRIVED)
    (event,) = (event for event in world.journal() if isinstance(event.data, SourceUnmapped))
    assert event.data.kind == "user.unheard"  # type: ignore[attr-defined]
    assert "mina.okafor" not in event.data.body  # type: ignore[attr-defined]
    assert event.sealed is not None


def test_live_events_and_an_exported_page_open_one_ticket() -> None:
    """History may bring again what was told live: the opening is one event, and later pictures only confirm."""
    world = World()
    deliver(world, "zendesk/ticket_created.json", ARRIVED)
    became = deliver(world, "zendesk/incremental_tickets_cursor_page.json", ARRIVED)
    assert became == {"duplicate": 1, "accepted": 1}
    assert connector_of("zendesk/ticket_created.json") == "zendesk"
    assert asked("zendesk/ticket_created.json").setup.label == "zendesk"
