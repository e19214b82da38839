"""Invented desks, drawn from a seed: what their tenants decide, what happens on their tickets, and when it arrives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random
from typing import Any, Final, TypeVar

from schemas.accounts import AccountUpdated
from schemas.event import Data, Event
from schemas.experts import ExpertReplied
from schemas.settings import SettingsCalendarChanged, SettingsSlaChanged
from schemas.system import Tick
from schemas.tickets import (
    TicketAssigned,
    TicketClosed,
    TicketMerged,
    TicketMessageAdded,
    TicketOpened,
    TicketPriorityChanged,
    TicketReopened,
    TicketResolved,
    TicketStatusChanged,
)
from tests.sla.desk import recorded
from tests.sla.oracle import Happening, PlainPolicy, PlainTarget, Truth, outcomes
from tests.sla.oracle_hours import DAY, EPOCH_DATE, HOUR, MINUTE, SECOND, WEEKDAYS, OracleHours, PlainCalendar

TICKETS: Final = 20  # of one desk
LIFE_DAYS: Final = 22
LATE_DAYS: Final = 6  # with the life within the horizon of 32 days
WAIT_DAYS: Final = 70  # until every desk is read for the last time, at most

# Zones whose clocks change in odd ways: by half an hour, at midnight, in the south, around Ramadan, by two hours, not.
ZONES: Final = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/St_Johns",
    "America/Havana",
    "America/Santiago",
    "Asia/Beirut",
    "Africa/Casablanca",
    "Pacific/Chatham",
    "Antarctica/Troll",
    "Europe/Dublin",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "UTC",
)
STATUSES: Final = (
    "new",
    "open",
    "pending",
    "on_hold",
    "solved",
    "closed",
    *("pending|vendor", "on_hold|vendor", "on_hold|caller", "pending|Pending", "open|vendor"),
)
PRIORITIES: Final = ("low", "normal", "high", "urgent")
TIERS: Final = ("free", "standard", "premium", "enterprise")
CONTRACTS: Final = ("gold", "silver", "none")
CHANNELS: Final = ("email", "chat", "web")
CLOCKS: Final = ("first_response", "next_response", "resolution")
MORE_CLOCKS: Final = ("requester_wait", "agent_work", "periodic_update", "pausable_update", "internal", "supplier")
GROUPS: Final = ("g", "g", "h", "")
WHAT: Final = ("ask", "reply", "status", "priority", "resolved", "reopened", "closed", "merged", "opened", "assigned")
HOW_OFTEN: Final = (6, 6, 6, 3, 3, 2, 1, 0.4, 0.1, 4)

T = TypeVar("T")


@dataclass
class Arrival:
    """An event, and when it is taken."""

    taken_at: int
    occurred_at: int
    id: str
    data: Data
    account: str | None


@dataclass
class Story:
    """All that happens on one ticket; `noise` bears on no promise."""

    ticket: str
    channel: str
    happenings: list[Happening]
    delays: dict[str, int] = field(default_factory=dict)
    noise: list[Happening] = field(default_factory=list)


@dataclass
class DeskCase:
    """A tenant and some tickets, as they truly are, and how that came to be known."""

    truth: Truth
    calendars: list[tuple[int, str, PlainCalendar]]
    delays: dict[str, int]
    stories: list[Story]
    now: int

    def arrivals(self) -> list[Arrival]:
        """Everything in the order in which it is taken; about every tenth event comes twice."""
        said: list[tuple[int, str, Data, str | None]] = []
        said += [(at, id_, settings_of(policies), None) for at, id_, policies in self.truth.policies]
        said += [(at, id_, calendar_of(calendar), None) for at, id_, calendar in self.calendars]
        for account, tiers in self.truth.tiers.items():
            said += [(at, id_, AccountUpdated.model_validate({"tier": tier}), account) for at, id_, tier in tiers]
        for account, contracts in self.truth.contracts.items():
            said += [(at, id_, AccountUpdated.model_validate({"contract": one}), account) for at, id_, one in contracts]
        found = [Arrival(at + self.delays.get(id_, 0), at, id_, data, account) for at, id_, data, account in said]
        for story in self.stories:
            for one in [*story.happenings, *story.noise]:
                delay = story.delays.get(one.id, 0)
                found.append(Arrival(one.at + delay, one.at, one.id, data_of(story, one), one.account))
                if len(one.id) % 2 and delay:
                    found.append(Arrival(one.at + delay + HOUR, one.at, one.id, data_of(story, one), one.account))
        known = [arrival for arrival in found if arrival.taken_at <= self.now]
        return sorted(known, key=lambda arrival: (arrival.taken_at, arrival.id))

    def journal(self) -> list[Event]:
        """The arrivals as the tenant's records, and a tick of now."""
        told = [*self.arrivals(), Arrival(self.now, self.now, "end", Tick(), None)]
        return [
            recorded(one.data, one.id, one.occurred_at, one.taken_at, one.account, position)
            for position, one in enumerate(told, 1)
        ]


