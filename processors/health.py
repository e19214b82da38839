"""How healthy is each account, and what moved it?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from processors.account_day import account_day, day_begins_at, turn_of
from processors.accounts import presence_of
from processors.behaviour import Behaviour, forget, heard_at, latest_at, note
from processors.contract import Alert, Context, Emit, Everyone, Open, Output, Processor, Timer
from processors.health_drivers import GROUPS, UNKNOWN_DAY, Driver, active_days, driver, usage_in
from processors.presence import PASSAGES
from processors.score_rule import QUARTERS, Counted, band_of, change_terms, counted, default_rule, is_lower
from processors.settings import ScoreRule, has_own_scores, weights_at, weights_said_by
from schemas import accounts as said
from schemas.emitted import (
    AccountObserved,
    HealthDriven,
    ScoreMoved,
    SlaBreachHappened,
    TicketChanged,
    TimerFired,
    UsageMeasured,
)
from schemas.event import Data, Event, unchecked
from schemas.explanation import Term
from schemas.facts import HealthChanged, HealthScored
from schemas.feedback import FeedbackGiven
from schemas.health import HealthDrivers
from schemas.instant import DAY, day_of
from schemas.settings import SettingsScoreChanged, SettingsWeightsChanged

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
    # Which event said the weights of the points, and what other weights added to the last change.
    settings_id: str = ""
    points_by_settings: dict[str, int] = msgspec.field(default_factory=dict)


class Health(Processor[AccountHealth]):
    """Scores accounts from 0 to 100 out of five weighted driver groups; as of the tenant's day, so silence counts."""

    name = "health"
    version = 5  # since an account that left may come back
    consumes = (
        *_ACCOUNT_EVENTS,
        UsageMeasured,
        TicketChanged,
        SlaBreachHappened,
        FeedbackGiven,
        SettingsWeightsChanged,
        SettingsScoreChanged,
    )
    facts = (HealthScored, HealthChanged, HealthDrivers)
    state = AccountHealth

    def key(self, event: Event) -> str | Everyone | None:
        return Everyone("tenant") if isinstance(event.data, _SETTINGS) else event.account

    def step(self, state: AccountHealth, event: Event, context: Context) -> Sequence[Output]:
        data = event.data
        if isinstance(data, _SETTINGS):
            # Context shows the settings as they were before this record.
            return (Timer("weights", context.clock),)
        outputs: list[Output] = []
        if not isinstance(data, TimerFired):
            counts = note(state.behaviour, event)
            if isinstance(data, PASSAGES):
                state.behaviour.churned = presence_of(context, event).gone_since
            if not state.account:
                state.account = event.account or ""
                outputs.append(Open(state.account))
            elif not counts and account_day(state.account, context.clock) == state.day:
                return ()
        today = account_day(state.account, context.clock)
        replaced = _drive(state, data, today)
        outputs += _score(state, replaced, event, context)
        outputs += _tell_drivers(state, replaced, event, context)
        outputs += _observe(state, state.drivers, today)
        if _can_change(state.behaviour):
            outputs.append(Timer("day", day_begins_at(state.account, today + 1)))
        return outputs


_SETTINGS = (SettingsWeightsChanged, SettingsScoreChanged)

# The groups that each kind of event speaks of.
_SPOKEN_OF: Mapping[type[Data], tuple[str, ...]] = {
    UsageMeasured: ("usage", "engagement"),
    TicketChanged: ("support",),
    SlaBreachHappened: ("support",),
    FeedbackGiven: ("sentiment",),
}


# What stood where a group is reckoned for the first time.
_NOTHING = Driver(-1, ())


def _drive(state: AccountHealth, data: Data, today: int) -> dict[str, Driver]:
    """Brings the groups up to date that the event speaks of, a new day all of them; what stood where one changed."""
    groups = _SPOKEN_OF.get(type(data), ("commercial",))
    if isinstance(data, TicketChanged) and data.csat_percent is not None:
        groups = ("support", "sentiment")
    if today != state.day:
        state.day, groups = today, GROUPS
        forget(state.behaviour, today)
    replaced, drivers = {}, state.drivers
    for group in groups:
        found, old = driver(group, state.behaviour, today), drivers.get(group, _NOTHING)
        if old != found:
            replaced[group], drivers[group] = old, found
    return replaced


def _can_change(behaviour: Behaviour) -> bool:
    """Whether time alone can still move the score."""
    # Also of an account that left: its score must not stay as of the day on which the last late event came.
    fading = behaviour.usage or behaviour.tickets or behaviour.breaches or behaviour.voices or behaviour.moves
    return bool(fading) or (behaviour.renewal is not None and behaviour.churned is None)


