"""What has a tenant taught about which category a ticket belongs to?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256

import msgspec

from processors.category_guard import LEAST_OF_LABEL, SAMPLE, largest_move
from processors.category_knowledge import CategoryKnowledge, Lesson
from processors.contract import Context, Output, Processor
from processors.settings import limits_at
from schemas.emitted import LabelMatured
from schemas.event import Event
from schemas.instant import HOUR
from schemas.lessons import LessonsUnlearned, LessonsWithdrawn, LessonTaken, ModelPromoted, ModelState
from schemas.meaning import meaning_in

# Figures of a model that learns a history are said now and then; live ones after every label.
_LABELS_BETWEEN_FIGURES = 32


class CategoryModel(Processor[CategoryKnowledge]):
    """One text model a tenant, taught by corrections and final categories in the tenant's order."""

    name = "category.model"
    version = 2
    consumes = (LabelMatured, LessonsWithdrawn)
    facts = (LessonTaken, ModelState, ModelPromoted, LessonsUnlearned)
    provides_context = True
    state = CategoryKnowledge

    def key(self, event: Event) -> str | None:
        model = event.data.model if isinstance(event.data, LabelMatured | LessonsWithdrawn) else None
        return "category" if model == "category" else None

    def step(self, state: CategoryKnowledge, event: Event, context: Context) -> Sequence[Output]:
        before = state.record.answering
        match event.data:
            case LessonsWithdrawn() as withdrawn:
                said: list[Output] = [_unlearn(state, withdrawn, event)]
            case LabelMatured() as label if label.text.strip():
                if label.how == "confirmation" and state.has_learned(label.entity, label.label):
                    return ()
                said = [_teach(state, label, event, context)]
            case _:
                return ()
        if not event.backfill or not state.learner.n % _LABELS_BETWEEN_FIGURES or before != state.record.answering:
            said.append(_figures(state, event))
        if before != state.record.answering:
            said.append(_promoted(state, before, event))
        return said

    def encode(self, state: CategoryKnowledge) -> Mapping[str, bytes]:
        return state.encoded()

    def decode(self, parts: Mapping[str, bytes]) -> CategoryKnowledge:
        return CategoryKnowledge.decoded(parts)

    def digest(self, state: CategoryKnowledge) -> bytes:
        models = state.learner.digest() + state.settled.digest()
        return sha256(models.encode() + _ENCODER.encode((state.rest(), state.lately))).digest()


_ENCODER = msgspec.msgpack.Encoder()


def _lesson(label: LabelMatured, event: Event) -> Lesson:
    return Lesson(
        label.text,
        label.label,
        label.weight,
        label.rule_answer,
        label.entity,
        label.said_by,
        label.said_in or event.id,
        event.occurred_at if event.backfill else event.recorded_at,
        meaning_in(label.meaning),
    )


def _teach(state: CategoryKnowledge, label: LabelMatured, event: Event, context: Context) -> LessonTaken:
    """Remembers a correction at once, and moves the weights as far as the guard lets it."""
    lesson = _lesson(label, event)
    corrects = label.how == "correction"
    # History that is brought in comes from one source at once; a flood is what somebody does live. The hour is of the
    # tenant's clock, which nobody moves by dating what he says.
    outcome, moved = "learned", None
    if not event.backfill:
        held = state.guard.hold(label.said_by, context.clock, limits_at(context, event.occurred_at))
        if held is not None:
            outcome = held
        elif corrects and state.record.answering != "rule":
            outcome, moved = _try(state, lesson, context.clock)
    if outcome == "learned" and moved is None:
        state.learn(lesson, context.clock // HOUR)
    if corrects:
        state.memory.remember(label.entity, label.label, label.said_by, lesson.event_id, lesson.at, label.text)
    else:
        state.memory.contradicted(label.entity, label.label, label.said_by, label.text, state.learner.rarities)
    return LessonTaken(
        model="category",
        event_id=lesson.event_id,
        entity=label.entity,
        person=label.said_by,
        label=label.label,
        how=label.how,
        outcome=outcome,
        remembered=corrects,
        moved=moved,
        n=state.learner.n,
        taken_at=lesson.at,
    )


def _try(state: CategoryKnowledge, lesson: Lesson, clock: int) -> tuple[str, float | None]:
    """Learns a correction if unrelated tickets are then still answered nearly as before; how far they moved."""
    guard = state.guard
    known = state.learner.weight_of(lesson.label) >= LEAST_OF_LABEL
    if not known or not guard.may_move(lesson.person, clock):
        return guard.held_by_reach(), None
    taught = state.learner.copied()
    taught.learn_one(lesson.passage, lesson.label, lesson.weight)
    recent = [one.passage for one in state.lately[-SAMPLE:]]
    moved = largest_move(state.learner, taught, lesson.text, recent, guard.left(lesson.person, clock))
    if not guard.has_moved(lesson.person, clock, moved):
        return guard.held_by_reach(), moved
    state.learn(lesson, clock // HOUR, taught)
    return "learned", moved


def _unlearn(state: CategoryKnowledge, withdrawn: LessonsWithdrawn, event: Event) -> LessonsUnlearned:
    asked = list(dict.fromkeys(one.passage for one in state.lately[-SAMPLE:]))
    before = [(state.answerer.predict_one(one), state.answerer.predict_proba_one(one)) for one in asked]
    gone = state.withdraw(withdrawn.by, withdrawn.since, withdrawn.until)
    changed, largest = 0, 0.0
    for one, (answer, chances) in zip(asked, before, strict=True):
        changed += state.answerer.predict_one(one) != answer
        now = state.answerer.predict_proba_one(one)
        labels = dict.fromkeys([*chances, *now])
        largest = max([largest, *(abs(now.get(label, 0.0) - chances.get(label, 0.0)) for label in labels)])
    return LessonsUnlearned(
        model="category",
        event_id=event.id,
        person=withdrawn.by,
        reason=withdrawn.reason,
        lessons=gone.lessons,
        remembered=gone.remembered,
        beyond_reach=gone.beyond_reach,
        asked=len(asked),
        answers_changed=changed,
        largest_move=largest,
        unlearned_at=event.occurred_at,
    )


def _figures(state: CategoryKnowledge, event: Event) -> ModelState:
    record = state.record
    rows = state.learner.state.rows
    return ModelState(
        model="category",
        version=state.learner.version,
        serving=record.answering,
        n=state.learner.n,
        labels=len(state.learner.state.labels),
        judged=record.judged,
        accuracy_rule=record.share("rule"),
        accuracy_model=record.share("model"),
        accuracy_settled=record.share("settled") if state.settled.n else None,
        calibration_error=record.calibration_error,
        held=state.guard.held,
        remembered=len(state.memory.corrections),
        withdrawn=state.withdrawn,
        features=rows.rows - 1 + rows.sights,
        event_id=event.id,
        updated_at=event.occurred_at,
    )


def _promoted(state: CategoryKnowledge, before: str, event: Event) -> ModelPromoted:
    record = state.record
    return ModelPromoted(
        model="category",
        before=before,
        after=record.answering,
        accuracy_before=record.share(before),  # type: ignore[arg-type]  # it was one of them
        accuracy_after=record.share(record.answering),
        judged=record.judged,
        n=state.learner.n,
        event_id=event.id,
        promoted_at=event.occurred_at,
    )


CATEGORY_MODEL = CategoryModel()
