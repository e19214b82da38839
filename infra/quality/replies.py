"""How often does a reply candidate come from a ticket of the same category?

Data: `banking77`. Some of the training file's questions are solved tickets, each of another customer and with an answer
of its own; questions of the test file are open ones. Beside it stands what candidates drawn at random would reach.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory
from typing import Final

from infra.quality.row import Row
from infra.quality.text import Examples, read_examples, shuffled
from infra.reply_answers import reply_candidates
from sinks.qdrant.dense import Embedder
from sinks.qdrant.document import Document, Key
from sinks.qdrant.edge import EdgeIndex

SOLVED: Final = 3_000
ASKED: Final = 400
FIRST: Final = 5
_TENANT: Final = "bank"


def measure(datasets: Path, solved: int = SOLVED, asked: int = ASKED) -> list[Row]:
    """The share of the first five candidates of the same category, and of tickets that have one among them."""
    train, test = (read_examples(datasets / "banking77" / f"{part}.csv") for part in ("train", "test"))
    known, questions = shuffled(train, 0)[:solved], shuffled(test, 0)[:asked]
    right = _right(known, questions)
    counts = Counter(category for _, category in known)
    shares = [counts[category] / solved for _, category in questions]
    by_chance = "drawn at random"
    part = f"{solved} solved tickets"
    return [
        Row(
            f"banking77 reply candidates (first {FIRST}) of the same category, {part}",
            fmean(sum(one) / FIRST for one in right),
            "share",
            None,
            fmean(shares),
            by_chance,
        ),
        Row(
            f"banking77 tickets with a reply candidate (first {FIRST}) of the same category, {part}",
            fmean(float(any(one)) for one in right),
            "share",
            None,
            fmean(1 - (1 - share) ** FIRST for share in shares),
            by_chance,
        ),
    ]


def with_meanings(datasets: Path, embedder: Embedder, solved: int = SOLVED, asked: int = ASKED) -> list[Row]:
    """The same two shares where the index ranks by meaning, too; beside them those by words alone."""
    train, test = (read_examples(datasets / "banking77" / f"{part}.csv") for part in ("train", "test"))
    known, questions = shuffled(train, 0)[:solved], shuffled(test, 0)[:asked]
    ours, words = _right(known, questions, embedder), _right(known, questions)
    same = [fmean(sum(one) / FIRST for one in found) for found in (ours, words)]
    any_same = [fmean(float(any(one)) for one in found) for found in (ours, words)]
    name, task = "by words alone", f"banking77 with meanings: reply candidates (first {FIRST})"
    return [
        Row(f"{task} of the same category", same[0], "share", None, same[1], name),
        Row(f"{task}, one of them of the same category", any_same[0], "share", None, any_same[1], name),
    ]


def _right(known: Examples, questions: Examples, embedder: Embedder | None = None) -> list[list[bool]]:
    """For each question, whether each of its first candidates is of its category."""
    with TemporaryDirectory() as folder:
        index = EdgeIndex(Path(folder), embedder)
        try:
            index.upsert([_document(f"K-{place}", text, "solved", label) for place, (text, label) in enumerate(known)])
            index.upsert([_document(f"Q-{place}", text, "open", "") for place, (text, _) in enumerate(questions)])
            return [
                [row["category"] == label for row in reply_candidates(index, _TENANT, f"Q-{place}", None, FIRST)]
                for place, (_, label) in enumerate(questions)
            ]
        finally:
            index.close()


def _document(ticket: str, text: str, status: str, category: str) -> Document:
    payload = {"status": status, "category": category, "outcome": "solved", "answer": f"answer of {ticket}"}
    return Document(Key(_TENANT, "ticket", ticket), text, 1, 1, account=ticket, language="en", payload=payload)
