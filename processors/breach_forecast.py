"""How likely is each promise that still runs to be broken, and why?

A forecast is made when a clock moves (it starts, pauses, goes on, is promised another time, or so much of its time is
used up that somebody is warned) and when the ticket is given to somebody else; not at every tick.

What became of a promise teaches once that is known of all that began with it: a broken one when it breaks, a kept one
when its time would have been up. A model that learned each as soon as it is known would see promises kept for as long
as they last before it sees the first broken one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from zlib import crc32

import msgspec

from processors.accounts import tier_at
from processors.breach_features import (
    PAUSED,
    RUNNING,
    Features,
    Outlook,
    Standing,
    events_behind,
    opened,
    promise_features,
)
from processors.breach_model import BREACH_MODEL, BROKEN, KEPT, OF, UNDER_WAY, BreachKnowledge
from processors.breach_rule import rule_terms
from processors.contract import Cancel, Context, Emit, Output, Processor, Retract, Timer
from processors.model_terms import model_terms
from processors.probability import logistic, total_of
from schemas import tickets as said
from schemas.emitted import LabelMatured, SlaClockMoved, TicketClassified, TimerFired
from schemas.event import Event, unchecked
from schemas.explanation import Term
from schemas.facts import PredictionMade
from schemas.forecasts import SlaForecast

MOST_TERMS = 8
MOST_SAMPLE_BYTES = 8_000  # of a ticket, all promises together: a dozen or two
_HOW_COMMON = "how common it is that such promises are broken"
_LABELS = "labels"
_BREACHED, _FULFILLED = "breached", "fulfilled"


class Sample(msgspec.Struct, array_like=True, gc=False):
    """A promise as it was when a forecast was made in some quarter of its time (none yet: when it began).

    `features` as MessagePack, because many wait.
    """

    quarter: int | None

    at: int
    event_id: str
    features: bytes
    rule: float
    probability: float
    version: int
    n: int


class Watched(msgspec.Struct, array_like=True, gc=False):
    """A promise whose outcome is not yet taught, with a sample of its beginning and one of each of two quarters of its
    time, if something happened in them; `kept_until` once it was kept.
    """

    standing: Standing
    samples: list[Sample] = msgspec.field(default_factory=list)
    kept_until: int | None = None


@dataclass(slots=True)
class TicketOutlook:
    """What is known of a ticket, and its promises by clock and cycle."""

    ticket: str = ""
    account: str | None = None
    outlook: Outlook = field(default_factory=Outlook)
    watched: dict[str, Watched] = field(default_factory=dict)


class BreachForecast(Processor[TicketOutlook]):
    """Predicts for each clock that runs or pauses, and teaches the model of its kind."""

    name = "breach.forecast"
    consumes = (
        said.TicketOpened,
        said.TicketAssigned,
        said.TicketPriorityChanged,
        said.TicketReopened,
        TicketClassified,
        SlaClockMoved,
    )
    facts = (SlaForecast, PredictionMade)
    state = TicketOutlook

    def key(self, event: Event) -> str | None:
        ticket: str = event.data.ticket  # type: ignore[attr-defined]  # all that it consumes have one
        return ticket

    def step(self, state: TicketOutlook, event: Event, context: Context) -> Sequence[Output]:
        outlook = state.outlook
        match event.data:
            case SlaClockMoved() as moved:
                state.ticket, state.account = moved.ticket, event.account or state.account
                return _moved(state, moved, event, context)
            case TimerFired():
                return _matured(state, event, context.clock)
            case said.TicketAssigned() as given:
                return _given(state, given, event, context)
            case TicketClassified(category=category):
                outlook.heard += 1
                if category is not None:
                    outlook.say("topic", category, event.id)
            case said.TicketOpened() as data:
                opened(outlook, data, event.id)
            case said.TicketPriorityChanged(priority=priority):
                outlook.say("priority", priority, event.id)
            case said.TicketReopened():
                outlook.reopened += 1
        return ()


def _given(state: TicketOutlook, given: said.TicketAssigned, event: Event, context: Context) -> list[Output]:
    outlook = state.outlook
    if (given.group or "") == outlook.words.get("group", "") and given.assignee == outlook.assignee:
        return []
    outlook.say("group", given.group, event.id)
    outlook.assignee = given.assignee
    outlook.given += 1
    running = [watched for watched in state.watched.values() if watched.kept_until is None]
    return [*[_forecast(state, watched, event, context) for watched in running], *_fitted(state, event)]


def _moved(state: TicketOutlook, moved: SlaClockMoved, event: Event, context: Context) -> list[Output]:
    name = f"{moved.clock}/{moved.cycle}"
    watched = state.watched.get(name)
    outputs: list[Output]
    if moved.state in (RUNNING, PAUSED):
        standing = Standing(
            moved.clock,
            moved.cycle,
            moved.state,
            moved.target_seconds,
            moved.started_at,
            moved.due_at,
            moved.elapsed_seconds,
            moved.event_id,
        )
        if watched is None:
            watched = state.watched[name] = Watched(standing)
        was_kept, watched.kept_until, watched.standing = watched.kept_until is not None, None, standing
        outputs = [_forecast(state, watched, event, context), *_fitted(state, event)]
        return outputs + _waking(state) if was_kept else outputs
    if watched is None:
        return []
    outputs = []
    if watched.kept_until is None:
        outputs.append(Retract(SlaForecast, (state.ticket, moved.clock, moved.cycle)))
    if moved.state == _FULFILLED and moved.due_at is not None and moved.due_at > context.clock:
        watched.kept_until = moved.due_at
        return outputs + _waking(state)
    was_kept = watched.kept_until is not None
    del state.watched[name]
    if moved.state in (_FULFILLED, _BREACHED):
        outputs += _taught(state, watched, KEPT if moved.state == _FULFILLED else BROKEN, event)
    return outputs + _waking(state) if was_kept else outputs


def _forecast(state: TicketOutlook, watched: Watched, event: Event, context: Context) -> SlaForecast:
    standing = watched.standing
    at = event.occurred_at if event.backfill else context.clock
    features = promise_features(state.outlook, standing, tier_at(context, state.account, at), at)
    share_used = standing.share_used(at)
    begun = context.read(BREACH_MODEL, standing.clock)
    answer = _by_rule(rule_terms(begun, share_used, (standing.begun_by,)), begun)
    rule = probability = logistic(answer.logit)
    knowledge = context.read(BREACH_MODEL, standing.clock + UNDER_WAY) if watched.samples else begun
    if knowledge is not None and knowledge.is_better:
        answer = _by_model(knowledge, features, state.outlook, standing)
        probability = logistic(answer.logit)
    quarter = min(3, int(4 * share_used)) if watched.samples else None
    if _is_sampled(state.ticket, quarter) and all(sample.quarter != quarter for sample in watched.samples):
        packed = msgspec.msgpack.encode(features)
        sample = Sample(quarter, at, standing.begun_by, packed, rule, probability, answer.version, answer.n)
        watched.samples.append(sample)
    return SlaForecast(
        ticket=state.ticket,
        account=state.account,
        clock=standing.clock,
        cycle=standing.cycle,
        probability=probability,
        due_at=standing.due_at,
        model=answer.model,
        version=answer.version,
        n=answer.n,
        logit=answer.logit,
        terms=answer.terms,
        event_id=standing.begun_by,
        predicted_at=at,
    )


def _is_sampled(ticket: str, quarter: int | None) -> bool:
    """Of all quarters half teach, by turns: one promise under way says much the same in each of its quarters."""
    return quarter is None or (quarter + crc32(ticket.encode())) % 2 == 0


class _Answer(NamedTuple):
    """Who says what; the terms sum to the logit."""

    model: str
    version: int
    n: int
    logit: float
    terms: tuple[Term, ...]


def _by_rule(terms: tuple[Term, ...], knowledge: BreachKnowledge | None) -> _Answer:
    n = knowledge.learner.n if knowledge is not None else 0
    return _Answer("breach.rule", 1, n, total_of(terms), terms)


def _by_model(knowledge: BreachKnowledge, features: Features, outlook: Outlook, standing: Standing) -> _Answer:
    learner, behind = knowledge.learner, events_behind(outlook, standing)
    logit, terms = model_terms(learner, features, behind, how_common=_HOW_COMMON, most=MOST_TERMS)
    return _Answer(f"breach.model {standing.clock}", learner.version, learner.n, logit, terms)


def _fitted(state: TicketOutlook, event: Event) -> list[Output]:
    """Keeps a ticket small on which much is promised: what was kept longest ago teaches at once."""
    outputs: list[Output] = []
    sizes = {name: sum(len(one.features) for one in watched.samples) for name, watched in state.watched.items()}
    total = sum(sizes.values())
    for name, watched in list(state.watched.items()):
        if total <= MOST_SAMPLE_BYTES:
            break
        if watched.kept_until is None:
            total -= sizes[name] - len(watched.samples[0].features)
            del watched.samples[1:]
        else:
            total -= sizes[name]
            del state.watched[name]
            outputs += _taught(state, watched, KEPT, event)
    return outputs + _waking(state) if outputs else outputs


def _matured(state: TicketOutlook, event: Event, clock: int) -> list[Output]:
    """What was kept has seen its time up."""
    outputs: list[Output] = []
    for name, watched in list(state.watched.items()):
        if watched.kept_until is not None and watched.kept_until <= clock:
            del state.watched[name]
            outputs += _taught(state, watched, KEPT, event)
    return outputs + _waking(state)


def _waking(state: TicketOutlook) -> list[Output]:
    due = [watched.kept_until for watched in state.watched.values() if watched.kept_until is not None]
    return [Timer(_LABELS, min(due))] if due else [Cancel(_LABELS)]


def _taught(state: TicketOutlook, watched: Watched, label: str, event: Event) -> list[Output]:
    """What was known when it began teaches one model, what was known under way another; the first forecast is judged.

    One model for both would take what is known of those that still run for what is known of all that begin.
    """
    outputs: list[Output] = []
    clock, first = OF + watched.standing.clock, watched.samples[0]
    for sample in watched.samples:
        matured = unchecked(
            LabelMatured,
            model=clock if sample.quarter is None else clock + UNDER_WAY,
            entity=state.ticket,
            features=msgspec.msgpack.decode(sample.features, type=Features),
            rule_answer=BROKEN,
            rule_probability=sample.rule,
            label=label,
            said_by="outcome",
        )
        outputs.append(Emit(matured, state.account))
    answer = BROKEN if first.probability >= 0.5 else KEPT
    judged = PredictionMade(
        model=clock,
        version=first.version,
        n=first.n,
        entity=state.ticket,
        event_id=first.event_id,
        answer=answer,
        probability=first.probability,
        made_at=first.at,
        label=label,
        correct=label == answer,
        labelled_at=event.occurred_at,
    )
    return [judged, *outputs]


BREACH_FORECAST = BreachForecast()
