"""Which hashed features does a text have, and what are they called?

Words, pairs of neighbouring words (the text's ends count as words) and 3- and 4-character pieces of the longer words,
all after NFKC and lower case. An id is the upper half of a 64-bit polynomial hash of code points, so it depends on the
text alone: not on the machine, the process or `PYTHONHASHSEED`. Its lowest bit says whether it is a piece of a word.
Case and width rules are those of the Unicode tables of the running Python.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from processors.learners.compiled import compiled, flag, uint32, uint64, vector

Ids = NDArray[np.uint32]

WORD_WEIGHT = 1.0
PIECE_WEIGHT = 0.5  # measured: pieces repeat what their word says
LONGEST_WORD = 32  # characters; a longer run is cut into words of this length
MOST_WORDS = 512  # of a text; what follows is not read
SHORTEST_PIECE, LONGEST_PIECE = 3, 4  # measured: pieces of 5 add a third more rows and no accuracy
LONGEST_WHOLE = 2  # characters; pieces of so short a word would only repeat it

_TOKENS = re.compile(rf"\w{{1,{LONGEST_WORD}}}|[?!]")
_BASE = np.uint64(0x9E3779B97F4A7C15)
_WORD_SEED, _PIECE_SEED = np.uint64(0x243F6A8885A308D3), np.uint64(0x13198A2E03707344)
_START, _END = 0x082EFA98EC4E6C89, 0xBE5466CF34E90C6C
_MIX_1, _MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_30, _27, _32 = np.uint64(30), np.uint64(27), np.uint64(32)
_PIECE_BIT, _WORD_BITS, _LEAST_WORD = np.uint32(1), np.uint32(0xFFFFFFFE), np.uint32(2)  # 0 is no id in tables of ids
# About 3 KB each: a ticket's words are asked about when they come and again, much later, when its label is known.
TEXTS_KEPT = 4_096
_WORDS_KEPT = 32_768
_NO_IDS: Ids = np.empty(0, dtype=np.uint32)


class Feature(NamedTuple):
    """One feature by name: what it is (`word`, `pair`, `piece`), its text, and the words of the text it lies in."""

    kind: str
    text: str
    words: tuple[str, ...]


def words_of(text: str) -> list[str]:
    """The words of a text as the features see them; raises TypeError for anything but a string."""
    if not isinstance(text, str):
        raise TypeError(f"a text must be a str, got {type(text).__name__}")
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).replace("’", "")
    return _TOKENS.findall(text.lower().replace("'", ""))[:MOST_WORDS]


class _Word(NamedTuple):
    """A word's 64-bit key, and the ids of the word and of its pieces, as bytes: many are joined faster than arrays."""

    key: bytes
    ids: bytes


class Features(NamedTuple):
    """A text's words in order with the memo of each, and its distinct feature ids, ascending."""

    words: list[str]
    memo: list[_Word]
    pairs: Ids
    ids: Ids


def features_of(text: str) -> Features:
    """What a text says to a model; everything is empty for a text without words. Raises TypeError for no text."""
    if not isinstance(text, str):
        raise TypeError(f"a text must be a str, got {type(text).__name__}")
    return _features_of(text)


@lru_cache(maxsize=TEXTS_KEPT)
def _features_of(text: str) -> Features:
    words = words_of(text)
    if not words:
        return Features(words, [], _NO_IDS, _NO_IDS)
    memo = [_known.get(word) or _word(word) for word in words]
    keys, parts = zip(*memo, strict=True)
    pairs = _pair_ids(b"".join(keys))
    ids = np.frombuffer(bytearray().join((*parts, pairs.data)), dtype=np.uint32)
    ids.sort()
    return Features(words, memo, pairs, _distinct(ids))


def feature_ids(text: str) -> Ids:
    """The text's distinct feature ids, ascending; empty for a text without words."""
    return features_of(text).ids


@compiled(vector(uint32))
def feature_weights(ids: Ids) -> NDArray[np.float64]:
    """What each id weighs before anything is learned: 1 for words and pairs, 0.5 for pieces."""
    weights = np.empty(len(ids))
    for at in range(len(ids)):
        weights[at] = PIECE_WEIGHT if ids[at] & _PIECE_BIT else WORD_WEIGHT
    return weights


