"""What could be answered on a ticket: what experts answered on solved tickets like it, each answer once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from infra.view_rows import Row
from sinks.qdrant.contract import SearchIndex
from sinks.qdrant.document import Document, Hit, Key

LOOKED_AT: Final = 40  # tickets like it
_ALIKE: Final = 0.8  # of the words of two answers that are one; names, numbers and greetings differ
_NOT_CONTENT: Final = "solved, customer not content"
_OF_NOT_CONTENT: Final = 0.5  # of its nearness counts for an answer that left its customer discontent
_MOST_TICKETS: Final = 10


@dataclass(slots=True)
class _Candidate:
    """One answer: by the nearest ticket that had it, and all that had it."""

    hit: Hit
    words: frozenset[str]
    tickets: list[str] = field(default_factory=list)

    def is_alike(self, words: frozenset[str]) -> bool:
        return len(self.words & words) >= _ALIKE * len(self.words | words)


def reply_candidates(index: SearchIndex, tenant: str, ticket: str, language: str | None, limit: int) -> list[Row]:
    """The answers, the likeliest to serve first: those in the ticket's language, by nearness and by how they ended."""
    found: list[_Candidate] = []
    for hit in index.similar(tenant, Key(tenant, "ticket", ticket), limit=LOOKED_AT):
        text = _answer(hit.document)
        words = frozenset(text.lower().split())
        if not words:
            continue
        candidate = next((one for one in found if one.is_alike(words)), None)
        if candidate is None:
            candidate = _Candidate(hit, words)
            found.append(candidate)
        candidate.tickets.append(hit.document.key.entity)
    # Stable: of equals, the nearer ticket's stays first.
    found.sort(key=lambda one: (_is_foreign(one.hit.document, language), -_worth(one.hit)))
    return [_row(one) for one in found[:limit]]


def _answer(document: Document) -> str:
    answer = document.payload.get("answer")
    return answer.strip() if isinstance(answer, str) else ""


def _is_foreign(document: Document, language: str | None) -> bool:
    return language is not None and document.language is not None and document.language != language


def _worth(hit: Hit) -> float:
    return hit.score * (_OF_NOT_CONTENT if hit.document.payload.get("outcome") == _NOT_CONTENT else 1.0)


def _row(candidate: _Candidate) -> Row:
    document = candidate.hit.document
    return {
        "answer": _answer(document),
        "score": candidate.hit.score,
        "outcome": document.payload.get("outcome"),
        "category": document.payload.get("category"),
        "language": document.language,
        "ticket": document.key.entity,
        "asked": document.text,
        "times": len(candidate.tickets),
        "tickets": candidate.tickets[:_MOST_TICKETS],
    }
