"""Saving a text model, whole or by the chunks that changed."""

from __future__ import annotations

import pytest

from processors.learners.container import DamagedModel
from processors.learners.text_softmax import TextSoftmax
from tests.learners.invented import tickets

EXAMPLES = [(f"{text} case{number // 2}", label) for number, (text, label) in enumerate(tickets(600, seed=21))]


def taught(count: int) -> TextSoftmax:
    model = TextSoftmax()
    for text, label in EXAMPLES[:count]:
        model.learn_one(text, label)
    return model


@pytest.mark.parametrize("count", [0, 1, 2, 600])
def test_a_model_comes_back_and_learns_on_alike(count: int) -> None:
    model = taught(count)
    again = TextSoftmax.decode(model.encode())
    assert (again.digest(), again.n, again.labels) == (model.digest(), model.n, model.labels)
    for text, label in tickets(40, seed=22):
        assert again.probabilities(text).tobytes() == model.probabilities(text).tobytes()
        model.learn_one(text, label)
        again.learn_one(text, label)
    assert again.digest() == model.digest()
    assert again.encode() == model.encode()


def test_the_digest_does_not_depend_on_when_it_was_saved() -> None:
    model, store, sizes = TextSoftmax(), dict[str, bytes](), list[int]()
    for number, (text, label) in enumerate(EXAMPLES):
        model.learn_one(text, label)
        if number % 7 == 0:
            touched = model.encode_chunks(touched_only=True)
            sizes.append(sum(map(len, touched.values())))
            store |= touched
            assert TextSoftmax.decode_chunks(store).digest() == model.digest()
        if number == 300:
            model = TextSoftmax.decode_chunks(store | model.encode_chunks(touched_only=True))
            store |= model.encode_chunks()
    assert model.digest() == taught(len(EXAMPLES)).digest()


def test_only_touched_chunks_are_saved() -> None:
    model = taught(600)
    everything = model.encode_chunks(touched_only=True)
    assert len([name for name in everything if name.startswith("rows-")]) >= 3
    assert list(model.encode_chunks(touched_only=True)) == ["head"]
    for _ in range(2):
        model.learn_one("zebra", "billing")  # first sights, then rows at the end
    touched = model.encode_chunks(touched_only=True)
    assert 1 < len(touched) < len(everything)
    assert TextSoftmax.decode_chunks(everything | touched).digest() == model.digest()
    assert TextSoftmax.decode_chunks({**everything, **touched, "rows-99999": b"left over"}).n == model.n


def test_chunks_of_two_saves_do_not_mix() -> None:
    model = taught(600)
    older = model.encode_chunks(touched_only=True)
    model.learn_one("zebra", "billing")
    newer = model.encode_chunks(touched_only=True)
    with pytest.raises(DamagedModel, match="not the one its head was saved with"):
        TextSoftmax.decode_chunks(older | {"head": newer["head"]})
    with pytest.raises(DamagedModel, match="is missing"):
        TextSoftmax.decode_chunks(newer)
    with pytest.raises(DamagedModel, match="'head' is missing"):
        TextSoftmax.decode_chunks({})


def test_changed_bytes_are_noticed() -> None:
    data = taught(20).encode()
    for position in range(0, len(data), 97):
        with pytest.raises(DamagedModel):
            TextSoftmax.decode(data[:position] + bytes([data[position] ^ 4]) + data[position + 1 :])
