"""What is this text about? A one-pass classifier for texts whose labels appear over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from river import base

from processors.learners.container import DamagedModel
from processors.learners.elementary import Floats, ordered_sum
from processors.learners.explanation import LogitExplanation, Term
from processors.learners.features import Features, Ids, feature_ids, feature_names, features_of
from processors.learners.passage import Passage, passage_of
from processors.learners.shared_prior import SharedPrior
from processors.learners.sparse_rows import MOST_UNITS, UNITS, SparseRows
from processors.learners.text_kernel import Answer, TextKernel
from processors.learners.text_state import Label, TextState, decode_chunks, encode_chunks, join_chunks, split_chunks

__all__ = ["Label", "TextSoftmax"]

LEAST_BYTES = 65_536
MOST_WEIGHT = MOST_UNITS // UNITS
# Of a text's lead: what nearness of its meaning counts, and from where. Found on public questions in and out of scope.
NEARNESS = 24.0
USUAL_DISTANCE = 0.75


def _likeliest_first(one: tuple[Label, float]) -> tuple[float, str]:
    return -one[1], str(one[0])


class Evidence(NamedTuple):
    """A label's logit but for rounding: the bias (what a shared prior says is in it), the meaning and each known id."""

    bias: float
    meaning: float
    features: Features
    ids: Ids
    amounts: Floats


