"""Which of these beginnings do the words of a text have? Answered for all of them in one pass over the words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

_LONGEST_HEAD: Final = 3


class _Beginning(NamedTuple):
    """Its place, and where it goes on into the next words: its first word, and how many words it has."""

    place: int
    text: str
    first: str | None
    words: int


class Beginnings:
    """Beginnings by their first characters. One with a blank in it goes on into the next words."""

    def __init__(self, beginnings: Sequence[str]) -> None:
        self._by_head: dict[str, list[_Beginning]] = {}
        for place, text in enumerate(beginnings):
            first, blank, _ = text.partition(" ")
            if first:
                one = _Beginning(place, text, first if blank else None, text.count(" ") + 1)
                self._by_head.setdefault(first[:_LONGEST_HEAD], []).append(one)
        self._lengths = sorted({len(head) for head in self._by_head})

    def found_in(self, words: Sequence[str]) -> list[int]:
        """The places of the beginnings that a text has, ascending. `words` are the text parted at its blanks."""
        found: dict[int, None] = {}
        by_head = self._by_head
        for length in self._lengths:
            # Most words begin like none of them. Of a word shorter than this, all of it is looked up once more.
            for start in [start for start, word in enumerate(words) if word[:length] in by_head]:
                word = words[start]
                for place, text, first, count in by_head[word[:length]]:
                    if first is None:
                        if word.startswith(text):
                            found[place] = None
                    elif first == word and " ".join(words[start : start + count]).startswith(text):
                        found[place] = None
        return sorted(found)
