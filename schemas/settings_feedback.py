"""Settings of feedback: which of it asks for something, and how soon each step of an answer is due."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from schemas.event import Data
from schemas.feedback_steps import Step
from schemas.values import Name


class FeedbackTarget(Data):
    """How soon a step is due; of these severities, or of whatever asks where none is named."""

    step: Step
    target_seconds: Annotated[int, Field(ge=1, le=315_360_000)]
    severities: Annotated[tuple[Literal["severe", "mild"], ...], Field(max_length=2)] = ()


class SettingsFeedbackChanged(Data):
    """Which feedback asks for something from now on, and what is promised about it.

    What is at least so severe asks, and what speaks of one of `topics`, whatever its score. How severe it is its score
    says, and its topic the form; with `by_model` also the tenant's models where these say nothing. Of a step's
    `targets` the first that holds counts; a step without one is never due. Left out, the default targets hold; an empty
    list promises nothing. Time counts while `calendar` is open: to be told back from acting on, the others from the
    feedback.
    """

    type: ClassVar[str] = "settings.feedback_changed"
    example: ClassVar[dict[str, Any]] = {
        "asks_from": "mild",
        "topics": ["cancellation"],
        "by_model": False,
        "calendar": "office",
        "targets": [
            {"step": "routed", "target_seconds": 14400},
            {"step": "acknowledged", "target_seconds": 28800, "severities": ["severe"]},
            {"step": "acknowledged", "target_seconds": 86400},
            {"step": "acted_on", "target_seconds": 864000},
            {"step": "told_back", "target_seconds": 172800},
        ],
    }

    asks_from: Literal["severe", "mild"] = "mild"
    topics: Annotated[tuple[Name, ...], Field(max_length=256)] = ()
    by_model: bool = False
    calendar: Name = "always"
    targets: Annotated[tuple[FeedbackTarget, ...], Field(max_length=16)] | None = None
