"""An independent, deliberately slow reading of promises: it walks a ticket's life in quarters of an hour.

It shares no code with the processor it judges. Instants are quarters since the epoch; targets are whole quarters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

QUARTER_US = 900_000_000
FAR_QUARTERS = 96 * 45

# What comes first when two things bear the same instant.
ORDER = ["opened", "priority", "ask", "reopened", "reply", "status", "resolved", "closed", "merged"]
STOPPING = ["solved", "closed", "merged"]


class Happening(NamedTuple):
    """One thing that happened to the ticket."""

    at: int
    what: str
    id: str
    value: str = ""


@dataclass(frozen=True)
class PlainTarget:
    """Quarters, statuses that pause, percentages that warn."""

    quarters: int
    paused_on: tuple[str, ...] = ()
    warn: tuple[int, ...] = ()


@dataclass(frozen=True)
class PlainPolicy:
    """A promise in plain values."""

    name: str
    targets: dict[str, PlainTarget]
    tiers: tuple[str, ...] = ()
    priorities: tuple[str, ...] = ()
    calendar: str = "always"


class Openings(dict[str, Sequence[int]]):
    """By calendar, a byte per quarter from `first_quarter` on."""

    def __repr__(self) -> str:
        return f"Openings({', '.join(self)})"


@dataclass
class World:
    """All that is true in the end, whatever came when."""

    happenings: list[Happening]
    policies: list[tuple[int, list[PlainPolicy]]]
    tiers: list[tuple[int, str]]
    is_open: Openings
    first_quarter: int
    now: int


@dataclass
class Outcome:
    """What should be known of one clock."""

    state: str
    policy: str
    started_at: int
    fulfilled_at: int | None
    breached_at: int | None
    read_at: int
    elapsed: int
    due_at: int | None
    warned: dict[int, tuple[int, int | None]] = field(default_factory=dict)


@dataclass
class Life:
    """The ticket's life: status and priority by quarter of change, and who waited when."""

    opened_at: int | None = None
    statuses: list[tuple[int, str]] = field(default_factory=list)
    priorities: list[tuple[int, str]] = field(default_factory=list)
    waits: dict[tuple[str, int], tuple[int, int | None]] = field(default_factory=dict)
    stopped_at: int | None = None
    stopped_by_merge: bool = False
    last_at: int = 0
    status: str = "new"
    answered: bool = False
    asked_at: int | None = None
    cycle: int = 0
    answered_with: str | None = None  # the priority of the opening, where an answer came before it

    def open(self, one: Happening) -> None:
        if self.opened_at is None:
            self.opened_at = one.at
            self.priorities.append((one.at, one.value or (self.priorities[-1][1] if self.priorities else "normal")))
            self.waits["first_response", 0] = one.at, one.at if self.answered else None
            self.answered_with = self.priorities[-1][1] if self.answered else None
            self.waits["resolution", 0] = one.at, None

    def ask(self, one: Happening) -> None:
        if self.answered and self.opened_at is not None and self.asked_at is None:
            self.asked_at = one.at
            self.waits["next_response", self.cycle] = one.at, None

    def reply(self, one: Happening) -> None:
        if not self.answered and self.opened_at is not None:
            self.waits["first_response", 0] = self.opened_at, one.at
        if self.asked_at is not None:
            self.waits["next_response", self.cycle] = self.asked_at, one.at
            self.asked_at, self.cycle = None, self.cycle + 1
        self.answered = True

    def move(self, one: Happening) -> None:
        stopped = self.status in STOPPING
        if (one.what == "reopened" and not stopped) or (one.what == "resolved" and stopped):
            return
        words = {"reopened": "open", "resolved": "solved", "closed": "closed", "merged": "merged"}
        self.status = words.get(one.what, one.value)
        self.statuses.append((one.at, self.status))
        if self.status not in STOPPING:
            self.stopped_at = None
        elif not stopped:
            self.stopped_at, self.stopped_by_merge = one.at, one.what == "merged"


def lived(world: World) -> Life:
    """Walks the happenings in order."""
    life = Life()
    for one in sorted(world.happenings, key=lambda each: (each.at, ORDER.index(each.what), each.id)):
        if one.at > world.now:
            continue
        if one.what not in ("ask", "reply"):
            life.last_at = one.at
        if life.status == "merged":
            continue
        if one.what == "opened":
            life.open(one)
        elif one.what == "priority":
            life.priorities.append((one.at, one.value))
        elif one.what == "ask":
            life.ask(one)
        elif one.what == "reply":
            life.reply(one)
        else:
            life.move(one)
    return life


def last_at_or_before(changes: Sequence[tuple[int, str]], at: int, default: str) -> str:
    """The value of the last change up to an instant."""
    value = default
    for changed_at, changed in changes:
        if changed_at <= at:
            value = changed
    return value


