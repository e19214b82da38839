"""How does each account stand by the scores that the tenant made itself, and what moved them?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from processors.account_day import account_day, day_begins_at
from processors.contract import Alert, Context, Emit, Everyone, Open, Output, Processor, Retract, Timer
from processors.health_drivers import EXPECTED, GROUPS, UNKNOWN_DAY, Driver
from processors.history import Dated
from processors.score_rule import QUARTERS, Counted, band_of, change_terms, counted, fades_on, is_lower
from processors.settings import ScoreRule, next_score_rule_at, score_rules_at
from schemas.emitted import HealthDriven, ScoreMoved
from schemas.event import Event, unchecked
from schemas.explanation import Term
from schemas.health import NamedScore, NamedScoreChanged
from schemas.instant import day_of
from schemas.settings import SettingsScoreChanged

Ids = dict[str, tuple[str, ...]]


class Stated(msgspec.Struct, array_like=True, gc=False):
    """A score as last stated, in quarter points by group; and the last change with what it is reckoned from."""

    points: dict[str, int]
    band: str
    settings_id: str
    changed_at: int = 0
    changed_by: str = ""
    before: dict[str, int] = msgspec.field(default_factory=dict)
    by_settings: dict[str, int] = msgspec.field(default_factory=dict)
    moved_by: Ids = msgspec.field(default_factory=dict)


class AccountScores(msgspec.Struct, array_like=True, gc=False):
    """An account's driver groups as of a day, and its scores by name."""

    account: str = ""
    day: int = 0
    drivers: dict[str, Driver] = msgspec.field(default_factory=dict)
    stated: dict[str, Stated] = msgspec.field(default_factory=dict)


class Scores(Processor[AccountScores]):
    """Reckons every score of the tenant's own from the driver groups, as of its day and by the rule in force."""

    name = "health.scores"
    version = 2  # since an account's day begins at an instant of its own
    consumes = (HealthDriven, SettingsScoreChanged)
    facts = (NamedScore, NamedScoreChanged)
    state = AccountScores

    def key(self, event: Event) -> str | Everyone | None:
        return Everyone("tenant") if isinstance(event.data, SettingsScoreChanged) else event.account

    def step(self, state: AccountScores, event: Event, context: Context) -> Sequence[Output]:
        if isinstance(event.data, SettingsScoreChanged):
            # Context shows the rules as they were before this record.
            return (Timer("rules", context.clock),)
        outputs: list[Output] = []
        before, day_before = state.drivers, state.day
        if isinstance(event.data, HealthDriven):
            if not state.account:
                state.account = event.account or ""
                outputs.append(Open(state.account))
            state.drivers = _drivers(event.data)
        state.day = account_day(state.account, context.clock)
        rules = score_rules_at(context, context.clock)
        for name in [name for name in state.stated if name not in rules]:
            del state.stated[name]
            outputs.append(Retract(NamedScore, (state.account, name)))
            outputs.append(Emit(unchecked(ScoreMoved, score=name), state.account))
        for name, dated in rules.items():
            told = state.stated.get(name)
            # By a new rule, the groups as they were stated are reckoned first: that part is the settings' doing.
            ruled = told is not None and told.settings_id != dated.event_id
            held = counted(dated.value, before, day_before) if ruled else None
            outputs += _tell(state, dated, event, context, _moved(before, state.drivers), held)
        return (*outputs, *_wake(state, rules, context))


def _drivers(driven: HealthDriven) -> dict[str, Driver]:
    return {
        group: Driver(
            driven.values.get(group, EXPECTED[group]),
            tuple(driven.event_ids.get(group, ())),
            driven.latest_days.get(group, UNKNOWN_DAY),
        )
        for group in GROUPS
    }


def _moved(before: Mapping[str, Driver], after: Mapping[str, Driver]) -> Ids:
    """The groups that something happened to, each with the events behind it."""
    if before is after or not before:
        return {}
    return {
        group: after[group].event_ids or before[group].event_ids for group in GROUPS if before[group] != after[group]
    }


