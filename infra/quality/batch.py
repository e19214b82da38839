"""What does a model reach that sees all examples as often as it likes? The ceiling for those that see each one once.

Softmax regression over the same features (words, pairs, pieces of words), weighted by rarity and scaled to length 1,
fitted by L-BFGS with a quadratic penalty: the usual strong batch method for short texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from processors.learners.features import Ids, feature_ids, feature_weights

PENALTY = 1e-6  # per example and squared weight
MOST_STEPS = 60

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class BatchSoftmax:
    """A fitted model: the ids it knows, their rarity, the labels and a column of weights for each."""

    ids: Ids
    rarity: Floats
    labels: tuple[str, ...]
    weights: Floats

    @property
    def megabytes(self) -> float:
        return (self.weights.nbytes + self.ids.nbytes + self.rarity.nbytes) / 2**20

    def answers(self, texts: Sequence[str]) -> list[tuple[str, float]]:
        """The likeliest label of each text, with its probability."""
        chances = _softmax(_matrix(texts, self.ids, self.rarity) @ self.weights)
        best = chances.argmax(axis=1)
        return [(self.labels[column], float(chances[row, column])) for row, column in enumerate(best.tolist())]


def fitted(examples: Sequence[tuple[str, str]]) -> BatchSoftmax:
    """The model of all examples, of features that at least two of them have."""
    texts = [text for text, _ in examples]
    ids, rarity = _known(texts)
    labels = tuple(sorted({label for _, label in examples}))
    column = {label: place for place, label in enumerate(labels)}
    matrix = _matrix(texts, ids, rarity)
    truth = np.zeros((len(texts), len(labels)))
    truth[np.arange(len(texts)), [column[label] for _, label in examples]] = 1.0
    transposed = matrix.T.tocsr()
    shape = (len(ids) + 1, len(labels))

    def loss(flat: Floats) -> tuple[float, Floats]:
        weights = flat.reshape(shape)
        chances = _softmax(matrix @ weights)
        cost = -float(np.log(np.maximum(chances[truth > 0], 1e-12)).mean()) + PENALTY / 2 * float(flat @ flat)
        return cost, (transposed @ (chances - truth) / len(texts)).ravel() + PENALTY * flat

    found = minimize(loss, np.zeros(shape[0] * shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": MOST_STEPS})
    return BatchSoftmax(ids, rarity, labels, found.x.reshape(shape))


def _known(texts: Sequence[str]) -> tuple[Ids, Floats]:
    """The features that at least two texts have, and how rare each is."""
    ids, counts = np.unique(np.concatenate([feature_ids(text) for text in texts]), return_counts=True)
    ids, counts = ids[counts > 1], counts[counts > 1]
    return ids, feature_weights(ids) * np.log((len(texts) + 1) / (counts + 1))


def _matrix(texts: Sequence[str], ids: Ids, rarity: Floats) -> csr_matrix:
    """A row a text, scaled to length 1, with a constant in the last column."""
    ends, columns, values = [0], [], []
    for text in texts:
        own = feature_ids(text)
        places = ids.searchsorted(own)
        places = places[ids.take(places, mode="clip") == own] if len(ids) else places[:0]
        value = rarity.take(places)
        length = float(np.sqrt(value @ value)) or 1.0
        columns.append(np.append(places, len(ids)))
        values.append(np.append(value / length, 0.1))
        ends.append(ends[-1] + len(places) + 1)
    return csr_matrix((np.concatenate(values), np.concatenate(columns), ends), shape=(len(texts), len(ids) + 1))


def _softmax(logits: Floats) -> Floats:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: Floats = raised / raised.sum(axis=1, keepdims=True)
    return shares


@dataclass(frozen=True)
class BatchEach:
    """A logistic regression for each label, over the same features: a text may have several labels, or none."""

    ids: Ids
    rarity: Floats
    labels: tuple[str, ...]
    weights: Floats

    def told(self, texts: Sequence[str]) -> list[list[str]]:
        """The labels of each text that are likelier than not."""
        likely = _matrix(texts, self.ids, self.rarity) @ self.weights > 0.0
        return [[self.labels[column] for column in np.flatnonzero(row).tolist()] for row in likely]


def fitted_each(examples: Sequence[tuple[str, tuple[str, ...]]]) -> BatchEach:
    """The models of all examples, of features that at least two of them have, fitted together."""
    texts = [text for text, _ in examples]
    ids, rarity = _known(texts)
    labels = tuple(sorted({label for _, own in examples for label in own}))
    matrix = _matrix(texts, ids, rarity)
    signs = np.array([[1.0 if label in own else -1.0 for label in labels] for _, own in examples])
    transposed, shape = matrix.T.tocsr(), (len(ids) + 1, len(labels))

    def loss(flat: Floats) -> tuple[float, Floats]:
        margins = signs * (matrix @ flat.reshape(shape))
        cost = float(np.logaddexp(0.0, -margins).sum()) / len(texts) + PENALTY / 2 * float(flat @ flat)
        slope = -signs / (1.0 + np.exp(np.clip(margins, -500.0, 500.0)))
        return cost, (transposed @ slope / len(texts)).ravel() + PENALTY * flat

    found = minimize(loss, np.zeros(shape[0] * shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": MOST_STEPS})
    return BatchEach(ids, rarity, labels, found.x.reshape(shape))
