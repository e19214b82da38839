"""The demo's company as a stream: everything in the order of its arrival, made day by day, and the truth beside it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from random import Random
from typing import Any, Final, Literal, NamedTuple

import numpy as np

from infra.demo.accounts import DAYS, Account, population
from infra.demo.broken import broken_records
from infra.demo.clocks import expected_clocks
from infra.demo.closing import CALENDAR, Answered
from infra.demo.crm import incidents, sales
from infra.demo.delivery import NEVER, deliveries
from infra.demo.experts import availability
from infra.demo.feedback import feedback
from infra.demo.open_time import DAY_US
from infra.demo.promises import desk_times, settings
from infra.demo.records import record, ticket_record
from infra.demo.ticket_plan import Ticket
from infra.demo.tickets import Tickets, join_merged
from infra.demo.truth import Truth, account_truth, ticket_truth
from infra.demo.usage import SEATS, time_texts, usage, usage_data
from schemas.instant import format_instant

_CONFLICTS: Final = 6


class Arrival(NamedTuple):
    """One record as it arrives. `history` lies more than a day before the end, `live` is the last day's tail.

    `occurred_at` is the event's own time (of a broken record, that of its arrival), for ordering a backfill.
    """

    raw: bytes
    arrived_at: int
    occurred_at: int
    phase: Literal["history", "live"]


@dataclass(frozen=True, slots=True)
class _Told:
    """An event that is not a ticket's or usage: few enough to be written down at once."""

    occurred_at: int
    arrives_at: int
    raw: bytes


