"""Facts about what customers say in their own words."""

from __future__ import annotations

from typing import ClassVar

from schemas.explanation import Explanation, Term
from schemas.fact import Fact


class FeedbackRead(Fact, frozen=True, kw_only=True):
    """What a text speaks of and how bad it is (severe, mild, none); None where nobody can say.

    `topic_by` and `severity_by` are who says so: the form or the score it came with, the tenant's model after `n`
    labels, or nothing. Terms are the topic's log-odds per word, which sum to `logit`.
    """

    kind: ClassVar[str] = "feedback.read"
    identity: ClassVar[tuple[str, ...]] = ("feedback",)
    order_bound: ClassVar[bool] = True

    feedback: str
    account: str | None = None
    topic: str | None
    topic_probability: float
    topic_by: str
    severity: str | None
    severity_probability: float
    severity_by: str
    n: int
    logit: float
    terms: tuple[Term, ...]
    event_id: str
    given_at: int

    def explain(self, position: int) -> Explanation:
        """Why this topic: what each word adds to its log-odds."""
        basis = f"said by {self.topic_by}" + (f" after {self.n} labels" if self.n else "")
        kind = f"topic {self.topic or 'unknown'}"
        return Explanation(self.feedback, kind, position, self.logit, "log-odds", basis, self.terms)
