"""Which words a text holds, as a BM25 sparse vector; rarity is added by the index, within one tenant.

A document is embedded with the stemmer and stop words of its language, a query with those of every language in the
table. Each language numbers its stems apart, so that the French stem of an English query ("care", "car") finds French
documents only. Words with digits are neither stemmed nor told apart by language. Scripts without spaces are cut
by Qdrant's multilingual tokenizer, all else by its word tokenizer: the multilingual one drops numbers (0.9.0).
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from hashlib import blake2b
from itertools import islice
from operator import lt
from typing import Final, NamedTuple

from qdrant_edge import Bm25, Bm25Config, DisabledStemmer, Language, SparseVector, StopwordsSet, TokenizerType

from sinks.qdrant.document import DocumentRefused

WORDS_VERSION: Final = 1  # raised whenever a text would be cut into other words: an index of another version is refused
LONGEST_QUERY: Final = 4_000  # characters; a query is a few words or a ticket, and each of its words costs a list

AVERAGE_WORDS: Final = 48.0  # a support message without stop words; Qdrant's 256 is meant for articles

# ISO 639-1 codes as language detection gives them, to the names of Qdrant's stemmers.
LANGUAGES: Final[dict[str, str]] = {
    "ar": "arabic",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hu": "hungarian",
    "it": "italian",
    "nb": "norwegian",
    "nl": "dutch",
    "nn": "norwegian",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "tr": "turkish",
}

_STEMMED: Final = tuple(sorted(set(LANGUAGES.values())))

# A word's 32-bit number is XORed with its language's, drawn from the name so that a new language moves no other.
_NUMBERED: Final[dict[str | None, int]] = {
    None: 0,
    **{name: int.from_bytes(blake2b(name.encode(), digest_size=4).digest()) for name in _STEMMED},
}

# Order numbers, error codes, versions. Anchored at a word's start and possessive: one pass over any text.
_CODE: Final = re.compile(r"\b[^\W\d]*+\d\w*")

# Stemmers need the accents ("-ción"); who types none must still find the word, so it is indexed without them as well.
_ACCENTED: Final = re.compile(r"\b[^\W\u00c0-\u024f\u1e00-\u1eff]*+[\u00c0-\u024f\u1e00-\u1eff]\w*")

# Thai, Lao, Burmese, Khmer, kana, Han: no spaces between words.
_UNSPACED: Final = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff]+"
)


def document_words(text: str, language: str | None) -> SparseVector | None:
    """The words of a document, weighted by how often they occur; None when there are none."""
    known = LANGUAGES.get(language or "")
    parts = _parts(text)
    weights: dict[int, float] = {}
    _add(weights, _stemmed(known).embed_document(parts.words), _NUMBERED[known])
    if known is not None and not parts.words.isascii():
        accented = " ".join(_ACCENTED.findall(parts.words))
        _add(weights, _stemmed(None).embed_document(accented), _NUMBERED[None])
    if parts.codes:
        _add(weights, _exact(TokenizerType.Word).embed_document(parts.codes), 0)
    if parts.unspaced:
        _add(weights, _exact(TokenizerType.Multilingual).embed_document(parts.unspaced), 0)
    return _vector(weights)


def query_words(text: str) -> SparseVector | None:
    """The words of a query in every language a document can have; None when there are none."""
    parts = _parts(text[:LONGEST_QUERY])
    weights: dict[int, float] = {}
    spellings = parts.words if parts.words.isascii() else f"{parts.words} {_without_accents(parts.words)}"
    for language, number in _NUMBERED.items():
        _add(weights, _stemmed(language).embed_query(spellings), number)
    if parts.codes:
        _add(weights, _exact(TokenizerType.Word).embed_query(parts.codes), 0)
    if parts.unspaced:
        _add(weights, _exact(TokenizerType.Multilingual).embed_query(parts.unspaced), 0)
    return _vector(weights)


def require_words(vector: SparseVector) -> None:
    """Refuses a vector that the index would take and then rank wrongly: not finite, zero, or words out of order."""
    indices, values = vector.indices, vector.values
    if len(indices) != len(values) or not math.isfinite(sum(values)) or min(values, default=0.0) <= 0.0:
        raise DocumentRefused("word weights must be finite and above zero, one per word")
    if not _ascending(indices):
        raise DocumentRefused("words of a vector must be unique and in ascending order")


def _ascending(indices: Sequence[int]) -> bool:
    return all(map(lt, indices, islice(indices, 1, None)))


class _Parts(NamedTuple):
    """A text taken apart into what is cut in different ways."""

    words: str
    codes: str
    unspaced: str


def _parts(text: str) -> _Parts:
    words, unspaced = text, ""
    if not text.isascii():
        words = unicodedata.normalize("NFKC", text)
        if _UNSPACED.search(words):
            unspaced = " ".join(_UNSPACED.findall(words))
            words = _UNSPACED.sub(" ", words)
    codes = _CODE.findall(words)
    return _Parts(_CODE.sub(" ", words), " ".join(codes), unspaced) if codes else _Parts(words, "", unspaced)


def _without_accents(text: str) -> str:
    return "".join(each for each in unicodedata.normalize("NFD", text) if not unicodedata.combining(each))


def _add(weights: dict[int, float], vector: SparseVector, number: int) -> None:
    for index, value in zip(vector.indices, vector.values, strict=True):
        weights[index ^ number] = weights.get(index ^ number, 0.0) + value


def _vector(weights: dict[int, float]) -> SparseVector | None:
    if not weights:
        return None
    indices = sorted(weights)
    return SparseVector(indices, [weights[index] for index in indices])


@cache
def _stemmed(language: str | None) -> Bm25:
    """The cutter of one language. None is for unknown languages: no stems, and the stop words of all of them."""
    if language is None:
        every: set[Language] = {getattr(Language, name.capitalize()) for name in _STEMMED}
        return Bm25(_unstemmed(TokenizerType.Word, StopwordsSet(languages=every)))
    config = Bm25Config(tokenizer=TokenizerType.Word, avg_len=AVERAGE_WORDS, language=language)
    return Bm25(config)


@cache
def _exact(tokenizer: TokenizerType) -> Bm25:
    return Bm25(_unstemmed(tokenizer, StopwordsSet()))


def _unstemmed(tokenizer: TokenizerType, stop_words: StopwordsSet) -> Bm25Config:
    return Bm25Config(
        tokenizer=tokenizer,
        ascii_folding=True,
        avg_len=AVERAGE_WORDS,
        stemmer=DisabledStemmer(),
        stopwords=stop_words,
    )
