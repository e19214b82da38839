"""Groups of like texts, and what is taken for what more often than by chance."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.confusion import at_least, confused, parts_of
from processors.learners.text_groups import FEWEST, groups_of

PARCEL = ("Where is my parcel?", "My parcel has not come", "When does the parcel come?", "The parcel is lost")
VELO = ("Wo bleibt mein Velo?", "Mein Velo ist nicht da", "Das Velo fehlt", "Ist das Velo schon da?", "Velo kaputt")


def test_what_asks_the_same_is_together_and_the_rest_alone() -> None:
    texts = [*PARCEL, "thanks a lot", *VELO, "please call me"]
    first, second = groups_of(texts)
    assert sorted(first.places) == [5, 6, 7, 8, 9]
    assert sorted(second.places) == [0, 1, 2, 3]
    assert first.words[0] == "velo"
    assert second.words[0] == "parcel"


@given(st.lists(st.sampled_from([*PARCEL, *VELO, "", "thanks", "?"]), max_size=14), st.randoms())
def test_nothing_is_in_two_groups_and_order_changes_only_places(texts: list[str], chance: random.Random) -> None:
    groups = groups_of(texts)
    places = [place for group in groups for place in group.places]
    assert len(places) == len(dict.fromkeys(places))
    assert all(len(group.places) >= FEWEST for group in groups)
    assert groups == groups_of(list(texts))
    assert [len(group.places) for group in groups] == sorted((len(group.places) for group in groups), reverse=True)


@pytest.mark.parametrize(
    ("count", "expected", "chance"),
    [(0, 3.0, 1.0), (1, 0.0, 0.0), (0, 0.0, 1.0), (1, 2.0, 0.8646647167), (5, 2.0, 0.0526530174), (20, 5.0, 3.452e-7)],
)
def test_how_likely_so_many_come_by_chance(count: int, expected: float, chance: float) -> None:
    assert at_least(count, expected) == pytest.approx(chance, rel=1e-2, abs=1e-9)


def judged(pairs: dict[tuple[str, str], int]) -> list[dict[str, Any]]:
    """So many tickets of each (label, answer)."""
    rows = [(label, answer) for (label, answer), count in pairs.items() for _ in range(count)]
    return [
        {"ticket": f"T-{number}", "title": "", "label": label, "answer": answer}
        for number, (label, answer) in enumerate(rows)
    ]


def test_pairs_beyond_chance_and_what_they_would_gain() -> None:
    names = [f"c{number}" for number in range(6)]
    rows = {(name, name): 80 for name in names} | {(one, two): 1 for one in names for two in names if one != two}
    assert confused(judged(rows)) == []
    rows |= {("c0", "c1"): 14, ("c1", "c0"): 9, ("c4", "c5"): 15}
    both, one_way = confused(judged(rows))
    assert (both["categories"], both["advice"], both["taken"]) == (["c0", "c1"], "merge", 23)
    assert (both["first_for_second"], both["second_for_first"]) == (14, 9)
    assert both["gain"] == 23 / sum(rows.values())
    assert both["by_chance"] < 10
    assert {(one["label"], one["answer"]) for one in both["examples"]} <= {("c0", "c1"), ("c1", "c0")}
    assert (one_way["categories"], one_way["advice"]) == (["c4", "c5"], "tell apart")


def test_few_of_two_large_categories_are_to_be_told_apart_and_not_merged() -> None:
    rows = {("a", "a"): 400, ("b", "b"): 400, ("c", "c"): 400, ("a", "b"): 20, ("b", "a"): 20, ("c", "a"): 2}
    (found,) = confused(judged(rows))
    assert (found["categories"], found["advice"]) == (["a", "b"], "tell apart")


def test_nothing_judged_nothing_advised() -> None:
    assert confused([]) == []
    assert groups_of([]) == []


def test_a_part_that_is_missed_is_a_category_of_its_own() -> None:
    texts = [
        *(f"Invoice {number} is wrong" for number in range(12)),
        *(f"Mein Velo {number} fehlt" for number in range(10)),
    ]
    rows = judged({("billing", "billing"): 12, ("billing", "bikes"): 10})
    (part,) = parts_of("billing", rows, texts)
    assert (part["category"], part["words"], part["taken_for"]) == ("billing", ["fehlt", "mein", "velo"], "bikes")
    assert (part["missed"], part["rest"], part["rest_missed"]) == (10, 12, 0)