class TextSoftmax(base.Classifier):
    """Multinomial classifier of texts: a softmax over naive-Bayes log ratios, each with a learned weight.

    The formula stands in `text_kernel.py`, the features in `features.py`. A feature seen in a single example speaks
    through its count alone. Probabilities are tempered by a factor learned on the way, from each example before it is
    learned. Single, batched and repeated predictions are equal bit for bit, on any machine: rows are added in the order
    of their ids in double precision, with `elementary.exp` and `log`.

    Parameters
    ----------
    max_bytes
        Bound of the arrays in memory; beyond it the features unused for longest are forgotten.
    prior
        What is known before anything is taught: its logits for labels that are called by one of its topics are added,
        times a learned trust.

    Examples
    --------
    >>> from processors.learners.text_softmax import TextSoftmax
    >>> model = TextSoftmax()
    >>> model.learn_one("my card was stolen", "card")
    >>> model.learn_one("please refund my order", "refund")
    >>> model.learn_one("the card is lost", "card")
    >>> model.predict_one("where is my card")
    'card'
    >>> again = TextSoftmax.decode(model.encode())
    >>> again.predict_proba_one("a refund") == model.predict_proba_one("a refund")
    True
    """

    version = 1

    def __init__(self, max_bytes: int = 32 << 20, prior: SharedPrior | None = None) -> None:
        if max_bytes < LEAST_BYTES:
            raise ValueError(f"max_bytes must be at least {LEAST_BYTES}, got {max_bytes}")
        self.max_bytes = max_bytes
        self.prior = prior
        self._kernel: TextKernel
        self._hold(TextState(rows=SparseRows(max_bytes), prior_digest=prior.digest if prior else None))

    @property
    def _multiclass(self) -> bool:
        return True

    @property
    def state(self) -> TextState:
        """Everything it knows, besides the prior."""
        return self._kernel.state

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
        """Bytes of its arrays in memory, the prior's not counted."""
        return self.state.size_bytes

    def learn_one(self, x: str | Passage, y: Label, weight: float = 1.0) -> None:  # type: ignore[override]
        """Learns one example. Weights count in sixteenths; ValueError unless in (0, 64], TypeError for other labels."""
        label = y.item() if isinstance(y, np.generic) else y
        if not isinstance(label, str | int):
            raise TypeError(f"a label must be a str, int or bool, got {type(label).__name__}")
        if not 0.0 < weight <= MOST_WEIGHT:
            raise ValueError(f"an example's weight must be in (0, {MOST_WEIGHT}], got {weight!r}")
        text, meaning = passage_of(x)
        self._kernel.learn(feature_ids(text), label, max(round(weight * UNITS), 1), meaning)

    def probabilities(self, asked: str | Passage) -> Floats:
        """The probabilities as a vector, in the order of `labels`; empty before the first."""
        if not self.state.labels:
            return np.empty(0)
        return self._answer(asked).chances.copy()

    def predict_proba_one(self, x: str | Passage, **_: Any) -> dict[Label, float]:  # type: ignore[override]
        """The probability of every known label; empty before the first."""
        if not self.state.labels:
            return {}
        return dict(zip(self.state.labels, self._answer(x).chances.tolist(), strict=True))

    def predict_one(self, x: str | Passage, **_: Any) -> Label | None:  # type: ignore[override]
        """The likeliest label, of equals the one that appeared first; None before the first."""
        return self.state.labels[int(np.argmax(self.probabilities(x)))] if self.state.labels else None

    def best(self, asked: str | Passage) -> tuple[Label, float] | None:
        """What `predict_one` answers, with its probability; None before the first label."""
        if not self.state.labels:
            return None
        chances = self._answer(asked).chances
        column = int(chances.argmax())
        return self.state.labels[column], float(chances[column])

    def lead(self, asked: str | Passage) -> float:
        """How far the likeliest label's logit stands out of the mean of all others; 0 with fewer than two labels.

        A text about something that was never taught speaks a little for many labels, so none stands out. Where its
        meaning is known it is also further from what was taught, which counts as standing out less.
        """
        if len(self.state.labels) < 2:
            return 0.0
        answer = self._answer(asked)
        logits, distance = answer.terms.logits, answer.terms.distance
        best = float(logits[int(answer.chances.argmax())])
        near = 0.0 if distance is None else NEARNESS * (USUAL_DISTANCE - distance)
        return best - (ordered_sum(logits) - best) / (len(logits) - 1) + near

    def likeliest(self, asked: str | Passage, most: int) -> list[tuple[Label, float]]:
        """The likeliest labels with their probabilities, at most so many; of equals the one first by name."""
        if not self.state.labels:
            return []
        chances = self._answer(asked).chances.tolist()
        least = sorted(chances)[-most:][0]
        near = [(label, chance) for label, chance in zip(self.state.labels, chances, strict=True) if chance >= least]
        return sorted(near, key=_likeliest_first)[:most]

    def predict_proba_many(self, texts: Sequence[str | Passage]) -> list[dict[Label, float]]:
        """`predict_proba_one` of each text, bit for bit."""
        return [self.predict_proba_one(text) for text in texts]

    def explain_one(self, x: str | Passage, label: Label | None = None) -> LogitExplanation:
        """A label's untempered logit (by default the likeliest's) as bias and signed terms; ValueError if unknown."""
        chosen = self.predict_one(x) if label is None else label
        column = None if chosen is None else self._kernel.columns.get(chosen)
        if chosen is None or column is None:
            raise ValueError(
                f"the model has not learned the label {chosen!r}; it knows {len(self.state.labels)} labels"
            )
        text, meaning = passage_of(x)
        ids, names = feature_ids(text), feature_names(text)
        terms = self._kernel.terms(ids, meaning)
        named = [names[int(ids[at])] for at in terms.own]
        found = [Term(f"{feature.kind} {feature.text!r}", 0.0, feature.words) for feature in named]
        if terms.prior is not None:
            found.append(Term("shared prior", 0.0))
        if terms.meant is not None:
            found.append(Term("meaning", 0.0))
        bias, added, shared, meant = self._kernel.summands(terms, column)
        amounts = [*added.tolist(), *(part for part in (shared, meant) if part is not None)]
        signed = tuple(Term(term.name, amount, term.words) for term, amount in zip(found, amounts, strict=True))
        return LogitExplanation(chosen, bias, signed, float(terms.logits[column]))

    def evidence(self, asked: str | Passage, label: Label) -> Evidence:
        """What the text's known features and its meaning say about a label. ValueError for one not learned."""
        column = self._kernel.columns.get(label)
        if column is None:
            raise ValueError(f"the model has not learned the label {label!r}")
        text, meaning = passage_of(asked)
        features = features_of(text)
        terms = self._kernel.answer(features.ids, meaning).terms  # a prediction of this text has found them already
        bias, amounts, shared, meant = self._kernel.summands(terms, column)
        return Evidence(bias + (shared or 0.0), meant or 0.0, features, features.ids.take(terms.own), amounts)

    def weight_of(self, label: Label) -> float:
        """The weight of all examples of a label it has learned; 0 for one it has not."""
        column = self._kernel.columns.get(label)
        return 0.0 if column is None else int(self.state.label_units[column]) / UNITS

    def rarities(self, ids: Ids) -> NDArray[np.int64]:
        """How rare features are among the texts learned, squared, as whole numbers; pieces of words weigh a quarter."""
        rare = np.rint(16.0 * self._kernel.rarity_logs(ids)).astype(np.int64)
        whole = 1 + 3 * (1 - (ids & np.uint32(1)).astype(np.int64))
        return np.asarray(rare * rare * whole)

    def copied(self) -> TextSoftmax:
        """Another that knows the same, over the same prior."""
        model = TextSoftmax(self.max_bytes, self.prior)
        model._hold(deepcopy(self.state))
        return model

    def digest(self) -> str:
        """SHA-256 of what it knows: equal for models that learned the same, however often they were saved."""
        return self.state.digest()

    def encode(self) -> bytes:
        """The whole model as one byte string, the prior by its digest only."""
        return join_chunks(encode_chunks(self.state, touched_only=False))

    @classmethod
    def decode(cls, data: bytes, prior: SharedPrior | None = None) -> TextSoftmax:
        """The model out of `encode`; DamagedModel if a byte changed or the prior is not the one it was taught over."""
        return cls.decode_chunks(split_chunks(data), prior)

    def encode_chunks(self, touched_only: bool = False) -> dict[str, bytes]:
        """The model in named chunks, all or those that changed since the last call that asked for the changed ones."""
        return encode_chunks(self.state, touched_only)

    @classmethod
    def decode_chunks(cls, chunks: Mapping[str, bytes], prior: SharedPrior | None = None) -> TextSoftmax:
        """The model out of all its chunks, the newest of each name; left-over chunks are ignored."""
        state = decode_chunks(chunks)
        digest = prior.digest if prior else None
        if digest != state.prior_digest:
            raise DamagedModel(f"the model was taught over the prior {state.prior_digest}, not over {digest}")
        model = cls(state.rows.max_bytes)
        model.prior = prior
        model._hold(state)
        return model

    def _answer(self, asked: str | Passage) -> Answer:
        text, meaning = passage_of(asked)
        return self._kernel.answer(feature_ids(text), meaning)

    def _hold(self, state: TextState) -> None:
        self._kernel = TextKernel(state, self.prior)
