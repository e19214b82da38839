"""Which team should have this ticket?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from processors.contract import Context, Emit, Output, Processor
from processors.learners.word_shares import word_shares
from processors.lengths import cut
from processors.probability import shown_amounts, total_of
from processors.settings import routing_at
from processors.team_knowledge import TeamKnowledge
from processors.team_model import MODEL, team_knowledge
from schemas import emitted
from schemas.event import Event, unchecked
from schemas.explanation import Term
from schemas.facts import PredictionMade
from schemas.instant import HOUR
from schemas.routing import TeamAdvised
from schemas.tickets import TicketAssigned, TicketClosed, TicketOpened, TicketResolved

LONGEST_WORDS = 400  # bytes: what comes first says where a ticket belongs
MOST_TERMS = 8
MOST_CANDIDATES = 3
MOST_ATTRIBUTES = 16
_LETTERS = 3

Place = tuple[int, str]


class Advice(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What was advised at the opening, to be judged once it is known who solved the ticket."""

    event_id: str
    at: int
    group: str
    probability: float
    version: int
    n: int


class TicketTeam(msgspec.Struct, array_like=True, gc=False):
    """A ticket's words as of its opening, who has it, what was advised and what it taught. Mostly below 600 bytes."""

    words: str = ""
    account: str | None = None
    opened: Place | None = None
    given: str | None = None
    group: str | None = None
    placed: Place = (0, "")
    advice: Advice | None = None
    is_asked: bool = False
    is_followed: bool = False
    taught: str = ""
    revision: int = 0


class Team(Processor[TicketTeam]):
    """Advises a team when a ticket is opened, and teaches the tenant's model where tickets end."""

    name = "team"
    consumes = (TicketOpened, emitted.TicketClassified, TicketAssigned, TicketResolved, TicketClosed)
    facts = (TeamAdvised, PredictionMade)
    state = TicketTeam

    def key(self, event: Event) -> str | None:
        ticket: str | None = getattr(event.data, "ticket", None)
        return ticket

    def step(self, state: TicketTeam, event: Event, context: Context) -> Sequence[Output]:
        match event.data:
            case TicketOpened():
                _open(state, event)
                return ()
            case emitted.TicketClassified(ticket=ticket, category=category):
                if not state.words:
                    return ()
                if state.is_asked:
                    # Advice is given once; it is repeated for those who did not hear it.
                    return (_said(state, ticket),)
                state.is_asked = True
                if category is not None:
                    state.words = f"{_token('category', category)} {state.words}"
                return _advise(state, ticket, event, context)
            case TicketAssigned(ticket=ticket, group=group, assignee=assignee):
                return _assigned(state, ticket, group, assignee, event, context)
            case TicketResolved(ticket=ticket, by=by) | TicketClosed(ticket=ticket, by=by):
                return _teach(state, ticket, by or "outcome", event)
        return ()


TEAM = Team()


def _open(state: TicketTeam, event: Event) -> None:
    said = event.data
    if state.opened is not None or not isinstance(said, TicketOpened):
        return
    place = event.occurred_at, event.id
    state.opened, state.account, state.given = place, event.account, said.group
    if said.group is not None and place >= state.placed:
        state.group, state.placed = said.group, place
    state.words = cut(" ".join(_words_of(said, event.account)), LONGEST_WORDS)


def _words_of(said: TicketOpened, account: str | None) -> Iterator[str]:
    """What is known of a ticket as it is opened, each value a word of its own; neighbours make pairs."""
    for name in sorted(said.attributes)[:MOST_ATTRIBUTES]:
        yield _token(name, str(said.attributes[name]))
    known = ("group", said.group), ("channel", said.channel), ("account", account), ("requester", said.requester)
    yield from [_token(name, value) for name, value in known if value]
    yield from [_token("tag", tag) for tag in said.tags[:MOST_ATTRIBUTES]]
    yield said.title
    yield said.text


def _token(name: str, value: str) -> str:
    """A value as one word that tells of what it is the value."""
    return name[:_LETTERS] + "".join(filter(str.isalnum, value.lower()))


def _advise(state: TicketTeam, ticket: str, event: Event, context: Context) -> Sequence[Output]:
    knowledge = team_knowledge(context)
    if knowledge is None or not knowledge.learner.labels:
        return (_said(state, ticket),)
    advised = _advised(state, ticket, event, knowledge)
    state.advice = Advice(event.id, event.occurred_at, advised.group, advised.probability, advised.version, advised.n)
    state.is_followed = knowledge.is_better
    return (advised, _judged(ticket, state.advice, None, None), _said(state, ticket))


def _said(state: TicketTeam, ticket: str) -> Emit:
    advice = state.advice if state.is_followed else None
    if advice is None:
        return Emit(unchecked(emitted.TeamAdvised, ticket=ticket), state.account)
    said = unchecked(emitted.TeamAdvised, ticket=ticket, group=advice.group, probability=advice.probability)
    return Emit(said, state.account)


def _advised(state: TicketTeam, ticket: str, event: Event, knowledge: TeamKnowledge) -> TeamAdvised:
    learner = knowledge.learner
    candidates = tuple([(str(label), chance) for label, chance in learner.likeliest(state.words, MOST_CANDIDATES)])
    best, probability = candidates[0]
    shares = word_shares(learner, state.words, best)
    words = shown_amounts(shares.words, shares.amounts, (event.id,), MOST_TERMS)
    terms = (Term("how much the team solves", shares.bias), *words)
    return TeamAdvised(
        ticket=ticket,
        account=state.account,
        group=best,
        given=state.given,
        probability=probability,
        candidates=candidates,
        n=learner.n,
        version=learner.version,
        logit=total_of(terms),
        terms=terms,
        event_id=event.id,
        advised_at=event.occurred_at,
    )


def _assigned(
    state: TicketTeam, ticket: str, group: str | None, assignee: str | None, event: Event, context: Context
) -> Sequence[Output]:
    place = event.occurred_at, event.id
    if group is None or place <= state.placed:
        return ()
    was, state.group, state.placed = state.group, group, place
    if was in (None, group) or state.opened is None:
        return ()
    within = routing_at(context, event.occurred_at).wrong_within_hours * HOUR
    if event.occurred_at - state.opened[0] > within:
        return ()
    return _teach(state, ticket, assignee or "assignment", event)


def _teach(state: TicketTeam, ticket: str, said_by: str, event: Event) -> Sequence[Output]:
    """Where a ticket is teaches once; another team later is a correction, which teaches again."""
    label = state.group
    if label is None or label == state.taught or not state.words:
        return ()
    state.taught = label
    state.revision += 1
    matured = unchecked(
        emitted.LabelMatured,
        model=MODEL,
        entity=ticket,
        text=state.words,
        features={},
        rule_answer=state.given or "",
        rule_probability=0.0,
        label=label,
        weight=1.0,
        said_by=said_by,
        revision=state.revision,
    )
    judged = () if state.advice is None else (_judged(ticket, state.advice, label, event.occurred_at),)
    return (*judged, Emit(matured, state.account))


def _judged(ticket: str, advice: Advice, label: str | None, labelled_at: int | None) -> PredictionMade:
    return PredictionMade(
        model=MODEL,
        version=advice.version,
        n=advice.n,
        entity=ticket,
        event_id=advice.event_id,
        answer=advice.group,
        probability=advice.probability,
        made_at=advice.at,
        label=label,
        correct=None if label is None else label == advice.group,
        labelled_at=labelled_at,
    )
