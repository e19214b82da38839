"""The tickets of the demo: whose, about what, when opened, and (at the end) still waiting with running clocks."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from random import Random
from typing import Final

from infra.demo.accounts import DAYS, REGION_ZONES, Account, weighted
from infra.demo.experts import expert_for
from infra.demo.open_time import DAY_US, OpenTime, zone
from infra.demo.promises import promise_for
from infra.demo.ticket_course import course, waiting
from infra.demo.ticket_plan import SECOND_US, Ticket
from infra.demo.topics import FAMILIES, FAMILY_OF, SHARES, TOPICS, TROUBLES
from infra.demo.words import Clarity

# The noise that keeps an ideal classifier near 0.9; `truth.ceiling` says what it comes to.
VAGUE_SHARE: Final = 0.05  # says nothing about any topic
FAMILY_SHARE: Final = 0.05  # says only what three topics have in common
ASTRAY_SHARE: Final = 0.03  # speaks of another topic than it turns out to be
WRONG_LABEL_SHARE: Final = 0.015  # closed under a sibling of the right topic

_TICKETS: Final = 6_250
_WAITING: Final = 60
_HELD_REPLIES: Final = 9
_LEGACY_DAYS: Final = 10  # so long the old helpdesk still sent version 1 of its events

_CHANNELS: Final = (("email", 0.45), ("web", 0.25), ("chat", 0.18), ("phone", 0.06), ("social", 0.04), ("api", 0.02))
_PRIORITIES: Final = (("normal", 0.53), ("low", 0.20), ("high", 0.20), ("urgent", 0.07))
_PRESSING: Final = (("normal", 0.40), ("low", 0.10), ("high", 0.33), ("urgent", 0.17))
_PRESSING_TOPICS: Final = ("login", "performance", "integrations")
_TIER_RATE: Final = {"free": 0.5, "standard": 0.9, "premium": 1.2, "enterprise": 1.7}
_WEEKDAY: Final = tuple(accumulate((0.22, 0.20, 0.18, 0.17, 0.15, 0.05, 0.03)))
_HOURS: Final = tuple(
    accumulate((1, 0.5, 0.5, 0.5, 0.5, 1, 3, 7, 11, 13, 13, 11, 9, 11, 12, 11, 9, 6, 4, 3, 2.5, 2, 2, 1.5))
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# Minutes left, or open hours past due, of the tickets that wait at the end.
_MINUTES_LEFT: Final = (2, 5, 9, 14, 20, 28, 40, 55, 75, 100, 130, 170, 220, 300)


class Tickets:
    """Makes the tickets one by one; each has a draw of its own, so that none depends on those before it."""

    def __init__(
        self, seed: int, accounts: Sequence[Account], span: tuple[int, int], desks: Mapping[str, OpenTime]
    ) -> None:
        self._seed = seed
        self._accounts = accounts
        self._start, self._end = span
        self._desks = desks
        self._first_day: date = (_EPOCH + timedelta(microseconds=self._start)).date()
        self._by_rate = tuple(accumulate(_rate(account) for account in accounts))
        self._staying = tuple(accumulate(_rate(one) * (one.fate.leaves_on is None) for one in accounts))

    def all(self, scale: float) -> Iterator[Ticket]:
        """Every ticket: ordinary ones, those made to wait at the end, and those answered in time but told late."""
        ordinary, held = round(_TICKETS * scale), max(2, round(_HELD_REPLIES * scale))
        for number in range(ordinary):
            ticket, draw = self._drafted(number, self._by_rate)
            opened_at = self._opened_at(ticket.account, draw)
            ticket.legacy = opened_at < self._start + _LEGACY_DAYS * DAY_US and ticket.channel == "email"
            course(ticket, opened_at, self._desks, self._end, draw)
            yield ticket
        for number in range(ordinary, ordinary + max(14, round(_WAITING * scale))):
            ticket, draw = self._drafted(number, self._staying)
            if number % 2:  # mostly a promise that runs at night and on Sundays, too
                ticket.priority = "urgent"
                ticket.promise = promise_for(ticket.account.tier, ticket.priority, ticket.channel)
            waiting(ticket, self._desks, self._end, _MINUTES_LEFT[number % len(_MINUTES_LEFT)], draw)
            yield ticket
        first_held = ordinary + max(14, round(_WAITING * scale))
        for number in range(first_held, first_held + held):
            yield self._held(number)

    def _drafted(self, number: int, rates: Sequence[float]) -> tuple[Ticket, Random]:
        draw = Random(f"ticket {self._seed} {number}")
        account = self._accounts[min(bisect_left(rates, draw.random() * rates[-1]), len(rates) - 1)]
        topic = weighted(draw, _topic_weights(account))
        clarity = _clarity(draw)
        spoken = draw.choice([one for one in TOPICS if one != topic]) if clarity == "astray" else topic
        language = account.language_of(draw)
        channel = weighted(draw, _CHANNELS)
        priority = weighted(draw, _PRESSING if topic in _PRESSING_TOPICS else _PRIORITIES)
        expert = expert_for(topic, language, draw)
        siblings = [one for one in FAMILIES[FAMILY_OF[topic]] if one != topic]
        ticket = Ticket(
            number=number,
            account=account,
            person=draw.choice(account.people),
            expert=expert.id,
            group=expert.group,
            language=language,
            channel=channel,
            priority=priority,
            topic=topic,
            spoken=spoken,
            aside=draw.choice(TOPICS),
            clarity=clarity,
            final=draw.choice(siblings) if draw.random() < WRONG_LABEL_SHARE else topic,
            legacy=False,
            promise=promise_for(account.tier, priority, channel),
        )
        return ticket, draw

    def _opened_at(self, account: Account, draw: Random) -> int:
        """A working hour of the account's place; trouble brings more tickets."""
        last = DAYS if account.fate.leaves_on is None else min(DAYS, account.fate.leaves_on - 2.0)
        day = account.joins_on + draw.random() * (last - account.joins_on)
        if draw.random() > 0.55 + 0.45 * account.fate.pressure(day):  # one more chance to fall into the trouble
            day = account.joins_on + draw.random() * (last - account.joins_on)
        chances = draw.random(), draw.random(), draw.random()
        near = self._first_day + timedelta(days=int(day))
        weekday = bisect_left(_WEEKDAY, chances[0] * _WEEKDAY[-1])
        on = near + timedelta(days=weekday - near.weekday())
        hour = bisect_left(_HOURS, chances[1] * _HOURS[-1])
        local = datetime(on.year, on.month, on.day, hour, tzinfo=zone(REGION_ZONES[account.region]))
        opened_at = (local - _EPOCH) // timedelta(microseconds=1) + int(chances[2] * 3_600_000) * 1_000
        earliest = account.instant(self._start, account.joins_on) + 7_200 * SECOND_US
        latest = min(self._end - 60 * SECOND_US, account.instant(self._start, last))
        if earliest < opened_at < latest:
            return opened_at
        return (
            earliest + int((latest - earliest) * (day - account.joins_on) / (last - account.joins_on)) // 1_000 * 1_000
        )

    def _held(self, number: int) -> Ticket:
        """Answered before it was due, but the answer is told hours after the deadline, within the last day."""
        ticket, draw = self._drafted(number, self._staying)
        desk, target = self._desks[ticket.promise.desk], ticket.promise.target_us("first_response")
        assert target is not None  # noqa: S101  # every promise has one
        due_at = desk.before(self._end - int(draw.uniform(4, 16) * 3_600) * SECOND_US, SECOND_US)
        opened_at = desk.before(due_at, target)
        course(ticket, opened_at, self._desks, self._end, draw, answered_after=int(target * draw.uniform(0.7, 0.95)))
        place = next(index for index, move in enumerate(ticket.moves) if move.kind == "replied")
        del ticket.moves[place + 1 :]
        told_at = max(due_at, self._end - 20 * 3_600 * SECOND_US) + int(draw.uniform(0.5, 3) * 3_600) * SECOND_US
        ticket.moves[place].held_until = min(self._end - 600 * SECOND_US, told_at)
        return ticket


