"""However long a story gets, a cell stays small."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from processors.catalog import PROCESSORS
from processors.contract import LARGEST_CELL_BYTES
from schemas.instant import HOUR, MINUTE, format_instant
from streams.alert_book import ALERT_BOOK
from tests.laws.story import START
from tests.laws.world import World

WORDS = "Wir bitten um eine Antwort, denn der Export läuft seit gestern nicht mehr durch. " * 12
EVENTS = 600

Told = tuple[str, dict[str, Any]]


def conversation() -> Iterator[Told]:
    """One ticket on which everything is said again and again."""
    yield (
        "ticket.opened",
        {"ticket": "T", "title": "Titel " * 30, "text": WORDS, "tags": [f"tag {n}" for n in range(60)]},
    )
    while True:
        yield "ticket.message_added", {"ticket": "T", "author": "customer", "person": "p-1", "text": WORDS}
        yield "expert.replied", {"ticket": "T", "expert": "expert-1", "requester": "p-1", "text": WORDS}
        yield "ticket.tagged", {"ticket": "T", "added": [f"tag number {n}" for n in range(60)], "removed": ["tag 1"]}
        yield "ticket.status_changed", {"ticket": "T", "status": "pending", "by": "expert-1"}
        yield "ticket.priority_changed", {"ticket": "T", "priority": "high", "by": "expert-1"}
        yield "ticket.assigned", {"ticket": "T", "group": "the first line", "assignee": "expert-1"}
        yield "ticket.status_changed", {"ticket": "T", "status": "open", "by": "expert-1"}
        yield "ticket.resolved", {"ticket": "T", "by": "expert-1", "category": "billing"}
        yield "ticket.reopened", {"ticket": "T", "by": "p-1"}


def profile() -> Iterator[Told]:
    """One account of which much is said, over and over."""
    number = 0
    while True:
        number += 1
        attributes = {f"attribute {number % 40} {place}": "value " * 6 for place in range(12)}
        yield "account.updated", {"plan": f"plan {number}", "attributes": attributes}
        yield "account.renewed", {"renewal_at": format_instant(START + number * HOUR)}


def busy_day() -> Iterator[Told]:
    """An account that uses everything at once."""
    number = 0
    while True:
        number += 1
        yield "usage.recorded", {"name": f"a rather long name of a product event {number}", "quantity": 10**15}
        yield "usage.seats_counted", {"used": number, "licensed": 1_000}


def voices() -> Iterator[Told]:
    """A customer who never stops telling."""
    number = 0
    while True:
        number += 1
        said = {"feedback": f"feedback number {number}", "form": "survey", "text": WORDS}
        yield "feedback.given", {**said, "scale": "nps", "score": float(number % 11)}
        yield "feedback.given", {**said, "feedback": "F", "scale": "nps", "score": 1.0}
        yield "feedback.routed", {"feedback": "F", "owner": f"expert {number}", "ticket": f"T {number}", "note": WORDS}
        yield "feedback.acknowledged", {"feedback": "F", "note": WORDS}
        yield "ticket.opened", {"ticket": f"ticket number {number}", "title": "Hello", "text": "Hello"}


STORIES = {"conversation": conversation, "profile": profile, "busy day": busy_day, "voices": voices}
# Models are as large as what they learned; settings are one cell a tenant, with everything it ever decided, and
# routing's is all of a tenant's experts and open tickets.
LARGE = {
    "breach.model",
    "category.model",
    "churn.model",
    "feedback.model",
    "routing",
    "sentiment.model",
    "settings",
    "team.model",
}


@pytest.mark.parametrize("minutes", [1, 120], ids=["within a day", "over weeks"])
@pytest.mark.parametrize("story", STORIES)
def test_cells_stay_small(story: str, minutes: int) -> None:
    world, told = World(), STORIES[story]()
    for number in range(EVENTS):
        type_, data = next(told)
        at = START + number * minutes * MINUTE
        said = {"specversion": "1.0", "source": "https://desk.example.org/events", "type": type_}
        said |= {
            "id": f"018f3c1e-7b2a-7c3d-9e4f-{number:012d}",
            "time": format_instant(at),
            "account": "Hartwell Mills",
        }
        assert world.arrive(orjson.dumps(said | {"data": data}), at) == "accepted"
    sizes: dict[str, int] = {}
    for cell, parts in world.store.cells("acme"):
        sizes[cell.processor] = max(sizes.get(cell.processor, 0), sum(map(len, parts.values())))
    assert set(sizes) <= {processor.name for processor in (*PROCESSORS, ALERT_BOOK)}
    assert {name: size for name, size in sizes.items() if size > LARGEST_CELL_BYTES and name not in LARGE} == {}