def outcomes(world: World) -> dict[tuple[str, int], Outcome]:
    """What should be known of every promised clock of the ticket, by clock and cycle."""
    life = lived(world)
    found = {}
    for (clock, cycle), (started_at, ended_at) in life.waits.items():
        outcome = outcome_of(world, life, clock, started_at, ended_at)
        if outcome is not None:
            found[clock, cycle] = outcome
    return found


def chosen(world: World, life: Life, clock: str, held_at: int, priority: str) -> tuple[PlainPolicy, PlainTarget] | None:
    """The first policy that holds, of those in force at the opening."""
    assert life.opened_at is not None
    in_force = [policies for at, policies in sorted(world.policies, key=lambda p: p[0]) if at <= life.opened_at]
    policies = in_force[-1] if in_force else min(world.policies, key=lambda p: p[0])[1]
    tiers = sorted(world.tiers)
    tier = last_at_or_before(tiers, held_at, tiers[0][1] if tiers else "")
    for policy in policies:
        if policy.tiers and tier not in policy.tiers:
            continue
        if policy.priorities and priority not in policy.priorities:
            continue
        return (policy, policy.targets[clock]) if clock in policy.targets else None
    return None


@dataclass
class Walk:
    """One wait, walked: open quarters used at each quarter, when each percentage was reached, and when it was then due.

    `moving` is the last quarter in which the ticket was not stopped, and whether the clock ran in it.
    """

    used_at: dict[int, int] = field(default_factory=dict)
    reached: dict[int, int] = field(default_factory=dict)
    due: dict[int, int | None] = field(default_factory=dict)
    moving: tuple[int, bool] | None = None


def walked(world: World, life: Life, target: PlainTarget, calendar: str, span: tuple[int, int | None]) -> Walk:
    """Walks one wait quarter by quarter, to its end or to now."""
    walk, used, is_open = Walk(), 0, world.is_open[calendar]
    started_at, ended_at = span
    last = world.now if ended_at is None else ended_at
    for quarter in range(started_at, last + 1):
        walk.used_at[quarter] = used
        status = last_at_or_before(life.statuses, quarter, "new")
        if quarter == ended_at or status in STOPPING:
            continue
        runs = status not in target.paused_on
        walk.moving = quarter, runs
        if not runs:
            continue
        for percent in [*target.warn, 100]:
            if percent not in walk.reached and used * 100 >= target.quarters * percent:
                walk.reached[percent] = quarter
                walk.due[percent] = run_on(is_open, world.first_quarter, quarter, target.quarters - used)
        used += is_open[quarter - world.first_quarter]
    return walk


def outcome_of(world: World, life: Life, clock: str, started_at: int, ended_at: int | None) -> Outcome | None:
    """What should be known of one wait."""
    stopped_at = life.stopped_at
    held_at = ended_at if ended_at is not None else stopped_at if stopped_at is not None else world.now
    priority = last_at_or_before(life.priorities, held_at, "normal")
    if clock == "first_response" and life.answered_with is not None:
        priority = life.answered_with
    choice = chosen(world, life, clock, held_at, priority)
    if choice is None:
        return None
    policy, target = choice
    walk = walked(world, life, target, policy.calendar, (started_at, ended_at))
    if ended_at is not None:
        read_at = ended_at
    elif stopped_at is not None:
        read_at = max(stopped_at, started_at)
    else:
        read_at = max([life.last_at, started_at, *walk.reached.values()])
    breached_at = due_at = walk.reached.pop(100, None)
    if breached_at is None and walk.moving is not None and walk.moving[1]:
        at = walk.moving[0]
        due_at = run_on(world.is_open[policy.calendar], world.first_quarter, at, target.quarters - walk.used_at[at])
    fulfilled_at = ended_at
    if clock == "resolution" and stopped_at is not None and not life.stopped_by_merge:
        fulfilled_at = max(stopped_at, started_at)
    return Outcome(
        state_of(walk, breached_at, fulfilled_at, stopped_at),
        policy.name,
        started_at,
        fulfilled_at,
        breached_at,
        read_at,
        walk.used_at[read_at],
        due_at,
        {percent: (at, walk.due[percent]) for percent, at in walk.reached.items()},
    )


def state_of(walk: Walk, breached_at: int | None, fulfilled_at: int | None, stopped_at: int | None) -> str:
    """In this order: a breach stays one, what was kept is kept, what stopped is cancelled."""
    if breached_at is not None:
        return "breached"
    if fulfilled_at is not None:
        return "fulfilled"
    if stopped_at is not None:
        return "cancelled"
    return "running" if walk.moving is not None and walk.moving[1] else "paused"


def run_on(is_open: Sequence[int], first_quarter: int, quarter: int, missing: int) -> int | None:
    """When so many open quarters more have passed, if the clock runs on; None when that is too far to walk."""
    for _ in range(FAR_QUARTERS):
        if missing <= 0:
            return quarter
        missing -= is_open[quarter - first_quarter]
        quarter += 1
    return None
