"""What is asked about: words, and what they mean together where a model of sentences has seen them."""

from __future__ import annotations

from typing import NamedTuple

from schemas.meaning import Meaning


class Passage(NamedTuple):
    """A text and its meaning. Models of words take either a plain text or this."""

    text: str
    meaning: Meaning | None = None


def passage_of(asked: str | Passage) -> Passage:
    """A plain text is one of which nobody has told the meaning."""
    return asked if isinstance(asked, Passage) else Passage(asked)