def _tell(
    state: AccountScores,
    dated: Dated[ScoreRule],
    event: Event,
    context: Context,
    moved: Ids,
    held: Mapping[str, Counted] | None,
) -> list[Output]:
    """The score by its rule, and what changed it since it was stated."""
    rule, told = dated.value, state.stated.get(dated.value.name)
    parts = counted(rule, state.drivers, state.day)
    points = {group: parts[group].points for group in GROUPS}
    quarters = sum(points.values())
    fact = NamedScore(
        account=state.account,
        score=rule.name,
        value=quarters / QUARTERS,
        band=band_of(rule, quarters),
        settings_id=dated.event_id,
        terms=tuple([_term(group, parts[group], state.drivers[group]) for group in GROUPS]),
    )
    moved_now = Emit(unchecked(ScoreMoved, score=rule.name, quarters=quarters), state.account)
    if told is None:
        state.stated[rule.name] = Stated(points, fact.band, dated.event_id)
        return [fact, moved_now]
    outputs: list[Output] = [fact]
    if points != told.points:
        outputs.append(moved_now)
        _begin_change(told, event, context, moved, held)
        outputs.append(_change(state, told, fact, points))
        if is_lower(rule, fact.band, told.band):
            outputs.append(_dropped(told, fact, context))
    told.points, told.band, told.settings_id = points, fact.band, fact.settings_id
    return outputs


def _term(group: str, part: Counted, found: Driver) -> Term:
    known = f"{group} {part.value}/100" if found.latest_day != UNKNOWN_DAY else f"{group} unknown"
    return Term(known, part.points / QUARTERS, found.event_ids)


def _begin_change(told: Stated, event: Event, context: Context, moved: Ids, held: Mapping[str, Counted] | None) -> None:
    """What one record moves in several steps is one change, reckoned from before the first."""
    if (told.changed_at, told.changed_by) != (context.clock, event.id):
        told.changed_at, told.changed_by, told.before = context.clock, event.id, told.points
        told.by_settings, told.moved_by = {}, {}
    told.moved_by |= moved
    if held is not None:
        for group in GROUPS:
            ruled = told.by_settings.get(group, 0)
            told.by_settings[group] = ruled + held[group].points - told.points.get(group, 0)


def _change(state: AccountScores, told: Stated, fact: NamedScore, points: Mapping[str, int]) -> NamedScoreChanged:
    """The change with the events behind each part of it.

    A group that nothing happened to moves because others count more or less than before: theirs are its events. Where
    nothing happened at all, what is known has aged: the latest events are those whose age it is.
    """
    others = tuple([ids[0] for ids in told.moved_by.values() if ids])
    aged = tuple([state.drivers[group].event_ids[0] for group in GROUPS if state.drivers[group].event_ids])
    ids = {
        group: told.moved_by.get(group) or others or state.drivers[group].event_ids or aged or (told.changed_by,)
        for group in GROUPS
    }
    return NamedScoreChanged(
        account=state.account,
        score=fact.score,
        event_id=told.changed_by,
        before=sum(told.before.values()) / QUARTERS,
        after=fact.value,
        settings_id=fact.settings_id,
        terms=change_terms(told.before, points, told.by_settings, fact.settings_id, ids),
        changed_at=told.changed_at,
    )


def _dropped(told: Stated, fact: NamedScore, context: Context) -> Alert:
    """One alert a week, score and band, when an account falls into a lower one."""
    summary = f"{fact.account}: {fact.score} fell to {fact.value:g} ({fact.band})"
    occasion = f"{fact.score}: {fact.band} in week {day_of(context.clock) // 7}"
    before = sum(told.points.values()) / QUARTERS
    details = {"score": fact.score, "value": fact.value, "before": before, "band": fact.band}
    return Alert("score.dropped", fact, fact.account, summary, context.clock, fact.account, occasion, details)


def _wake(state: AccountScores, rules: Mapping[str, Dated[ScoreRule]], context: Context) -> list[Output]:
    """When time alone moves a score next, and when a rule that was said ahead begins to hold."""
    days = [fades_on(dated.value, state.drivers, state.day) for dated in rules.values()]
    fading = [day for day in days if day is not None]
    outputs: list[Output] = [Timer("day", day_begins_at(state.account, min(fading)))] if fading else []
    begins_at = next_score_rule_at(context, context.clock)
    return outputs if begins_at is None else [*outputs, Timer("rules", begins_at)]


SCORES = Scores()
