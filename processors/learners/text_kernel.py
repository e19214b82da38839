"""How does a text's logit come about, and how does an example change it?

With `n_c` and `n` the labels of class c and of all, `n_fc` and `n_f` those that came with feature f:

    logit_c = 0.3 log((n_c + 1) / (n + classes)) + sum over f of  v_f * ratio_fc * weight_fc
    ratio_fc = log((n_fc + 0.2) / (n_c + 0.4)) - log((n_f - n_fc + 0.3) / (n - n_c + 0.6))
    v_f = kind's weight * scale_f * log((n + 2) / (n_f + 1)) ** (1/4), the vector scaled to length 1.4

plus, where the label is called by a topic of the shared prior, that topic's logit times a learned trust; so that before
anything is learned by gradient it is naive Bayes over the presence of features. `weight_fc` (0.3 at
first) and `scale_f` (1 at first) follow AdaGrad on the log loss. The constants were found on seeded passes over public
support questions.
"""

from __future__ import annotations

import math
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from processors.learners.elementary import Floats, exp, log, log_many, ordered_sum, softmax
from processors.learners.features import Ids, feature_weights
from processors.learners.id_table import Slots
from processors.learners.shared_prior import SharedPrior
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

Places = NDArray[np.int64]
Singles = NDArray[np.float32]  # single precision is as exact about its bits, and half the memory to walk through

_OCCURRENCES = np.arange(FULL_COUNT + 1) / UNITS
_LOG_UNDER_LABEL = log_many(_OCCURRENCES + COUNT_SMOOTHING).astype(np.float32)
_LOG_UNDER_REST = log_many(_OCCURRENCES + REST_SMOOTHING).astype(np.float32)
_LOG_SEEN = log_many(_OCCURRENCES + 1.0)
# Of what all other labels have together, up to so many units; the logarithms of larger totals are worked out.
_MOST_TABLED = 1 << 18
_LOG_OTHERS = log_many(np.arange(_MOST_TABLED) / UNITS + 2 * REST_SMOOTHING)


def column_sums(matrix: Singles) -> Floats:
    """The sum of every column in double precision, added from the first row to the last.

    numpy adds in pairs along a contiguous axis only; along this one it adds whole rows, of at least eight columns here.
    """
    return np.asarray(np.add.reduce(matrix.astype(np.float64), axis=0))