class Company:
    """One company of a seed, a scale and an end; `arrivals` may be read any number of times."""

    def __init__(self, seed: int, at: int, scale: float = 1.0) -> None:
        self.seed, self.at, self.scale = seed, at, scale
        self.start = at - DAYS * DAY_US
        self.accounts = population(seed, max(20, round(200 * scale)))
        desks = desk_times(self.start, at)
        self._tickets = tuple(Tickets(seed, self.accounts, (self.start, at), desks).all(scale))
        join_merged(self._tickets)
        self._deliver_tickets()
        self._usage = usage(seed, self.accounts, self.start, at)
        self._usage_arrives, self._usage_repeats = deliveries(seed, 2, self._usage.occurred_at, at)
        self._said = tuple(feedback(seed, self.accounts, self.start))
        self._answered = Answered(seed, self._said, desks[CALENDAR], at)
        self._others = self._told()
        self._broken = broken_records(seed, self.start, at)
        self._conflicting = self._conflicts()
        self.truth = self._truth([clock for ticket in self._tickets for clock in expected_clocks(ticket, desks)])

    def arrivals(self) -> Iterator[Arrival]:
        """Everything that arrives, in that order; equal seeds, scales and ends give equal bytes."""
        waiting: defaultdict[int, list[tuple[int, int, bytes]]] = defaultdict(list)
        for told in self._others:
            waiting[self._day(told.arrives_at)].append((told.arrives_at, told.occurred_at, told.raw))
        for arrival, _, raw in self._broken:
            waiting[self._day(arrival)].append((arrival, arrival, raw))
        opened = defaultdict(list)
        for ticket in self._tickets:
            opened[self._day(ticket.opened_at)].append(ticket)
        days = (self._usage.occurred_at - self.start) // DAY_US
        bounds = np.searchsorted(days, np.arange(DAYS + 2)).tolist()
        for day in range(DAYS + 1):
            for ticket in opened.pop(day, ()):
                for arrival, occurred, raw in self._ticket_arrivals(ticket):
                    waiting[self._day(arrival)].append((arrival, occurred, raw))
            for arrival, occurred, raw in self._usage_arrivals(bounds[day], bounds[day + 1]):
                waiting[self._day(arrival)].append((arrival, occurred, raw))
            # Stable: what arrives at the same instant keeps the order in which it was made.
            for arrival, occurred, raw in sorted(waiting.pop(day, ()), key=itemgetter(0)):
                yield Arrival(raw, arrival, occurred, "live" if arrival >= self.at - DAY_US else "history")

    def _day(self, instant: int) -> int:
        return (instant - self.start) // DAY_US

    def _deliver_tickets(self) -> None:
        moves = [move for ticket in self._tickets for move in ticket.moves]
        occurred = np.array([move.at for move in moves], np.int64)
        arrives, repeats = deliveries(self.seed, 1, occurred, self.at)
        for move, arrival, again in zip(moves, arrives.tolist(), repeats.tolist(), strict=True):
            move.arrives_at = max(arrival, move.held_until)
            move.repeated_at = again if again > move.arrives_at else NEVER

    def _ticket_arrivals(self, ticket: Ticket) -> Iterator[tuple[int, int, bytes]]:
        draw = Random(f"words {self.seed} {ticket.number}")
        for number, move in enumerate(ticket.moves):
            raw = ticket_record(ticket, number, format_instant(move.at), draw)
            yield move.arrives_at, move.at, raw
            if move.repeated_at != NEVER:
                yield move.repeated_at, move.at, raw

    def _usage_arrivals(self, first: int, last: int) -> Iterator[tuple[int, int, bytes]]:
        part = slice(first, last)
        rows = zip(
            range(first, last),
            time_texts(self._usage.occurred_at[part]),
            self._usage_arrives[part].tolist(),
            self._usage_repeats[part].tolist(),
            self._usage.occurred_at[part].tolist(),
            strict=True,
        )
        columns = self._usage.rows(part)
        for (index, time, arrives, again, occurred), row in zip(rows, columns, strict=True):
            raw = _usage_record(self.accounts[row[0]], row, time)
            yield arrives, occurred, raw
            if again != NEVER:
                yield again, occurred, raw
            if index in self._conflicting:
                other = (row[0], row[1], row[2], row[3] + 17, row[4])
                yield self._conflicting[index], occurred, _usage_record(self.accounts[row[0]], other, time)

    def _told(self) -> Sequence[_Told]:
        """Settings, accounts, incidents, experts' hours, feedback and its answers, settings first."""
        told: list[_Told] = []
        for number, (instant, name, data) in enumerate(settings(self.start)):
            told.append(_Told(instant, instant, _record(f"s-{number}", "console", name, instant, data)))
        sold: Counter[str] = Counter()
        for account, (instant, name, data) in sales(self.seed, self.accounts, self.start):
            event_id = f"{account.id}-{sold[account.id]}"
            sold[account.id] += 1
            told.append(_Told(instant, instant, _record(event_id, "crm", name, instant, data, account.id)))
        for number, (instant, name, data) in enumerate(incidents(self.start, self.at)):
            told.append(_Told(instant, instant + 900_000, _record(f"i-{number}", "status-page", name, instant, data)))
        for number, (instant, name, data) in enumerate(availability(self.seed, self.start, self.at)):
            told.append(_Told(instant, instant + 300_000, _record(f"h-{number}", "helpdesk", name, instant, data)))
        return [*(one for one in told if one.arrives_at <= self.at), *self._answers()]

    def _answers(self) -> Iterator[_Told]:
        occurred = np.array([instant for instant, _, _ in self._said], np.int64)
        arrives, _ = deliveries(self.seed, 3, occurred, self.at)
        for (instant, account, data), arrival in zip(self._said, arrives.tolist(), strict=True):
            raw = _record(data["feedback"], "survey", "feedback.given", instant, data, account.id)
            yield _Told(instant, arrival, raw)
        for done in self._answered.done:
            event_id = f"{done.data['feedback']}-{done.type.rpartition('.')[2]}"
            raw = _record(event_id, "success", done.type, done.at, done.data, done.account.id)
            yield _Told(done.at, min(done.at + 2_000_000, self.at), raw)

    def _conflicts(self) -> dict[int, int]:
        """Usage events that are sent a second time with another quantity, and when: two of them within the last day."""
        draw = Random(f"conflicts {self.seed}")
        usable = np.flatnonzero((self._usage.kind < SEATS) & (self._usage_arrives < self.at - 2 * 3_600_000_000))
        last_day = int(np.searchsorted(self._usage.occurred_at[usable], self.at - DAY_US))
        early = draw.sample(range(last_day), _CONFLICTS - 2)
        chosen = early + draw.sample(range(last_day, len(usable)), 2)
        return {
            index: int(self._usage_arrives[index]) + draw.randint(60, 7_000) * 1_000_000
            for index in (int(usable[place]) for place in chosen)
        }

    def _truth(self, clocks: Sequence[Any]) -> Truth:
        moves = [move for ticket in self._tickets for move in ticket.moves]
        repeats = sum(move.repeated_at != NEVER for move in moves) + int((self._usage_repeats != NEVER).sum())
        events = len(moves) + len(self._usage) + len(self._others)
        return Truth(
            at=self.at,
            events=events,
            arrivals=events + repeats + len(self._conflicting) + len(self._broken),
            duplicates=repeats,
            conflicts=len(self._conflicting),
            refused=Counter(reason for _, reason, _ in self._broken),
            personal=Counter(move.personal for move in moves if move.personal),
            tickets={ticket.id: ticket_truth(ticket) for ticket in self._tickets},
            accounts={account.id: account_truth(account, self.start) for account in self.accounts},
            clocks=tuple(clocks),
            missed_steps=self._answered.missed,
        )


def company(seed: int, at: int, scale: float = 1.0) -> Company:
    """The company of this seed whose 90 days end at `at` (microseconds); `scale` multiplies accounts and tickets.

    With another end the same accounts, tickets and words come, laid over that end's real weekdays and time zones.
    """
    return Company(seed, at, scale)


def _record(
    event_id: str, source: str, name: str, instant: int, data: dict[str, Any], account: str | None = None
) -> bytes:
    envelope = {"id": event_id, "source": source, "type": name, "time": format_instant(instant), "account": account}
    return record(envelope, data)


def _usage_record(account: Account, row: tuple[int, int, int, int, int], time: str) -> bytes:
    name, data = usage_data((row[1], row[2], row[3]), account)
    envelope = {
        "id": f"u-{account.id[5:]}-{row[4]}",
        "source": "product",
        "type": name,
        "time": time,
        "account": account.id,
    }
    return record(envelope, data)