def feature_names(text: str) -> dict[int, Feature]:
    """Every id of `feature_ids(text)` with its name; of two that share an id the first one wins. For `why` only."""
    words = words_of(text)
    names: dict[int, Feature] = {}
    lies_in: dict[str, list[str]] = {}
    for word in dict.fromkeys(words):
        for piece in dict.fromkeys(_pieces(word)):
            lies_in.setdefault(piece, []).append(word)
    for word in dict.fromkeys(words):
        ids = np.frombuffer(_word(word).ids, dtype=np.uint32).tolist()
        names.setdefault(ids[0], Feature("word", word, (word,)))
        for piece, feature_id in zip(_pieces(word), ids[1:], strict=True):
            names.setdefault(feature_id, Feature("piece", piece, tuple(lies_in[piece])))
    ends = ["^", *words, "$"] if words else []
    pairs = _pair_ids(b"".join([_word(word).key for word in words])).tolist()
    for left, right, pair_id in zip(ends, ends[1:], pairs, strict=False):
        within = tuple(word for word in dict.fromkeys((left, right)) if word not in ("^", "$"))
        names.setdefault(pair_id, Feature("pair", f"{left} {right}", within))
    return names


def _has_pieces(word: str) -> bool:
    return len(word) > LONGEST_WHOLE


def _pieces(word: str) -> list[str]:
    """Pieces of the word in blanks, by start and then by length: the order in which `_hashed` hashes them."""
    padded = f" {word} " if _has_pieces(word) else ""
    return [
        padded[start : start + length]
        for start in range(len(padded))
        for length in range(SHORTEST_PIECE, LONGEST_PIECE + 1)
        if start + length <= len(padded)
    ]


# A memo of a pure function, bounded.
_known: dict[str, _Word] = {}


def _word(word: str) -> _Word:
    """The memo of a word, made where it is not known."""
    known = _known.get(word)
    if known is not None:
        return known
    codes = np.frombuffer(f" {word} ".encode("utf-32"), dtype=np.uint32)[1:]  # without the mark of byte order
    key, ids = _hashed(codes, _has_pieces(word))
    if len(_known) >= _WORDS_KEPT:
        _known.clear()
    made = _known[word] = _Word(int(key).to_bytes(8, sys.byteorder), ids.tobytes())
    return made


_STARTS, _ENDS = (end.to_bytes(8, sys.byteorder) for end in (_START, _END))


def _pair_ids(keys: bytes) -> Ids:
    return _pairs(np.frombuffer(bytearray().join((_STARTS, keys, _ENDS)), dtype=np.uint64))


@compiled(uint64)
def _mixed(key: np.uint64) -> np.uint64:
    """The upper 32 bits after the splitmix64 finaliser (Steele, Lea, Flood 2014), so that every bit of a key counts."""
    key = (key ^ (key >> _30)) * _MIX_1
    key = (key ^ (key >> _27)) * _MIX_2
    return key >> _32


@compiled(vector(uint32), flag)
def _hashed(codes: NDArray[np.uint32], has_pieces: bool) -> tuple[np.uint64, Ids]:
    """The key of a word given by its code points between blanks, and the ids of the word and of its pieces."""
    key = _WORD_SEED
    for at in range(1, len(codes) - 1):
        key = key * _BASE + np.uint64(codes[at])
    ids = np.empty(1 + (2 * len(codes) - 5 if has_pieces else 0), dtype=np.uint32)
    ids[0] = max(np.uint32(_mixed(key)) & _WORD_BITS, _LEAST_WORD)
    count = 1
    for start in range(len(codes) if has_pieces else 0):
        rolling = _PIECE_SEED
        for end in range(start, min(start + LONGEST_PIECE, len(codes))):
            rolling = rolling * _BASE + np.uint64(codes[end])
            if end - start + 1 >= SHORTEST_PIECE:
                ids[count] = np.uint32(_mixed(rolling)) | _PIECE_BIT
                count += 1
    return key, ids


@compiled(vector(uint64))
def _pairs(keys: NDArray[np.uint64]) -> Ids:
    """The id of each key with the one after it."""
    ids = np.empty(len(keys) - 1, dtype=np.uint32)
    for at in range(len(ids)):
        ids[at] = max(np.uint32(_mixed(keys[at] * _BASE + keys[at + 1])) & _WORD_BITS, _LEAST_WORD)
    return ids


@compiled(vector(uint32))
def _distinct(ascending: Ids) -> Ids:
    """The ids without repetitions."""
    kept = np.empty(len(ascending), dtype=np.uint32)
    count = 0
    for at in range(len(ascending)):
        if at == 0 or ascending[at] != ascending[at - 1]:
            kept[count] = ascending[at]
            count += 1
    return kept[:count].copy()
