"""Texts become the same ids everywhere, and every id has a name."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.learners.features import (
    LONGEST_WORD,
    MOST_WORDS,
    feature_ids,
    feature_names,
    feature_weights,
    words_of,
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("  ...  ", []),
        ("My card's LOST!", ["my", "cards", "lost", "!"]),
        ("don’t", ["dont"]),
        ("ｆｕｌｌ ﬁle Straße", ["full", "file", "straße"]),
        ("x" * (LONGEST_WORD + 3), ["x" * LONGEST_WORD, "xxx"]),
        ("a " * (MOST_WORDS + 9), ["a"] * MOST_WORDS),
    ],
)
def test_words_of_a_text(text: str, words: list[str]) -> None:
    assert words_of(text) == words


def test_only_texts_have_features() -> None:
    with pytest.raises(TypeError, match="must be a str, got int"):
        feature_ids(3)  # type: ignore[arg-type]


@given(st.text(max_size=80))
def test_ids_ascend_are_distinct_and_all_have_a_name(text: str) -> None:
    ids = feature_ids(text).tolist()
    assert ids == sorted(set(ids))
    assert 0 not in ids
    assert set(feature_names(text)) == set(ids)


def test_names_say_kind_text_and_the_words_around() -> None:
    names = {(name.kind, name.text): name.words for name in feature_names("lost card, card lost").values()}
    assert names["word", "card"] == ("card",)
    assert names["pair", "lost card"] == ("lost", "card")
    assert names["pair", "^ lost"] == ("lost",)
    assert names["pair", "card card"] == ("card",)
    assert names["piece", " ca"] == ("card",)
    assert names["piece", "ost "] == ("lost",)


def test_pieces_weigh_half() -> None:
    names = feature_names("cards and letters")
    ids = np.array(sorted(names), dtype=np.uint32)
    weights = dict(zip(ids.tolist(), feature_weights(ids).tolist(), strict=True))
    assert {names[at].kind: weight for at, weight in weights.items()} == {"word": 1.0, "pair": 1.0, "piece": 0.5}


def test_ids_are_those_recorded() -> None:
    assert feature_ids("lost card?").tolist() == [
        54539673,
        199778701,
        209559049,
        268598947,
        573261834,
        810414381,
        931020837,
        1615742194,
        1991335281,
        2116456751,
        2367830260,
        2486801418,
        2534471919,
        2608653572,
        2898349201,
        3146801199,
        3188154131,
        3324495355,
        3939352213,
        3957685932,
        4183362914,
    ]
