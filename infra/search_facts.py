"""Facts that hold words become documents of the search index."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from schemas.facts import BY_KIND, DocumentWritten, FeedbackItem
from schemas.values import OVER
from sinks.contract import Packed, Statement, unpack
from sinks.feed import Carried
from sinks.qdrant.document import Document, Key
from sinks.qdrant.sink import SearchSink

LONGEST_TEXT = 20_000
_WORDLESS = frozenset(BY_KIND) - {DocumentWritten.kind, FeedbackItem.kind}


class SearchFacts:
    """A `FactSink` over the search index: takes documents and feedback, passes over everything else."""

    name = "qdrant"

    def __init__(self, sink: SearchSink) -> None:
        self._sink = sink

    def write(self, statements: Sequence[Statement]) -> None:
        """Hands the documents on; they are durable once `position` says so."""
        documents = [document for statement in statements for document in documents_of(statement)]
        self._sink.submit(documents, statements[-1].token)

    def position(self) -> int:
        return self._sink.position()

    def close(self) -> None:
        self._sink.close()


class DocumentFeed:
    """A feed out of an outbox's rows: of what they hold, only facts with words are looked at."""

    name = SearchFacts.name

    def __init__(self, sink: SearchSink, source: Callable[[int, int], Sequence[Packed]]) -> None:
        """`source(token, limit)` gives the runs that hold what follows the token."""
        self._sink = sink
        self._source = source

    def position(self) -> int:
        """See `Feed`."""
        return self._sink.position()

    def carry(self, after: int, limit: int) -> Carried | None:
        """See `Feed`."""
        runs = self._source(after, limit)
        if not runs:
            return None
        last = runs[-1].last_token
        documents = [found for one in unpack(runs, after, _WORDLESS) for found in documents_of(one)]
        self._sink.submit(documents, last)
        return Carried(last, last - after, last - after, 0)


def documents_of(statement: Statement) -> tuple[Document, ...]:
    """What is to be found of one statement: a ticket with its answer, or a feedback item that says something."""
    match statement.fact:
        case DocumentWritten() as said:
            asked = _ticket(statement, said)
            return (asked, _answer(statement, said)) if said.answer else (asked,)
        case FeedbackItem(text=text) as said if text.strip():
            return (
                Document(
                    key=Key(statement.tenant, "feedback", said.feedback),
                    text=text[:LONGEST_TEXT],
                    happened_at=said.given_at,
                    revision=statement.revision,
                    account=said.account,
                    subject=said.person,
                    language=said.language,
                    payload={"category": said.topic or "", "scale": said.scale, "score": said.score},
                ),
            )
    return ()


def _ticket(statement: Statement, said: DocumentWritten) -> Document:
    return Document(
        key=Key(statement.tenant, "ticket", said.entity),
        text=said.text[:LONGEST_TEXT],
        happened_at=said.written_at,
        revision=statement.revision,
        account=said.account,
        subject=said.person,
        language=said.language,
        payload={
            "status": said.status,
            "category": said.category or "",
            "outcome": _outcome(said),
            "csat_percent": said.csat_percent,
            "answer": said.answer,
        },
    )


def _answer(statement: Statement, said: DocumentWritten) -> Document:
    return Document(
        key=Key(statement.tenant, "answer", said.entity),
        text=said.answer[:LONGEST_TEXT],
        happened_at=said.updated_at,
        revision=statement.revision,
        account=said.account,
        subject=said.person,
        language=said.language,
        payload={"status": said.status, "category": said.category or "", "outcome": _outcome(said)},
    )


def _outcome(said: DocumentWritten) -> str:
    if said.status not in OVER:
        return "open"
    if said.csat_percent is None:
        return "solved"
    return "solved, customer content" if said.csat_percent >= 50 else "solved, customer not content"
