"""What did customers say about us, when and on which scale?"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from processors.contract import Context, Output, Processor
from processors.lateness import late_fact, lateness
from schemas.event import Event
from schemas.facts import EventLate, FeedbackItem
from schemas.feedback import FeedbackGiven


class FeedbackSaid(msgspec.Struct, array_like=True, gc=False):
    """The latest statement under one feedback id."""

    at: int = 0
    event_id: str = ""


class Feedback(Processor[FeedbackSaid]):
    """Keeps each piece of feedback as last said by event time."""

    name = "feedback"
    consumes = (FeedbackGiven,)
    facts = (FeedbackItem, EventLate)
    state = FeedbackSaid

    def key(self, event: Event) -> str | None:
        return event.data.feedback if isinstance(event.data, FeedbackGiven) else None

    def step(self, state: FeedbackSaid, event: Event, context: Context) -> Sequence[Output]:
        said = event.data
        if not isinstance(said, FeedbackGiven):
            return ()
        late_by = lateness(event, context)
        if late_by:
            return (late_fact(self.name, said.feedback, event, late_by),)
        if (event.occurred_at, event.id) < (state.at, state.event_id):
            return ()
        state.at, state.event_id = event.occurred_at, event.id
        item = FeedbackItem(
            feedback=said.feedback,
            account=event.account,
            ticket=said.ticket,
            person=said.person,
            form=said.form,
            scale=said.scale,
            score=said.score,
            topic=said.topic,
            language=event.language,
            text=said.text,
            given_at=event.occurred_at,
        )
        return (item,)


FEEDBACK = Feedback()
