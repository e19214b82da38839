"""How much of a text is kept, counted as a cell counts: in bytes, whatever the alphabet."""

from __future__ import annotations

from collections.abc import Iterable


def cut(text: str, most_bytes: int) -> str:
    """The longest beginning of a text that takes at most so many bytes in UTF-8."""
    if len(text) * 4 <= most_bytes:
        return text
    return text.encode()[:most_bytes].decode(errors="ignore")


def first_of(words: Iterable[str], most_bytes: int) -> tuple[str, ...]:
    """As many of the words, from the first on, as take at most so many bytes together."""
    kept, left = [], most_bytes
    for word in words:
        left -= len(word.encode())
        if left < 0:
            break
        kept.append(word)
    return tuple(kept)