def data_of(story: Story, one: Happening) -> Data:
    """The event that says what happened."""
    plain: dict[str, Any] = {"ticket": story.ticket}
    made: dict[str, tuple[type[Data], dict[str, Any]]] = {
        "opened": (TicketOpened, {"priority": one.value or None, "channel": story.channel, "group": one.group or None}),
        "assigned": (TicketAssigned, {"group": one.value or None}),
        "ask": (TicketMessageAdded, {"author": "customer"}),
        "reply": (ExpertReplied, {"expert": "x"}),
        "expert": (TicketMessageAdded, {"author": "expert"}),
        "status": (TicketStatusChanged, dict(zip(("status", "status_raw"), one.value.split("|"), strict=False))),
        "priority": (TicketPriorityChanged, {"priority": one.value}),
        "resolved": (TicketResolved, {}),
        "reopened": (TicketReopened, {}),
        "closed": (TicketClosed, {}),
        "merged": (TicketMerged, {"into": "U"}),
        "bot": (TicketMessageAdded, {"author": "bot"}),
        "note": (ExpertReplied, {"expert": "x", "public": False}),
        "comment": (TicketMessageAdded, {"author": "expert", "public": False}),
    }
    kind, values = made["expert" if one.what == "reply" and one.at % 2 else one.what]
    return kind.model_validate(plain | values)


def settings_of(policies: tuple[PlainPolicy, ...]) -> SettingsSlaChanged:
    """The event by which a tenant says its promises."""
    plain = [
        {
            "name": policy.name,
            "tiers": policy.tiers,
            "priorities": policy.priorities,
            "channels": policy.channels,
            "contracts": policy.contracts,
            "calendar": policy.calendar,
            "targets": tuple(
                {
                    "clock": clock,
                    "target_seconds": one.seconds,
                    "paused_on": one.paused_on,
                    "paused_reasons": one.reasons,
                    "warn_percent": tuple(mark for mark in one.warn if mark > 0),
                    "warn_before_seconds": tuple(-mark for mark in one.warn if mark < 0),
                    "groups": one.groups,
                }
                for clock, one in policy.targets.items()
            ),
        }
        for policy in policies
    ]
    return SettingsSlaChanged.model_validate({"policies": tuple(plain)})


def calendar_of(calendar: PlainCalendar) -> SettingsCalendarChanged:
    """The event by which a tenant says when it works."""
    plain = {
        "name": calendar.name,
        "zone": calendar.zone,
        "hours": tuple({"weekday": day, "start": start, "end": end} for day, start, end in calendar.hours),
        "holidays": tuple({"date": day, "hours": hours} for day, hours in calendar.holidays.items()),
    }
    return SettingsCalendarChanged.model_validate(plain)


# --- drawing --------------------------------------------------------------------------------------------------------


