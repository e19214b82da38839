"""How far a category may be relied on is what answers like it were worth, and nothing before enough is known."""

from __future__ import annotations

import random

import pytest

from processors.category_record import BANDS, Record
from schemas.confidence import confidence_of
from schemas.facts import TicketClassified
from tests.learners.invented import tickets
from tests.lessons.desk import Desk


@pytest.mark.parametrize(
    ("share", "word"),
    [
        (None, "unmeasured"),
        (1.0, "high"),
        (0.9, "high"),
        (0.8999, "medium"),
        (0.7, "medium"),
        (0.6999, "low"),
        (0, "low"),
    ],
)
def test_a_word_for_a_share(share: float | None, word: str) -> None:
    assert confidence_of(share) == word


@pytest.mark.parametrize(
    ("probability", "share"),
    [(0.92, 0.75), (0.80, 12.5 / 22.0), (0.99, None), (0.0, 0.5)],
    ids=["its band", "all above where its own are few", "eight, and nothing is surer", "the lowest"],
)
def test_the_share_of_answers_this_sure_that_were_right(probability: float, share: float | None) -> None:
    record = Record()
    for band, asked, right in ((0, 10.0, 5.0), (16, 2.0, 0.5), (18, 12.0, 9.0), (19, 8.0, 3.0)):
        record.asked[band], record.right[band] = asked, right
    assert record.right_share_at(probability) == share


def test_nothing_is_measured_before_ten_labels() -> None:
    record = Record()
    record.asked[BANDS - 1], record.right[BANDS - 1] = 9.9, 9.9
    assert [record.right_share_at(chance) for chance in (0.0, 0.5, 1.0)] == [None] * 3
    assert record.rule_share is None


def test_who_has_taught_nothing_is_told_that_nothing_is_measured() -> None:
    desk = Desk()
    desk.open("T", "My invoice is wrong")
    found = desk.classified("T")
    assert (found.confidence, found.right_share) == ("unmeasured", None)


def test_what_a_person_said_is_told() -> None:
    desk = Desk()
    desk.open("T", "My invoice is wrong")
    desk.correct("T", "billing", "anna")
    assert (desk.classified("T").confidence, desk.classified("T").category) == ("told", "billing")


def test_answers_called_high_are_right_more_often_than_those_called_lower() -> None:
    """One label in four is wrong at random for half the texts, so some answers deserve little trust."""
    chance, taught = random.Random(4), tickets(600, seed=9)
    labels = sorted({label for _, label in taught})
    noisy = [
        (text, chance.choice(labels) if len(text) % 2 and chance.random() < 0.5 else label) for text, label in taught
    ]
    desk = Desk()
    right: dict[str, list[bool]] = {}
    for number, (text, label) in enumerate(noisy):
        desk.at += 600_000_000
        desk.open(f"T-{number}", text)
        found = desk.classified(f"T-{number}")
        if number >= 150 and found.candidates:
            right.setdefault(found.confidence, []).append(found.candidates[0][0] == label)
        desk.resolve(f"T-{number}", label, f"expert-{number % 3}")
    shares = {word: sum(found) / len(found) for word, found in right.items() if len(found) >= 20}
    assert len(shares) >= 2, shares
    order = [shares[word] for word in ("high", "medium", "low") if word in shares]
    assert order == sorted(order, reverse=True), shares
    assert shares.get("high", 1.0) >= 0.85


def test_the_reason_says_what_such_answers_were_worth() -> None:
    desk = Desk()
    desk.teach(tickets(200, seed=6), minutes=20)
    desk.open("T", tickets(1, seed=3)[0][0])
    found: TicketClassified = desk.classified("T")
    assert found.confidence == "high"
    basis = found.explain(1).basis
    assert "confidence high: of answers like this, " in basis
    assert basis.endswith("% were right lately")
