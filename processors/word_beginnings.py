"""Which of these beginnings do the words of a text have? Answered for all of them in one pass over the words."""

from __future__ import annotations

from collections.abc import Sequence

_LONGEST_HEAD = 3


class Beginnings:
    """Beginnings by their first characters. One with a blank in it goes on into the next words."""

    def __init__(self, beginnings: Sequence[str]) -> None:
        by_head: dict[str, list[tuple[int, str, bool]]] = {}
        for place, beginning in enumerate(beginnings):
            first, blank, _ = beginning.partition(" ")
            if first:
                by_head.setdefault(first[:_LONGEST_HEAD], []).append((place, beginning, bool(blank)))
        # Hardly any are shorter than a head: then one pass is enough.
        self._by_head = [
            (length, {head: known for head, known in by_head.items() if len(head) == length})
            for length in sorted({len(head) for head in by_head})
        ]

    def found_in(self, words: Sequence[str]) -> list[int]:
        """The places of the beginnings that a text has, ascending. `words` are the text parted at its blanks."""
        found: dict[int, None] = {}
        for length, by_head in self._by_head:
            heads = [word[:length] for word in words]
            for start in [start for start, head in enumerate(heads) if head in by_head]:
                word = words[start]
                for place, beginning, has_blank in by_head[heads[start]]:
                    if word.startswith(beginning) or (has_blank and _goes_on(words, start, beginning)):
                        found[place] = None
        return sorted(found)


def _goes_on(words: Sequence[str], start: int, beginning: str) -> bool:
    return " ".join(words[start : start + beginning.count(" ") + 1]).startswith(beginning)
