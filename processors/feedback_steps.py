"""How far has the answer to a piece of feedback come, when was each step due, and why does it ask for one?

A step counts from when the customer last began to ask: what was told before counts no more, only the owner stays. Any
step shows that somebody has it, a ticket opened for it counts as acting on it, and whoever told the customer what came
of it need not tell the steps before.
"""

from __future__ import annotations

from bisect import insort
from typing import Final, NamedTuple

import msgspec

from processors.calendars import OpenTime
from processors.contract import Context
from processors.feedback_terms import STEPS, FeedbackTerms
from processors.history import Dated
from processors.settings import calendar_at, feedback_at
from processors.sla_policy import usable_calendar
from schemas.explanation import Term
from schemas.feedback_steps import FeedbackAcknowledged, FeedbackActedOn, FeedbackRouted, FeedbackToldBack
from schemas.instant import SECOND, format_instant

ROUTED, ACKNOWLEDGED, ACTED_ON, TOLD_BACK = STEPS
CLOSED: Final = "closed"
MOST_STATEMENTS: Final = 4
MOST_TOLD: Final = 3

StepData = FeedbackRouted | FeedbackAcknowledged | FeedbackActedOn | FeedbackToldBack
STEP_OF: Final[dict[type[StepData], str]] = {
    FeedbackRouted: ROUTED,
    FeedbackAcknowledged: ACKNOWLEDGED,
    FeedbackActedOn: ACTED_ON,
    FeedbackToldBack: TOLD_BACK,
}


class Statement(msgspec.Struct, array_like=True, order=True, gc=False):
    """What a customer said under a feedback id: how bad it is by its score, its form's topic, and what models read."""

    at: int
    event_id: str
    severity: str = ""
    topic: str = ""
    about: str | None = None
    read_severity: str = ""
    read_topic: str = ""


class Told(msgspec.Struct, array_like=True, order=True, frozen=True, gc=False):
    """Somebody told that a step was done; empty where no owner or ticket was named."""

    at: int
    event_id: str
    owner: str = ""
    ticket: str = ""


class Loop(msgspec.Struct, array_like=True, gc=False):
    """A piece of feedback and the steps of its answer, in order of event time. Mostly below 400 bytes.

    `missed` is when each step was due that is said to be missed.
    """

    feedback: str = ""
    account: str | None = None
    statements: list[Statement] = msgspec.field(default_factory=list)
    told: dict[str, list[Told]] = msgspec.field(default_factory=dict)
    missed: dict[str, int] = msgspec.field(default_factory=dict)
    wakes_at: int | None = None
    is_open: bool = False
    is_said: bool = False


class Meant(NamedTuple):
    """How bad a statement is, who says so, and what it speaks of; empty where nobody says whom the terms believe."""

    severity: str
    severity_by: str
    topic: str


class StepStanding(NamedTuple):
    """One step: when it is or was due, and when and by which event it was done."""

    name: str
    due_at: int | None = None
    done_at: int | None = None
    event_id: str = ""

    def is_missed(self, clock: int) -> bool:
        """Whether it was not done when it was due."""
        if self.due_at is None:
            return False
        return self.due_at <= clock if self.done_at is None else self.done_at > self.due_at


class LoopStanding(NamedTuple):
    """Why feedback asks for something and since when, by whose terms, and its four steps."""

    reason: str
    severity: str
    topic: str
    started_at: int
    event_id: str
    owner: str
    ticket: str
    calendar: str
    settings_id: str
    steps: tuple[StepStanding, ...]

    @property
    def next(self) -> StepStanding | None:
        """The first step that is not done; None where the loop is closed."""
        return next((step for step in self.steps if step.done_at is None), None)


def take_statement(loop: Loop, said: Statement) -> None:
    """Puts a statement into its place; of more than are kept the latest stay."""
    if all(one.event_id != said.event_id for one in loop.statements):
        insort(loop.statements, said)
        del loop.statements[:-MOST_STATEMENTS]


def take_step(loop: Loop, step: str, told: Told) -> None:
    """Puts a step into its place; of more than are kept the earliest stay, and the latest."""
    kept = loop.told.setdefault(step, [])
    if told not in kept:
        insort(kept, told)
        del kept[MOST_TOLD - 1 : -1]


