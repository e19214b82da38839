"""How does a text's logit come about, and how does an example change it?

With `n_c` and `n` the labels of class c and of all, `n_fc` and `n_f` those that came with feature f:

    logit_c = 0.3 log((n_c + 1) / (n + classes)) + sum over f of  v_f * ratio_fc * weight_fc
    ratio_fc = log((n_fc + 0.2) / (n_c + 0.4)) - log((n_f - n_fc + 0.3) / (n - n_c + 0.6))
    v_f = kind's weight * scale_f * log((n + 2) / (n_f + 1)) ** (1/4), the vector scaled to length 1.4

so that before anything is learned by gradient it is naive Bayes over the presence of features. `weight_fc` (0.3 at
first) and `scale_f` (1 at first) follow AdaGrad on the log loss. The constants were found on seeded passes over public
support questions.
"""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from processors.learners.elementary import Floats, exp, log, log_many, ordered_sum, softmax
from processors.learners.features import Ids, feature_weights
from processors.learners.id_table import Slots
from processors.learners.sparse_rows import FULL_COUNT, UNITS
from processors.learners.text_state import Label, TextState

COUNT_SMOOTHING = 0.2  # occurrences of a feature under a label that are assumed before the first
REST_SMOOTHING = 0.3  # the same under all other labels
LENGTH = 1.4
BIAS_SHARE = 0.3
WEIGHT_STEP = 0.15
SCALE_STEP = 0.5
SCALE_LIMITS = (0.1, 10.0)
SMALLEST_GRADIENT = 0.03  # labels whose probability is off by less are not moved: 2 of 77 remain on average
TEMPERATURE_STEP = 0.02
TEMPERATURE_LOG_LIMIT = 1.5
TRUST_STEP = 0.1
TRUST_LIMITS = (0.0, 2.0)

Singles = NDArray[np.float32]  # single precision is as exact about its bits, and half the memory to walk through

_OCCURRENCES = np.arange(FULL_COUNT + 1) / UNITS
_LOG_UNDER_LABEL = log_many(_OCCURRENCES + COUNT_SMOOTHING).astype(np.float32)
_LOG_UNDER_REST = log_many(_OCCURRENCES + REST_SMOOTHING).astype(np.float32)
_LOG_SEEN = log_many(_OCCURRENCES + 1.0)


def column_sums(matrix: Singles) -> Floats:
    """The sum of every column in double precision, added from the first row to the last.

    numpy adds in pairs along a contiguous axis only; along this one it adds whole rows, of at least eight columns here.
    """
    return np.asarray(np.add.reduce(matrix.astype(np.float64), axis=0))


class Terms(NamedTuple):
    """What logits are the sum of: `matrix` has the bias, then the features known here, then what the prior says.

    `own` and `shared` are positions in the text's ids; `slots` and `places` are the table's answers for all ids.
    `ratios` are values times log ratios of the features known here; `prior` is the prior's part before trust.
    """

    matrix: Singles
    slots: Slots
    places: NDArray[np.int32]
    own: NDArray[np.int64]
    shared: NDArray[np.int64]
    ratios: Singles
    prior: Singles | None


class Answer(NamedTuple):
    """`logits` are the terms' rows added from first to last, `tempered` are logits times the temperature factor."""

    terms: Terms
    logits: Floats
    tempered: Floats
    chances: Floats


