"""Feedback events of those who answer it: who has it, that it was heard, what was done, and that the customer knows."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from schemas.event import Data
from schemas.personal import Personal
from schemas.values import Id, Text

Step = Literal["routed", "acknowledged", "acted_on", "told_back"]


class _FeedbackStep(Data):
    feedback: Id
    by: Id | None = None
    ticket: Id | None = None
    person: Id | None = None
    note: Annotated[Text, Personal("person")] = ""


class FeedbackRouted(_FeedbackStep):
    """Feedback was given to somebody who owns it from now on; `ticket` is one that was opened for it."""

    type: ClassVar[str] = "feedback.routed"
    example: ClassVar[dict[str, Any]] = {"feedback": "F-31", "owner": "expert-3", "by": "expert-1"}

    owner: Id


class FeedbackAcknowledged(_FeedbackStep):
    """Whoever gave feedback was told that it was heard."""

    type: ClassVar[str] = "feedback.acknowledged"
    example: ClassVar[dict[str, Any]] = {"feedback": "F-31", "by": "expert-3", "note": "Thanked, asked for details."}


class FeedbackActedOn(_FeedbackStep):
    """Something was done about feedback, or it was decided that nothing will be."""

    type: ClassVar[str] = "feedback.acted_on"
    example: ClassVar[dict[str, Any]] = {"feedback": "F-31", "by": "expert-3", "ticket": "T-1001"}


class FeedbackToldBack(_FeedbackStep):
    """Whoever gave feedback was told what came of it: the loop is closed."""

    type: ClassVar[str] = "feedback.told_back"
    example: ClassVar[dict[str, Any]] = {"feedback": "F-31", "by": "expert-3", "note": "Reports load in 2 s since May."}
