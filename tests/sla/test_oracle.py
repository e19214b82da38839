"""Invented desks, folded in the order of arrival, against a reading of each ticket's whole story at once.

`MILLRACE_ORACLE_CASES` tickets (4,000; by `make chaos` 1,000,000) drawn from `MILLRACE_ORACLE_SEED`, which the names of
the tests show. A desk's seed, as shown with a difference, draws that desk again. `python -m tests.sla` reads the same
million in a process of its own and prints seeds and counts.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace

import pytest

from schemas.facts import SlaBreached, SlaClock, SlaWarned
from schemas.instant import format_instant
from streams.engine import Engine
from streams.fold_store import MemoryFoldStore
from tests.sla.desk import CATALOG, TENANT
from tests.sla.oracle import Outcome, outcomes
from tests.sla.oracle_cases import TICKETS, DeskCase, Story, desk_case

SEED = os.environ.get("MILLRACE_ORACLE_SEED", "millrace")
CASES = int(os.environ.get("MILLRACE_ORACLE_CASES", "4000"))
CASES_OF_CHAOS = int(os.environ.get("MILLRACE_ORACLE_CASES", "1000000"))
PARTS = 10
LONGEST_BATCH = 97

Row = tuple[object, ...]


@pytest.mark.parametrize("seed", [SEED])
def test_every_promise_is_what_the_oracle_says(seed: str) -> None:
    compare(seed, CASES)


@pytest.mark.chaos
@pytest.mark.parametrize("seed", [f"{SEED}/{part}" for part in range(PARTS)])
def test_every_promise_of_a_million_tickets_is_what_the_oracle_says(seed: str) -> None:
    compare(seed, CASES_OF_CHAOS // PARTS)


def compare(seed: str, cases: int) -> int:
    """How many clocks were compared; fails with the smallest desk it can make of the first one that differs."""
    clocks = 0
    for number in range(-(-cases // TICKETS)):
        case = desk_case(f"{seed}:{number}")
        said, known = told(case), expected(case)
        clocks += len(known)
        if said != known:
            pytest.fail(shown(smallest(case), f"{seed}:{number}"), pytrace=False)
    assert clocks >= cases
    return clocks


def told(case: DeskCase) -> dict[tuple[str, str, int], Row]:
    """What the fold says in the end, by ticket, clock and cycle."""
    store = MemoryFoldStore()
    engine = Engine(CATALOG, store)
    events = case.journal()
    for first in range(0, len(events), LONGEST_BATCH):
        store.save([engine.push(TENANT, events[first : first + LONGEST_BATCH])])
    facts = store.current.get(TENANT, {}).values()
    found: dict[tuple[str, str, int], Row] = {}
    breached = {(f.ticket, f.clock, f.cycle): f.breached_at for f in facts if isinstance(f, SlaBreached)}
    warned: dict[tuple[str, str, int], dict[int, tuple[int, int | None]]] = {}
    for fact in facts:
        if isinstance(fact, SlaWarned):
            mark = fact.percent or -fact.before_seconds
            warned.setdefault((fact.ticket, fact.clock, fact.cycle), {})[mark] = fact.warned_at, fact.due_at
    for fact in facts:
        if isinstance(fact, SlaClock):
            key = fact.ticket, fact.clock, fact.cycle
            found[key] = row_of(fact, breached.pop(key, None), warned.pop(key, {}))
    assert not breached, "breaches without a clock"
    assert not warned, "warnings without a clock"
    return found


def row_of(fact: SlaClock, breached_at: int | None, warned: dict[int, tuple[int, int | None]]) -> Row:
    assert fact.remaining_seconds == pytest.approx(fact.target_seconds - fact.elapsed_seconds, abs=1e-6)
    return (
        (fact.state, fact.policy, fact.calendar),
        ("started", fact.started_at),
        ("fulfilled", fact.fulfilled_at),
        ("breached", fact.breached_at, breached_at),
        ("read", fact.evaluated_at),
        ("elapsed", fact.elapsed_seconds),
        ("due", fact.due_at),
        ("warned", *sorted(warned.items())),
    )


def expected(case: DeskCase) -> dict[tuple[str, str, int], Row]:
    return {
        (story.ticket, *key): expected_row(one)
        for story in case.stories
        for key, one in outcomes(story.happenings, story.channel, case.truth, case.now).items()
    }


def expected_row(one: Outcome) -> Row:
    return (
        (one.state, one.policy, one.calendar),
        ("started", one.from_at),
        ("fulfilled", one.fulfilled_at),
        ("breached", one.breached_at, one.breached_at),
        ("read", one.read_at),
        ("elapsed", one.elapsed / 1_000_000),
        ("due", one.due_at),
        ("warned", *sorted(one.warned.items())),
    )


# --- what is shown of a difference ----------------------------------------------------------------------------------


def differs(case: DeskCase) -> bool:
    return told(case) != expected(case)


def smallest(case: DeskCase) -> DeskCase:
    """The same difference with as few tickets, events and delays as go away one by one."""
    for story in case.stories:
        if differs(alone := replace(case, stories=[story])):
            case = alone
            break
    is_smaller = True
    while is_smaller:
        is_smaller = False
        for smaller in smaller_ones(case):
            if differs(smaller):
                case, is_smaller = smaller, True
                break
    return case


def smaller_ones(case: DeskCase) -> Iterable[DeskCase]:
    for place in range(len(case.stories)):
        others = [*case.stories[:place], *case.stories[place + 1 :]]
        if others:
            yield replace(case, stories=others)
    for place, story in enumerate(case.stories):
        for changed in smaller_stories(story):
            yield replace(case, stories=[*case.stories[:place], changed, *case.stories[place + 1 :]])
    for id_ in case.delays:
        yield replace(case, delays={other: late for other, late in case.delays.items() if other != id_})


def smaller_stories(story: Story) -> Iterable[Story]:
    for one in story.happenings:
        yield replace(story, happenings=[other for other in story.happenings if other is not one])
    for id_ in story.delays:
        yield replace(story, delays={other: late for other, late in story.delays.items() if other != id_})
    if story.noise:
        yield replace(story, noise=[])


def shown(case: DeskCase, seed: str) -> str:
    said, known = told(case), expected(case)
    lines = [f"seed {seed!r}; taken at, happened at, account, what:"]
    lines += [
        f"{format_instant(one.taken_at)} {format_instant(one.occurred_at)} {one.account} {one.data.type} {one.data}"
        for one in case.arrivals()
    ]
    lines.append(f"read at {format_instant(case.now)}")
    for key in sorted(said.keys() | known.keys()):
        for what, rows in (("fold", said), ("oracle", known)):
            lines.append(f"{key} {what}: {rows.get(key)}")
    return "\n".join(lines)
