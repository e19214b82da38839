"""Are planted plays for figures found, and is honest work left in peace?

The demo's company is honest by construction: its tickets, folded with its own promises, are the honest work. Beside
them stand copies of some of its openings, each with one play planted on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from infra.demo.company import company
from infra.quality.row import Row
from processors.accounts import ACCOUNTS
from processors.gaming import EMPTY, FLAPPING, GAMING, PAUSE
from processors.settings import SETTINGS
from processors.slack import Ahead
from schemas.conduct import GamingSuspected
from schemas.decode import decode
from schemas.event import Data, Event
from schemas.experts import ExpertReplied
from schemas.instant import DAY, HOUR, MINUTE, parse_instant
from schemas.reasons import Refusal
from schemas.tickets import TicketOpened, TicketStatusChanged
from schemas.values import Status
from streams.driver import Driver

_AT = parse_instant("2026-08-12T14:30:00Z")
_SEED, _SIZE = 3, 0.2
_LONGEST = 90 * DAY  # no promise of the company lasts as long
_EVERY = 4  # one opening of so many is copied for each play
_HEARD = ("ticket.", "expert.replied", "settings.", "account.")
_PLAYS = (PAUSE, EMPTY, FLAPPING)


def measure() -> list[Row]:
    """Of planted plays the share found, of suspicions the share that was planted, and suspicions of honest tickets."""
    events = list(told_by_company())
    driver = Driver([SETTINGS, ACCOUNTS, GAMING])
    driver.fold([event for event in events if event.type.startswith(("settings.", "account."))])
    openings = [event for event in events if isinstance(event.data, TicketOpened)]
    planted = [one for place, event in enumerate(openings) for one in _planted(driver, event, place)]
    work = [event for event in events if event.type.startswith(("ticket.", "expert."))]
    driver.fold(sorted([*work, *planted], key=lambda event: event.occurred_at))
    suspected = {(one.ticket, one.pattern): None for one in driver.facts(GamingSuspected)}
    plays = {(one.ticket, _pattern_of(one.ticket)): None for one in _openings(planted)}
    found = [play for play in plays if play in suspected]
    honest = [play for play in suspected if play not in plays]
    return [
        Row("planted plays for figures that were found", len(found) / len(plays), "share", 0.95),
        Row("suspicions that were planted", len(found) / len(suspected), "share", 0.95),
        Row("suspicions of a thousand honest tickets", 1_000 * len(honest) / len(openings), "tickets", 10.0),
    ]


def told_by_company() -> Iterator[Event]:
    """What the demo's company says, each once, as a door would take it."""
    seen: dict[tuple[str, str], None] = {}
    for arrival in company(_SEED, _AT, _SIZE).arrivals():
        with suppress(Refusal):
            event = decode(arrival.raw)
            if event.type.startswith(_HEARD) and (event.source, event.id) not in seen:
                seen[event.source, event.id] = None
                yield event.stamped(recorded_at=arrival.arrived_at)


def _planted(driver: Driver, opening: Event, place: int) -> Iterator[Event]:
    """A copy of an opening and the play on it; none for most openings."""
    if place % _EVERY >= len(_PLAYS) or not isinstance(opening.data, TicketOpened):
        return
    pattern, at = _PLAYS[place % _EVERY], opening.occurred_at
    ticket = f"{pattern} {place}"
    copied = opening.data.model_copy(update={"ticket": ticket})
    nearly_at = _nearly(driver, opening, copied)
    if nearly_at is None:
        return
    told: list[tuple[int, Data]] = [(at, copied)]
    if pattern == PAUSE:
        told.append((nearly_at, TicketStatusChanged(ticket=ticket, status="pending", by="x")))
    elif pattern == EMPTY:
        told.append((at + 20 * MINUTE, ExpertReplied(ticket=ticket, expert="x", text="Noted.")))
    else:
        statuses: tuple[Status, ...] = ("on_hold", "open", "pending", "open")
        moves = [TicketStatusChanged(ticket=ticket, status=one) for one in statuses]
        told += [(at + (number + 1) * HOUR, one) for number, one in enumerate(moves)]
    for number, (instant, data) in enumerate(told):
        yield driver.event(data, instant, id=f"{ticket} {number}", account=opening.account)


def _nearly(driver: Driver, opening: Event, copied: TicketOpened) -> int | None:
    """An instant at which between 90 and 100 percent of a promise are used up that pending stops; None without one."""
    fold = driver.engine.fold_of(driver.tenant)
    ahead = Ahead(fold, opening.account, opening.occurred_at, copied.priority or "normal", copied.channel)
    low, high = opening.occurred_at, opening.occurred_at + _LONGEST
    if not ahead.percents_stopped(high, "pending", is_answered=False):
        return None
    while high - low > MINUTE:
        middle = (low + high) // 2
        used = max(ahead.percents_stopped(middle, "pending", is_answered=False))
        low, high = (middle, high) if used < 95 else (low, middle)
    return high


def _openings(events: list[Event]) -> Iterator[TicketOpened]:
    return (event.data for event in events if isinstance(event.data, TicketOpened))


def _pattern_of(ticket: str) -> str:
    return ticket.rpartition(" ")[0]
