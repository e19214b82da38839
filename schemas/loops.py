"""Facts about feedback that asks for something: how far its answer has come, and which step came too late."""

from __future__ import annotations

from typing import ClassVar

from schemas.explanation import Explanation, Term
from schemas.fact import Fact
from schemas.voice import FeedbackRead


class FeedbackLoop(Fact, frozen=True, kw_only=True):
    """The answer to feedback that asks for something, in four steps: when each was due and when it was done.

    `step` is the next one, `closed` after the last; `due_at` is when that is due. None where a step is not promised,
    or not yet: time to tell back counts from acting on. Terms are the steps, 1 where it was done in time, and sum to
    `kept`.
    """

    kind: ClassVar[str] = "feedback.loop"
    identity: ClassVar[tuple[str, ...]] = ("feedback",)
    order_bound: ClassVar[bool] = True

    feedback: str
    account: str | None = None
    reason: str
    severity: str | None
    topic: str | None
    owner: str | None
    ticket: str | None
    step: str
    due_at: int | None
    missed: tuple[str, ...]
    kept: int
    started_at: int
    routed_due_at: int | None
    routed_at: int | None
    acknowledged_due_at: int | None
    acknowledged_at: int | None
    acted_on_due_at: int | None
    acted_on_at: int | None
    told_back_due_at: int | None
    told_back_at: int | None
    calendar: str
    settings_id: str
    terms: tuple[Term, ...]
    event_id: str

    def explain(self, position: int) -> Explanation:
        """Which steps were done in time, with the events that tell."""
        kind, basis = loop_told(self.step, self.reason, self.settings_id, self.calendar)
        return Explanation(self.feedback, kind, position, float(self.kept), "steps in time", basis, self.terms)


def loop_told(step: str, reason: str, settings_id: str, calendar: str) -> tuple[str, str]:
    """What an explanation of a loop is called, and the basis it names."""
    kind = "feedback loop, closed" if step == "closed" else f"feedback loop, next: {step}"
    said = f"said by {settings_id}" if settings_id else "the default ones"
    return kind, f"asks for something: {reason}; targets {said}, calendar {calendar}"


class FeedbackStepMissed(Fact, frozen=True, kw_only=True):
    """A step was not done when it was due."""

    kind: ClassVar[str] = "feedback.step_missed"
    identity: ClassVar[tuple[str, ...]] = ("feedback", "step")
    order_bound: ClassVar[bool] = True
    alerted: ClassVar[bool] = True

    feedback: str
    step: str
    account: str | None = None
    severity: str | None
    owner: str | None
    missed_at: int


FEEDBACK_KINDS: tuple[type[Fact], ...] = (FeedbackRead, FeedbackLoop, FeedbackStepMissed)
