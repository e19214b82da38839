"""What is this text about? A one-pass classifier for texts whose labels appear over time."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from river import base

from processors.learners.container import pack, unpack
from processors.learners.elementary import Floats, exp, log, log_many, ordered_sum, softmax
from processors.learners.explanation import LogitExplanation, Term
from processors.learners.features import Ids, feature_ids, feature_names, feature_weights
from processors.learners.sparse_rows import FULL_COUNT, MOST_UNITS, UNITS, SparseRows
from processors.learners.text_state import Label, TextState, decode_chunks, encode_chunks

COUNT_SMOOTHING = 0.2  # occurrences of a feature under a label that are assumed before the first
REST_SMOOTHING = 0.3  # the same under all other labels
LENGTH = 1.4  # of the vector of feature values
WEIGHT_STEP = 0.15
SCALE_STEP = 0.5
SCALE_LIMITS = (0.1, 10.0)
SMALLEST_GRADIENT = 0.01  # labels whose probability is off by less are not moved: 4 of 77 labels remain on average
BIAS_SHARE = 0.3
TEMPERATURE_STEP = 0.02
TEMPERATURE_LOG_LIMIT = 1.5
TRUST_STEP = 0.1
TRUST_LIMITS = (0.0, 2.0)
MOST_WEIGHT = MOST_UNITS / UNITS

_OCCURRENCES = np.arange(FULL_COUNT + 1) / UNITS
_LOG_UNDER_LABEL = log_many(_OCCURRENCES + COUNT_SMOOTHING)
_LOG_UNDER_REST = log_many(_OCCURRENCES + REST_SMOOTHING)
_LOG_SEEN = log_many(_OCCURRENCES + 1.0)


class _Evidence(NamedTuple):
    """What the known features of a text say: values times log ratios (`ratios`), and these times weights (`products`)."""

    known: NDArray[np.int64]  # positions in the text's ids
    rows: NDArray[np.int32]  # 0 for a feature of a first sight
    ratios: Floats
    products: Floats


class TextSoftmax(base.Classifier):
    """Multinomial classifier of texts: a softmax over naive-Bayes log ratios, each with a learned weight.

    A label's logit is a bias plus, over the text's features, `value x log ratio x weight`. The log ratio compares how often
    the feature came with the label and without it; the weight (per feature and label) and the value's scale (per feature)
    are learned by AdaGrad on the log loss. Features are those of `features.py`; one seen in a single example speaks through
    its count alone. Probabilities are tempered by a factor learned on the way, from each example before it is learned.

    Single, batched and repeated predictions are equal bit for bit, on any machine: rows are added in the order of their
    ids in double precision, with `elementary.exp` and `log`.

    Parameters
    ----------
    max_bytes
        Bound of the arrays in memory; beyond it the features unused for longest are forgotten.
    prior
        A shared, read-only model without a prior of its own. Its labels come first, its logits are added times a learned trust.

    Examples
    --------
    >>> from processors.learners.text_softmax import TextSoftmax
    >>> model = TextSoftmax()
    >>> for text, label in [("my card was stolen", "card"), ("refund my order", "refund"), ("the card is lost", "card")]:
    ...     model.learn_one(text, label)
    >>> model.predict_one("where is my card")
    'card'
    >>> again = TextSoftmax.decode(model.encode())
    >>> again.predict_proba_one("a refund") == model.predict_proba_one("a refund")
    True
    """

    version = 1

    def __init__(self, max_bytes: int = 32 << 20, prior: TextSoftmax | None = None) -> None:
        if max_bytes < 65_536:
            raise ValueError(f"max_bytes must be at least 65536, got {max_bytes}")
        if prior is not None and prior.prior is not None:
            raise ValueError("a shared prior must not have a prior of its own")
        self.max_bytes = max_bytes
        self.prior = prior
        self.state = TextState(rows=SparseRows(max_bytes))
        self._derive()
        if prior is not None:
            self.state.prior_digest = prior.digest()
            for label in prior.labels:
                self._column(label)

    @property
    def _multiclass(self) -> bool:
        return True

    @property
    def n(self) -> int:
        """How many labels it has learned."""
        return self.state.examples

    @property
    def labels(self) -> list[Label]:
        """The labels in the order in which they appeared."""
        return list(self.state.labels)

    @property
    def size_bytes(self) -> int:
        return self.state.size_bytes

    def predict_proba_one(self, x: str, **_: Any) -> dict[Label, float]:
        """The probability of every known label; empty before the first."""
        return dict(zip(self.state.labels, self.probabilities(x).tolist(), strict=True))

    def predict_proba_many(self, texts: Sequence[str]) -> list[dict[Label, float]]:
        """`predict_proba_one` of each text, bit for bit."""
        return [self.predict_proba_one(text) for text in texts]

    def predict_one(self, x: str, **_: Any) -> Label | None:
        """The likeliest label, of equals the one that appeared first; None before the first."""
        return self.state.labels[int(np.argmax(self.probabilities(x)))] if self.state.labels else None

    def predict_many(self, texts: Sequence[str]) -> list[Label | None]:
        return [self.predict_one(text) for text in texts]

    def probabilities(self, text: str) -> Floats:
        """The probabilities as a vector, in the order of `labels`."""
        if not self.state.labels:
            return np.empty(0)
        return softmax(self._logits(self._ids(text)) * exp(self.state.temperature_log))

    def learn_one(self, x: str, y: Label, weight: float = 1.0) -> None:
        """Learns one example. Weights are rounded to sixteenths; ValueError unless in (0, 64]."""
        if isinstance(y, np.generic):
            y = y.item()
        if not isinstance(y, str | int):
            raise TypeError(f"a label must be a str, int or bool, got {type(y).__name__}")
        if not 0.0 < weight <= MOST_WEIGHT:
            raise ValueError(f"an example's weight must be in (0, {MOST_WEIGHT:.0f}], got {weight!r}")
        units = max(round(weight * UNITS), 1)
        ids = self._ids(x)
        column = self._column(y)
        places = self._places_with_rows(ids)
        if self.state.examples or self.prior is not None:
            self._step(ids, column, units / UNITS)
        self._count(ids, places, column, units)
        self._last = None

    def explain_one(self, x: str, label: Label | None = None) -> LogitExplanation:
        """The logit of a label (by default the likeliest) as bias and signed terms; KeyError for an unknown label."""
        label = self.predict_one(x) if label is None else label
        if label is None:
            raise ValueError("a model that has learned nothing has nothing to explain")
        column = self._columns[label]
        ids = self._ids(x)
        names = feature_names(x)
        terms = self._terms(ids)
        own, shared = self._evidence(ids, terms).known, terms.shared
        matrix = terms.matrix
        logit = float(np.add.reduce(matrix, axis=0)[column])
        named = [names[int(ids[at])] for at in own] + [names[int(ids[at])] for at in shared]
        prefixes = [""] * len(own) + ["prior "] * len(shared)
        return LogitExplanation(
            label,
            float(matrix[0, column]),
            tuple(
                Term(f"{prefix}{feature.kind} {feature.text!r}", value, feature.words)
                for prefix, feature, value in zip(prefixes, named, matrix[1:, column].tolist(), strict=True)
            ),
            logit,
        )
