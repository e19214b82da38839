"""What should be known of a ticket's promises, by interval arithmetic to the microsecond; no code of the processors.

Unlike the fold it knows the whole story at once, in its true order, and reads every clock from the beginning.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from tests.sla.oracle_hours import SECOND, AlwaysOpen, OracleHours

# What comes first when two things bear the same instant.
ORDER: Final = ("opened", "priority", "ask", "reopened", "reply", "status", "resolved", "closed", "merged", "assigned")
STOPPING: Final = ("solved", "closed", "merged")
UNTIL_SOLVED: Final = ("resolution", "requester_wait", "agent_work", "supplier", "internal")
UPDATES: Final = ("periodic_update", "pausable_update")
PAUSED_ANYWAY: Final = {
    "requester_wait": ("pending",),
    "agent_work": ("pending", "on_hold"),
    "pausable_update": ("pending",),
    "supplier": ("new", "open", "pending"),
}
FOREVER: Final = 2**62


class Happening(NamedTuple):
    """One thing that happened to the ticket; `value` is the status (with its reason), priority or group it set."""

    at: int
    what: str
    id: str
    value: str = ""
    account: str | None = None
    group: str = ""


@dataclass(frozen=True)
class PlainTarget:
    """Seconds, statuses that pause, what warns, and the groups that an internal clock is for.

    `warn` holds percentages used up and, below zero, seconds of business time left.
    """

    seconds: int
    paused_on: tuple[str, ...] = ()
    warn: tuple[int, ...] = ()
    groups: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class PlainPolicy:
    """A promise in plain values; empty conditions hold for everything."""

    name: str
    targets: Mapping[str, PlainTarget]
    tiers: tuple[str, ...] = ()
    priorities: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    contracts: tuple[str, ...] = ()
    calendar: str = "always"


UNSAID: Final = (
    PlainPolicy(
        "default",
        {
            "first_response": PlainTarget(8 * 3600, (), (50, 90)),
            "next_response": PlainTarget(24 * 3600, (), (50, 90)),
            "resolution": PlainTarget(120 * 3600, ("pending", "on_hold"), (50, 90)),
        },
    ),
)


@dataclass
class Truth:
    """What the tenant decided and what its accounts are, by the instant from which it holds (instant, id, value)."""

    policies: list[tuple[int, str, tuple[PlainPolicy, ...]]] = field(default_factory=list)
    calendars: dict[str, list[tuple[int, str, OracleHours]]] = field(default_factory=dict)
    tiers: dict[str, list[tuple[int, str, str]]] = field(default_factory=dict)
    contracts: dict[str, list[tuple[int, str, str]]] = field(default_factory=dict)


class Interval(NamedTuple):
    """Somebody waits from here to there (None: nothing ended it), under the priority of its end."""

    clock: str
    cycle: int
    from_at: int
    until_at: int | None
    priority: str
    group: str = ""


@dataclass
class Outcome:
    """What should be known of one clock; instants and amounts in microseconds."""

    state: str
    policy: str
    calendar: str
    from_at: int
    fulfilled_at: int | None
    breached_at: int | None
    read_at: int
    elapsed: int
    due_at: int | None
    warned: dict[int, tuple[int, int | None]]


@dataclass
class Life:
    """The whole story of a ticket up to now."""

    account: str | None
    channel: str
    opened_at: int
    waits: list[Interval]
    statuses: list[tuple[int, str]]
    stopped_at: int | None
    is_merged: bool
    set_at: int


def holding(history: Sequence[tuple[int, str, object]], at: int) -> object | None:
    """The value that holds at an instant: the last one said up to it, else the first one ever said."""
    ordered = sorted(history, key=lambda one: one[:2])
    past = [value for from_at, _, value in ordered if from_at <= at]
    return past[-1] if past else ordered[0][2] if ordered else None


def terms_of(truth: Truth, account: str, what: str, at: int) -> str | None:
    """An account's tier or contract as last said by an instant; before anything was said, what the first event says."""
    said = [(*one, "tier") for one in truth.tiers.get(account, ())]
    said += [(*one, "contract") for one in truth.contracts.get(account, ())]
    ordered = sorted(said)
    known = [one for one in ordered if one[0] <= at] or ordered[:1]
    return next((value for _, _, value, named in reversed(known) if named == what), None)


def life_of(happenings: Sequence[Happening], channel: str, now: int) -> Life | None:
    """The story as of now; None for a ticket that nobody opened."""
    told = sorted([one for one in happenings if one.at <= now], key=lambda one: (one.at, ORDER.index(one.what), one.id))
    ended = next((place for place, one in enumerate(told) if one.what == "merged"), len(told))
    told = told[: ended + 1]
    openings = [place for place, one in enumerate(told) if one.what == "opened"]
    if not openings:
        return None
    statuses, stopped_at, stopped_place, is_merged = moves(told)
    # Whose it is, is said by the earliest event that names somebody, also among those still to come or after the end.
    named = sorted(happenings, key=lambda one: (one.at, ORDER.index(one.what), one.id))
    account = next((one.account for one in named if one.account is not None), None)
    last = priority_after(told, len(told) if stopped_place is None else stopped_place + 1, openings[0])
    waits = [*waited(told, openings[0], last), *waited_beyond(told, openings[0], last), *had(told, openings[0], last)]
    set_at = max(one.at for one in told if one.what not in ("ask", "reply", "assigned"))
    return Life(account, channel, told[openings[0]].at, waits, statuses, stopped_at, is_merged, set_at)


