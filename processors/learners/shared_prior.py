"""What do people ask support about, whoever the company? Known before a tenant has taught anything.

Naive Bayes over the features of `prior_phrases.toml`, whose phrases were invented for it: read-only, the same for every
tenant, made once a process. Logits are told as differences from the mean topic, 0 where a text says nothing.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Final

import numpy as np
from numpy.typing import NDArray

from processors.learners.compiled import compiled, flag, float64, matrix, uint32, vector
from processors.learners.elementary import Floats, log_many
from processors.learners.features import TEXTS_KEPT, Ids, feature_ids, feature_weights, words_of

# Found by leaving out one phrase after the other: the likeliest topic's probability is then as often right as it says.
SHARPNESS: Final = 1.0
_COUNT_SMOOTHING: Final = 0.3
# Read while the program starts: a step reads no file.
_SHIPPED: Final = tomllib.loads(files(__package__).joinpath("prior_phrases.toml").read_text(encoding="utf-8"))
_HEAD_SHIFT: Final = np.uint32(14)  # of an id's 32 bits: the table of heads takes 256 KB


class SharedPrior:
    """Topics, what each feature says for them, and by which words a tenant's own category is recognised as one.

    >>> phrases = {"money": ["the invoice is wrong"], "access": ["the password is wrong"]}
    >>> prior = SharedPrior(phrases, {"access": ["login"]})
    >>> prior.topic_of("Money"), prior.topic_of("Login trouble")
    (0, 1)
    >>> money, access = prior.logits(feature_ids("my invoice")).tolist()
    >>> money > 0 > access
    True
    """

    def __init__(self, phrases: Mapping[str, Sequence[str]], called: Mapping[str, Sequence[str]]) -> None:
        self.topics: Final = tuple(phrases)
        self._topic_of = {topic.replace("_", " "): place for place, topic in enumerate(self.topics)}
        for topic, names in called.items():
            self._topic_of |= dict.fromkeys((name.lower() for name in names), self.topics.index(topic))
        self._known, counts = _counts([[feature_ids(phrase) for phrase in phrases[topic]] for topic in self.topics])
        said = np.array([len(phrases[topic]) for topic in self.topics], dtype=np.float64)
        with_topic = log_many((counts + _COUNT_SMOOTHING) / (said + 2 * _COUNT_SMOOTHING))
        seen = counts.sum(axis=1)[:, None]
        others = (seen - counts + _COUNT_SMOOTHING) / (said.sum() - said + 2 * _COUNT_SMOOTHING)
        rows = (with_topic - log_many(others)) * feature_weights(self._known)[:, None]
        self._rows = rows - rows.mean(axis=1)[:, None]
        self.digest: Final = sha256(self._known.tobytes() + self._rows.tobytes()).hexdigest()
        # Which ids may be known, by their upper bits: most ids of a text are not.
        self._perhaps = np.zeros(1 << (32 - _HEAD_SHIFT), dtype=np.bool_)
        self._perhaps[self._known >> _HEAD_SHIFT] = True
        # Only a speed-up, by identity: ids are held beside what they say, so that theirs cannot be given to others.
        self._told: dict[int, tuple[Ids, Floats]] = {}

    def topic_of(self, category: str) -> int | None:
        """The place of the topic that a tenant's category is called by; None where it is called by none, or by two."""
        name = category.lower().replace("_", " ").replace("-", " ")
        whole = self._topic_of.get(name, self._topic_of.get(category.lower()))
        if whole is not None:
            return whole
        found = {self._topic_of[word]: None for word in words_of(name) if word in self._topic_of}
        return next(iter(found)) if len(found) == 1 else None

    def logits(self, ids: Ids) -> Floats:
        """What a text's distinct ascending feature ids say for each topic. Callers must not change it."""
        told = self._told.get(id(ids))
        if told is not None:
            return told[1]
        logits = _said(ids, self._perhaps, self._known, self._rows)
        if len(self._told) >= TEXTS_KEPT:
            self._told.clear()
        self._told[id(ids)] = ids, logits
        return logits


@compiled(vector(uint32), vector(flag), vector(uint32), matrix(float64))
def _said(ids: Ids, perhaps: NDArray[np.bool_], known: Ids, rows: Floats) -> Floats:
    """The rows of those of the ids that are known, added from the first to the last, sharpened."""
    logits = np.zeros(rows.shape[1])
    for wanted in ids:
        if not perhaps[wanted >> _HEAD_SHIFT]:
            continue
        low, high = 0, len(known)
        while low < high:
            middle = (low + high) >> 1
            if known[middle] < wanted:
                low = middle + 1
            else:
                high = middle
        if low < len(known) and known[low] == wanted:
            for topic in range(len(logits)):
                logits[topic] += rows[low, topic]
    sharpness = SHARPNESS / math.sqrt(len(ids)) if len(ids) else 0.0
    for topic in range(len(logits)):
        logits[topic] *= sharpness
    return logits


def _counts(features: Sequence[Sequence[Ids]]) -> tuple[Ids, Floats]:
    """The distinct ids, ascending, and in how many phrases of each topic each of them is."""
    known = np.unique(np.concatenate([ids for topic in features for ids in topic]))
    counts = np.zeros((len(known), len(features)))
    for column, topic in enumerate(features):
        for ids in topic:
            counts[np.searchsorted(known, ids), column] += 1.0
    return known, counts


@cache
def shared_prior() -> SharedPrior:
    """The prior that is shipped."""
    return SharedPrior(
        {topic: one["phrases"] for topic, one in _SHIPPED.items()},
        {topic: one["called"] for topic, one in _SHIPPED.items()},
    )
