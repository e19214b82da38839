"""What is this ticket about, and how urgent is it?"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

from processors.accounts import profile_of, tier_at
from processors.category_model import CATEGORY_MODEL
from processors.category_rule import guess
from processors.category_verdict import Verdict, corrected, verdict
from processors.contract import Context, Emit, Output, Processor
from processors.early_labels import EarlyLabel, keep, said_again
from processors.learners.features import features_of
from processors.learners.passage import Passage
from processors.lengths import cut
from processors.meant import Meant
from processors.probability import total_of
from processors.sentiment_model import mood_knowledge
from processors.settings import taxonomy_at
from processors.slack import Ahead
from processors.urgency import mood_terms, priority_of, renewal_terms, slack_terms, stems_in, urgency_terms
from schemas import emitted
from schemas.event import Data, Event, unchecked
from schemas.experts import ExpertCorrected, ExpertReplied
from schemas.explanation import Term
from schemas.facts import PredictionMade, TicketClassified
from schemas.meaning import meaning_in
from schemas.tickets import (
    TicketClosed,
    TicketMessageAdded,
    TicketOpened,
    TicketPriorityChanged,
    TicketResolved,
)
from schemas.values import PRIORITIES

MOST_MESSAGES = 8
LONGEST_MESSAGE = 1_500  # bytes
MOST_PREPARED = 2_048  # half of what the memos of texts hold, so that none is forgotten before its turn


class Message(msgspec.Struct, array_like=True, order=True, frozen=True):
    """What a customer wrote, redacted, in order of event time."""

    at: int
    event_id: str
    text: str


class Prediction(msgspec.Struct, array_like=True):
    """An answer that waits to be judged."""

    event_id: str
    made_at: int
    answer: str
    probability: float
    abstained: bool
    model: str
    version: int
    n: int


@dataclass(slots=True)
class TicketTriage:
    """A ticket's words, what was chosen for it, what was predicted, and the label if it is known."""

    messages: list[Message] = field(default_factory=list)
    account: str | None = None
    language: str | None = None
    chosen_priority: str | None = None  # by people, the latest by event time
    predictions: list[Prediction] = field(default_factory=list)
    label: str | None = None
    revision: int = 0
    channel: str = "other"
    opened_at: int | None = None
    is_answered: bool = False
    corrected_by: str = ""  # who said the label, if it was a correction
    correction_id: str = ""
    confirmed: bool = False
    meant: Meant | None = None  # None before the first message whose meaning was found
    chosen: tuple[int, str] = (0, "")  # when and by which event the priority was
    early: list[EarlyLabel] = field(default_factory=list)  # said before there were messages

    @property
    def text(self) -> str:
        return _text_of(self.messages)

    @property
    def passage(self) -> Passage:
        return Passage(self.text, None if self.meant is None else self.meant.whole())


