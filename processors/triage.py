"""What is this ticket about, and how urgent is it?"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from processors.accounts import profile_of, tier_at
from processors.category_model import CATEGORY_MODEL, CategoryKnowledge
from processors.category_rule import guess
from processors.contract import Context, Emit, Output, Processor
from processors.learners.features import features_of
from processors.learners.word_shares import word_shares
from processors.lengths import cut
from processors.probability import shown_amounts, total_of
from processors.settings import limits_at, taxonomy_at
from processors.slack import Ahead
from processors.urgency import priority_of, renewal_terms, slack_terms, stems_in, urgency_terms
from schemas import emitted
from schemas.event import Data, Event, unchecked
from schemas.experts import ExpertCorrected, ExpertReplied
from schemas.explanation import Term
from schemas.facts import PredictionMade, TicketClassified
from schemas.tickets import TicketClosed, TicketMessageAdded, TicketOpened, TicketResolved

MOST_MESSAGES = 8
LONGEST_MESSAGE = 1_500  # bytes
MOST_TERMS = 8
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
    chosen_priority: str | None = None
    predictions: list[Prediction] = field(default_factory=list)
    label: str | None = None
    revision: int = 0
    channel: str = "other"
    opened_at: int | None = None
    is_answered: bool = False

    @property
    def text(self) -> str:
        return _text_of(self.messages)


class _Verdict(NamedTuple):
    """What is said of a text's category, and by whom. Terms sum to `logit`."""

    category: str
    probability: float
    abstained: bool
    candidates: tuple[tuple[str, float], ...]
    model: str
    version: int
    n: int
    terms: tuple[Term, ...]


class Triage(Processor[TicketTriage]):
    """Classifies a ticket at every customer message and teaches the tenant's model once its category is known."""

    name = "triage"
    version = 2  # since a renewal that is near and a promise that is nearly used up make a ticket more urgent
    consumes = (TicketOpened, TicketMessageAdded, TicketResolved, TicketClosed, ExpertCorrected, ExpertReplied)
    facts = (TicketClassified, PredictionMade)
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
        by_model = knowledge is not None and knowledge.is_better
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
                state.chosen_priority = priority or state.chosen_priority
                state.channel, state.opened_at = channel, event.occurred_at
                _hear(state, event)
                return _classify(state, event, context)
            case ExpertReplied(public=public) | TicketMessageAdded(author="expert", public=public):
                state.is_answered = state.is_answered or public
            case TicketMessageAdded():
                _hear(state, event)
                return _classify(state, event, context)
            case ExpertCorrected(field="category", value=value, expert=expert):
                return _learn(state, event, context, value, expert)
            case TicketResolved(category=category, by=by) | TicketClosed(category=category, by=by):
                return _learn(state, event, context, category, by or "outcome") if category else ()
        return ()


def _is_heard(data: Data) -> bool:
    return isinstance(data, TicketOpened) or (isinstance(data, TicketMessageAdded) and data.author == "customer")


def _hear(state: TicketTriage, event: Event) -> None:
    state.language = event.language or state.language
    _keep(state.messages, event)


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
    text = state.text
    verdict = _verdict(text, event, context)
    reasons = _reasons(state, text, event, context)
    priority, urgency = priority_of(reasons)
    fact = TicketClassified(
        ticket=ticket,
        account=state.account,
        category=None if verdict.abstained else verdict.category,
        probability=verdict.probability,
        candidates=verdict.candidates,
        language=state.language,
        priority=priority,
        priority_reasons=reasons,
        urgency=urgency,
        model=verdict.model,
        version=verdict.version,
        n=verdict.n,
        logit=total_of(verdict.terms),
        terms=verdict.terms,
        event_id=event.id,
        classified_at=event.occurred_at,
    )
    said = emitted.TicketClassified
    outputs: list[Output] = [
        fact,
        Emit(
            unchecked(said, ticket=ticket, category=fact.category, probability=fact.probability, priority=priority),
            state.account,
        ),
    ]
    if verdict.category:
        prediction = Prediction(event.id, event.occurred_at, *verdict[:3], verdict.model, verdict.version, verdict.n)
        state.predictions.append(prediction)
        del state.predictions[:-MOST_MESSAGES]
        outputs.append(_judged(ticket, prediction, state.label, None))
    return outputs


def _reasons(state: TicketTriage, text: str, event: Event, context: Context) -> tuple[Term, ...]:
    at, ids = event.occurred_at, tuple([message.event_id for message in state.messages])
    profile = profile_of(context, state.account)
    return (
        *urgency_terms(
            text,
            chosen=state.chosen_priority,
            tier=tier_at(context, state.account, at),
            messages=len(state.messages),
            event_ids=ids,
        ),
        *renewal_terms(None if profile is None else profile.field_at("renewal_at", at), at),
        *_slack(state, at, ids, context),
    )


def _slack(state: TicketTriage, at: int, event_ids: tuple[str, ...], context: Context) -> tuple[Term, ...]:
    if state.opened_at is None or state.opened_at >= at:
        return ()
    ahead = Ahead(context, state.account, state.opened_at, state.chosen_priority or "normal", state.channel)
    return slack_terms(ahead.used_percent(at, is_answered=state.is_answered), event_ids)


def _verdict(text: str, event: Event, context: Context) -> _Verdict:
    knowledge = context.read(CATEGORY_MODEL, "category")
    if knowledge is not None and knowledge.is_better:
        return _by_model(text, event, context, knowledge)
    n = knowledge.learner.n if knowledge is not None else 0
    guessed = guess(text, taxonomy_at(context, event.occurred_at))
    terms = tuple(Term(term.label, term.amount, (event.id,)) for term in guessed.terms)
    abstained = 100 * guessed.probability < limits_at(context, event.occurred_at).abstain_below_percent
    return _Verdict(guessed.category, guessed.probability, abstained, guessed.candidates, "category.rule", 1, n, terms)


def _by_model(text: str, event: Event, context: Context, knowledge: CategoryKnowledge) -> _Verdict:
    learner = knowledge.learner
    candidates = tuple([(str(label), chance) for label, chance in learner.likeliest(text, 3)])
    best, probability = candidates[0]
    shares = word_shares(learner, text, best)
    words = shown_amounts(shares.words, shares.amounts, (event.id,), MOST_TERMS)
    terms = (Term("how common the category is", shares.bias), *words)
    # An answer is held back where answers of this confidence have been right less often than the setting asks.
    asked = limits_at(context, event.occurred_at).abstain_below_percent
    abstained = 100 * knowledge.precision_at(probability) < asked
    return _Verdict(best, probability, abstained, candidates, "category.model", learner.version, learner.n, terms)


def _learn(state: TicketTriage, event: Event, context: Context, label: str, said_by: str) -> Sequence[Output]:
    """A label teaches once; saying another one later is a correction, which teaches again."""
    ticket: str = getattr(event.data, "ticket", "")
    if label == state.label or not state.messages:
        return ()
    state.label = label
    state.revision += 1
    text = state.text
    rule = guess(text, taxonomy_at(context, event.occurred_at))
    matured = unchecked(
        emitted.LabelMatured,
        model="category",
        entity=ticket,
        text=text,
        features={},
        rule_answer=rule.category,
        rule_probability=rule.probability,
        label=label,
        weight=1.0,
        said_by=said_by,
        revision=state.revision,
    )
    judged = [_judged(ticket, prediction, label, event.occurred_at) for prediction in state.predictions]
    return (*judged, Emit(matured, state.account))


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
