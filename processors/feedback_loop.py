"""Does feedback that asks for something get its answer: routed, acknowledged, acted on, told back, each in time?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from processors.contract import Alert, Cancel, Close, Context, Everyone, Open, Output, Processor, Retract, Timer
from processors.feedback_steps import (
    CLOSED,
    STEP_OF,
    Loop,
    LoopStanding,
    Statement,
    StepData,
    Told,
    owner_at,
    standing_of,
    take_statement,
    take_step,
    terms_of,
)
from processors.lateness import late_fact, lateness
from processors.severity import severity_of
from schemas.emitted import FeedbackHeard, TimerFired
from schemas.event import Event
from schemas.facts import EventLate
from schemas.feedback import FeedbackGiven
from schemas.feedback_steps import FeedbackAcknowledged, FeedbackActedOn, FeedbackRouted, FeedbackToldBack
from schemas.instant import format_instant
from schemas.loops import FeedbackLoop, FeedbackStepMissed
from schemas.settings import SettingsCalendarChanged
from schemas.settings_feedback import SettingsFeedbackChanged

STEP_ALERT: Final = "feedback.step_missed"
_DUE: Final = "due"  # the earliest instant at which a step is missed
_CONTEXT: Final = "context"  # settings changed, to be read once the context shows them
_SETTINGS: Final = (SettingsFeedbackChanged, SettingsCalendarChanged)


class FeedbackLoops(Processor[Loop]):
    """Keeps what was said and which steps were told, walks them anew, and alerts once as a step is missed."""

    name = "feedback.loop"
    consumes = (
        FeedbackGiven,
        FeedbackHeard,
        FeedbackRouted,
        FeedbackAcknowledged,
        FeedbackActedOn,
        FeedbackToldBack,
        *_SETTINGS,
    )
    facts = (FeedbackLoop, FeedbackStepMissed, EventLate)
    state = Loop

    def key(self, event: Event) -> str | Everyone | None:
        data = event.data
        if isinstance(data, _SETTINGS):
            return Everyone("tenant")
        feedback: str = data.feedback  # type: ignore[attr-defined]  # all the others have one
        return feedback

    def step(self, state: Loop, event: Event, context: Context) -> Sequence[Output]:
        data = event.data
        if isinstance(data, _SETTINGS):
            return (Timer(_CONTEXT, context.clock),)
        if isinstance(data, TimerFired):
            if data.name == _DUE:
                state.wakes_at = None
            return _told(state, context)
        late_by = lateness(event, context)
        if late_by:
            # `feedback` says so of what customers said.
            return (late_fact(self.name, data.feedback, event, late_by),) if isinstance(data, StepData) else ()
        state.feedback = data.feedback  # type: ignore[attr-defined]
        state.account = event.account or state.account
        _hear(state, event)
        return _told(state, context)


FEEDBACK_LOOPS: Final = FeedbackLoops()


def _hear(state: Loop, event: Event) -> None:
    match event.data:
        case FeedbackGiven() as said:
            severity, topic = severity_of(said) or "", said.topic or ""
            take_statement(state, Statement(event.occurred_at, event.id, severity, topic, said.ticket))
        case FeedbackHeard(event_id=event_id, severity=severity, topic=topic):
            for one in state.statements:
                if one.event_id == event_id:
                    one.read_severity, one.read_topic = severity, topic
        case FeedbackRouted(owner=owner, ticket=ticket):
            take_step(state, "routed", Told(event.occurred_at, event.id, owner, ticket or ""))
        case FeedbackAcknowledged() | FeedbackActedOn() | FeedbackToldBack() as told:
            take_step(state, STEP_OF[type(told)], Told(event.occurred_at, event.id, "", told.ticket or ""))


def _told(state: Loop, context: Context) -> Sequence[Output]:
    """What is so by now: the loop, the steps that were missed, and when the next one will be."""
    standing = standing_of(state, context)
    if standing is None:
        return _forgotten(state)
    clock = context.clock
    outputs: list[Output] = [_fact(state, standing, clock), *_missed(state, standing, clock)]
    state.is_said = True
    ahead = [step.due_at for step in standing.steps if step.done_at is None and step.due_at and step.due_at > clock]
    outputs += _woken(state, min(ahead, default=None))
    is_open = standing.next is not None
    if is_open != state.is_open:
        state.is_open = is_open
        outputs.append(Open(state.account or "") if is_open else Close())
    return outputs


def _forgotten(state: Loop) -> Sequence[Output]:
    """Nothing asks any more, or nothing ever did."""
    if not state.is_said:
        return ()
    outputs: list[Output] = [Retract(FeedbackLoop, (state.feedback,))]
    outputs += [Retract(FeedbackStepMissed, (state.feedback, step)) for step in state.missed]
    outputs += _woken(state, None)
    if state.is_open:
        outputs.append(Close())
    state.missed, state.is_open, state.is_said = {}, False, False
    return outputs


def _woken(state: Loop, at: int | None) -> Sequence[Output]:
    if at == state.wakes_at:
        return ()
    state.wakes_at = at
    return (Cancel(_DUE),) if at is None else (Timer(_DUE, at),)


def _missed(state: Loop, standing: LoopStanding, clock: int) -> list[Output]:
    """Steps that are missed now and were not, and the other way round."""
    missed = {step.name: step.due_at for step in standing.steps if step.due_at and step.is_missed(clock)}
    outputs: list[Output] = [
        Retract(FeedbackStepMissed, (state.feedback, step))
        for step, due_at in state.missed.items()
        if missed.get(step) != due_at
    ]
    for step, due_at in missed.items():
        fact = FeedbackStepMissed(
            feedback=state.feedback,
            step=step,
            account=state.account,
            severity=standing.severity or None,
            owner=owner_at(state, due_at) or None,
            missed_at=due_at,
        )
        outputs.append(fact)
        if state.missed.get(step) != due_at:
            outputs.append(_alert(fact))
    state.missed = missed
    return outputs


def _fact(state: Loop, standing: LoopStanding, clock: int) -> FeedbackLoop:
    ahead = standing.next
    terms = terms_of(standing, clock)
    routed, acknowledged, acted_on, told_back = standing.steps
    return FeedbackLoop(
        feedback=state.feedback,
        account=state.account,
        reason=standing.reason,
        severity=standing.severity or None,
        topic=standing.topic or None,
        owner=standing.owner or None,
        ticket=standing.ticket or None,
        step=ahead.name if ahead else CLOSED,
        due_at=ahead.due_at if ahead else None,
        missed=tuple([step.name for step in standing.steps if step.is_missed(clock)]),
        kept=sum([int(term.amount) for term in terms]),
        started_at=standing.started_at,
        routed_due_at=routed.due_at,
        routed_at=routed.done_at,
        acknowledged_due_at=acknowledged.due_at,
        acknowledged_at=acknowledged.done_at,
        acted_on_due_at=acted_on.due_at,
        acted_on_at=acted_on.done_at,
        told_back_due_at=told_back.due_at,
        told_back_at=told_back.done_at,
        calendar=standing.calendar,
        settings_id=standing.settings_id,
        terms=terms,
        event_id=standing.event_id,
    )


def _alert(fact: FeedbackStepMissed) -> Alert:
    due = format_instant(fact.missed_at)
    owner = f"{fact.owner} has it" if fact.owner else "nobody has it"
    summary = f"Feedback {fact.feedback} should have been {fact.step.replace('_', ' ')} by {due}: {owner}"
    details = {"step": fact.step, "severity": fact.severity, "owner": fact.owner}
    return Alert(STEP_ALERT, fact, fact.feedback, summary, fact.missed_at, fact.account, due, details)