class Triage(Processor[TicketTriage]):
    """Classifies a ticket at every customer message and teaches the tenant's model once its category is known."""

    name = "triage"
    version = 6  # since no category is told that the taxonomy in force lacks
    consumes = (
        TicketOpened,
        TicketMessageAdded,
        TicketPriorityChanged,
        TicketResolved,
        TicketClosed,
        ExpertCorrected,
        ExpertReplied,
    )
    facts = (TicketClassified, PredictionMade)
    looked_up = True
    state = TicketTriage

    def key(self, event: Event) -> str | None:
        if isinstance(event.data, TicketMessageAdded) and event.data.author == "bot":
            return None
        ticket: str | None = getattr(event.data, "ticket", None)
        return ticket

    def prepare(self, events: Sequence[Event], context: Context) -> None:
        """Looks the words of customers over one after the other, which the machine does faster than in between."""
        heard = [event for event in events if _is_heard(event.data)][:MOST_PREPARED]
        if not heard:
            return
        knowledge = context.read(CATEGORY_MODEL, "category")
        by_model = knowledge is not None and knowledge.answers
        for event, text in self._foreseen(heard, context):
            stems_in(text)
            if by_model:
                features_of(text)
            else:
                guess(text, taxonomy_at(context, event.occurred_at))

    def _foreseen(self, heard: Sequence[Event], context: Context) -> Iterator[tuple[Event, str]]:
        """What each ticket will say after each of these events, if nothing else is heard of it."""
        tickets: dict[str, list[Message]] = {}
        for event in heard:
            ticket: str = event.data.ticket  # type: ignore[attr-defined]  # those who are heard have one
            messages = tickets.get(ticket)
            if messages is None:
                state = context.read(self, ticket)
                messages = tickets[ticket] = [] if state is None else state.messages.copy()
            _keep(messages, event)
            yield event, _text_of(messages)

    def step(self, state: TicketTriage, event: Event, context: Context) -> Sequence[Output]:
        state.account = event.account or state.account
        match event.data:
            case TicketOpened(priority=priority, channel=channel):
                if priority:
                    _choose(state, priority, event)
                state.channel, state.opened_at = channel, event.occurred_at
                return self._heard(state, event, context)
            case TicketPriorityChanged(priority=priority):
                _choose(state, priority, event)
            case ExpertReplied(public=public) | TicketMessageAdded(author="expert", public=public):
                state.is_answered = state.is_answered or public
            case TicketMessageAdded():
                return self._heard(state, event, context)
            case ExpertCorrected(field="priority", value=value, ticket=ticket, expert=expert) if value in PRIORITIES:
                return (
                    Emit(unchecked(TicketPriorityChanged, ticket=ticket, priority=value, by=expert), state.account),
                )
            case ExpertCorrected(field="category") | TicketResolved() | TicketClosed() if not state.messages:
                keep(state.early, event)
            case ExpertCorrected(field="category", value=value, expert=expert):
                taught = _learn(state, event, context, value, expert)
                state.corrected_by, state.correction_id, state.confirmed = expert, event.id, False
                return (*taught, *_classify(state, event, context))
            case TicketResolved(category=category, by=by) | TicketClosed(category=category, by=by):
                return _end(state, event, context, category, by or "outcome") if category else ()
        return ()

    def _heard(self, state: TicketTriage, event: Event, context: Context) -> Sequence[Output]:
        _hear(state, event)
        outputs = list(_classify(state, event, context))
        early, state.early = state.early, []
        for said in said_again(early, getattr(event.data, "ticket", ""), event):
            outputs += self.step(state, said, context)
        return outputs


def _is_heard(data: Data) -> bool:
    return isinstance(data, TicketOpened) or (isinstance(data, TicketMessageAdded) and data.author == "customer")


def _hear(state: TicketTriage, event: Event) -> None:
    state.language = event.language or state.language
    _keep(state.messages, event)
    meaning = meaning_in(event.meaning)
    if meaning is not None:
        state.meant = state.meant or Meant()
        state.meant.hear(meaning)


def _choose(state: TicketTriage, priority: str, event: Event) -> None:
    """Takes what people say of how urgent it is; said from the next message on."""
    place = event.occurred_at, event.id
    if place > state.chosen:
        state.chosen_priority, state.chosen = priority, place


def _keep(messages: list[Message], event: Event) -> None:
    """Keeps the first message and the latest ones."""
    data = event.data
    text: str = data.text  # type: ignore[attr-defined]  # those who are heard have one
    if isinstance(data, TicketOpened):
        text = f"{data.title}\n{text}"
    insort(messages, Message(event.occurred_at, event.id, cut(text.strip(), LONGEST_MESSAGE)))
    if len(messages) > MOST_MESSAGES:
        del messages[1]


def _text_of(messages: Sequence[Message]) -> str:
    return "\n".join([message.text for message in messages])


def _classify(state: TicketTriage, event: Event, context: Context) -> Sequence[Output]:
    ticket: str = getattr(event.data, "ticket", "")
    asked = state.passage
    found = _verdict(state, asked, event, context)
    reasons = _reasons(state, asked.text, event, context)
    fact = _fact(ticket, state, event, found, reasons)
    said = emitted.TicketClassified
    outputs: list[Output] = [
        fact,
        Emit(
            unchecked(
                said, ticket=ticket, category=fact.category, probability=fact.probability, priority=fact.priority
            ),
            state.account,
        ),
    ]
    # What a person has said of this very ticket is no prediction.
    if found.category and not state.corrected_by:
        prediction = Prediction(event.id, event.occurred_at, *found[:3], found.model, found.version, found.n)
        state.predictions.append(prediction)
        del state.predictions[:-MOST_MESSAGES]
        outputs.append(_judged(ticket, prediction, state.label, None))
    return outputs