class Terms(NamedTuple):
    """What logits are the sum of: `matrix` has the bias, the features known here, and last what the prior says, if any.

    `slots` and `places` are the table's answers for all of the text's ids; `own` are the positions of those known here,
    `first` of those seen once. `ratios` are values times log ratios of the features known here; `prior` is the prior's
    part before trust, None where no label is one of its topics.
    """

    matrix: Singles
    slots: Slots
    places: Places
    own: Places
    first: Places
    ratios: Singles
    prior: Floats | None


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

    def __init__(self, state: TextState, prior: SharedPrior | None) -> None:
        self.state = state
        self.prior = prior
        self.columns = {label: column for column, label in enumerate(state.labels)}
        self._name_topics()
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
        self._name_topics()
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
        slots, places = rows.table.look(ids)
        own = places.nonzero()[0]
        shared = self._shared(ids)
        matrix = np.empty((1 + len(own) + (shared is not None), rows.columns), dtype=np.float32)
        matrix[0] = self._biases
        at = places.take(own)
        first = (at < 0).nonzero()[0]
        ratios = self._ratios(feature_weights(ids.take(own)), at, first)
        np.multiply(ratios, rows.weights.take(at, axis=0, mode="clip"), out=matrix[1 : 1 + len(own)])
        if shared is not None:
            matrix[-1] = self.state.trust * shared
        return Terms(matrix, slots, places, own, own.take(first), ratios, shared)

    def _shared(self, ids: Ids) -> Floats | None:
        """What the prior says for each column, 0 where a label is none of its topics."""
        if self.prior is None or not len(self._topic_columns):
            return None
        shared = np.zeros(self.state.rows.columns)
        shared[self._topic_columns] = self.prior.logits(ids).take(self._topics)
        return shared

    def learn(self, ids: Ids, label: Label, units: int) -> None:
        """Takes one example in: first the gradient, as things stood before it, then the counts."""
        state, rows = self.state, self.state.rows
        column = self.column(label)
        answer = self.answer(ids)
        terms = answer.terms
        places = terms.places
        if len(terms.first):
            places = rows.admit(ids, terms.slots, places, terms.first)
        self._descend(answer, places, column, units / UNITS)
        state.examples += 1
        rows.count(places[places > 0], column, units, state.examples)
        rows.note_first_sights(ids[places == 0], column, units)
        state.label_units[column] += units
        self._count_label(column, units)

    def rarity_logs(self, ids: Ids) -> Floats:
        """The logarithm of how few of the texts learned have each feature, none at least."""
        rows = self.state.rows
        places = rows.table.get(ids).astype(np.int64)
        seen = rows.seen.take(places, mode="clip").astype(np.float64)
        seen[places <= 0] = 0.0
        first = (places < 0).nonzero()[0]
        if len(first):
            seen[first] = rows.sight(places.take(first))[1]
        return np.asarray(log_many((self._units / UNITS + 2.0) / (seen / UNITS + 1.0)).clip(0.0))

    def _ratios(self, values: Floats, at: Places, first: Places) -> Singles:
        """Values times log ratios of features at these places, scaled to a common length.

        A feature seen once (its place is negative) has the counts of its first sight over those of row 0, to which
        "clip" leads.
        """
        rows = self.state.rows
        counts = rows.counts.take(at, axis=0, mode="clip").astype(np.int64)
        seen = rows.seen.take(at, mode="clip").astype(np.int64)
        if len(first):
            labels, units = rows.sight(at.take(first))
            counts[first, labels] = units
            seen[first] = units
        rare = self._log_seen - _LOG_SEEN.take(seen)
        values *= rows.scales.take(at, mode="clip") * np.sqrt(np.sqrt(rare, out=rare), out=rare)
        values *= LENGTH / math.sqrt(ordered_sum(values * values)) if len(values) else 1.0
        # "wrap" only because numpy looks up faster with it: every count is within the tables
        ratios = _LOG_UNDER_LABEL.take(counts, mode="wrap")
        ratios -= _LOG_UNDER_REST.take(np.subtract(seen[:, None], counts, out=counts), mode="wrap")
        ratios += self._odds
        ratios *= values.astype(np.float32)[:, None]
        return ratios

    def _descend(self, answer: Answer, places: Places, column: int, weight: float) -> None:
        terms = answer.terms
        self._temper(answer, column)
        gradient = answer.chances * weight
        gradient[column] -= weight
        if terms.prior is not None:
            self._trust(terms.prior, gradient)
        moved = (np.abs(gradient) > SMALLEST_GRADIENT).nonzero()[0]
        at = places.take(terms.own)
        products, slopes = terms.matrix[1 : 1 + len(at)], terms.ratios
        if places is not terms.places and not at.all():  # an eviction has taken some
            kept = at.nonzero()[0]
            at, products, slopes = at.take(kept), products.take(kept, axis=0), slopes.take(kept, axis=0)
        if not len(moved) or not len(at):
            return
        if 4 * len(moved) > len(gradient):  # whole rows are moved faster than many cells
            still = np.zeros(self.state.rows.columns)
            still[moved] = gradient.take(moved)
            self._move_rows(at, products, slopes, still)
        else:
            self._move_cells(at, products.take(moved, axis=1), slopes.take(moved, axis=1), moved, gradient.take(moved))

    def _move_cells(self, at: Places, products: Singles, slopes: Singles, moved: Places, gradient: Floats) -> None:
        """One AdaGrad step of the weights of these rows and moved labels, and of the rows' scales."""
        rows = self.state.rows
        steps = slopes * gradient
        cells = at[:, None] * rows.columns + moved
        squares, weights = rows.squares.reshape(-1), rows.weights.reshape(-1)
        grown = (squares.take(cells) + steps * steps).astype(np.float32)
        squares[cells] = grown
        weights[cells] = weights.take(cells) - WEIGHT_STEP * steps / np.sqrt(grown.astype(np.float64))
        self._rescale(at, products * gradient)

    def _move_rows(self, at: Places, products: Singles, slopes: Singles, gradient: Floats) -> None:
        """The same step taken for whole rows, bit for bit: labels that are not moved have a gradient of 0."""
        rows = self.state.rows
        steps = slopes * gradient
        grown = (rows.squares.take(at, axis=0) + steps * steps).astype(np.float32)
        rows.squares[at] = grown
        rows.weights[at] = rows.weights.take(at, axis=0) - WEIGHT_STEP * steps / np.sqrt(grown.astype(np.float64))
        self._rescale(at, products * gradient)

    def _rescale(self, at: Places, slopes: Floats) -> None:
        """One AdaGrad step of the rows' scales, whose slopes are the sums over the labels, from first to last."""
        rows = self.state.rows
        # numpy adds whole rows of the transpose; of a single feature it would add in pairs.
        slope = np.add.reduce(slopes.T.copy(), axis=0) if len(at) > 1 else np.array([ordered_sum(slopes[0])])
        grown = (rows.scale_squares.take(at) + slope * slope).astype(np.float32)
        rows.scale_squares[at] = grown
        change = SCALE_STEP * slope / np.sqrt(grown.astype(np.float64))
        rows.scales[at] = np.minimum(np.maximum(rows.scales.take(at) - change, SCALE_LIMITS[0]), SCALE_LIMITS[1])

    def _temper(self, answer: Answer, column: int) -> None:
        """One step of the temperature on the loss of a prediction that has not learned its label yet."""
        tempered = answer.tempered
        slope = ordered_sum(answer.chances * tempered) - float(tempered[column])
        step = TEMPERATURE_STEP * slope / (1.0 + float(np.maximum.reduce(np.abs(tempered))))
        changed = self.state.temperature_log - step
        self.state.temperature_log = min(max(changed, -TEMPERATURE_LOG_LIMIT), TEMPERATURE_LOG_LIMIT)

    def _trust(self, prior: Floats, gradient: Floats) -> None:
        """One AdaGrad step of the factor of the prior's logits."""
        state = self.state
        slope = ordered_sum(prior[: len(gradient)] * gradient)
        state.trust_square += slope * slope
        changed = state.trust - TRUST_STEP * slope / float(np.sqrt(state.trust_square))
        state.trust = min(max(changed, TRUST_LIMITS[0]), TRUST_LIMITS[1])

    def _name_topics(self) -> None:
        """Derives which columns are called by a topic of the prior."""
        called = (
            [(column, self.prior.topic_of(str(label))) for label, column in self.columns.items()] if self.prior else []
        )
        known = [(column, topic) for column, topic in called if topic is not None]
        self._topic_columns: Places = np.array([column for column, _ in known], dtype=np.int64)
        self._topics: Places = np.array([topic for _, topic in known], dtype=np.int64)

    def _count_labels(self) -> None:
        """Derives what depends on the labels' counts alone."""
        units = self.state.label_units
        self._units = int(units.sum())
        counts = units / UNITS
        self._log_bias = log_many(counts + 1.0)
        self._log_smoothed = log_many(counts + 2 * COUNT_SMOOTHING)
        self._weigh_labels()

    def _count_label(self, column: int, units: int) -> None:
        """The same after one label's count has grown."""
        self._units += units
        count = int(self.state.label_units[column]) / UNITS
        self._log_bias[column] = log(count + 1.0)
        self._log_smoothed[column] = log(count + 2 * COUNT_SMOOTHING)
        self._weigh_labels()

    def _weigh_labels(self) -> None:
        total = self._units / UNITS
        others = self._units - self.state.label_units
        tabled = self._units < _MOST_TABLED
        rest = _LOG_OTHERS.take(others) if tabled else log_many(others / UNITS + 2 * REST_SMOOTHING)
        self._odds = (rest - self._log_smoothed).astype(np.float32)
        self._biases = BIAS_SHARE * (self._log_bias - log(total + max(len(self.state.labels), 1)))
        self._log_seen = log(total + 2.0)
