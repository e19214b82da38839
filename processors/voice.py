"""What does a customer's own text speak of, and how bad is it?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from processors.contract import Context, Emit, Output, Processor
from processors.lateness import lateness
from processors.learners.passage import Passage
from processors.learners.word_shares import word_shares
from processors.lengths import cut
from processors.meant import meaning_terms
from processors.probability import shown_amounts, total_of
from processors.settings import limits_at
from processors.severity import severity_of
from processors.voice_model import LEAST_OF_LABEL, SEVERITY, TOPIC, VOICE_MODEL
from schemas.emitted import FeedbackHeard, LabelMatured
from schemas.event import Event, unchecked
from schemas.explanation import Term
from schemas.feedback import FeedbackGiven
from schemas.meaning import meaning_in
from schemas.voice import FeedbackRead

LONGEST_TEXT = 4_000  # bytes
MOST_TERMS = 8


class VoiceHeard(msgspec.Struct, array_like=True, gc=False):
    """The latest statement under one feedback id, and what it has taught."""

    at: int = 0
    event_id: str = ""
    topic: str = ""
    severity: str = ""


class _Answer(NamedTuple):
    """What is said, how likely it is, and who says so; terms sum to its log-odds."""

    label: str | None
    probability: float
    by: str
    n: int
    terms: tuple[Term, ...] = ()


_NOTHING = _Answer(None, 0.0, "nothing", 0)


class Voice(Processor[VoiceHeard]):
    """Reads each text as last said: by the topic and score that came with it, else by what others' taught."""

    name = "feedback.reading"
    consumes = (FeedbackGiven,)
    facts = (FeedbackRead,)
    state = VoiceHeard

    def key(self, event: Event) -> str | None:
        data = event.data
        return data.feedback if isinstance(data, FeedbackGiven) and data.text.strip() else None

    def step(self, state: VoiceHeard, event: Event, context: Context) -> Sequence[Output]:
        said = event.data
        if not isinstance(said, FeedbackGiven) or lateness(event, context):
            return ()
        if (event.occurred_at, event.id) < (state.at, state.event_id):
            return ()
        state.at, state.event_id = event.occurred_at, event.id
        text, severity = cut(said.text.strip(), LONGEST_TEXT), severity_of(said)
        asked = Passage(text, meaning_in(event.meaning))
        topic = _told(said.topic, "the form") or _asked(TOPIC, asked, event, context)
        how_bad = _told(severity, "the score") or _asked(SEVERITY, asked, event, context)
        fact = FeedbackRead(
            feedback=said.feedback,
            account=event.account,
            topic=topic.label,
            topic_probability=topic.probability,
            topic_by=topic.by,
            severity=how_bad.label,
            severity_probability=how_bad.probability,
            severity_by=how_bad.by,
            n=topic.n,
            logit=total_of(topic.terms),
            terms=topic.terms,
            event_id=event.id,
            given_at=event.occurred_at,
        )
        return (fact, *_heard(fact), *_taught(state, said, severity, text, event))


def _heard(fact: FeedbackRead) -> Sequence[Output]:
    """What the models say that nobody told."""
    topic = fact.topic if fact.topic_by == "model" else None
    severity = fact.severity if fact.severity_by == "model" else None
    if topic is None and severity is None:
        return ()
    heard = unchecked(
        FeedbackHeard, feedback=fact.feedback, event_id=fact.event_id, topic=topic or "", severity=severity or ""
    )
    return (Emit(heard, fact.account),)


def _told(label: str | None, by: str) -> _Answer | None:
    return None if label is None else _Answer(label, 1.0, by, 0)


def _asked(model: str, asked: Passage, event: Event, context: Context) -> _Answer:
    """What the tenant's model says; nothing where it has not learned enough, or is not sure enough."""
    knowledge = context.read(VOICE_MODEL, model)
    if knowledge is None or not knowledge.answers:
        return _NOTHING
    learner = knowledge.learner
    ((label, probability),) = learner.likeliest(asked, 1)
    least = limits_at(context, event.occurred_at).abstain_below_percent
    if 100 * probability < least or learner.weight_of(label) < LEAST_OF_LABEL:
        return _Answer(None, probability, "model", learner.n)
    shares = word_shares(learner, asked, label)
    words = shown_amounts(shares.words, shares.amounts, (event.id,), MOST_TERMS)
    terms = (Term("how common it is", shares.bias), *meaning_terms(shares.meaning, event.id), *words)
    return _Answer(str(label), probability, "model", learner.n, terms)


def _taught(state: VoiceHeard, said: FeedbackGiven, severity: str | None, text: str, event: Event) -> list[Output]:
    """What came with the text teaches once; the text alone teaches nothing."""
    outputs: list[Output] = []
    source = event.account or event.source
    for model, label, known in ((TOPIC, said.topic, state.topic), (SEVERITY, severity, state.severity)):
        if label is not None and label != known:
            matured = unchecked(
                LabelMatured,
                model=model,
                entity=said.feedback,
                text=text,
                meaning=event.meaning,
                label=label,
                said_by=source,
            )
            outputs.append(Emit(matured, event.account))
    state.topic, state.severity = said.topic or state.topic, severity or state.severity
    return outputs


VOICE = Voice()
