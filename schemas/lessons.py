"""What models were taught: who said which label, what came of it, and what was taken back; and which model answers."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from schemas.event import Data
from schemas.explanation import Explanation, Term
from schemas.fact import Fact
from schemas.instant import Instant
from schemas.values import Id, Title


class LessonsWithdrawn(Data):
    """What a person taught a model is taken back: from `since` up to `until`, or all of it."""

    type: ClassVar[str] = "model.lessons_withdrawn"
    example: ClassVar[dict[str, Any]] = {"by": "expert-3", "since": "2026-11-20T00:00:00Z", "reason": "a wrong list"}

    model: Literal["category", "team"] = "category"
    by: Id
    since: Instant | None = None
    until: Instant | None = None
    reason: Title = ""


class LessonTaken(Fact, frozen=True, kw_only=True):
    """A label was said, and what came of it.

    `outcome` is `learned`, or why the weights were not moved: `held: person` and `held: tenant` (so many came within
    the hour), `held: reach` (it would have moved what others ask too far). `remembered` tells that tickets like this
    one are answered by it at once; `moved` is how far it moved the likeliest answer of unrelated tickets, where that
    was measured.
    """

    kind: ClassVar[str] = "lesson.taken"
    identity: ClassVar[tuple[str, ...]] = ("model", "event_id")
    order_bound: ClassVar[bool] = True

    model: str
    event_id: str
    entity: str
    person: str
    label: str
    how: str
    outcome: str
    remembered: bool
    moved: float | None = None
    withdrawn_by: str | None = None
    n: int
    taken_at: int


class ModelState(Fact, frozen=True, kw_only=True):
    """A model as it stands: who answers, and how often each was right on what came lately, asked before it learned."""

    kind: ClassVar[str] = "model.state"
    identity: ClassVar[tuple[str, ...]] = ("model",)
    order_bound: ClassVar[bool] = True

    model: str
    version: int
    serving: str
    n: int
    labels: int
    judged: float
    accuracy_rule: float
    accuracy_model: float
    accuracy_settled: float | None = None
    calibration_error: float
    held: int
    remembered: int
    withdrawn: int
    features: int
    event_id: str
    updated_at: int


class ModelPromoted(Fact, frozen=True, kw_only=True):
    """Another answers from now on, because it was right more often on what came since."""

    kind: ClassVar[str] = "model.promoted"
    identity: ClassVar[tuple[str, ...]] = ("model", "event_id")
    history: ClassVar[bool] = True
    order_bound: ClassVar[bool] = True

    model: str
    before: str
    after: str
    accuracy_before: float
    accuracy_after: float
    judged: float
    n: int
    event_id: str
    promoted_at: int

    def explain(self, position: int) -> Explanation:
        """Why: how often each of both was right on the same tickets."""
        terms = (
            Term(f"{self.after} was right", self.accuracy_after, (self.event_id,)),
            Term(f"{self.before} was right", -self.accuracy_before, (self.event_id,)),
        )
        basis = f"the latest {self.judged:.0f} labels (older ones count less), each asked before it was learned"
        total = 0.0 + terms[0].amount + terms[1].amount
        return Explanation(self.model, f"{self.after} answers", position, total, "share right", basis, terms)


class ModelDrifted(Fact, frozen=True, kw_only=True):
    """Answers have been wrong more often than before, and not by chance: counted as labels became known, each once.

    `missed` are the labels that were missed most since, `people` how many people said them.
    """

    kind: ClassVar[str] = "model.drifted"
    identity: ClassVar[tuple[str, ...]] = ("model", "event_id")
    history: ClassVar[bool] = True
    order_bound: ClassVar[bool] = True
    alerted: ClassVar[bool] = True

    model: str
    accuracy_before: float
    accuracy_after: float
    labels_before: int
    labels_after: int
    missed: tuple[str, ...]
    people: int
    event_ids: tuple[str, ...]
    event_id: str
    drifted_at: int

    def explain(self, position: int) -> Explanation:
        """Why: how often answers were right before and since, with the latest events that said otherwise."""
        terms = (
            Term(f"right of {self.labels_after} labels since", self.accuracy_after, self.event_ids),
            Term(f"right of {self.labels_before} labels before", -self.accuracy_before, (self.event_id,)),
        )
        basis = f"ADWIN over {self.labels_before + self.labels_after} labels as they became known; most missed since: "
        basis += ", ".join(self.missed) or "none"
        total = 0.0 + terms[0].amount + terms[1].amount
        return Explanation(self.model, "answers got worse", position, total, "share right", basis, terms)


class LessonsUnlearned(Fact, frozen=True, kw_only=True):
    """What a person had taught was taken back: how much of it, and how far that moved the answers to recent tickets.

    `beyond_reach` tells that lessons of that time may be too old to be taken back one by one.
    """

    kind: ClassVar[str] = "lessons.unlearned"
    identity: ClassVar[tuple[str, ...]] = ("model", "event_id")
    history: ClassVar[bool] = True
    order_bound: ClassVar[bool] = True

    model: str
    event_id: str
    person: str
    reason: str
    lessons: int
    remembered: int
    beyond_reach: bool
    asked: int
    answers_changed: int
    largest_move: float
    unlearned_at: int
