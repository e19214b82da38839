"""Which hashed features does a text have, and what are they called?

Words, pairs of neighbouring words (the text's ends count as words) and 3- and 4-character pieces of the longer words,
all after NFKC and lower case. An id is the upper half of a 64-bit polynomial hash of code points, so it depends on the
text alone: not on the machine, the process or `PYTHONHASHSEED`. Its lowest bit says whether it is a piece of a word.
Case and width rules are those of the Unicode tables of the running Python.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from processors.learners.compiled import compiled, uint32, uint64, vector

Ids = NDArray[np.uint32]

WORD_WEIGHT = 1.0
PIECE_WEIGHT = 0.5  # measured: pieces repeat what their word says
KIND_WEIGHTS = np.array([WORD_WEIGHT, PIECE_WEIGHT])  # by the lowest bit of an id
LONGEST_WORD = 32  # characters; a longer run is cut into words of this length
MOST_WORDS = 512  # of a text; what follows is not read
# Measured: pieces of 5 add a third more rows and no accuracy. Without those of 3 a fifth more texts a second are read,
# and of what is held back as out of scope (CLINC150) 0.72 is instead of 0.75, 0.74 of it is found instead of 0.76.
SHORTEST_PIECE, LONGEST_PIECE = 3, 4
LONGEST_WHOLE = 2  # characters; pieces of so short a word would only repeat it

_TOKENS = re.compile(rf"\w{{1,{LONGEST_WORD}}}|[?!]")
_BASE = np.uint64(0x9E3779B97F4A7C15)
_WORD_SEED, _PIECE_SEED = np.uint64(0x243F6A8885A308D3), np.uint64(0x13198A2E03707344)
_START, _END = np.uint64(0x082EFA98EC4E6C89), np.uint64(0xBE5466CF34E90C6C)
_BLANK = np.uint32(ord(" "))
_MIX_1, _MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_30, _27, _32 = np.uint64(30), np.uint64(27), np.uint64(32)
_PIECE_BIT, _WORD_BITS, _LEAST_WORD = np.uint32(1), np.uint32(0xFFFFFFFE), np.uint32(2)  # 0 is no id in tables of ids
# About 3 KB each: a ticket's words are asked about when they come and again, much later, when its label is known.
TEXTS_KEPT = 4_096


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


class Features(NamedTuple):
    """A text's words in order and its distinct feature ids, ascending.

    `spoken` are the ids as they come, so many of each word and its pieces as `lengths` says, then those of the pairs.
    """

    words: list[str]
    spoken: Ids
    lengths: NDArray[np.int64]
    ids: Ids


def features_of(text: str) -> Features:
    """What a text says to a model; everything is empty for a text without words. Raises TypeError for no text."""
    if not isinstance(text, str):
        raise TypeError(f"a text must be a str, got {type(text).__name__}")
    return _features_of(text)


@lru_cache(maxsize=TEXTS_KEPT)
def _features_of(text: str) -> Features:
    words = words_of(text)
    spoken, lengths = _spoken(_code_points(words))
    ids = spoken.copy()
    ids.sort()
    return Features(words, spoken, lengths, _distinct(ids))


def _code_points(words: list[str]) -> Ids:
    """The words' characters as numbers, a blank before, between and after them."""
    return np.frombuffer(f" {' '.join(words)} ".encode("utf-32"), dtype=np.uint32)[1:]  # without the mark of byte order


def feature_ids(text: str) -> Ids:
    """The text's distinct feature ids, ascending; empty for a text without words."""
    return features_of(text).ids


def feature_weights(ids: Ids) -> NDArray[np.float64]:
    """What each id weighs before anything is learned: 1 for words and pairs, 0.5 for pieces."""
    return KIND_WEIGHTS.take(ids & _PIECE_BIT)