def _fact(
    ticket: str, state: TicketTriage, event: Event, found: Verdict, reasons: tuple[Term, ...]
) -> TicketClassified:
    priority, urgency = priority_of(reasons)
    return TicketClassified(
        ticket=ticket,
        account=state.account,
        category=None if found.abstained else found.category,
        probability=found.probability,
        candidates=found.candidates,
        language=state.language,
        priority=priority,
        priority_reasons=reasons,
        urgency=urgency,
        model=found.model,
        version=found.version,
        n=found.n,
        logit=total_of(found.terms),
        terms=found.terms,
        event_id=event.id,
        classified_at=event.occurred_at,
        confidence=found.confidence,
        right_share=found.right_share,
    )


def _verdict(state: TicketTriage, asked: Passage, event: Event, context: Context) -> Verdict:
    knowledge = context.read(CATEGORY_MODEL, "category")
    if state.corrected_by and state.label:
        n = 0 if knowledge is None else knowledge.learner.n
        return corrected(state.label, state.corrected_by, state.correction_id, n)
    return verdict(asked, event, context, knowledge)


def _reasons(state: TicketTriage, text: str, event: Event, context: Context) -> tuple[Term, ...]:
    at, ids = event.occurred_at, tuple([message.event_id for message in state.messages])
    profile = profile_of(context, state.account)
    return (
        *urgency_terms(
            text,
            chosen=state.chosen_priority,
            chosen_by=state.chosen[1],
            tier=tier_at(context, state.account, at),
            messages=len(state.messages),
            event_ids=ids,
        ),
        *renewal_terms(None if profile is None else profile.field_at("renewal_at", at), at),
        *_slack(state, at, ids, context),
        *mood_terms(_mood(state, context), ids),
    )


def _mood(state: TicketTriage, context: Context) -> int | None:
    """How glad the latest message sounds, in percent, where ratings in its language have taught that."""
    knowledge = mood_knowledge(context, state.language)
    return round(100 * knowledge.chance(state.messages[-1].text)) if knowledge is not None and state.messages else None


def _slack(state: TicketTriage, at: int, event_ids: tuple[str, ...], context: Context) -> tuple[Term, ...]:
    if state.opened_at is None or state.opened_at >= at:
        return ()
    ahead = Ahead(context, state.account, state.opened_at, state.chosen_priority or "normal", state.channel)
    return slack_terms(ahead.used_percent(at, is_answered=state.is_answered), event_ids)


def _end(state: TicketTriage, event: Event, context: Context, label: str, said_by: str) -> Sequence[Output]:
    """The final category teaches; one that somebody else had corrected to is confirmed by it."""
    if state.corrected_by and label == state.label:
        if state.confirmed or said_by == state.corrected_by:
            return ()
        state.confirmed = True
        return (_matured(state, event, context, label, said_by, "confirmation"),)
    state.corrected_by = ""
    return _learn(state, event, context, label, said_by)


def _learn(state: TicketTriage, event: Event, context: Context, label: str, said_by: str) -> Sequence[Output]:
    """A label teaches once; saying another one later is a correction, which teaches again."""
    ticket: str = getattr(event.data, "ticket", "")
    if label == state.label:
        return ()
    state.label = label
    state.revision += 1
    judged = [_judged(ticket, prediction, label, event.occurred_at) for prediction in state.predictions]
    how = "correction" if isinstance(event.data, ExpertCorrected) else "outcome"
    return (*judged, _matured(state, event, context, label, said_by, how))


def _matured(state: TicketTriage, event: Event, context: Context, label: str, said_by: str, how: str) -> Emit:
    text, meaning = state.passage
    rule = guess(text, taxonomy_at(context, event.occurred_at))
    matured = unchecked(
        emitted.LabelMatured,
        model="category",
        entity=getattr(event.data, "ticket", ""),
        text=text,
        meaning=None if meaning is None else meaning.said(),
        features={},
        rule_answer=rule.category,
        rule_probability=rule.probability,
        label=label,
        weight=1.0,
        said_by=said_by,
        revision=state.revision,
        how=how,
        answer=state.predictions[-1].answer if state.predictions else "",
        said_in=event.id,
    )
    return Emit(matured, state.account)


def _judged(ticket: str, prediction: Prediction, label: str | None, labelled_at: int | None) -> PredictionMade:
    return PredictionMade(
        model="category",
        version=prediction.version,
        n=prediction.n,
        entity=ticket,
        event_id=prediction.event_id,
        answer=prediction.answer,
        probability=prediction.probability,
        abstained=prediction.abstained,
        made_at=prediction.made_at,
        label=label,
        correct=None if label is None else label == prediction.answer,
        labelled_at=labelled_at,
    )


TRIAGE = Triage()