def standing_of(loop: Loop, context: Context) -> LoopStanding | None:
    """How the loop stands; None where nothing asks, or nobody has said anything yet."""
    asking = _asking(loop, context)
    if asking is None:
        return None
    began, reason = asking
    dated = feedback_at(context, began.at)
    told = {step: _first(loop.told.get(step, ()), began.at) for step in STEPS}
    linked = _linked(loop, began)
    latest = _meant(loop.statements[-1], dated.value)
    return LoopStanding(
        reason=reason,
        severity=latest.severity,
        topic=latest.topic,
        started_at=began.at,
        event_id=began.event_id,
        owner=loop.told[ROUTED][-1].owner if ROUTED in loop.told else "",
        ticket=linked.ticket if linked else "",
        calendar=dated.value.calendar,
        settings_id=dated.event_id,
        steps=_steps(_done(told, linked), began.at, latest.severity, dated, context),
    )


def owner_at(loop: Loop, at: int) -> str:
    """Who had the feedback at an instant; empty for nobody."""
    return next((one.owner for one in reversed(loop.told.get(ROUTED, ())) if one.at <= at), "")


def _asking(loop: Loop, context: Context) -> tuple[Statement, str] | None:
    """The first of the latest statements that ask without a break, and why the last one does.

    Where none asks, whoever routed the feedback says that it does, from then on.
    """
    if not loop.statements:
        return None
    began: Statement | None = None
    for one in reversed(loop.statements):
        terms = feedback_at(context, one.at).value
        meant = _meant(one, terms)
        if not terms.asks(meant.severity, meant.topic):
            break
        began = one
    last = loop.statements[-1]
    if began is not None:
        return began, _reason(last, feedback_at(context, last.at).value)
    routed = _first(loop.told.get(ROUTED, ()), last.at)
    if routed is None:
        return None
    return Statement(routed.at, routed.event_id, about=last.about), "somebody routed it"


def _meant(said: Statement, terms: FeedbackTerms) -> Meant:
    """What the terms believe of a statement: score and form, and models where they say nothing and are believed."""
    topic = said.topic or (said.read_topic if terms.by_model else "")
    if said.severity:
        return Meant(said.severity, "the score", topic)
    if terms.by_model and said.read_severity:
        return Meant(said.read_severity, "the model", topic)
    return Meant("", "", topic)


def _reason(said: Statement, terms: FeedbackTerms) -> str:
    meant = _meant(said, terms)
    if terms.asks(meant.severity, ""):
        return f"{meant.severity} by {meant.severity_by}"
    return f"speaks of {meant.topic}"


def _first(told: list[Told] | tuple[()], since: int) -> Told | None:
    for one in told:
        if one.at >= since:
            return one
    return None


def _linked(loop: Loop, began: Statement) -> Told | None:
    """What first names a ticket that was opened for it: any but the one that the feedback is about."""
    named = [one for told in loop.told.values() for one in told if one.at >= began.at]
    return min([one for one in named if one.ticket not in ("", began.about)], default=None)


def _done(told: dict[str, Told | None], linked: Told | None) -> dict[str, Told | None]:
    """Each step with what first shows that it was done."""
    named = [one for one in told.values() if one is not None]
    back = told[TOLD_BACK]
    shown: dict[str, tuple[Told | None, ...]] = {
        ROUTED: tuple(named),
        ACKNOWLEDGED: (told[ACKNOWLEDGED], back),
        ACTED_ON: (told[ACTED_ON], linked, back),
        TOLD_BACK: (back,),
    }
    return {step: min([one for one in shown[step] if one is not None], default=None) for step in STEPS}


def _steps(
    done: dict[str, Told | None], started_at: int, severity: str, dated: Dated[FeedbackTerms], context: Context
) -> tuple[StepStanding, ...]:
    calendar = usable_calendar(calendar_at(context, dated.value.calendar, started_at))
    acted = done[ACTED_ON]
    from_start = OpenTime(calendar, started_at)
    found = []
    for step in STEPS:
        since = from_start if step != TOLD_BACK else OpenTime(calendar, acted.at) if acted else None
        target = dated.value.target_seconds(step, severity)
        due_at = None if since is None or target is None else since.after(target * SECOND)
        one = done[step]
        found.append(StepStanding(step, due_at, one.at if one else None, one.event_id if one else ""))
    return tuple(found)


def terms_of(standing: LoopStanding, clock: int) -> tuple[Term, ...]:
    """Each step, 1 where it was done in time; a step that is never due is in time once it is done."""
    return tuple([_term(step, clock) for step in standing.steps])


def _term(step: StepStanding, clock: int) -> Term:
    name = step.name.replace("_", " ")
    due = "" if step.due_at is None else f", due {format_instant(step.due_at)}"
    if step.done_at is None:
        missed = step.is_missed(clock)
        return Term(f"{name}: {'missed' if missed else 'not yet'}{due}", 0.0)
    missed = step.is_missed(clock)
    label = f"{name} {format_instant(step.done_at)}{due}: {'too late' if missed else 'in time'}"
    return Term(label, float(not missed), (step.event_id,))
