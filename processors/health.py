"""How healthy is each account, and what moved it?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zlib import crc32

import msgspec

from processors.behaviour import Behaviour, forget, latest_at, note
from processors.contract import Alert, Context, Emit, Everyone, Open, Output, Processor, Timer
from processors.health_drivers import GROUPS, Driver, active_days, driver, usage_in
from processors.settings import weights_at
from schemas import accounts as said
from schemas.emitted import AccountObserved, SlaBreachHappened, TicketChanged, TimerFired, UsageMeasured
from schemas.event import Data, Event, unchecked
from schemas.explanation import Term
from schemas.facts import HealthChanged, HealthScored
from schemas.feedback import FeedbackGiven
from schemas.instant import DAY, day_of
from schemas.settings import SettingsWeightsChanged

# Points are counted in quarters: exact in binary, so that terms sum to the score and deltas to the change.
QUARTERS = 4
BANDS = ((70, "healthy"), (40, "watch"), (0, "at risk"))
OBSERVED_EVERY_DAYS = 7

_ACCOUNT_EVENTS = (
    said.AccountCreated,
    said.AccountUpdated,
    said.AccountRenewed,
    said.AccountExpanded,
    said.AccountContracted,
    said.AccountChurned,
)


class AccountHealth(msgspec.Struct, array_like=True, gc=False):
    """An account's behaviour and the points last stated, in quarters by group."""

    behaviour: Behaviour = msgspec.field(default_factory=Behaviour)
    account: str = ""
    # The groups' values as of `day`; an event changes only those it speaks of.
    day: int = -1
    drivers: dict[str, Driver] = msgspec.field(default_factory=dict)
    points: dict[str, int] = msgspec.field(default_factory=dict)
    band: str = ""
    scored_at: int = 0
    observed_day: int = 0
    # The last change stated and the points before it: what one record moves in several steps is one change.
    changed_at: int = 0
    changed_by: str = ""
    points_before: dict[str, int] = msgspec.field(default_factory=dict)


class Health(Processor[AccountHealth]):
    """Scores accounts from 0 to 100 out of five weighted driver groups; as of the tenant's day, so silence counts."""

    name = "health"
    consumes = (
        *_ACCOUNT_EVENTS,
        UsageMeasured,
        TicketChanged,
        SlaBreachHappened,
        FeedbackGiven,
        SettingsWeightsChanged,
    )
    facts = (HealthScored, HealthChanged)
    state = AccountHealth

    def key(self, event: Event) -> str | Everyone | None:
        return Everyone("tenant") if isinstance(event.data, SettingsWeightsChanged) else event.account

    def step(self, state: AccountHealth, event: Event, context: Context) -> Sequence[Output]:
        data = event.data
        if isinstance(data, SettingsWeightsChanged):
            # Context shows the weights as they were before this record.
            return (Timer("weights", context.clock),)
        outputs: list[Output] = []
        if not isinstance(data, TimerFired):
            note(state.behaviour, event)
            if not state.account:
                state.account = event.account or ""
                outputs.append(Open(state.account))
        today = day_of(context.clock)
        moved = _drive(state, data, today)
        outputs += _score(state, event, context, moved=moved)
        outputs += _observe(state, state.drivers, today)
        if _can_change(state.behaviour):
            outputs.append(Timer("day", (today + 1) * DAY))
        return outputs


# The groups that each kind of event speaks of.
_SPOKEN_OF: Mapping[type[Data], tuple[str, ...]] = {
    UsageMeasured: ("usage", "engagement"),
    TicketChanged: ("support",),
    SlaBreachHappened: ("support",),
    FeedbackGiven: ("sentiment",),
}


def _drive(state: AccountHealth, data: Data, today: int) -> bool:
    """Brings the groups up to date that the event speaks of, a new day all of them; whether one has changed."""
    groups = _SPOKEN_OF.get(type(data), ("commercial",))
    if isinstance(data, TicketChanged) and data.csat_percent is not None:
        groups = ("support", "sentiment")
    if today != state.day:
        state.day, groups = today, GROUPS
        forget(state.behaviour, today)
    moved, drivers = False, state.drivers
    for group in groups:
        found = driver(group, state.behaviour, today)
        if drivers.get(group) != found:
            drivers[group] = found
            moved = True
    return moved


def _can_change(behaviour: Behaviour) -> bool:
    """Whether time alone can still move the score."""
    # Also of an account that left: its score must not stay as of the day on which the last late event came.
    fading = behaviour.usage or behaviour.tickets or behaviour.breaches or behaviour.voices or behaviour.moves
    return bool(fading) or (behaviour.renewal is not None and behaviour.churned is None)


