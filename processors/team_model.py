"""What has a tenant taught about which team solves a ticket?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Final

import msgspec

from processors.category_guard import SAMPLE
from processors.contract import Context, Output, Processor
from processors.settings import limits_at
from processors.team_knowledge import MOST_TEAMS, TeamKnowledge, TeamLesson
from schemas.emitted import LabelMatured
from schemas.event import Event
from schemas.lessons import LessonsUnlearned, LessonsWithdrawn, LessonTaken

MODEL: Final = "team"
_ENCODER: Final = msgspec.msgpack.Encoder()


class TeamModel(Processor[TeamKnowledge]):
    """One text model a tenant, taught by where tickets ended and by those that were given on within a day."""

    name = "team.model"
    version = 2  # since one person, and a tenant, teach so much an hour, and what a person taught can be taken back
    consumes = (LabelMatured, LessonsWithdrawn)
    facts = (LessonTaken, LessonsUnlearned)
    provides_context = True
    state = TeamKnowledge

    def key(self, event: Event) -> str | None:
        data = event.data
        return MODEL if isinstance(data, LabelMatured | LessonsWithdrawn) and data.model == MODEL else None

    def step(self, state: TeamKnowledge, event: Event, context: Context) -> Sequence[Output]:
        match event.data:
            case LessonsWithdrawn() as withdrawn:
                return (_unlearn(state, withdrawn, event),)
            case LabelMatured() as label if label.text.strip():
                return _teach(state, label, event, context)
        return ()

    def encode(self, state: TeamKnowledge) -> Mapping[str, bytes]:
        return state.encoded()

    def decode(self, parts: Mapping[str, bytes]) -> TeamKnowledge:
        return TeamKnowledge.decoded(parts)

    def digest(self, state: TeamKnowledge) -> bytes:
        models = state.learner.digest() + state.settled.digest()
        return sha256(models.encode() + _ENCODER.encode((state.rest(), state.lately))).digest()


def _teach(state: TeamKnowledge, label: LabelMatured, event: Event, context: Context) -> Sequence[Output]:
    """Learns a label, unless its person or the tenant has taught too much in this hour of the tenant's clock."""
    if label.label not in state.record.solved and len(state.record.solved) >= MOST_TEAMS:
        return ()
    # History that is brought in comes from one source at once; a flood is what somebody does live.
    held = None
    if not event.backfill:
        held = state.guard.hold(label.said_by, context.clock, limits_at(context, event.occurred_at))
    at = event.occurred_at if event.backfill else event.recorded_at
    if held is None:
        state.learn(TeamLesson(label.text, label.label, label.rule_answer, label.said_by, at))
    return (
        LessonTaken(
            model=MODEL,
            event_id=event.id,
            entity=label.entity,
            person=label.said_by,
            label=label.label,
            how=label.how,
            outcome=held or "learned",
            remembered=False,
            n=state.learner.n,
            taken_at=at,
        ),
    )


def _unlearn(state: TeamKnowledge, withdrawn: LessonsWithdrawn, event: Event) -> LessonsUnlearned:
    asked = list(dict.fromkeys(one.text for one in state.lately[-SAMPLE:]))
    before = [state.learner.predict_proba_one(text) for text in asked]
    answers = [state.learner.predict_one(text) for text in asked]
    gone, beyond_reach = state.withdraw(withdrawn.by, withdrawn.since, withdrawn.until)
    changed, largest = 0, 0.0
    for text, answer, chances in zip(asked, answers, before, strict=True):
        changed += state.learner.predict_one(text) != answer
        now = state.learner.predict_proba_one(text)
        labels = dict.fromkeys([*chances, *now])
        largest = max([largest, *(abs(now.get(label, 0.0) - chances.get(label, 0.0)) for label in labels)])
    return LessonsUnlearned(
        model=MODEL,
        event_id=event.id,
        person=withdrawn.by,
        reason=withdrawn.reason,
        lessons=gone,
        remembered=0,
        beyond_reach=beyond_reach,
        asked=len(asked),
        answers_changed=changed,
        largest_move=largest,
        unlearned_at=event.occurred_at,
    )


TEAM_MODEL = TeamModel()


def team_knowledge(context: Context) -> TeamKnowledge | None:
    """What the tenant has taught about teams, as it was before the record."""
    return context.read(TEAM_MODEL, MODEL)