def desk_case(seed: str) -> DeskCase:
    """The desk that a seed means, always the same one."""
    random = Random(seed)
    start = first_day(random)
    truth, calendars, delays = Truth(), [], {}
    for name in ("office", "nights")[: random.choice((1, 2, 2))]:
        for version in range(random.choice((1, 1, 2))):
            calendar = drawn_calendar(random, name, start)
            at = start * DAY + (-2 * DAY if version == 0 else random.randrange(LIFE_DAYS) * DAY)
            truth.calendars.setdefault(name, []).append((at, f"c{name}{version}", OracleHours(calendar, start)))
            calendars.append((at, f"c{name}{version}", calendar))
    clocks = random.choice((CLOCKS, (*CLOCKS, *MORE_CLOCKS)))
    for version in range(random.choice((0, 1, 1, 1, 2, 3))):
        at = start * DAY + (-DAY if version == 0 else instant(random, 0))
        policies = tuple(drawn_policy(random, clocks) for _ in range(random.choice((1, 1, 2, 3))))
        if random.random() < 0.7:
            policies = (
                *policies,
                replace(drawn_policy(random, clocks), tiers=(), priorities=(), channels=(), contracts=()),
            )
        policies = policies if random.random() < 0.95 else ()
        truth.policies.append((at, f"s{version}", policies))
    for account in ("a", "b"):
        for version in range(random.choice((0, 1, 2, 3))):
            at = start * DAY + instant(random, 0)
            truth.tiers.setdefault(account, []).append((at, f"t{account}{version}", random.choice(TIERS)))
        for version in range(random.choice((0, 0, 1, 2))):
            at = start * DAY + instant(random, 0)
            truth.contracts.setdefault(account, []).append((at, f"k{account}{version}", random.choice(CONTRACTS)))
    terms = [one for known in (truth.tiers, truth.contracts) for said in known.values() for one in said]
    for _, id_, *_rest in [*truth.policies, *calendars, *terms]:
        delays[id_] = delay(random)
    now = (start + LIFE_DAYS + LATE_DAYS + random.randrange(1, WAIT_DAYS)) * DAY + random.randrange(DAY)
    stories = [drawn_story(random, number, start, truth) for number in range(TICKETS)]
    case = DeskCase(truth, calendars, delays, stories, now)
    return case if random.random() < 0.4 else known_at(case, start * DAY + instant(random, 0))


def known_at(case: DeskCase, now: int) -> DeskCase:
    """The same desk with only what was taken up to an instant."""

    def is_taken(at: int, id_: str, delays: dict[str, int]) -> bool:
        return at + delays.get(id_, 0) <= now

    def of_tenant(history: list[tuple[int, str, T]]) -> list[tuple[int, str, T]]:
        return [one for one in history if is_taken(one[0], one[1], case.delays)]

    truth = Truth(
        of_tenant(case.truth.policies),
        {name: of_tenant(versions) for name, versions in case.truth.calendars.items()},
        {account: of_tenant(tiers) for account, tiers in case.truth.tiers.items()},
        {account: of_tenant(contracts) for account, contracts in case.truth.contracts.items()},
    )
    stories = [
        replace(
            story,
            happenings=[one for one in story.happenings if is_taken(one.at, one.id, story.delays)],
            noise=[one for one in story.noise if is_taken(one.at, one.id, story.delays)],
        )
        for story in case.stories
    ]
    return DeskCase(truth, of_tenant(case.calendars), case.delays, stories, now)


def first_day(random: Random) -> int:
    """A day (since 1970-01-01), every other time one shortly before the clocks change somewhere."""
    year = random.choice((2024, 2025, 2026, 2027))
    month, day = random.choice(((3, 1), (3, 15), (4, 1), (9, 20), (10, 12), (10, 25)))
    if random.random() < 0.5:
        month, day = random.randrange(1, 13), random.randrange(1, 29)
    return (date(year, month, day) - EPOCH_DATE).days


