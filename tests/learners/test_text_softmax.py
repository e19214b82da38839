"""The text learner: its bits, its reasons, its bounds."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from processors.learners.shared_prior import shared_prior
from processors.learners.sparse_rows import UNITS
from processors.learners.text_loops import FULL_COUNT
from processors.learners.text_softmax import TextSoftmax
from tests.learners.invented import tickets


@pytest.fixture(scope="module")
def taught() -> TextSoftmax:
    return teach(TextSoftmax(), 300, seed=1)


def teach(model: TextSoftmax, count: int, seed: int) -> TextSoftmax:
    for text, label in tickets(count, seed):
        model.learn_one(text, label)
    return model


def bits(model: TextSoftmax, text: str) -> dict[object, str]:
    return {label: chance.hex() for label, chance in model.predict_proba_one(text).items()}


def test_it_learns(taught: TextSoftmax) -> None:
    fresh = tickets(200, seed=2)
    assert sum(taught.predict_one(text) == label for text, label in fresh) >= 196
    assert (taught.n, sorted(map(str, taught.labels))) == (300, ["billing", "export", "login", "outage"])


def test_before_the_first_label_there_is_no_answer() -> None:
    model = TextSoftmax()
    assert model.predict_one("refund") is None
    assert model.predict_proba_one("refund") == {}
    with pytest.raises(ValueError, match="has not learned the label None"):
        model.explain_one("refund")


@pytest.mark.parametrize("text", ["", "zzz qqq", "refund", "refund " * 600])
def test_single_batched_and_repeated_answers_have_the_same_bits(taught: TextSoftmax, text: str) -> None:
    batch = [text, "export stuck", "password", text, *(text for text, _ in tickets(20, seed=3)), text]
    many = taught.predict_proba_many(batch)
    once = [{label: chance.hex() for label, chance in answer.items()} for answer in many]
    assert once == [bits(taught, one) for one in batch]
    assert once[0] == once[3] == once[-1]


def test_answers_are_probabilities(taught: TextSoftmax) -> None:
    for text, _ in tickets(50, seed=4):
        assert sum(taught.predict_proba_one(text).values()) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("label", ["billing", "login", None])
def test_reasons_add_up_to_the_logit_exactly(taught: TextSoftmax, label: str | None) -> None:
    for text, _ in tickets(30, seed=5):
        explanation = taught.explain_one(text, label)
        assert explanation.total() == explanation.logit
        assert sum(explanation.by_word().values()) == pytest.approx(explanation.logit - explanation.bias, abs=1e-9)


def test_the_likeliest_label_has_the_highest_logit(taught: TextSoftmax) -> None:
    for text, _ in tickets(30, seed=6):
        logits = {label: taught.explain_one(text, label).logit for label in taught.labels}
        assert max(logits, key=logits.__getitem__) == taught.predict_one(text)


def test_the_telling_word_comes_first(taught: TextSoftmax) -> None:
    assert next(iter(taught.explain_one("my invoice of today").by_word())) == "invoice"


@pytest.mark.parametrize(
    ("learn", "error", "message"),
    [
        (lambda model: model.learn_one("a", "b", weight=0.0), ValueError, "must be in"),
        (lambda model: model.learn_one("a", "b", weight=float("nan")), ValueError, "must be in"),
        (lambda model: model.learn_one("a", "b", weight=65.0), ValueError, "must be in"),
        (lambda model: model.learn_one("a", 0.5), TypeError, "a label must be"),
        (lambda model: model.learn_one({"a": 1}, "b"), TypeError, "a text must be"),
        (lambda model: model.explain_one("a", "unheard of"), ValueError, "has not learned the label 'unheard of'"),
    ],
)
def test_what_cannot_be_learned_is_refused_and_changes_nothing(
    learn: Callable[[TextSoftmax], object], error: type[Exception], message: str
) -> None:
    model = teach(TextSoftmax(), 5, seed=7)
    before = model.digest()
    with pytest.raises(error, match=message):
        learn(model)
    assert model.digest() == before


def test_a_heavier_example_moves_more() -> None:
    light, heavy = (teach(TextSoftmax(), 60, seed=8) for _ in range(2))
    light.learn_one("invoice and password", "login", weight=0.25)
    heavy.learn_one("invoice and password", "login", weight=4.0)
    chance = [model.predict_proba_one("invoice and password")["login"] for model in (light, heavy)]
    assert chance[0] < chance[1]


def test_texts_without_words_teach_how_frequent_labels_are() -> None:
    model = TextSoftmax()
    for label in ("rare", "usual", "usual", "usual"):
        model.learn_one("...", label)
    assert model.predict_one("!?") == model.predict_one("") == "usual"


def test_one_correction_changes_the_next_like_text() -> None:
    model = teach(TextSoftmax(), 100, seed=9)
    text = "spreadsheet columns of the invoice"
    for _ in range(3):
        model.learn_one(text, "billing")
    assert model.predict_one(text + " please") == "billing"


def test_memory_is_bounded_and_what_is_in_use_stays() -> None:
    model = TextSoftmax(max_bytes=256 * 1024)
    for number, (text, label) in enumerate(tickets(1_500, seed=10)):
        model.learn_one(f"{text} case{number:06d} ref{number // 2:06d}x{number // 2:06d}", label)
        assert model.size_bytes <= 256 * 1024
    fresh = tickets(100, seed=11)
    assert sum(model.predict_one(text) == label for text, label in fresh) >= 95
    assert TextSoftmax.decode(model.encode()).digest() == model.digest()


def test_eviction_is_decided_by_the_examples_alone() -> None:
    one, other = (TextSoftmax(max_bytes=65_536) for _ in range(2))
    for number, (text, label) in enumerate(tickets(400, seed=12)):
        one.learn_one(f"{text} case{number // 2}", label)
        other.learn_one(f"{text} case{number // 2}", label)
        if number % 50 == 0:
            other = TextSoftmax.decode(other.encode())
    assert one.digest() == other.digest()


def test_a_full_count_is_halved_with_its_total() -> None:
    model = TextSoftmax()
    model.learn_one("other words here", "b")
    for _ in range(FULL_COUNT // (64 * UNITS) + 3):
        model.learn_one("same words", "a", weight=64.0)
    rows = model.state.rows
    assert (rows.counts[1 : rows.rows].astype(int).sum(axis=1) == rows.seen[1 : rows.rows]).all()
    assert model.predict_one("same words") == "a"


def test_many_labels_find_room_and_too_many_are_refused() -> None:
    model = TextSoftmax(max_bytes=1 << 20)
    for number in range(1_024):
        model.learn_one(f"topic{number} words", f"label{number}")
        assert model.size_bytes <= 1 << 20
    with pytest.raises(ValueError, match="at most 1024 labels"):
        model.learn_one("one more", "label1024")
    assert model.predict_one("topic1023 words") == "label1023"


def test_the_prior_speaks_for_labels_that_are_called_by_its_topics_until_the_tenant_says_otherwise() -> None:
    prior = shared_prior()
    model, alone = TextSoftmax(prior=prior), TextSoftmax()
    for learner in (model, alone):
        for _ in range(2):
            learner.learn_one("the lift is stuck", "facilities")
            learner.learn_one("hello there", "Login problems")
    assert model.predict_proba_one("I forgot my password")["Login problems"] > 0.6
    assert alone.predict_proba_one("I forgot my password")["Login problems"] < 0.6
    for _ in range(12):
        model.learn_one("the password of the warehouse door", "facilities")
    assert model.predict_one("password of the warehouse door") == "facilities"
    for label in model.labels:
        explanation = model.explain_one("password of the warehouse", label)
        assert explanation.total() == explanation.logit
    again = TextSoftmax.decode(model.encode(), prior)
    assert bits(again, "locked out") == bits(model, "locked out")
    with pytest.raises(ValueError, match="taught over the prior"):
        TextSoftmax.decode(model.encode())
