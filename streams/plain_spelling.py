"""What would a text say in plain characters, and where in it does each of them stand?

Full-width and other digits, zero-width characters, `&#64;`, `%40` and "(at)" hide what reaches a person from rules that
know how it is written plainly. Letters with accents, dashes that part thoughts and all else that is ordinary stay.
"""

from __future__ import annotations

import re
import unicodedata
from html import unescape
from typing import Final, NamedTuple

_HYPHENS: Final = "\u2010\u2011\u2212\u2043\ufe63"
# Besides format characters (Cf): joiners, variation selectors and the frame of keycap digits, all invisible.
_INVISIBLE: Final = frozenset({0x034F, 0x20E3, 0x180B, 0x180C, 0x180D, 0x180F, *range(0xFE00, 0xFE10)})
_SMALL_SIGNS: Final = range(0xFE50, 0xFE70)
_FULL_WIDTH: Final = range(0xFF01, 0xFF5F)
_MATHEMATICAL: Final = range(0x1D400, 0x1D800)
_MOST_KEPT: Final = 0x10000  # answers for characters beyond are not kept, so that memory stays small


class _PlainCharacters(dict[int, int | None]):
    """For `str.translate`: a character's plain one, or None for one that nobody sees."""

    def __missing__(self, code: int) -> int | None:
        plain = _plain_character(code)
        if code < _MOST_KEPT:
            self[code] = plain
        return plain


def _plain_character(code: int) -> int | None:
    character = chr(code)
    category = unicodedata.category(character)
    if category == "Cf" or code in _INVISIBLE:
        return None
    if category == "Nd":
        return ord("0") + unicodedata.decimal(character)
    if category == "Zs":
        return ord(" ")
    if character in _HYPHENS:
        return ord("-")
    if code in _FULL_WIDTH or code in _SMALL_SIGNS or code in _MATHEMATICAL:
        normal = unicodedata.normalize("NFKC", character)
        return ord(normal) if len(normal) == 1 else code
    return code


_PLAIN: Final = _PlainCharacters({code: code for code in range(128)})
_ENCODED: Final = re.compile(
    r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|commat|nbsp|shy|zwnj|zwj|period);|%40|%2[Bb]"
    r"|(?<=\w)[ ]?(?:\([ ]?(?i:at)[ ]?\)|\[[ ]?(?i:at)[ ]?\]|\{[ ]?(?i:at)[ ]?\})[ ]?(?=\w)"
    r"|(?<=\w)[ ]?(?:\([ ]?(?i:dot)[ ]?\)|\[[ ]?(?i:dot)[ ]?\]|\{[ ]?(?i:dot)[ ]?\})[ ]?(?=\w)"
)
_SAID: Final = {"%40": "@", "%2B": "+", "%2b": "+"}


class Spelling(NamedTuple):
    """A text in plain characters; where each begins and ends in the original, None where they are the same."""

    text: str
    starts: list[int] | None = None
    ends: list[int] | None = None

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Return where a part (not an empty one) of the plain text stands in the original."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]


def plain_spelling(text: str) -> Spelling:
    """Return the text in plain characters, in time linear in it; a text that has none other costs next to nothing."""
    # Most texts have none of these, and are spared the expression.
    may_be_encoded = "%" in text or "&" in text or "(" in text or "[" in text or "{" in text
    is_encoded = may_be_encoded and _ENCODED.search(text) is not None
    if not is_encoded:
        if text.isascii():
            return Spelling(text)
        plain = text.translate(_PLAIN)
        if len(plain) == len(text):
            return Spelling(plain)
    return _mapped(text, is_encoded)


def _mapped(text: str, is_encoded: bool) -> Spelling:
    letters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    parts = [(*found.span(), _meant(found[0])) for found in _ENCODED.finditer(text)] if is_encoded else []
    for start, end, meant in [*parts, (len(text), len(text), "")]:
        for place in range(at, start):
            plain = _PLAIN[ord(text[place])]
            if plain is not None:
                letters.append(chr(plain))
                starts.append(place)
                ends.append(place + 1)
        for letter in meant.translate(_PLAIN):
            letters.append(letter)
            starts.append(start)
            ends.append(end)
        at = end
    return Spelling("".join(letters), starts, ends)


def _meant(encoded: str) -> str:
    if encoded.startswith("&"):
        return unescape(encoded)
    return _SAID.get(encoded) or ("@" if "a" in encoded.lower() else ".")
