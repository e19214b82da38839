"""How does a text's logit come about, and how does an example change it?

With `n_c` and `n` the labels of class c and of all, `n_fc` and `n_f` those that came with feature f:

    logit_c = 0.3 log((n_c + 1) / (n + classes)) + sum over f of  v_f * ratio_fc * weight_fc
    ratio_fc = log((n_fc + 0.2) / (n_c + 0.4)) - log((n_f - n_fc + 0.3) / (n - n_c + 0.6))
    v_f = kind's weight * scale_f * log((n + 2) / (n_f + 1)) ** (1/4), the vector scaled to length 1.4

plus, where the label is called by a topic of the shared prior, that topic's logit times a learned trust, and where the
text's meaning is known, what `meaning_head.py` says of it times another; so that before anything is learned by gradient
it is naive Bayes over the presence of features. `weight_fc` (0.3 at
first) and `scale_f` (1 at first) follow AdaGrad on the log loss. The constants were found on seeded passes over public
support questions.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from processors.learners.elementary import (
    Floats,
    log,
    log_many,
    log_of_counts,
    log_shares_and_ratios,
    ordered_sum,
    tempered_softmax,
)
from processors.learners.features import KIND_WEIGHTS, Ids
from processors.learners.id_table import Slots
from processors.learners.meaning_head import MeaningHead
from processors.learners.shared_prior import SharedPrior
from processors.learners.sparse_rows import UNITS
from processors.learners.text_loops import (
    FULL_COUNT,
    Places,
    RatioLogs,
    Singles,
    amounts,
    descend,
    weigh,
)

if TYPE_CHECKING:
    from processors.learners.text_state import Label, TextState
    from schemas.meaning import Meaning

COUNT_SMOOTHING = 0.2  # occurrences of a feature under a label that are assumed before the first
REST_SMOOTHING = 0.3  # the same under all other labels
BIAS_SHARE = 0.3
_LABEL_SMOOTHING = 2 * COUNT_SMOOTHING
TEMPERATURE_LOG_LIMIT = 1.5
TRUST_STEP = 0.1
TRUST_LIMITS = (0.0, 2.0)
MEANING_TRUST_LIMITS = (0.0, 4.0)

_NOTHING: Floats = np.empty((0, 0))  # what prior and meaning say where they say nothing


class Logs(NamedTuple):
    """Logarithms by count in units: smoothed under a label, smoothed under all others, and of all sights."""

    under_label: Singles
    under_rest: Singles
    seen: Floats


@cache
def _logs() -> Logs:
    counts = np.arange(FULL_COUNT + 1)
    return Logs(
        log_of_counts(counts, UNITS, COUNT_SMOOTHING).astype(np.float32),
        log_of_counts(counts, UNITS, REST_SMOOTHING).astype(np.float32),
        log_of_counts(counts, UNITS, 1.0),
    )


class Terms(NamedTuple):
    """What is known of a text here.

    `slots` and `places` are the table's answers for all of the text's ids; `own` are the positions of those known here,
    `first` of those seen once; `values` are the values of those known here. `prior` is the prior's part before trust,
    None where no label is one of its topics; `meant` is the meaning's, None where none is known, and `distance` how far
    that is from all labels. `logits` are, for every label, the bias, what each known feature adds and both parts, in
    this order, added in double precision.
    """

    slots: Slots
    places: Places
    own: Places
    first: Places
    values: Floats
    prior: Floats | None
    meant: Floats | None
    distance: float | None
    logits: Floats


class Summands(NamedTuple):
    """The bias, what each known feature adds, and the parts of prior and meaning, None where there is none."""

    bias: float
    amounts: Floats
    prior: float | None
    meaning: float | None


class Answer(NamedTuple):
    """What is known of a text, its logits times the temperature's factor, and the probabilities of the labels."""

    terms: Terms
    tempered: Floats
    chances: Floats