def _rate(account: Account) -> float:
    days = min(DAYS, account.fate.leaves_on or DAYS) - account.joins_on
    trouble = sum(account.fate.pressure(day) for day in range(0, DAYS, 6)) / (DAYS / 6)
    return _TIER_RATE[account.tier] * (0.4 + account.activity) * (1.0 + 0.8 * trouble) * days / DAYS


def _topic_weights(account: Account) -> tuple[tuple[str, float], ...]:
    factors = TROUBLES.get(account.fate.cause or "", {})
    weights = {topic: share * factors.get(topic, 1.0) for topic, share in SHARES.items()}
    total = sum(weights.values())
    return tuple((topic, weight / total) for topic, weight in weights.items())


def _clarity(draw: Random) -> Clarity:
    chance = draw.random()
    if chance < VAGUE_SHARE:
        return "vague"
    if chance < VAGUE_SHARE + FAMILY_SHARE:
        return "family"
    return "astray" if chance < VAGUE_SHARE + FAMILY_SHARE + ASTRAY_SHARE else "clear"


def join_merged(tickets: Sequence[Ticket]) -> None:
    """Merged tickets become part of the one that the same account opened last before; the very first stay closed."""
    latest: dict[str, str] = {}
    for ticket in sorted(tickets, key=lambda one: (one.opened_at, one.number)):
        for move in ticket.moves:
            if move.kind == "merged":
                move.value = latest.get(ticket.account.id, "")
        ticket.moves = [move for move in ticket.moves if move.kind != "merged" or move.value]
        latest[ticket.account.id] = ticket.id
