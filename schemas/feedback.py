"""Feedback events: what customers say when asked, or unasked."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from schemas.event import Data
from schemas.personal import Personal
from schemas.values import Attributes, Id, Name, Score, Text

Scale = Literal["nps", "csat", "ces", "stars", "criticality"]

# Lowest and highest answer of each scale. Scales are never mixed into one number.
SCALE_BOUNDS: dict[str, tuple[float, float]] = {
    "nps": (0, 10),
    "csat": (1, 5),
    "ces": (1, 7),
    "stars": (1, 5),
    "criticality": (-5, 5),
}


class FeedbackGiven(Data):
    """A customer answered a survey, wrote a review or said something in free text."""

    type: ClassVar[str] = "feedback.given"
    example: ClassVar[dict[str, Any]] = {
        "feedback": "F-31",
        "form": "survey",
        "scale": "nps",
        "score": 3.0,
        "person": "person-77",
        "text": "Reports are slow since the last release.",
    }

    feedback: Id
    form: Literal["survey", "review", "text"] = "text"
    scale: Scale | None = None
    score: Score | None = None
    person: Id | None = None
    ticket: Id | None = None
    topic: Name | None = None
    text: Annotated[Text, Personal("person")] = ""
    attributes: Annotated[Attributes, Personal("person", prose=False)] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _score_fits_scale(self) -> FeedbackGiven:
        if (self.score is None) != (self.scale is None):
            raise ValueError("a score needs its scale and a scale its score")
        if self.scale is not None and self.score is not None:
            low, high = SCALE_BOUNDS[self.scale]
            if not low <= self.score <= high:
                raise ValueError(f"a {self.scale} score lies between {low:g} and {high:g}")
        return self