def moves(told: Sequence[Happening]) -> tuple[list[tuple[int, str]], int | None, int | None, bool]:
    """The statuses by instant; since when, by which happening and whether by a merge the ticket is stopped."""
    words = {"reopened": "open", "resolved": "solved", "closed": "closed", "merged": "merged"}
    statuses: list[tuple[int, str]] = []
    stopped_at = stopped_place = None
    is_merged = False
    for place, one in enumerate(told):
        if one.what != "status" and one.what not in words:
            continue
        if one.what == ("reopened" if stopped_at is None else "resolved"):
            continue
        status = words.get(one.what, one.value)
        statuses.append((one.at, status))
        if status not in STOPPING:
            stopped_at = stopped_place = None
        elif stopped_at is None:
            stopped_at, stopped_place, is_merged = one.at, place, one.what == "merged"
    return statuses, stopped_at, stopped_place, is_merged


def priority_after(told: Sequence[Happening], count: int, opening: int) -> str:
    """The priority after so many happenings; only the first opening sets one."""
    said = [
        one.value
        for place, one in enumerate(told[:count])
        if one.value and (one.what == "priority" or (one.what == "opened" and place == opening))
    ]
    return said[-1] if said else "normal"


def waited(told: Sequence[Happening], opening: int, last: str) -> list[Interval]:
    """Who waited from when to when."""
    opened_at = told[opening].at
    replies = [place for place, one in enumerate(told) if one.what == "reply"]
    waits = [Interval("resolution", 0, opened_at, None, last)]
    if not replies:
        return [*waits, Interval("first_response", 0, opened_at, None, last)]
    ends = max(opening, replies[0])
    waits.append(Interval("first_response", 0, opened_at, told[ends].at, priority_after(told, ends + 1, opening)))
    place, cycle = ends, 0
    while True:
        asked = next((n for n in range(place + 1, len(told)) if told[n].what == "ask"), None)
        if asked is None:
            return waits
        answered = next((n for n in replies if n > asked), None)
        if answered is None:
            return [*waits, Interval("next_response", cycle, told[asked].at, None, last)]
        priority = priority_after(told, answered + 1, opening)
        waits.append(Interval("next_response", cycle, told[asked].at, told[answered].at, priority))
        place, cycle = answered, cycle + 1


def waited_beyond(told: Sequence[Happening], opening: int, last: str) -> list[Interval]:
    """Who waited for a solution, for work, for news and for somebody else."""
    opened_at = told[opening].at
    waits = [Interval(clock, 0, opened_at, None, last) for clock in ("requester_wait", "agent_work")]
    for place in range(opening, len(told)):
        statuses = moves(told[: place + 1])[0]
        if statuses and statuses[-1][1].split("|")[0] == "on_hold":
            waits.append(Interval("supplier", 0, told[place].at, None, last))
            break
    replies = [place for place, one in enumerate(told) if one.what == "reply"]
    news = [opening] if any(place < opening for place in replies) else []
    news += [place for place in replies if place > opening]
    for cycle, place in enumerate(news):
        until, priority = None, last
        if place != news[-1]:
            until = told[news[cycle + 1]].at
            priority = priority_after(told, news[cycle + 1] + 1, opening)
        waits += [Interval(clock, cycle, told[place].at, until, priority) for clock in UPDATES]
    return waits


def had(told: Sequence[Happening], opening: int, last: str) -> list[Interval]:
    """Which group had the ticket from when to when."""
    before = [one.value for one in told[:opening] if one.what == "assigned"]
    first = told[opening].group or (before[-1] if before else "")
    changes = [(opening, first)]
    for place, one in enumerate(told):
        if place > opening and one.what == "assigned" and one.value != changes[-1][1]:
            changes.append((place, one.value))
    waits: list[Interval] = []
    for number, (place, group) in enumerate(changes):
        if not group:
            continue
        if number + 1 == len(changes):
            waits.append(Interval("internal", len(waits), told[place].at, None, last, group))
        else:
            end = changes[number + 1][0]
            priority = priority_after(told, end + 1, opening)
            waits.append(Interval("internal", len(waits), told[place].at, told[end].at, priority, group))
    return waits


def outcomes(happenings: Sequence[Happening], channel: str, truth: Truth, now: int) -> dict[tuple[str, int], Outcome]:
    """What should be known of every promised clock of the ticket, by clock and cycle."""
    life = life_of(happenings, channel, now)
    found = {}
    for wait in life.waits if life else ():
        assert life is not None
        chosen = promised(life, wait, truth, now)
        if chosen is not None:
            policy, target = chosen
            found[wait.clock, wait.cycle] = outcome_of(life, wait, policy, target, truth, now)
    return found