def _points(found: Mapping[str, Driver], weights: Mapping[str, int]) -> dict[str, int]:
    each = [weights.get(group, 0) for group in GROUPS]
    total = sum(each) or 1
    return {group: QUARTERS * weight * found[group].value // total for group, weight in zip(GROUPS, each, strict=True)}


def _score(state: AccountHealth, event: Event, context: Context, *, moved: bool) -> list[Output]:
    found, before = state.drivers, state.points
    points = _points(found, weights_at(context, context.clock))
    scored_at = latest_at(state.behaviour)
    if not moved and points == before and scored_at == state.scored_at:
        return []
    state.scored_at = scored_at
    score = sum(points.values()) / QUARTERS
    band = _band(score)
    terms = tuple([_term(group, found[group], points[group]) for group in GROUPS])
    fact = HealthScored(account=state.account, score=score, band=band, terms=terms, scored_at=scored_at)
    outputs: list[Output] = [fact]
    if before and points != before:
        outputs.append(_change(state, event, context, points, found))
        if band != state.band:
            outputs += _alert(state, fact, context)
    state.points, state.band = points, band
    return outputs


def _band(score: float) -> str:
    for edge, name in BANDS:
        if score >= edge:
            return name
    raise AssertionError(f"a score of {score} is below every band")


def _term(group: str, found: Driver, points: int) -> Term:
    return Term(f"{group} {found.value}/100", points / QUARTERS, found.event_ids)


def _change(
    state: AccountHealth, event: Event, context: Context, points: Mapping[str, int], found: Mapping[str, Driver]
) -> HealthChanged:
    if (state.changed_at, state.changed_by) != (context.clock, event.id):
        state.changed_at, state.changed_by, state.points_before = context.clock, event.id, dict(state.points)
    before = state.points_before
    terms = tuple(
        [
            Term(group, (points[group] - before[group]) / QUARTERS, found[group].event_ids)
            for group in GROUPS
            if points[group] != before[group]
        ]
    )
    return HealthChanged(
        account=state.account,
        event_id=event.id,
        before=sum(before.values()) / QUARTERS,
        after=sum(points.values()) / QUARTERS,
        terms=terms,
        changed_at=context.clock,
    )


def _alert(state: AccountHealth, fact: HealthScored, context: Context) -> list[Output]:
    """One alert a week and band, when an account falls into a lower one."""
    order = [name for _, name in BANDS]
    if order.index(fact.band) <= order.index(state.band):
        return []
    summary = f"{state.account}: health fell to {fact.score:g} ({fact.band})"
    occasion = f"{fact.band} in week {day_of(context.clock) // 7}"
    details = {"score": fact.score, "before": sum(state.points.values()) / QUARTERS, "band": fact.band}
    return [Alert("health.dropped", fact, state.account, summary, context.clock, state.account, occasion, details)]


def _observe(state: AccountHealth, found: Mapping[str, Driver], today: int) -> list[Output]:
    """Tells the models once a week how the account behaves; accounts take turns over the days of the week."""
    if state.observed_day == today:
        return []
    turn = crc32(state.account.encode()) % OBSERVED_EVERY_DAYS
    due = (today - turn) // OBSERVED_EVERY_DAYS != (state.observed_day - turn) // OBSERVED_EVERY_DAYS
    if not (due or state.observed_day == 0) or state.behaviour.churned is not None:
        return []
    state.observed_day = today
    return [Emit(observation(state.behaviour, found, today, sum(state.points.values()) / QUARTERS), state.account)]


def observation(behaviour: Behaviour, found: Mapping[str, Driver], today: int, score: float) -> AccountObserved:
    """An account's behaviour as features: the driver groups and the plain counts behind them."""
    recent = usage_in(behaviour, today - 7, today - 1)
    before = usage_in(behaviour, today - 35, today - 8)
    silent = today - behaviour.last_used[0] if behaviour.last_used is not None else -1
    features = {f"{group} driver": float(found[group].value) for group in GROUPS}
    features |= {
        "usage last 7 days": float(recent),
        "usage trend percent": float(min(300, 400 * recent // before)) if before else 100.0,
        "active days of 28": float(active_days(behaviour, today, 28)),
        "days since last use": float(min(90, silent)),
        "open tickets": float(sum(1 for entry in behaviour.tickets.values() if entry[1] is None)),
        "tickets in 30 days": float(sum(1 for entry in behaviour.tickets.values() if today - day_of(entry[0]) <= 30)),
        "broken promises in 30 days": float(len(behaviour.breaches)),
    }
    if behaviour.renewal is not None:
        features["days to renewal"] = float(max(-30, min(365, (behaviour.renewal[2] - today * DAY) // DAY)))
    ids = {f"{group} driver": found[group].event_ids[0] for group in GROUPS if found[group].event_ids}
    if behaviour.last_used is not None:
        ids["days since last use"] = behaviour.last_used[1]
    return unchecked(AccountObserved, day=today, score=score, features=features, event_ids=ids)


HEALTH = Health()
