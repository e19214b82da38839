"""Which of these beginnings do the words of a text have? Answered for all of them in one pass over the words."""

from __future__ import annotations

from collections.abc import Sequence

_LONGEST_HEAD = 4


class Beginnings:
    """Beginnings by their first characters. One with a blank in it goes on into the next words."""

    def __init__(self, beginnings: Sequence[str]) -> None:
        self._by_head: dict[str, list[tuple[int, str, bool]]] = {}
        for place, beginning in enumerate(beginnings):
            first, blank, _ = beginning.partition(" ")
            if first:
                self._by_head.setdefault(first[:_LONGEST_HEAD], []).append((place, beginning, bool(blank)))
        lengths = {len(head) for head in self._by_head}
        self._head_lengths = [length for length in range(1, _LONGEST_HEAD + 1) if length in lengths]

    def found_in(self, words: Sequence[str]) -> list[int]:
        """The places of the beginnings that a text has, ascending. `words` are the text parted at its blanks."""
        found: dict[int, None] = {}
        for length in self._head_lengths:
            for start, word in enumerate(words):
                known = self._by_head.get(word[:length])
                if known is None:
                    continue
                for place, beginning, has_blank in known:
                    if word.startswith(beginning) or (has_blank and _goes_on(words, start, beginning)):
                        found[place] = None
        return sorted(found)


def _goes_on(words: Sequence[str], start: int, beginning: str) -> bool:
    return " ".join(words[start : start + beginning.count(" ") + 1]).startswith(beginning)
