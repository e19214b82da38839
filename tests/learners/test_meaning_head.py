"""What directions teach: held against the plain formula, against saving, and against not being there at all."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from processors.learners.container import DamagedModel
from processors.learners.directions import direction
from processors.learners.meaning_head import SCATTER, SHARPNESS, MeaningHead
from processors.learners.passage import Passage
from processors.learners.shared_prior import shared_prior
from processors.learners.text_softmax import TextSoftmax
from processors.learners.word_shares import word_shares
from schemas.meaning import Meaning
from tests.learners.invented import meant, passages, tickets
from tests.sentences import DIMENSION

LABELS = 5


def taught(count: int = 200, seed: int = 5) -> TextSoftmax:
    model = TextSoftmax()
    for passage, label in passages(count, seed):
        model.learn_one(passage, label)
    return model


def plainly(
    directions: NDArray[np.float64], columns: list[int], asked: NDArray[np.float64]
) -> tuple[list[float], float]:
    """The formulas by their words: all directions at once, an inverse by LAPACK."""
    labels = sorted(set(columns))
    of = {column: directions[[place for place, own in enumerate(columns) if own == column]] for column in labels}
    means = {column: rows.mean(axis=0) for column, rows in of.items()}
    scatter = SCATTER * np.eye(directions.shape[1])
    for column, rows in of.items():
        scatter += (rows - means[column]).T @ (rows - means[column])
    precision = np.linalg.inv(scatter)
    said = np.array([m @ precision @ asked - m @ precision @ m / 2 for m in (means[column] for column in labels)])
    said *= SHARPNESS * len(columns)
    apart = [asked - means[column] for column in labels]
    distance = min(np.sqrt(len(columns) / len(asked) * (one @ precision @ one)) for one in apart)
    return list(said - said.mean()), float(distance)


@pytest.mark.parametrize("asked", [0, 7, None])
def test_it_is_the_plain_formula(asked: int | None) -> None:
    chance = np.random.default_rng(3)
    centres = chance.normal(size=(LABELS, DIMENSION))
    columns = [int(column) for column in chance.integers(0, LABELS, 300)]
    said = [direction("m", centres[column] + chance.normal(size=DIMENSION)) for column in columns]
    head = MeaningHead("m", DIMENSION)
    directions = []
    for meaning, column in zip(said, columns, strict=True):
        assert meaning is not None
        head.learn(meaning, column, 1.0)
        values = np.frombuffer(meaning.values, dtype=np.int8).astype(np.float64)
        directions.append(values / np.linalg.norm(values))
    other = direction("m", list(chance.normal(size=DIMENSION))) if asked is None else said[asked]
    assert other is not None
    vector = np.frombuffer(other.values, dtype=np.int8).astype(np.float64)
    logits, distance = plainly(np.array(directions), columns, vector / np.linalg.norm(vector))
    found = head.understand(other, LABELS)
    assert found is not None
    assert found.logits.tolist() == pytest.approx(logits, rel=1e-9)
    assert found.distance == pytest.approx(distance, rel=1e-9)


def test_what_lies_elsewhere_is_further() -> None:
    head = MeaningHead("m", 3)
    for values in ([9, 1, 0], [9, 0, 1], [1, 9, 0], [0, 9, 1]):
        meaning = direction("m", values)
        assert meaning is not None
        head.learn(meaning, values.index(9), 1.0)
    near, far = (head.understand(Meaning("m", bytes(values)), 2) for values in ([90, 5, 5], [0, 0, 90]))
    assert near is not None
    assert far is not None
    assert far.distance > 2 * near.distance


def test_weights_count_like_repeats() -> None:
    once, thrice = MeaningHead("m", 3), MeaningHead("m", 3)
    for column, values in enumerate(([1, 2, 3], [9, 1, 1], [1, 9, 0])):
        meaning = direction("m", values)
        assert meaning is not None
        once.learn(meaning, column, 3.0)
        for _ in range(3):
            thrice.learn(meaning, column, 1.0)
    asked = Meaning("m", bytes([10, 20, 30]))
    told, again = once.understand(asked, 3), thrice.understand(asked, 3)
    assert told is not None
    assert again is not None
    assert told.logits.tolist() == pytest.approx(again.logits.tolist())
    assert told.distance == pytest.approx(again.distance)


def test_a_label_without_directions_gets_the_least() -> None:
    head = MeaningHead("m", 2)
    head.learn(Meaning("m", bytes([127, 0])), 0, 1.0)
    head.learn(Meaning("m", bytes([0, 127])), 2, 1.0)
    found = head.understand(Meaning("m", bytes([127, 1])), 40)
    assert found is not None
    told = found.logits
    assert told[0] == told.max()
    assert told[1] == told[2] == told.min() == told[39]


def test_without_meanings_nothing_is_otherwise() -> None:
    plain, passed = TextSoftmax(), TextSoftmax()
    for text, label in tickets(120, seed=9):
        plain.learn_one(text, label)
        passed.learn_one(Passage(text), label)
    assert plain.digest() == passed.digest()
    assert plain.encode() == passed.encode()
    # A model that learned no direction answers by words, whatever a text means.
    asked = "the invoice is wrong"
    assert plain.predict_proba_one(asked) == passed.predict_proba_one(Passage(asked, meant(asked)))


def test_meaning_helps_where_words_are_new() -> None:
    words, meanings = TextSoftmax(), TextSoftmax()
    near = {"billing": [9.0, 1.0, 0.0], "login": [0.0, 1.0, 9.0]}
    for number in range(60):
        label = ("billing", "login")[number % 2]
        text = f"w{number} v{number} u{number}"
        words.learn_one(text, label)
        meanings.learn_one(Passage(text, direction("m", [*near[label][:2], near[label][2] + number / 60])), label)
    asked = Passage("never seen before", direction("m", [8.0, 2.0, 0.5]))
    assert meanings.predict_proba_one(asked)["billing"] > 0.9
    assert words.predict_proba_one(asked)["billing"] < 0.6


def test_another_model_of_sentences_begins_anew() -> None:
    model = taught()
    before = model.state.meaning
    text, label = tickets(1, seed=70)[0]
    other = direction("other", [1.0] * 7)
    asked = Passage(text, other)
    # Its direction cannot be compared: words alone answer.
    assert model.predict_proba_one(asked) == model.predict_proba_one(text)
    model.learn_one(asked, label)
    after = model.state.meaning
    assert before is not None
    assert after is not None
    assert (before.model, after.model, after.dimension) == ("invented/words", "other", 7)


def test_reasons_add_up() -> None:
    model = TextSoftmax(prior=shared_prior())  # knows "billing" and "login" by their names
    for passage, label in passages(200, seed=5):
        model.learn_one(passage, label)
    passage = next(passage for passage, _ in passages(20, seed=8) if passage.meaning is not None)
    label = "billing"
    told = model.explain_one(passage, label)
    total = told.bias
    for term in told.terms:
        total += term.contribution
    assert total == told.logit
    shares = word_shares(model, passage, label)
    assert shares.meaning
    assert shares.bias + shares.meaning + sum(shares.amounts) == pytest.approx(told.logit, abs=1e-5)


def test_saving_in_parts_changes_nothing() -> None:
    model, chunks = TextSoftmax(), dict[str, bytes]()
    for place, (passage, label) in enumerate(passages(300, seed=6)):
        model.learn_one(passage, label)
        if not place % 50:
            chunks |= model.encode_chunks(touched_only=True)
            model = TextSoftmax.decode_chunks(chunks)
    assert model.digest() == TextSoftmax.decode(model.encode()).digest() == _without_saving()
    del chunks["meaning"]
    with pytest.raises(DamagedModel, match="'meaning' is missing"):
        TextSoftmax.decode_chunks(chunks)


def _without_saving() -> str:
    return taught(300, seed=6).digest()
