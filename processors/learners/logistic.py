"""How likely is yes, given a profile of numbers and words? A one-pass learner that needs few examples."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from river import base

from processors.learners.columns import Columns, Moments, Profile, Said, said_in
from processors.learners.container import DamagedModel, pack, unpack
from processors.learners.elementary import Floats, exp, ordered_sum
from processors.learners.explanation import LogitExplanation, Term

FORMAT = 1
BIAS = 0  # the column that is always 1
MODERATION = math.pi / 8.0
MOST_WEIGHT = 64.0


@dataclass
class LogisticState:
    """Weights, their covariance (square, symmetric) and the columns; room beyond the columns holds zeros."""

    columns: Columns
    examples: int = 0
    weights: Floats = field(default_factory=lambda: np.zeros(8))
    covariance: Floats = field(default_factory=lambda: np.zeros((8, 8)))
    opened: int = 0  # columns that have a prior variance already, the bias included


class Logistic(base.Classifier):
    """Bayesian logistic regression, one profile at a time: a Gaussian over the weights, moved by one Newton step each.

    The update is that of an extended Kalman filter, quadratic in the number of columns. Means and deviations of numbers
    run along (`columns.py`). A probability is moderated by the weights' uncertainty (MacKay 1992), so that it stays
    near one half until there is evidence. Single, batched and repeated predictions are equal bit for bit.

    Parameters
    ----------
    prior_variance
        Of each weight before anything is learned; smaller is more cautious.
    bias_variance
        The same of the bias, which carries the base rate.
    max_columns
        Numbers, words and gaps that get a column; first come, first served.

    Examples
    --------
    >>> from processors.learners.logistic import Logistic
    >>> model = Logistic()
    >>> seen = [(2, "free", True), (40, "pro", False), (3, "free", True), (55, "pro", False)]
    >>> for seats, plan, left in seen * 5:
    ...     model.learn_one({"seats": seats, "plan": plan}, left)
    >>> model.predict_one({"seats": 4, "plan": "free"}), model.predict_one({"seats": 50, "plan": "pro"})
    (True, False)
    >>> Logistic.decode(model.encode()).digest() == model.digest()
    True
    """

    version = 1

    def __init__(self, prior_variance: float = 0.2, bias_variance: float = 3.0, max_columns: int = 200) -> None:
        if not (0.0 < prior_variance < math.inf and 0.0 < bias_variance < math.inf):
            raise ValueError("prior variances must be positive and finite")
        if not 1 <= max_columns <= 1_000:
            raise ValueError(f"max_columns must be in 1..1000, got {max_columns}")
        self.prior_variance = prior_variance
        self.bias_variance = bias_variance
        self.max_columns = max_columns
        self.state = LogisticState(Columns(max_columns))
        self._open_columns()

    @property
    def n(self) -> int:
        """How many labels it has learned."""
        return self.state.examples

    @property
    def size_bytes(self) -> int:
        """Bytes of its arrays in memory."""
        return int(self.state.weights.nbytes + self.state.covariance.nbytes)

    def learn_one(self, x: Profile, y: bool, weight: float = 1.0) -> None:  # type: ignore[override]
        """Learns one profile; ValueError for a feature that is not finite or a weight outside (0, 64]."""
        self._learn(said_in(x), y, weight)

    def judge_one(self, x: Profile, y: bool, weight: float = 1.0) -> float:
        """Learns one profile; the probability of yes as it was before that."""
        said = said_in(x)
        before = self._chance(said)
        self._learn(said, y, weight)
        return before

    def _learn(self, said: Said, y: bool, weight: float) -> None:
        if not 0.0 < weight <= MOST_WEIGHT:
            raise ValueError(f"an example's weight must be in (0, {MOST_WEIGHT:.0f}], got {weight!r}")
        state = self.state
        state.columns.learn(said)
        self._open_columns()
        vector = self._vector(said)
        spread = self._spread(vector)
        chance = _logistic(ordered_sum(state.weights * vector))
        curvature = weight * chance * (1.0 - chance)
        gain = 1.0 / (1.0 + curvature * ordered_sum(spread * vector))
        shrinkage = math.sqrt(curvature * gain) * spread  # both factors alike, so that the matrix stays symmetric
        state.covariance -= shrinkage[:, None] * shrinkage
        state.weights += (weight * (float(bool(y)) - chance) * gain) * spread
        state.examples += 1

    def probability(self, profile: Profile) -> float:
        """The probability of yes."""
        return self._chance(said_in(profile))

    def _chance(self, said: Said) -> float:
        vector = self._vector(said)
        return _logistic(self._moderated(vector, ordered_sum(self.state.weights * vector)))

    def predict_proba_one(self, x: Profile, **_: Any) -> dict[bool, float]:  # type: ignore[override]
        """The probability of no and of yes."""
        chance = self.probability(x)
        return {False: 1.0 - chance, True: chance}

    def predict_one(self, x: Profile, **_: Any) -> bool:  # type: ignore[override]
        return self.probability(x) > 0.5

    def predict_proba_many(self, profiles: Sequence[Profile]) -> list[dict[bool, float]]:
        """`predict_proba_one` of each profile, bit for bit."""
        return [self.predict_proba_one(profile) for profile in profiles]

    def explain_one(self, x: Profile) -> LogitExplanation:
        """The logit of yes, before moderation, as bias and signed terms in the order of the columns."""
        return self._explained(self._vector(said_in(x)))

    def answer_one(self, x: Profile) -> tuple[LogitExplanation, float]:
        """What `explain_one` gives, and the moderated logit: that of `probability`."""
        vector = self._vector(said_in(x))
        explained = self._explained(vector)
        return explained, self._moderated(vector, explained.logit)

    def _explained(self, vector: Floats) -> LogitExplanation:
        amounts = self.state.weights * vector
        names = self.state.columns.names
        set_ = vector.nonzero()[0].tolist()
        terms = [Term(names[column - 1], float(amounts[column])) for column in set_ if column != BIAS]
        return LogitExplanation(True, float(amounts[BIAS]), tuple(terms), ordered_sum(amounts))

    def _moderated(self, vector: Floats, logit: float) -> float:
        variance = ordered_sum(self._spread(vector) * vector)
        return logit / math.sqrt(1.0 + MODERATION * max(variance, 0.0))

    def digest(self) -> str:
        """SHA-256 of what it knows: equal for models that learned the same, however often they were saved."""
        return hashlib.sha256(self.encode()).hexdigest()

    def encode(self) -> bytes:
        """The whole model as one byte string."""
        state, columns = self.state, self.state.columns
        values = {
            "format": FORMAT,
            "parameters": [self.prior_variance, self.bias_variance, self.max_columns],
            "examples": state.examples,
            "names": columns.names,
            "moments": json.dumps({name: asdict(moments) for name, moments in columns.moments.items()}),
            "waiting": json.dumps(columns.waiting),
        }
        used = slice(0, state.opened)
        return pack(values, {"weights": state.weights[used], "covariance": state.covariance[used, used]})

    @classmethod
    def decode(cls, data: bytes) -> Logistic:
        """The model out of `encode`; DamagedModel if a byte changed."""
        values, arrays = unpack(data)
        if values.get("format") != FORMAT:
            raise DamagedModel(f"the model is written in format {values.get('format')!r}, this version reads {FORMAT}")
        model = cls(*values["parameters"])
        moments = {name: Moments(**stored) for name, stored in json.loads(values["moments"]).items()}
        columns = Columns(model.max_columns, values["names"], moments, json.loads(values["waiting"]))
        model.state = LogisticState(columns, values["examples"])
        model._open_columns()
        used = slice(0, model.state.opened)
        model.state.weights[used] = arrays["weights"]
        model.state.covariance[used, used] = arrays["covariance"]
        return model

    def _vector(self, said: Said) -> Floats:
        return self.state.columns.vector(said, len(self.state.weights))

    def _spread(self, vector: Floats) -> Floats:
        """Covariance times vector, added row by row (it is symmetric): the same bits with or without room to spare."""
        set_ = vector.nonzero()[0]
        return np.asarray(np.add.reduce(self.state.covariance.take(set_, axis=0) * vector[set_, None], axis=0))

    def _open_columns(self) -> None:
        """Gives new columns their prior variance, making room for half as many again when there is none."""
        state, wanted = self.state, 1 + len(self.state.columns.names)
        room = len(state.weights)
        if wanted > room:
            larger = -(-max(wanted, room + room // 2) // 8) * 8
            weights, covariance = np.zeros(larger), np.zeros((larger, larger))
            weights[:room], covariance[:room, :room] = state.weights, state.covariance
            state.weights, state.covariance = weights, covariance
        for column in range(state.opened, wanted):
            state.covariance[column, column] = self.bias_variance if column == BIAS else self.prior_variance
        state.opened = wanted


def _logistic(logit: float) -> float:
    if logit >= 0.0:
        return 1.0 / (1.0 + exp(-logit))
    power = exp(logit)
    return power / (1.0 + power)
