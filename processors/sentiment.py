"""How does the customer sound on this ticket, and is it getting better or worse?

There is no list of good and bad words behind it: how customers of a tenant write before they rate a ticket well or
badly teaches a model for each language. A language without ratings enough is not measured, which is said.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence
from typing import Final

import msgspec

from processors.contract import Context, Emit, Output, Processor
from processors.csat import csat_percent
from processors.learners.word_shares import word_shares
from processors.lengths import cut
from processors.probability import shown_amounts, total_of
from processors.sentiment_model import GLAD, MODEL, SORRY, MoodKnowledge, mood_knowledge
from schemas import emitted
from schemas.event import Event, unchecked
from schemas.explanation import Term
from schemas.facts import PredictionMade
from schemas.sentiment import TicketSentiment
from schemas.tickets import TicketCsatAnswered, TicketMessageAdded, TicketOpened

MOST_MESSAGES: Final = 6
LONGEST_MESSAGE: Final = 400  # bytes
MOST_TERMS: Final = 8
# Of a rating between its worst (0) and best (100): those between these say neither.
MOST_SORRY: Final = 40
LEAST_GLAD: Final = 75


class Words(msgspec.Struct, array_like=True, order=True, gc=False):
    """What a customer wrote, in order of event time, and how glad it sounded when it came, if that was measured."""

    at: int
    event_id: str
    text: str
    percent: int | None = None


class Heard(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """An answer that waits for the customer's rating."""

    event_id: str
    at: int
    chance: float
    version: int
    n: int


class TicketMood(msgspec.Struct, array_like=True, gc=False):
    """The first and the latest of a customer's messages, and what was last said of them. Mostly below 2 KB."""

    account: str | None = None
    language: str = ""
    messages: list[Words] = msgspec.field(default_factory=list)
    last: Heard | None = None
    label: str = ""
    revision: int = 0
    is_said: bool = False


class Sentiment(Processor[TicketMood]):
    """Listens to each message of a customer, and teaches the language's model once they rate the ticket."""

    name = "sentiment"
    version = 2  # since the latest message is explained, whichever was told last
    consumes = (TicketOpened, TicketMessageAdded, TicketCsatAnswered)
    facts = (TicketSentiment, PredictionMade)
    state = TicketMood

    def key(self, event: Event) -> str | None:
        if isinstance(event.data, TicketMessageAdded) and event.data.author != "customer":
            return None
        ticket: str | None = getattr(event.data, "ticket", None)
        return ticket

    def step(self, state: TicketMood, event: Event, context: Context) -> Sequence[Output]:
        state.account = event.account or state.account
        match event.data:
            case TicketCsatAnswered(ticket=ticket, score=score, scale=scale):
                return _rated(state, ticket, csat_percent(score, scale), event)
            case TicketOpened(ticket=ticket, title=title, text=text):
                return _heard(state, ticket, f"{title}\n{text}", event, context)
            case TicketMessageAdded(ticket=ticket, text=text):
                return _heard(state, ticket, text, event, context)
        return ()


SENTIMENT: Final = Sentiment()


def _heard(state: TicketMood, ticket: str, text: str, event: Event, context: Context) -> Sequence[Output]:
    text = cut(text.strip(), LONGEST_MESSAGE)
    if not text or any(one.event_id == event.id for one in state.messages):
        return ()
    words, language = Words(event.occurred_at, event.id, text), event.language or state.language
    knowledge = mood_knowledge(context, language)
    insort(state.messages, words)
    if state.messages[-1] is words:
        state.language = language
    if len(state.messages) > MOST_MESSAGES:
        del state.messages[1]
    if knowledge is None:
        was_said, state.is_said = state.is_said, True
        return () if was_said else (_unmeasured(state, ticket, event),)
    chance = knowledge.chance(text)
    words.percent = round(100 * chance)
    heard = Heard(event.id, event.occurred_at, chance, knowledge.learner.version, knowledge.learner.n)
    if state.last is None or (state.last.at, state.last.event_id) < (heard.at, heard.event_id):
        state.last = heard
    state.is_said = True
    latest = max([one for one in (*state.messages, words) if one.percent is not None], key=_place)
    if latest is not words:
        # A message told late is part of the course. The latest one is told again by what is known now, all of it.
        knowledge = mood_knowledge(context, state.language) or knowledge
        latest.percent = round(100 * knowledge.chance(latest.text))
    return (_measured(state, ticket, latest, knowledge), _judged(ticket, heard, None, None))


def _place(words: Words) -> tuple[int, str]:
    return words.at, words.event_id


def _measured(state: TicketMood, ticket: str, latest: Words, knowledge: MoodKnowledge) -> TicketSentiment:
    """How the latest message sounds, and the course up to it."""
    known = [(one.event_id, one.percent) for one in state.messages if one.percent is not None]
    percents = tuple([percent for _, percent in known])
    glad, sorry = (word_shares(knowledge.learner, latest.text, label) for label in (GLAD, SORRY))
    amounts = [for_glad - for_sorry for for_glad, for_sorry in zip(glad.amounts, sorry.amounts, strict=True)]
    said = shown_amounts(glad.words, amounts, (latest.event_id,), MOST_TERMS)
    terms = (Term("how many are glad", glad.bias - sorry.bias), *said)
    return TicketSentiment(
        ticket=ticket,
        account=state.account,
        language=state.language,
        measured=True,
        percent=percents[-1],
        trend=percents[-1] - percents[0],
        messages=tuple([event_id for event_id, _ in known]),
        percents=percents,
        n=knowledge.learner.n,
        version=knowledge.learner.version,
        logit=total_of(terms),
        terms=terms,
        event_id=latest.event_id,
        heard_at=latest.at,
    )


def _unmeasured(state: TicketMood, ticket: str, event: Event) -> TicketSentiment:
    return TicketSentiment(
        ticket=ticket,
        account=state.account,
        language=state.language,
        measured=False,
        messages=(),
        percents=(),
        n=0,
        version=0,
        logit=0.0,
        terms=(),
        event_id=event.id,
        heard_at=event.occurred_at,
    )


def _rated(state: TicketMood, ticket: str, percent: int, event: Event) -> Sequence[Output]:
    """A rating teaches once; another one later is a correction, which teaches again."""
    label = GLAD if percent >= LEAST_GLAD else SORRY if percent <= MOST_SORRY else ""
    if not label or label == state.label or not state.messages:
        return ()
    state.label = label
    state.revision += 1
    text = state.messages[-1].text
    matured = unchecked(
        emitted.LabelMatured,
        model=MODEL,
        entity=ticket,
        text=text,
        features={"language": state.language},
        rule_answer=GLAD,
        rule_probability=0.5,
        label=label,
        weight=1.0,
        said_by=state.account or ticket,
        revision=state.revision,
    )
    judged = () if state.last is None else (_judged(ticket, state.last, label, event.occurred_at),)
    return (*judged, Emit(matured, state.account))


def _judged(ticket: str, heard: Heard, label: str | None, labelled_at: int | None) -> PredictionMade:
    answer = GLAD if heard.chance >= 0.5 else SORRY
    return PredictionMade(
        model=MODEL,
        version=heard.version,
        n=heard.n,
        entity=ticket,
        event_id=heard.event_id,
        answer=answer,
        probability=heard.chance if answer == GLAD else 1.0 - heard.chance,
        made_at=heard.at,
        label=label,
        correct=None if label is None else label == answer,
        labelled_at=labelled_at,
    )