class TextKernel:
    """The arithmetic of a text model over its state; what it keeps besides is derived from the state."""

    # The last answer: often its label follows. One for the whole process, since it is larger than a small model; a pure
    # function of its key, which is compared by identity.
    _last: ClassVar[tuple[tuple[TextKernel, Ids, int, int], Answer] | None] = None

    def __init__(self, state: TextState, prior: TextKernel | None) -> None:
        self.state = state
        self.prior = prior
        self.columns = {label: column for column, label in enumerate(state.labels)}
        self._count_labels()

    def column(self, label: Label) -> int:
        """The label's column; a new label gets the next one."""
        known = self.columns.get(label)
        if known is not None:
            return known
        state = self.state
        state.rows.fit_labels(len(state.labels) + 1)
        if len(state.label_units) < state.rows.columns:
            units = np.zeros(state.rows.columns, dtype=np.int64)
            units[: len(state.label_units)] = state.label_units
            state.label_units = units
        state.labels.append(label)
        self.columns[label] = len(state.labels) - 1
        self._count_labels()
        return self.columns[label]

    def answer(self, ids: Ids) -> Answer:
        """Terms, logits and probabilities of the labels; there must be one."""
        last, examples, labels = TextKernel._last, self.state.examples, len(self.state.labels)
        if last is not None and last[0][0] is self and last[0][1] is ids and last[0][2:] == (examples, labels):
            return last[1]
        terms = self.terms(ids)
        logits = column_sums(terms.matrix)[:labels]
        tempered = logits * exp(self.state.temperature_log)
        answer = Answer(terms, logits, tempered, softmax(tempered))
        TextKernel._last = (self, ids, examples, labels), answer
        return answer

    def terms(self, ids: Ids) -> Terms:
        """The summands of every logit, a row each, in double precision."""
        rows = self.state.rows
        slots = rows.table.find(ids)
        places = rows.table.values(slots)
        own = places.nonzero()[0]
        prior = self.prior.terms(ids) if self.prior is not None else None
        shared = len(prior.matrix) if prior is not None else 0
        matrix = np.empty((1 + len(own) + shared, rows.columns), dtype=np.float32)
        matrix[0] = self._biases
        at = np.maximum(places[own], 0)
        ratios = self._ratios(feature_weights(ids[own]), places[own], at)
        np.multiply(ratios, rows.weights.take(at, axis=0), out=matrix[1 : 1 + len(own)])
        if prior is None or self.prior is None:
            return Terms(matrix, slots, places, own, np.empty(0, dtype=np.int64), ratios, None)
        known = len(self.prior.state.labels)
        matrix[1 + len(own) :] = 0.0
        np.multiply(prior.matrix[:, :known], np.float32(self.state.trust), out=matrix[1 + len(own) :, :known])
        return Terms(matrix, slots, places, own, prior.own, ratios, prior.matrix[:, :known])

    def learn(self, ids: Ids, label: Label, units: int) -> None:
        """Takes one example in: first the gradient, as things stood before it, then the counts."""
        state, rows = self.state, self.state.rows
        column = self.column(label)
        answer = self.answer(ids)
        places = answer.terms.places
        if places.min(initial=0) < 0:
            places = rows.admit(ids, answer.terms.slots, places)
        self._descend(answer, places, column, units / UNITS)
        state.examples += 1
        rows.count(places[places > 0], column, units, state.examples)
        rows.note_first_sights(ids[places == 0], column, units)
        state.label_units[column] += units
        self._count_label(column)

    def _ratios(self, values: Floats, places: NDArray[np.int32], at: NDArray[np.int32]) -> Singles:
        """Values times log ratios of features at these places, scaled to a common length."""
        rows = self.state.rows
        counts = rows.counts.take(at, axis=0)
        seen = rows.seen.take(at)
        first = (places < 0).nonzero()[0]
        if len(first):
            labels, units = rows.sight(places[first])
            counts[first, labels] = units
            seen[first] = units
        values = values * rows.scales.take(at) * np.sqrt(np.sqrt(self._log_seen - _LOG_SEEN.take(seen)))
        values *= LENGTH / np.sqrt(ordered_sum(values * values)) if len(values) else 1.0
        # "wrap" only because numpy looks up faster with it: every count is within the tables
        ratios = _LOG_UNDER_LABEL.take(counts.astype(np.int64), mode="wrap")
        ratios -= _LOG_UNDER_REST.take((seen[:, None] - counts).astype(np.int64), mode="wrap")
        ratios += self._odds
        ratios *= values.astype(np.float32)[:, None]
        return ratios

    def _descend(self, answer: Answer, places: NDArray[np.int32], column: int, weight: float) -> None:
        terms = answer.terms
        self._temper(answer, column)
        gradient = answer.chances * weight
        gradient[column] -= weight
        if terms.prior is not None:
            self._trust(terms.prior, gradient)
        moved = (np.abs(gradient) > SMALLEST_GRADIENT).nonzero()[0]
        kept = (places[terms.own] > 0).nonzero()[0]  # an eviction may have taken some
        if len(moved) and len(kept):
            cells = kept[:, None], moved
            at = places[terms.own[kept]]
            self._move(at, terms.matrix[1:][cells], terms.ratios[cells], moved, gradient[moved])

    def _move(
        self, at: NDArray[np.int32], products: Singles, slopes: Singles, moved: NDArray[np.int64], gradient: Floats
    ) -> None:
        """One AdaGrad step of the weights of these rows and moved labels, and of the rows' scales."""
        rows = self.state.rows
        steps = slopes * gradient
        cells = at[:, None] * np.int64(rows.columns) + moved
        squares, weights = rows.squares.reshape(-1), rows.weights.reshape(-1)
        squares[cells] = squares.take(cells) + steps * steps
        weights[cells] = weights.take(cells) - WEIGHT_STEP * steps / np.sqrt(squares.take(cells).astype(np.float64))
        slope = np.add.accumulate(products * gradient, axis=1)[:, -1]
        rows.scale_squares[at] = rows.scale_squares.take(at) + slope * slope
        change = SCALE_STEP * slope / np.sqrt(rows.scale_squares.take(at).astype(np.float64))
        rows.scales[at] = np.minimum(np.maximum(rows.scales.take(at) - change, SCALE_LIMITS[0]), SCALE_LIMITS[1])

    def _temper(self, answer: Answer, column: int) -> None:
        """One step of the temperature on the loss of a prediction that has not learned its label yet."""
        tempered = answer.tempered
        slope = ordered_sum(answer.chances * tempered) - float(tempered[column])
        step = TEMPERATURE_STEP * slope / (1.0 + float(np.abs(tempered).max()))
        changed = self.state.temperature_log - step
        self.state.temperature_log = min(max(changed, -TEMPERATURE_LOG_LIMIT), TEMPERATURE_LOG_LIMIT)

    def _trust(self, prior: Singles, gradient: Floats) -> None:
        """One AdaGrad step of the factor of the prior's logits."""
        state = self.state
        slope = ordered_sum(column_sums(prior) * gradient[: prior.shape[1]])
        state.trust_square += slope * slope
        changed = state.trust - TRUST_STEP * slope / float(np.sqrt(state.trust_square))
        state.trust = min(max(changed, TRUST_LIMITS[0]), TRUST_LIMITS[1])

    def _count_labels(self) -> None:
        """Derives what depends on the labels' counts alone."""
        self._counts = self.state.label_units / UNITS
        self._log_bias = log_many(self._counts + 1.0)
        self._log_smoothed = log_many(self._counts + 2 * COUNT_SMOOTHING)
        self._weigh_labels()

    def _count_label(self, column: int) -> None:
        """The same after one label's count has changed."""
        count = int(self.state.label_units[column]) / UNITS
        self._counts[column] = count
        self._log_bias[column] = log(count + 1.0)
        self._log_smoothed[column] = log(count + 2 * COUNT_SMOOTHING)
        self._weigh_labels()

    def _weigh_labels(self) -> None:
        total = ordered_sum(self._counts)
        rest = log_many(total - self._counts + 2 * REST_SMOOTHING)
        self._odds = (rest - self._log_smoothed).astype(np.float32)
        self._biases = BIAS_SHARE * (self._log_bias - log(total + max(len(self.state.labels), 1)))
        self._log_seen = log(total + 2.0)
