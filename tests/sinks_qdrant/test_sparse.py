"""Which words stand for a text."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qdrant_edge import SparseVector

from sinks.qdrant.document import DocumentRefused
from sinks.qdrant.sparse import LANGUAGES, document_words, query_words, require_words

languages = st.sampled_from([None, "xx", *LANGUAGES])
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)


def found(query: str, text: str, language: str | None) -> bool:
    asked, said = query_words(query), document_words(text, language)
    return asked is not None and said is not None and bool({*asked.indices} & {*said.indices})


@settings(deadline=None)  # the machine may be busy
@given(text=texts, language=languages)
def test_words_are_finite_positive_unique_and_in_order(text: str, language: str | None) -> None:
    for vector in (document_words(text, language), query_words(text)):
        if vector is not None:
            require_words(vector)


@settings(deadline=None)  # the machine may be busy
@given(text=texts, language=languages)
def test_every_document_with_words_is_found_by_its_own_text(text: str, language: str | None) -> None:
    if document_words(text, language) is not None:
        assert found(text, text, language)


@pytest.mark.parametrize(
    ("query", "text", "language", "expected"),
    [
        ("invoices", "invoice", "en", True),
        ("invoices", "invoice", None, False),
        ("care", "car", "en", False),  # which is the French stem of "care"
        ("care", "care", "fr", True),
        ("77", "7", "en", False),  # as a Finnish stem they are one
        ("order 4711", "bestellung 4711", "de", True),
        ("the and of", "the and of it", "en", False),
        ("the", "the rechnung", "de", True),  # no stop word in German
        ("munchen", "München", "de", True),
        ("münchen", "Munchen", "de", True),
        ("ERR_4711", "err_4711", "en", True),
        ("登录", "无法登录", "zh", True),
        ("登录", "无法登录", None, True),
    ],
)
def test_what_finds_what(query: str, text: str, language: str | None, expected: bool) -> None:
    assert found(query, text, language) is expected


def test_a_repeated_word_weighs_more_and_a_long_text_less() -> None:
    once, twice = document_words("printer", "en"), document_words("printer printer", "en")
    long = document_words("printer " + " ".join(f"other{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"), "en")
    assert once is not None
    assert twice is not None
    assert long is not None
    (index,) = once.indices
    weight = dict(zip(long.indices, long.values, strict=True))[index]
    assert weight < once.values[0] < twice.values[0] < 2 * once.values[0]


@pytest.mark.parametrize(
    ("indices", "values"),
    [
        ([1], [math.nan]),
        ([1], [math.inf]),
        ([1, 2], [math.inf, -math.inf]),
        ([1], [0.0]),
        ([1], [-1.0]),
        ([1, 1], [1.0, 1.0]),
        ([2, 1], [1.0, 1.0]),
    ],
)
def test_a_vector_that_would_rank_wrongly_is_refused(indices: list[int], values: list[float]) -> None:
    with pytest.raises(DocumentRefused):
        require_words(SparseVector(indices, values))