def promised(life: Life, wait: Interval, truth: Truth, now: int) -> tuple[PlainPolicy, PlainTarget] | None:
    """The first policy that holds, of those in force when the ticket was opened."""
    policies = holding(truth.policies, life.opened_at)
    held_at = wait.until_at if wait.until_at is not None else life.stopped_at if life.stopped_at is not None else now
    tier, contract = (terms_of(truth, life.account or "", what, held_at) for what in ("tier", "contract"))
    for policy in UNSAID if policies is None else policies:  # type: ignore[attr-defined]
        meets = [(policy.tiers, tier), (policy.priorities, wait.priority), (policy.channels, life.channel)]
        meets.append((policy.contracts, contract))
        if all(not condition or value in condition for condition, value in meets):
            target = policy.targets.get(wait.clock)
            if target is None or (wait.clock == "internal" and target.groups and wait.group not in target.groups):
                return None
            return policy, replace(target, paused_on=(*PAUSED_ANYWAY.get(wait.clock, ()), *target.paused_on))
    return None


@dataclass
class Counted:
    """One wait, counted: how much was used, which amounts were reached when, and when the target is due."""

    used: int = 0
    reached: dict[int, int] = field(default_factory=dict)
    due: dict[int, int | None] = field(default_factory=dict)
    due_at: int | None = None


def outcome_of(life: Life, wait: Interval, policy: PlainPolicy, target: PlainTarget, truth: Truth, now: int) -> Outcome:
    """What should be known of one wait."""
    said = holding(truth.calendars.get(policy.calendar, ()), life.opened_at)
    hours = said if isinstance(said, OracleHours) else AlwaysOpen()
    end = FOREVER if wait.until_at is None else wait.until_at
    spans = [*life.statuses, (FOREVER, "")]
    pieces = [(-FOREVER, spans[0][0], "new")]
    pieces += [(at, spans[n + 1][0], status) for n, (at, status) in enumerate(life.statuses)]
    clipped = [(max(a, wait.from_at), min(b, end), s) for a, b, s in pieces if max(a, wait.from_at) < min(b, end)]
    counted = Counted()
    read_at = end
    if wait.until_at is None:
        read_at = max(life.set_at if life.stopped_at is None else life.stopped_at, wait.from_at)
    for from_at, until_at, status in clipped:
        if status in STOPPING:
            continue
        if stands_still(target, status):
            counted.due_at = counted.reached.get(100)
            continue
        met(counted, target, hours, from_at, until_at, now)
        if until_at == FOREVER:
            read_at = max([read_at, *counted.reached.values()])
        counted.used += hours.counted(from_at, min(until_at, read_at))
    breached_at = counted.reached.pop(100, None)
    fulfilled_at = wait.until_at
    if wait.clock in UNTIL_SOLVED and wait.until_at is None and life.stopped_at is not None and not life.is_merged:
        fulfilled_at = max(life.stopped_at, wait.from_at)
    warned = {percent: (at, counted.due[percent]) for percent, at in counted.reached.items()}
    name = policy.calendar if isinstance(said, OracleHours) else "always"
    state = state_of(life, target, fulfilled_at, breached_at)
    return Outcome(
        state, policy.name, name, wait.from_at, fulfilled_at, breached_at, read_at, counted.used, counted.due_at, warned
    )


def met(
    counted: Counted, target: PlainTarget, hours: OracleHours | AlwaysOpen, from_at: int, until_at: int, now: int
) -> None:
    """Notes what is reached while the clock runs: before that ends, and not after now."""
    if 100 in counted.reached:
        return
    whole = target.seconds * SECOND
    counted.due_at = hours.after(from_at, whole - counted.used)
    for percent in [*sorted(set(target.warn)), 100]:
        if percent in counted.reached:
            continue
        amount = whole * percent // 100 if percent > 0 else whole + percent * SECOND
        at = hours.after(from_at, amount - counted.used)
        if at is not None and at < until_at and at <= now:
            counted.reached[percent], counted.due[percent] = at, counted.due_at


def state_of(life: Life, target: PlainTarget, fulfilled_at: int | None, breached_at: int | None) -> str:
    """In one word."""
    if breached_at is not None:
        return "breached"
    if fulfilled_at is not None:
        return "fulfilled"
    if life.stopped_at is not None:
        return "cancelled"
    return "paused" if stands_still(target, (life.statuses or [(0, "new")])[-1][1]) else "running"


def stands_still(target: PlainTarget, status: str) -> bool:
    """Whether a clock pauses in a status, written `status|reason` where the helpdesk says for whom the ticket waits."""
    name, _, reason = status.partition("|")
    return name in target.paused_on or (name in ("pending", "on_hold") and reason in target.reasons)
