"""What the demo's generator knows and the stream does not say: topics, breaches, who leaves and why, what is broken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from infra.demo.accounts import Account
from infra.demo.clocks import ExpectedClock
from infra.demo.ticket_plan import Ticket
from infra.demo.topics import FAMILIES, FAMILY_OF
from infra.demo.words import Clarity


@dataclass(frozen=True, slots=True)
class TicketTruth:
    """One ticket: its topic, how clearly its opening says so, and the label in the stream (None if there is none)."""

    ticket: str
    account: str
    topic: str
    clarity: Clarity
    label: str | None
    language: str
    is_told_later: bool


@dataclass(frozen=True, slots=True)
class AccountTruth:
    """One account: what is wrong with it, how likely that makes it leave, and when it does (maybe after the end)."""

    account: str
    cause: str | None
    severity: float
    risk: float
    leaves_at: int | None


@dataclass(frozen=True, slots=True)
class Truth:
    """The whole company. `events` counts distinct events that hold; `arrivals` everything that arrives.

    `refused` counts broken records by the reason to expect; duplicates and conflicts are counted apart, `personal`
    counts events whose text holds personal data, by kind. `missed_steps` are instants by feedback and step, of what
    asks for something by its score.
    """

    at: int
    events: int
    arrivals: int
    duplicates: int
    conflicts: int
    refused: Mapping[str, int]
    personal: Mapping[str, int]
    tickets: Mapping[str, TicketTruth]
    accounts: Mapping[str, AccountTruth]
    clocks: Sequence[ExpectedClock]
    missed_steps: Mapping[tuple[str, str], int]

    @property
    def ceiling(self) -> float:
        """The accuracy, against the true topic, of somebody who knows how openings are made and reads nothing else."""
        return _share(self.tickets.values(), is_label=False, with_messages=False)

    @property
    def label_ceiling(self) -> float:
        """The same against the labels in the stream, some of which are wrong."""
        return _share([one for one in self.tickets.values() if one.label], is_label=True, with_messages=False)

    @property
    def ceiling_with_messages(self) -> float:
        """The ceiling once the customer's later messages have been read, too."""
        return _share(self.tickets.values(), is_label=False, with_messages=True)

    def breaches(self, until: int | None = None) -> Mapping[tuple[str, str, int], int]:
        """Instant of every breach by `until`, by ticket, clock and cycle.

        Left out, `until` is the end of the stream; a later one tells what breaks if nothing more happens.
        """
        last = self.at if until is None else until
        found = ((clock, clock.breached_at(last)) for clock in self.clocks)
        return {(clock.ticket, clock.clock, clock.cycle): at for clock, at in found if at is not None}

    @property
    def churned(self) -> Mapping[str, int]:
        """Instant of leaving of each account that left by the end."""
        return {
            one.account: one.leaves_at for one in self.accounts.values() if one.leaves_at and one.leaves_at <= self.at
        }

    @property
    def leaving(self) -> Mapping[str, int]:
        """Instant of leaving of each account that will leave after the end: those a ranking should name first."""
        return {
            one.account: one.leaves_at for one in self.accounts.values() if one.leaves_at and one.leaves_at > self.at
        }


def _share(tickets: Iterable[TicketTruth], *, is_label: bool, with_messages: bool) -> float:
    chosen = list(tickets)
    counts = Counter(ticket.topic for ticket in chosen)
    right = sum(_is_right(ticket, counts, is_label=is_label, with_messages=with_messages) for ticket in chosen)
    return right / max(1, len(chosen))


def _is_right(ticket: TicketTruth, counts: Counter[str], *, is_label: bool, with_messages: bool) -> bool:
    """Whether the best possible answer is right: the topic where it is said, else the most frequent that fits."""
    if ticket.clarity == "clear" or (ticket.clarity != "astray" and with_messages and ticket.is_told_later):
        answer = ticket.topic
    elif ticket.clarity == "astray":
        return False
    else:
        fitting = FAMILIES[FAMILY_OF[ticket.topic]] if ticket.clarity == "family" else tuple(sorted(counts))
        answer = max(fitting, key=lambda topic: counts[topic])
    return answer == (ticket.label if is_label else ticket.topic)


def ticket_truth(ticket: Ticket) -> TicketTruth:
    """What is true of one ticket."""
    return TicketTruth(
        ticket=ticket.id,
        account=ticket.account.id,
        topic=ticket.topic,
        clarity=ticket.clarity,
        label=ticket.label,
        language=ticket.language,
        is_told_later=any(move.kind == "wrote" and move.value == "detail" for move in ticket.moves),
    )


def account_truth(account: Account, start: int) -> AccountTruth:
    """What is true of one account."""
    fate = account.fate
    leaves_at = None if fate.leaves_on is None else account.instant(start, fate.leaves_on) // 1_000 * 1_000
    return AccountTruth(account.id, fate.cause, fate.severity, fate.risk, leaves_at)