def _score(state: AccountHealth, replaced: dict[str, Driver], event: Event, context: Context) -> list[Output]:
    rule, today = default_rule(weights_at(context, context.clock)), state.day
    found, settings_id = state.drivers, weights_said_by(context, context.clock)
    parts = counted(rule, found, today)
    points, scored_at = {group: parts[group].points for group in GROUPS}, latest_at(state.behaviour)
    if not replaced and points == state.points and scored_at == state.scored_at:
        state.settings_id = settings_id
        return []
    state.scored_at = scored_at
    quarters = sum(points.values())
    band = band_of(rule, quarters)
    terms = tuple([_term(group, parts[group], found[group].event_ids) for group in GROUPS])
    fact = HealthScored(account=state.account, score=quarters / QUARTERS, band=band, terms=terms, scored_at=scored_at)
    outputs: list[Output] = [fact]
    if points != state.points:
        outputs.append(Emit(unchecked(ScoreMoved, score=rule.name, quarters=quarters), state.account))
    if state.points and points != state.points:
        ruled = settings_id != state.settings_id
        _begin_change(state, event, context, counted(rule, found | replaced, today) if ruled else None)
        outputs.append(_change(state, replaced, event, points, settings_id))
        outputs += _alert(state, rule, fact, context)
    state.points, state.band, state.settings_id = points, band, settings_id
    return outputs


def _term(group: str, part: Counted, event_ids: tuple[str, ...]) -> Term:
    return Term(f"{group} {part.value}/100", part.points / QUARTERS, event_ids)


def _begin_change(state: AccountHealth, event: Event, context: Context, held: Mapping[str, Counted] | None) -> None:
    """Notes what a change is reckoned from, and what other weights (`held`: the old drivers by them) add to it."""
    if (state.changed_at, state.changed_by) != (context.clock, event.id):
        state.changed_at, state.changed_by, state.points_before = context.clock, event.id, dict(state.points)
        state.points_by_settings = {}
    if held is not None:
        ruled = state.points_by_settings
        for group in GROUPS:
            ruled[group] = ruled.get(group, 0) + held[group].points - state.points[group]


def _change(
    state: AccountHealth, replaced: dict[str, Driver], event: Event, points: Mapping[str, int], settings_id: str
) -> HealthChanged:
    before = state.drivers | replaced
    ids = {group: state.drivers[group].event_ids or before[group].event_ids or (event.id,) for group in GROUPS}
    return HealthChanged(
        account=state.account,
        event_id=event.id,
        before=sum(state.points_before.values()) / QUARTERS,
        after=sum(points.values()) / QUARTERS,
        terms=change_terms(state.points_before, points, state.points_by_settings, settings_id, ids),
        changed_at=state.changed_at,
    )


def _tell_drivers(state: AccountHealth, replaced: dict[str, Driver], event: Event, context: Context) -> list[Output]:
    """What the groups were worth from now on, so that any rule can be asked of the past; own scores hear of it now."""
    found, data, outputs = state.drivers, event.data, list[Output]()
    if any(_counts_otherwise(found[group], old) for group, old in replaced.items()):
        told = tuple([(group, found[group].value, found[group].latest_day) for group in GROUPS])
        outputs.append(HealthDrivers(account=state.account, event_id=event.id, drivers=told, changed_at=context.clock))
    if (replaced or (isinstance(data, TimerFired) and data.name == "weights")) and has_own_scores(context):
        known = [group for group in GROUPS if found[group].latest_day != UNKNOWN_DAY]
        driven = unchecked(
            HealthDriven,
            day=state.day,
            values={group: found[group].value for group in GROUPS},
            latest_days={group: found[group].latest_day for group in known},
            event_ids={group: found[group].event_ids for group in known},
        )
        outputs.append(Emit(driven, state.account))
    return outputs


def _counts_otherwise(found: Driver, old: Driver) -> bool:
    """Whether some rule may make something else of it."""
    return found.value != old.value or found.latest_day != old.latest_day


def _alert(state: AccountHealth, rule: ScoreRule, fact: HealthScored, context: Context) -> list[Output]:
    """One alert a week and band, when an account falls into a lower one."""
    if not is_lower(rule, fact.band, state.band):
        return []
    summary = f"{state.account}: health fell to {fact.score:g} ({fact.band})"
    occasion = f"{fact.band} in week {day_of(context.clock) // 7}"
    details = {"score": fact.score, "before": sum(state.points.values()) / QUARTERS, "band": fact.band}
    return [Alert("health.dropped", fact, state.account, summary, context.clock, state.account, occasion, details)]


def _observe(state: AccountHealth, found: Mapping[str, Driver], today: int) -> list[Output]:
    """Tells the models once a week how the account behaves; accounts take turns over the days of the week."""
    if state.observed_day == today:
        return []
    turn = turn_of(state.account, OBSERVED_EVERY_DAYS)
    due = (today - turn) // OBSERVED_EVERY_DAYS != (state.observed_day - turn) // OBSERVED_EVERY_DAYS
    if not (due or state.observed_day == 0) or state.behaviour.churned is not None:
        return []
    state.observed_day = today
    return [Emit(observation(state.behaviour, found, today, sum(state.points.values()) / QUARTERS), state.account)]


def observation(behaviour: Behaviour, found: Mapping[str, Driver], today: int, score: float) -> AccountObserved:
    """An account's behaviour as features: the driver groups and the plain counts behind them."""
    recent = usage_in(behaviour, today - 7, today - 1)
    before = usage_in(behaviour, today - 35, today - 8)
    silent = max(0, today - behaviour.last_used[0]) if behaviour.last_used is not None else -1
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
    heard = heard_at(behaviour)
    return unchecked(AccountObserved, day=today, score=score, features=features, event_ids=ids, heard_at=heard)


HEALTH = Health()