def instant(random: Random, opened_at: int) -> int:
    """Microseconds after the start of a life: whole hours, minutes and seconds often, so that things coincide."""
    span = LIFE_DAYS * DAY - opened_at
    unit = random.choice((HOUR, HOUR, 15 * MINUTE, MINUTE, SECOND, 1))
    reach = random.choice((span, span, min(span, 3 * DAY), min(span, 8 * HOUR)))
    return opened_at + random.randrange(max(1, reach // unit)) * unit


def delay(random: Random) -> int:
    """How late something is taken; a few things are taken before the instant that they bear."""
    kind = random.random()
    if kind < 0.65:
        return 0
    if kind < 0.7:
        return -random.randrange(1, 3 * HOUR)
    return random.randrange(random.choice((HOUR, DAY, LATE_DAYS * DAY)))


def drawn_calendar(random: Random, name: str, start: int) -> PlainCalendar:
    """Several intervals a day, some across midnight, and holidays; open an hour a week at least."""
    quarters = [f"{hour:02}:{minute:02}" for hour in range(24) for minute in (0, 0, 30, 15)]
    hours = []
    days = [day for day in WEEKDAYS if random.random() < 0.7] or ["wed"]
    usual = [random.sample(quarters, 2) for _ in range(random.choice((1, 1, 2, 3)))]
    for day in days:
        for opens, closes in usual if random.random() < 0.8 else [random.sample(quarters, 2)]:
            if opens != closes:
                hours.append((day, opens, random.choice((closes, closes, "24:00"))))
    if random.random() < 0.5:
        usual_day = (("08:00", "12:00"), ("13:00", "17:30")) if name == "office" else (("22:00", "06:30"),)
        hours = [(day, *span) for day in WEEKDAYS[: 5 if name == "office" else 7] for span in usual_day]
    holidays: dict[str, tuple[tuple[str, str], ...]] = {}
    for _ in range(random.choice((0, 0, 1, 3, 6))):
        on = EPOCH_DATE + timedelta(days=start + random.randrange(-2, 40))
        holidays[on.isoformat()] = random.choice(((), (), (("09:00", "10:15"),), (("23:00", "02:00"),)))
    return PlainCalendar(name, random.choice(ZONES), tuple(hours or [("wed", "01:30", "03:30")]), holidays)


def drawn_policy(random: Random, known: Sequence[str]) -> PlainPolicy:
    """A promise; half of them hold for every ticket."""
    clocks = [clock for clock in known if random.random() < 0.85] or ["resolution"]
    return PlainPolicy(
        random.choice("pqr"),
        {clock: drawn_target(random) for clock in clocks},
        tiers=random.choice(((), (), (), ("enterprise",), ("free", "premium"))),
        priorities=random.choice(((), (), (), ("urgent", "high"), ("low",))),
        channels=random.choice(((), (), (), ("chat",), ("email", "web"))),
        contracts=random.choice(((), (), (), (), ("gold",), ("gold", "silver"))),
        calendar=random.choice(("always", "office", "office", "nights", "misspelt")),
    )


def drawn_target(random: Random) -> PlainTarget:
    unit = random.choice((3600, 3600, 900, 1))
    seconds = random.randrange(1, random.choice((4 * 3600, 12 * 3600, 60 * 3600, 250 * 3600)) // unit + 1) * unit
    paused_on = random.choice(((), ("pending",), ("pending", "on_hold"), ("new",), ("open", "solved")))
    left = (-random.randrange(1, seconds),) if seconds > 1 else ()
    warn = random.choice(((), (50,), (25, 75), (33, 66, 99), (90, 50, 50), left, (50, *left)))
    groups, reasons = random.choice(((), (), ("h",))), random.choice(((), (), ("vendor",), ("vendor", "caller")))
    return PlainTarget(seconds, paused_on, warn, groups, reasons)


def drawn_story(random: Random, number: int, start: int, truth: Truth) -> Story:
    """A ticket's life; half of them are touched within a microsecond of when something is due."""
    ticket, owner = f"T{number}", random.choice(("a", "a", "b", None))
    opened_at = instant(random, 0) // random.choice((1, 4))
    priority, group = random.choice(("", "", "high")), random.choice(GROUPS)
    happenings = [Happening(start * DAY + opened_at, "opened", f"{ticket}e", priority, owner, group)]
    story = Story(ticket, random.choice(CHANNELS), happenings)
    for _ in range(random.choice((0, 1, 2, 4, 4, 7, 7, 12, 20))):
        before = 0 if random.random() < 0.03 else opened_at
        add(random, story, start * DAY + instant(random, before), owner)
    if random.random() < 0.02:
        del happenings[0]  # nobody opens it
    if happenings and random.random() < 0.5:
        found = outcomes(happenings, story.channel, truth, (start + LIFE_DAYS + WAIT_DAYS) * DAY).values()
        known = [at for one in found for at in (one.due_at, *(warned_at for warned_at, _ in one.warned.values()))]
        near = sorted(at for at in known if at is not None and at < (start + LIFE_DAYS) * DAY)
        if near:
            add(random, story, random.choice(near) + random.choice((-1, 0, 0, 1)), owner)
    for what in random.choices(("bot", "note", "comment"), k=random.choice((0, 0, 1))):
        at = start * DAY + instant(random, opened_at)
        story.noise.append(Happening(at, what, f"{ticket}n", account=owner))
    story.delays.update({one.id: late for one in [*happenings, *story.noise] if (late := delay(random))})
    return story


def add(random: Random, story: Story, at: int, owner: str | None) -> None:
    """One more thing happens."""
    (what,) = random.choices(WHAT, HOW_OFTEN)
    values = {"status": STATUSES, "priority": PRIORITIES, "assigned": GROUPS}
    value = random.choice(values.get(what, ("",)))
    account = owner if random.random() < 0.93 else random.choice(("a", "b", None))
    story.happenings.append(Happening(at, what, f"{story.ticket}e{len(story.happenings)}", value, account))
