"""Beginnings are found as a search through the text finds them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from processors.word_beginnings import Beginnings

words = st.text("ab é", min_size=1, max_size=6).map(str.strip).filter(bool)


@given(st.lists(words, max_size=8), st.lists(st.text("ab é", max_size=20), min_size=1, max_size=3))
def test_what_begins_a_word_is_found(beginnings: list[str], texts: list[str]) -> None:
    asked = Beginnings(beginnings)
    for text in texts:
        expected = [place for place, beginning in enumerate(beginnings) if f" {beginning}" in f" {text}"]
        assert asked.found_in(text.split(" ")) == expected
