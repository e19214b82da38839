"""Which words a text holds, as a BM25 sparse vector; rarity is added by the index, within one tenant.

A document is embedded with the stemmer and stop words of its language, a query with those of every language in the
table: whatever language a document has, the query holds its stems. Scripts written without spaces are cut by Qdrant's
multilingual tokenizer; all else by its word tokenizer, because the multilingual one drops numbers (0.9.0).
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from itertools import islice
from operator import lt
from typing import Final

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

# Thai, Lao, Burmese, Khmer, kana, Han: no spaces between words.
_UNSPACED: Final = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff]+"
)


def document_words(text: str, language: str | None) -> SparseVector | None:
    """The words of a document, weighted by how often they occur; None when there are none."""
    spaced, unspaced = _parts(text)
    words = _spaced(LANGUAGES.get(language or "")).embed_document(spaced)
    if unspaced:
        return _one([words, _unspaced().embed_document(unspaced)])
    indices = words.indices
    if not indices:
        return None
    return words if _ascending(indices) else _one([words])


def query_words(text: str) -> SparseVector | None:
    """The words of a query in every language a document can have; None when there are none."""
    spaced, unspaced = _parts(text[:LONGEST_QUERY])
    vectors = [_spaced(language).embed_query(spaced) for language in (*_STEMMED, None)]
    if unspaced:
        vectors.append(_unspaced().embed_query(unspaced))
    weights = {index: 1.0 for vector in vectors for index in vector.indices}
    return _vector(weights) if weights else None


def require_words(vector: SparseVector) -> None:
    """Refuses a vector that the index would take and then rank wrongly: not finite, zero, or words out of order."""
    indices, values = vector.indices, vector.values
    if len(indices) != len(values) or not math.isfinite(sum(values)) or min(values, default=0.0) <= 0.0:
        raise DocumentRefused("word weights must be finite and above zero, one per word")
    if not _ascending(indices):
        raise DocumentRefused("words of a vector must be unique and in ascending order")


def _ascending(indices: Sequence[int]) -> bool:
    return all(map(lt, indices, islice(indices, 1, None)))


def _parts(text: str) -> tuple[str, str]:
    if text.isascii():
        return text, ""
    composed = unicodedata.normalize("NFKC", text)
    return _UNSPACED.sub(" ", composed), " ".join(_UNSPACED.findall(composed))


def _one(vectors: list[SparseVector]) -> SparseVector | None:
    weights: dict[int, float] = {}
    for vector in vectors:
        for index, value in zip(vector.indices, vector.values, strict=True):
            weights[index] = weights.get(index, 0.0) + value
    return _vector(weights) if weights else None


def _vector(weights: dict[int, float]) -> SparseVector:
    indices = sorted(weights)
    return SparseVector(indices, [weights[index] for index in indices])


@cache
def _spaced(language: str | None) -> Bm25:
    """The cutter of one language. None is for unknown languages: no stems, and the stop words of all of them."""
    if language is not None:
        config = Bm25Config(tokenizer=TokenizerType.Word, ascii_folding=True, avg_len=AVERAGE_WORDS, language=language)
        return Bm25(config)
    every: set[Language] = {getattr(Language, name.capitalize()) for name in _STEMMED}
    return Bm25(_unstemmed(TokenizerType.Word, StopwordsSet(languages=every)))


@cache
def _unspaced() -> Bm25:
    return Bm25(_unstemmed(TokenizerType.Multilingual, StopwordsSet()))


def _unstemmed(tokenizer: TokenizerType, stop_words: StopwordsSet) -> Bm25Config:
    return Bm25Config(
        tokenizer=tokenizer,
        ascii_folding=True,
        avg_len=AVERAGE_WORDS,
        stemmer=DisabledStemmer(),
        stopwords=stop_words,
    )