def _trusted(trust: float, square: float, slope: float, limits: tuple[float, float]) -> tuple[float, float]:
    """A factor and its sum of squares after one AdaGrad step."""
    square += slope * slope
    changed = trust - TRUST_STEP * slope / float(np.sqrt(square))
    return min(max(changed, limits[0]), limits[1]), square


class TextKernel:
    """The arithmetic of a text model over its state; what it keeps besides is derived from the state."""

    # The last answer: often its label follows. One for the whole process, since it is larger than a small model; a pure
    # function of its key, which is compared by identity.
    _last: ClassVar[tuple[tuple[TextKernel, Ids, Meaning | None, int, int], Answer] | None] = None

    def __init__(self, state: TextState, prior: SharedPrior | None) -> None:
        self.state = state
        self.prior = prior
        self._logs = _logs()
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

    def answer(self, ids: Ids, meaning: Meaning | None = None) -> Answer:
        """What is said of a text's ids and its meaning; there must be a label."""
        last, examples, labels = TextKernel._last, self.state.examples, len(self.state.labels)
        if last is not None and last[0][0] is self and last[0][1] is ids and last[0][2:] == (meaning, examples, labels):
            return last[1]
        terms = self.terms(ids, meaning)
        answer = Answer(terms, *tempered_softmax(terms.logits, self.state.temperature_log))
        TextKernel._last = (self, ids, meaning, examples, labels), answer
        return answer

    def terms(self, ids: Ids, meaning: Meaning | None = None) -> Terms:
        """What is known of a text's ids and its meaning, and the sums of it."""
        rows = self.state.rows
        slots, places = rows.table.look(ids)
        shared, (meant, distance) = self._shared(ids), self._understood(meaning)
        said = _NOTHING if shared is None else (self.state.trust * shared)[np.newaxis]
        if meant is not None:
            understood = (self.state.meaning_trust * meant)[np.newaxis]
            said = understood if shared is None else np.concatenate([said, understood])
        own, first, values, logits = weigh(
            ids,
            KIND_WEIGHTS,
            places,
            rows.counted,
            rows.scales,
            rows.weights,
            self._ratio_logs,
            self._logs.seen,
            self._log_seen,
            self._biases,
            said,
        )
        return Terms(slots, places, own, first, values, shared, meant, distance, logits)

    def summands(self, terms: Terms, column: int) -> Summands:
        """What a label's logit is the sum of."""
        rows = self.state.rows
        added = amounts(
            terms.places.take(terms.own),
            terms.values,
            column,
            rows.counted,
            rows.weights,
            self._ratio_logs,
        )
        shared = None if terms.prior is None else float(np.float32(self.state.trust * terms.prior[column]))
        meant = None if terms.meant is None else float(np.float32(self.state.meaning_trust * terms.meant[column]))
        return Summands(float(np.float32(self._biases[column])), added, shared, meant)

    def _shared(self, ids: Ids) -> Floats | None:
        """What the prior says for each label, 0 where it is none of its topics."""
        if self.prior is None or not len(self._topic_columns):
            return None
        shared = np.zeros(len(self.columns))
        shared[self._topic_columns] = self.prior.logits(ids).take(self._topics)
        return shared

    def _understood(self, meaning: Meaning | None) -> tuple[Floats, float] | tuple[None, None]:
        head = self.state.meaning
        if meaning is None or head is None:
            return None, None
        return head.understand(meaning, len(self.columns)) or (None, None)

    def learn(self, ids: Ids, label: Label, units: int, meaning: Meaning | None = None) -> None:
        """Takes one example in: first the gradient, as things stood before it, then the counts."""
        state, rows = self.state, self.state.rows
        column = self.column(label)
        answer = self.answer(ids, meaning)
        terms = answer.terms
        places = terms.places
        if len(terms.first):
            places = rows.admit(ids, terms.slots, places, terms.first)
        self._descend(answer, places, column, units / UNITS)
        state.examples += 1
        rows.count(ids, places, column, units, state.examples)
        state.label_units[column] += units
        self._units += units
        count = int(state.label_units[column]) / UNITS
        self._log_one_more[column], self._log_smoothed[column] = log(count + 1.0), log(count + _LABEL_SMOOTHING)
        self._weigh_labels()
        if meaning is not None:
            self._understand(meaning, column, units / UNITS)

    def rarity_logs(self, ids: Ids) -> Floats:
        """The logarithm of how few of the texts learned have each feature, none at least."""
        rows = self.state.rows
        places = rows.table.get(ids).astype(np.int64)
        seen = rows.seen.take(places, mode="clip").astype(np.float64)
        seen[places <= 0] = 0.0
        first = (places < 0).nonzero()[0]
        if len(first):
            seen[first] = rows.sight_units(places.take(first))
        return np.asarray(log_many((self._units / UNITS + 2.0) / (seen / UNITS + 1.0)).clip(0.0))

    def _descend(self, answer: Answer, places: Places, column: int, weight: float) -> None:
        terms = answer.terms
        rows, state = self.state.rows, self.state
        gradient, warmer = descend(
            answer.tempered,
            answer.chances,
            column,
            weight,
            places,
            terms.own,
            terms.values,
            rows.counted,
            self._ratio_logs,
            rows.weights,
            rows.squares,
            rows.scales,
            rows.scale_squares,
        )
        # A step on the loss of a prediction that has not learned its label yet.
        tempered = state.temperature_log - warmer
        state.temperature_log = min(max(tempered, -TEMPERATURE_LOG_LIMIT), TEMPERATURE_LOG_LIMIT)
        if terms.prior is not None:
            slope = ordered_sum(terms.prior * gradient)
            state.trust, state.trust_square = _trusted(state.trust, state.trust_square, slope, TRUST_LIMITS)
        if terms.meant is not None:
            slope = ordered_sum(terms.meant * gradient)
            state.meaning_trust, state.meaning_trust_square = _trusted(
                state.meaning_trust, state.meaning_trust_square, slope, MEANING_TRUST_LIMITS
            )

    def _understand(self, meaning: Meaning, column: int, weight: float) -> None:
        """Teaches the head; one of another model of sentences begins anew, since directions do not compare."""
        head = self.state.meaning
        if head is None or not head.knows(meaning):
            head = self.state.meaning = MeaningHead(meaning.model, len(meaning.values))
        head.learn(meaning, column, weight)

    def _name_topics(self) -> None:
        """Derives which columns are called by a topic of the prior."""
        called = (
            [(column, self.prior.topic_of(str(label))) for label, column in self.columns.items()] if self.prior else []
        )
        known = [(column, topic) for column, topic in called if topic is not None]
        self._topic_columns: Places = np.array([column for column, _ in known], dtype=np.int64)
        self._topics: Places = np.array([topic for _, topic in known], dtype=np.int64)

    def _label_units(self) -> NDArray[np.int64]:
        return self.state.label_units[: len(self.state.labels)]

    def _count_labels(self) -> None:
        """Derives what depends on how many labels there are and on their counts."""
        counts = self._label_units()
        self._units = int(counts.sum())
        self._log_one_more = log_of_counts(counts, UNITS, 1.0)
        self._log_smoothed = log_of_counts(counts, UNITS, _LABEL_SMOOTHING)
        self._weigh_labels()

    def _weigh_labels(self) -> None:
        shares, ratios = log_shares_and_ratios(
            self._label_units(), self._units, UNITS, 2 * REST_SMOOTHING, self._log_one_more, self._log_smoothed
        )
        self._ratio_logs: RatioLogs = self._logs.under_label, self._logs.under_rest, ratios
        self._biases = BIAS_SHARE * shares
        self._log_seen = log(self._units / UNITS + 2.0)
