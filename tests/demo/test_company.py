"""The demo's company keeps what it promises: counts, order, noise, and the same bytes everywhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import pytest

from infra.demo.company import Arrival, Company, company
from infra.demo.phrases import LANGUAGES
from infra.demo.topics import TOPICS
from schemas.decode import decode
from schemas.event import Event
from schemas.instant import DAY, HOUR, parse_instant
from schemas.reasons import Refusal
from tests.demo.conftest import AT

_PRINT_HASH = f"""
from hashlib import sha256
from infra.demo.company import company
digest = sha256()
for arrival in company(3, {AT}, 0.1).arrivals():
    digest.update(b"%d %d " % (arrival.arrived_at, arrival.occurred_at) + arrival.raw)
print(digest.hexdigest())
"""


@pytest.fixture(scope="module")
def taken(arrivals: Sequence[Arrival]) -> tuple[list[tuple[Arrival, Event]], Counter[str]]:
    """What decodes, and the reasons of what does not; dates are judged as a door would at the end."""
    events, refused = [], Counter[str]()
    for arrival in arrivals:
        try:
            event = decode(arrival.raw)
        except Refusal as refusal:
            refused[refusal.reason] += 1
            continue
        if event.occurred_at > AT + DAY:
            refused["future_dated"] += 1
        elif event.occurred_at < parse_instant("1990-01-01T00:00:00Z"):
            refused["ancient_dated"] += 1
        else:
            events.append((arrival, event))
    return events, refused


def test_the_same_bytes_in_any_process(arrivals: Sequence[Arrival]) -> None:
    digest = sha256()
    for arrival in arrivals:
        digest.update(b"%d %d " % (arrival.arrived_at, arrival.occurred_at) + arrival.raw)
    for hash_seed in ("1", "4242"):
        environment = os.environ | {"PYTHONHASHSEED": hash_seed}
        root = Path(__file__).parents[2]
        told = subprocess.run(
            [sys.executable, "-c", _PRINT_HASH], env=environment, cwd=root, capture_output=True, check=True, text=True
        )
        assert told.stdout.strip() == digest.hexdigest()


def test_it_can_be_read_again(small: Company, arrivals: Sequence[Arrival]) -> None:
    assert tuple(small.arrivals()) == tuple(arrivals)


def test_the_whole_company_is_as_large_as_promised() -> None:
    whole = company(1, AT)
    truth = whole.truth
    assert len(truth.accounts) == 200
    assert truth.events >= 150_000
    assert len(truth.tickets) >= 6_000
    assert sum(1 for _ in whole.arrivals()) == truth.arrivals
    assert 25 <= len(truth.churned) <= 30
    assert len(truth.leaving) == 10
    assert 0.008 <= truth.duplicates / truth.events <= 0.012
    assert sum(truth.refused.values()) >= 30
    assert len(truth.refused) == 8
    assert 0.08 <= len(truth.breaches()) / len(truth.clocks) <= 0.15
    due_soon = [clock for clock in truth.clocks if clock.due_at is not None and AT < clock.due_at <= AT + 3 * HOUR]
    assert len(due_soon) >= 10


def test_every_record_that_is_not_broken_decodes(
    small: Company, arrivals: Sequence[Arrival], taken: tuple[list[tuple[Arrival, Event]], Counter[str]]
) -> None:
    events, refused = taken
    assert refused == small.truth.refused
    assert len(arrivals) == small.truth.arrivals == len(events) + sum(refused.values())


def test_repeats_and_conflicts_are_as_told(
    small: Company, taken: tuple[list[tuple[Arrival, Event]], Counter[str]]
) -> None:
    bodies: dict[tuple[str, str], list[bytes]] = {}
    for arrival, event in taken[0]:
        bodies.setdefault((event.source, event.id), []).append(arrival.raw)
    assert len(bodies) == small.truth.events
    assert sum(raws[1:].count(raws[0]) for raws in bodies.values()) == small.truth.duplicates
    assert sum(len(raws) - raws.count(raws[0]) for raws in bodies.values()) == small.truth.conflicts == 6


def test_the_order_is_that_of_arrival_and_nearly_that_of_time(
    small: Company, taken: tuple[list[tuple[Arrival, Event]], Counter[str]]
) -> None:
    events = taken[0]
    assert all(before.arrived_at <= after.arrived_at for (before, _), (after, _) in pairwise(events))
    assert all(arrival.occurred_at == event.occurred_at <= arrival.arrived_at <= AT for arrival, event in events)
    late = sum(arrival.arrived_at - arrival.occurred_at > 60_000_000 for arrival, _ in events)
    very_late = sum(arrival.arrived_at - arrival.occurred_at > DAY for arrival, _ in events)
    assert 0.01 < late / len(events) < 0.05
    assert 0 < very_late / len(events) < 0.01
    assert {arrival.phase for arrival, _ in events if arrival.arrived_at < AT - DAY} == {"history"}
    assert {arrival.phase for arrival, _ in events if arrival.arrived_at >= AT - DAY} == {"live"}


def test_settings_come_first_and_accounts_before_what_they_do(
    taken: tuple[list[tuple[Arrival, Event]], Counter[str]],
) -> None:
    events = [event for _, event in taken[0]]
    assert [event.type.split(".")[0] for event in events[:8]] == ["settings"] * 8
    known: dict[str, int] = {}
    for event in events:
        if event.type == "account.created" and event.account is not None:
            known[event.account] = event.occurred_at
        elif event.account is not None:
            assert known[event.account] < event.occurred_at


def test_nobody_who_left_uses_or_asks_anything(
    small: Company, taken: tuple[list[tuple[Arrival, Event]], Counter[str]]
) -> None:
    churned = {event.account: event.occurred_at for _, event in taken[0] if event.type == "account.churned"}
    assert churned == small.truth.churned
    after = [
        event.type
        for _, event in taken[0]
        if event.occurred_at > churned.get(event.account, AT) and event.type in ("ticket.opened", "feedback.given")
    ]
    assert after == []
    used = [
        event
        for _, event in taken[0]
        if event.type.startswith("usage.") and event.occurred_at > churned.get(event.account, AT)
    ]
    assert used == []


def test_tickets_truth_is_what_the_stream_says(
    small: Company, taken: tuple[list[tuple[Arrival, Event]], Counter[str]]
) -> None:
    labels: dict[str, str] = {}
    opened = set()
    for _, event in sorted(taken[0], key=lambda pair: pair[0].occurred_at):
        data = event.data.model_dump()
        if event.type in ("ticket.resolved", "ticket.closed") and data["category"]:
            labels[data["ticket"]] = data["category"]
        elif event.type == "ticket.opened":
            opened.add(data["ticket"])
            assert data["priority"] in ("low", "normal", "high", "urgent")
            assert data["text"]
    assert opened == set(small.truth.tickets)
    assert labels == {ticket: truth.label for ticket, truth in small.truth.tickets.items() if truth.label}
    assert {truth.language for truth in small.truth.tickets.values()} == set(LANGUAGES)
    assert {truth.topic for truth in small.truth.tickets.values()} == set(TOPICS)


def test_the_noise_is_as_documented() -> None:
    tickets = [truth for seed in range(4) for truth in company(seed, AT, 0.4).truth.tickets.values()]
    shares = {name: count / len(tickets) for name, count in Counter(truth.clarity for truth in tickets).items()}
    assert shares == pytest.approx({"clear": 0.87, "vague": 0.05, "family": 0.05, "astray": 0.03}, abs=0.01)
    labelled = [truth for truth in tickets if truth.label]
    assert len(labelled) / len(tickets) == pytest.approx(0.91, abs=0.03)
    assert sum(truth.label != truth.topic for truth in labelled) / len(labelled) == pytest.approx(0.015, abs=0.007)


@pytest.mark.parametrize("seed", range(3))
def test_an_ideal_classifier_stays_near_nine_in_ten(seed: int) -> None:
    truth = company(seed, AT, 0.5).truth
    assert truth.ceiling == pytest.approx(0.90, abs=0.02)
    assert truth.label_ceiling == pytest.approx(0.885, abs=0.02)
    assert truth.ceiling < truth.ceiling_with_messages < 0.96


_WRITTEN = {
    "email": re.compile(r"[\w.-]+@example\.(?:com|org|net)\b"),
    "iban": re.compile(r"\b(?:DE|GB|ES|AT|FR)\d\d [0-9A-Z]{4} "),
    "card": re.compile(r"\b(?:4111 1111|5555-5555|3782|4242 4242|6011)"),
    "phone": re.compile(r"555[- ]01|7946 0|23125"),
}


def test_personal_data_is_counted(small: Company, taken: tuple[list[tuple[Arrival, Event]], Counter[str]]) -> None:
    found = Counter[str]()
    seen = set()
    for _, event in taken[0]:
        text = getattr(event.data, "text", "")
        if event.id not in seen and text:
            found.update(kind for kind, pattern in _WRITTEN.items() if pattern.search(text))
        seen.add(event.id)
    assert found == small.truth.personal


def test_another_end_is_the_same_company(small: Company) -> None:
    later = company(3, AT + 3 * DAY + 5 * HOUR, 0.1)
    assert later.accounts == small.accounts
    assert list(later.truth.tickets) == list(small.truth.tickets)
    same = [
        (one.topic, one.clarity, one.language, one.account)
        == (other.topic, other.clarity, other.language, other.account)
        for one, other in zip(later.truth.tickets.values(), small.truth.tickets.values(), strict=True)
    ]
    assert all(same)


def test_an_end_whole_weeks_later_is_the_same_stream_later(arrivals: Sequence[Arrival]) -> None:
    weeks = 2 * 7 * DAY  # no clock changes in between
    later = list(company(3, AT + weeks, 0.1).arrivals())
    assert [one.arrived_at - weeks for one in later] == [one.arrived_at for one in arrivals]
    assert [one.occurred_at - weeks for one in later] == [one.occurred_at for one in arrivals]


def test_another_seed_is_another_company(small: Company) -> None:
    assert company(4, AT, 0.1).accounts != small.accounts
