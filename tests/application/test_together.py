"""Are questions asked beside each other answered in the order in which they were asked, whatever each takes?"""

from __future__ import annotations

import threading
from functools import partial

import pytest

from infra.together import Together


def test_answers_come_in_the_order_of_the_questions() -> None:
    second_asked = threading.Event()

    def first() -> list[str]:
        assert second_asked.wait(10), "nothing was asked beside it"
        return ["a", "b"]

    def second() -> list[str]:
        second_asked.set()
        return ["c"]

    assert Together().all([first, second, list]) == ["a", "b", "c"]


def test_many_may_wait_for_one_that_was_asked_before() -> None:
    together = Together()
    before = together.ask(partial(str.upper, "a"))
    assert together.all([lambda: [before.result()] for _ in range(20)]) == ["A"] * 20


def test_what_a_question_raises_is_raised() -> None:
    def fails() -> list[int]:
        raise KeyError("nobody")

    with pytest.raises(KeyError, match="nobody"):
        Together().all([list, fails])
