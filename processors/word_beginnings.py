"""Which of these beginnings do the words of a text have? Answered for all of them in one pass over the words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

_LONGEST_HEAD: Final = 3
_MOST_KNOWN: Final = 2_048


class _Begun(NamedTuple):
    """The places of what a word begins with, and of what it begins with the words that follow it, perhaps."""

    places: tuple[int, ...]
    perhaps: tuple[tuple[int, str], ...]


_NOTHING: Final = _Begun((), ())


class Beginnings:
    """Beginnings by their first characters. One with a blank in it goes on into the next words."""

    def __init__(self, beginnings: Sequence[str]) -> None:
        self._by_head: dict[str, list[tuple[int, str]]] = {}
        for place, beginning in enumerate(beginnings):
            head = beginning.partition(" ")[0][:_LONGEST_HEAD]
            if head:
                self._by_head.setdefault(head, []).append((place, beginning))
        # Only a speed-up: what was found out about words, which come again and again.
        self._known: dict[str, _Begun] = {}

    def found_in(self, words: Sequence[str]) -> list[int]:
        """The places of the beginnings that a text has, ascending. `words` are the text parted at its blanks."""
        found: dict[int, None] = {}
        known = self._known
        for start, word in enumerate(words):
            begun = known.get(word)
            if begun is None:
                begun = self._learn(word)
            if begun is _NOTHING:
                continue
            for place in begun.places:
                found[place] = None
            for place, beginning in begun.perhaps:
                if " ".join(words[start : start + beginning.count(" ") + 1]).startswith(beginning):
                    found[place] = None
        return sorted(found)

    def _learn(self, word: str) -> _Begun:
        places: list[int] = []
        perhaps: list[tuple[int, str]] = []
        for length in range(1, _LONGEST_HEAD + 1):
            for place, beginning in self._by_head.get(word[:length], ()) if len(word) >= length else ():
                first, blank, _ = beginning.partition(" ")
                if blank and first == word:
                    perhaps.append((place, beginning))
                elif not blank and word.startswith(beginning):
                    places.append(place)
        begun = _Begun(tuple(places), tuple(perhaps)) if places or perhaps else _NOTHING
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[word] = begun
        return begun