def feature_names(text: str) -> dict[int, Feature]:
    """Every id of `feature_ids(text)` with its name; of two that share an id the first one wins. For `why` only."""
    words, spoken, lengths, _ = features_of(text)
    own = dict(zip(words, np.split(spoken, np.cumsum(lengths)), strict=False))
    names: dict[int, Feature] = {}
    lies_in: dict[str, list[str]] = {}
    for word in dict.fromkeys(words):
        for piece in dict.fromkeys(_pieces(word)):
            lies_in.setdefault(piece, []).append(word)
    for word in dict.fromkeys(words):
        ids = own[word].tolist()
        names.setdefault(ids[0], Feature("word", word, (word,)))
        for piece, feature_id in zip(_pieces(word), ids[1:], strict=True):
            names.setdefault(feature_id, Feature("piece", piece, tuple(lies_in[piece])))
    ends = ["^", *words, "$"] if words else []
    pairs = spoken[len(spoken) - len(ends[1:]) :].tolist()
    for left, right, pair_id in zip(ends, ends[1:], pairs, strict=False):
        within = tuple(word for word in dict.fromkeys((left, right)) if word not in ("^", "$"))
        names.setdefault(pair_id, Feature("pair", f"{left} {right}", within))
    return names


def _has_pieces(word: str) -> bool:
    return len(word) > LONGEST_WHOLE


def _pieces(word: str) -> list[str]:
    """Pieces of the word in blanks, by start and then by length: the order in which `_spoken` hashes them."""
    padded = f" {word} " if _has_pieces(word) else ""
    return [
        padded[start : start + length]
        for start in range(len(padded))
        for length in range(SHORTEST_PIECE, LONGEST_PIECE + 1)
        if start + length <= len(padded)
    ]


@compiled(uint64)
def _mixed(key: np.uint64) -> np.uint64:
    """The upper 32 bits after the splitmix64 finaliser (Steele, Lea, Flood 2014), so that every bit of a key counts."""
    key = (key ^ (key >> _30)) * _MIX_1
    key = (key ^ (key >> _27)) * _MIX_2
    return key >> _32


@compiled(uint64)
def _word_id(key: np.uint64) -> np.uint32:
    return max(np.uint32(_mixed(key)) & _WORD_BITS, _LEAST_WORD)


@compiled(vector(uint32))
def _spoken(codes: Ids) -> tuple[Ids, NDArray[np.int64]]:
    """The ids of each word and its pieces, those of the pairs, and how many are each word's.

    Words are given by their code points, a blank before, between and after them.
    """
    room, words = 1, 0
    for at in range(1, len(codes)):
        if codes[at] == _BLANK and codes[at - 1] != _BLANK:
            words += 1
        room += 2
    ids, lengths = np.empty(room + words, dtype=np.uint32), np.empty(words, dtype=np.int64)
    pairs = np.empty(words + 1, dtype=np.uint32)
    count = word = first = 0
    before = _START
    while word < words:
        key, end = _WORD_SEED, first + 1
        while codes[end] != _BLANK:
            key = key * _BASE + np.uint64(codes[end])
            end += 1
        began = count
        ids[count] = _word_id(key)
        count += 1
        # Pieces of the word in its blanks, by start and then by length.
        for start in range(first, end if end - first - 1 > LONGEST_WHOLE else first):
            rolling = _PIECE_SEED
            for at in range(start, min(start + LONGEST_PIECE, end + 1)):
                rolling = rolling * _BASE + np.uint64(codes[at])
                if at - start + 1 >= SHORTEST_PIECE:
                    ids[count] = np.uint32(_mixed(rolling)) | _PIECE_BIT
                    count += 1
        lengths[word] = count - began
        pairs[word] = _word_id(before * _BASE + key)
        before, first = key, end
        word += 1
    if words:
        pairs[words] = _word_id(before * _BASE + _END)
        for pair in pairs:
            ids[count] = pair
            count += 1
    return ids[:count].copy(), lengths


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
