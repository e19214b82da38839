"""What could be answered on a ticket: what experts answered on solved tickets like it, each answer once."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from infra.reply_limits import LOOKED_AT
from infra.view_rows import Row
from sinks.qdrant.contract import SearchIndex
from sinks.qdrant.document import Document, Hit, Key

_ALIKE: Final = 0.8  # of the words of two answers that are one; names, numbers and greetings differ
_NOT_CONTENT: Final = "solved, customer not content"
_OF_NOT_CONTENT: Final = 0.5  # of its nearness counts for an answer that left its customer discontent
# Not less: the language of a short text is often mistaken, and words of another language are seldom near.
_OF_FOREIGN: Final = 0.5
_MOST_TICKETS: Final = 10
# An answer that was given so on tickets of so many categories, none of which has most of them, is a courtesy.
_ANSWERS_LOOKED_AT: Final = 20
_COURTESY_CATEGORIES: Final = 3


@dataclass(slots=True)
class _Candidate:
    """One answer: by the nearest ticket that had it, and all that had it."""

    hit: Hit
    words: frozenset[str]
    tickets: list[str] = field(default_factory=list)

    def is_alike(self, words: frozenset[str]) -> bool:
        return len(self.words & words) >= _ALIKE * len(self.words | words)


def reply_candidates(index: SearchIndex, tenant: str, ticket: str, language: str | None, limit: int) -> list[Row]:
    """The answers, the likeliest to serve first: by nearness, by how they ended, and by language."""
    found: list[_Candidate] = []
    for hit in index.similar(tenant, Key(tenant, "ticket", ticket), limit=LOOKED_AT):
        text = _answer(hit.document)
        words = _words(text)
        if not words:
            continue
        candidate = next((one for one in found if one.is_alike(words)), None)
        if candidate is None:
            candidate = _Candidate(hit, words)
            found.append(candidate)
        candidate.tickets.append(hit.document.key.entity)
    # Stable: of equals, the nearer ticket's stays first.
    found.sort(key=lambda one: -_worth(one.hit, language))
    serving = (one for one in found if not _is_courtesy(index, tenant, one))
    return [_row(one) for one in islice(serving, limit)]


def _is_courtesy(index: SearchIndex, tenant: str, candidate: _Candidate) -> bool:
    """Whether it is said on tickets about anything, as thanks and goodbyes are."""
    hits = index.search(tenant, _answer(candidate.hit.document), kinds=("answer",), limit=_ANSWERS_LOOKED_AT)
    alike = [hit.document for hit in hits if candidate.is_alike(_words(hit.document.text))]
    about = Counter(str(one.payload.get("category") or "") for one in alike)
    del about[""]
    return len(about) >= _COURTESY_CATEGORIES and 2 * max(about.values()) <= about.total()


def _words(text: str) -> frozenset[str]:
    return frozenset(text.lower().split())


def _answer(document: Document) -> str:
    answer = document.payload.get("answer")
    return answer.strip() if isinstance(answer, str) else ""


def _worth(hit: Hit, language: str | None) -> float:
    """How near it is; half of that each where it left its customer discontent, and where it speaks another language."""
    document = hit.document
    is_foreign = language is not None and document.language is not None and document.language != language
    discontent = document.payload.get("outcome") == _NOT_CONTENT
    return hit.score * (_OF_NOT_CONTENT if discontent else 1.0) * (_OF_FOREIGN if is_foreign else 1.0)


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
