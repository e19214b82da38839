"""What words of each ticket are worth finding again, and how did it end?"""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence

import msgspec

from processors.contract import Context, Output, Processor
from processors.lateness import lateness
from processors.lengths import cut
from schemas.emitted import TicketChanged
from schemas.event import Event
from schemas.experts import ExpertReplied
from schemas.facts import DocumentWritten
from schemas.tickets import TicketMessageAdded, TicketOpened

# A cell stays below 16 KB: this many passages from either end, each cut at this many bytes.
MOST_PASSAGES = 12
LONGEST_PASSAGE = 560


class Passage(msgspec.Struct, array_like=True, order=True, frozen=True, gc=False):
    """Somebody's words on a ticket, in order of event time."""

    at: int
    event_id: str
    expert: bool
    text: str


class TicketWords(msgspec.Struct, array_like=True, gc=False):
    """The first words said on a ticket, and how it stands."""

    passages: list[Passage] = msgspec.field(default_factory=list)
    account: str | None = None
    person: str | None = None
    language: str | None = None
    status: str = "new"
    category: str | None = None
    csat_percent: int | None = None
    updated_at: int = 0


class Documents(Processor[TicketWords]):
    """Writes one document a ticket: what the customer said, with the last public answer and the outcome beside it."""

    name = "documents"
    consumes = (TicketOpened, TicketMessageAdded, ExpertReplied, TicketChanged)
    facts = (DocumentWritten,)
    looked_up = True
    state = TicketWords

    def key(self, event: Event) -> str | None:
        ticket: str | None = getattr(event.data, "ticket", None)
        return ticket

    def step(self, state: TicketWords, event: Event, context: Context) -> Sequence[Output]:
        if isinstance(event.data, TicketChanged):
            _note_state(state, event.data, event.account)
            return _written(event.data.ticket, state)
        if not lateness(event, context):
            _note_words(state, event)
        # `tickets` follows every one of these events with a `ticket.changed`, which states the document.
        return ()


def _note_words(state: TicketWords, event: Event) -> None:
    match event.data:
        case TicketOpened(title=title, text=text, requester=person):
            expert, words = False, f"{title}\n{text}".strip()
            state.person = person or state.person
            state.language = event.language or state.language
        case TicketMessageAdded(author=author, public=public, text=words):
            expert = author == "expert"
            if author == "bot" or not public:
                return
        case ExpertReplied(public=public, text=words):
            expert = True
            if not public:
                return
        case _:
            return
    if words:
        insort(state.passages, Passage(event.occurred_at, event.id, expert, cut(words, LONGEST_PASSAGE)))
        if len(state.passages) > 2 * MOST_PASSAGES:
            del state.passages[MOST_PASSAGES]


def _note_state(state: TicketWords, changed: TicketChanged, account: str | None) -> None:
    state.account = account or state.account
    state.status, state.category = changed.status, changed.category
    state.csat_percent, state.updated_at = changed.csat_percent, changed.updated_at


def _written(ticket: str, state: TicketWords) -> Sequence[Output]:
    passages = state.passages
    if not passages:
        return ()
    asked = [passage.text for passage in passages if not passage.expert][:MOST_PASSAGES]
    answer = next((passage.text for passage in reversed(passages) if passage.expert), "")
    document = DocumentWritten(
        form="ticket",
        entity=ticket,
        ticket=ticket,
        account=state.account,
        person=state.person,
        text="\n".join(asked),
        language=state.language,
        status=state.status,
        category=state.category,
        csat_percent=state.csat_percent,
        answer=answer,
        written_at=passages[0].at,
        updated_at=state.updated_at,
    )
    return (document,)


DOCUMENTS = Documents()
