"""Which of these texts would teach a model most? The ones it is unsure of, and no two that ask the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from processors.learners.features import feature_ids

_BINS: Final = 2_048  # of features: texts are compared by which of them they have


def most_informative(texts: Sequence[str], margins: Sequence[float], count: int) -> list[int]:
    """Places of the texts to ask about, the most informative first.

    A text's margin is how much likelier its best answer is than the next one, 0 to 1. Each text chosen makes those like
    it less worth asking about.

    >>> texts = ["the invoice is wrong", "an invoice is wrong", "I cannot log in", "thanks"]
    >>> most_informative(texts, [0.1, 0.12, 0.4, 0.95], 3)
    [0, 2, 1]
    """
    has = np.zeros((len(texts), _BINS), dtype=np.int64)
    for place, text in enumerate(texts):
        has[place, feature_ids(text) % _BINS] = 1
    lengths = np.sqrt(has.sum(axis=1).clip(1))
    unsure = 1.0 - np.asarray(margins, dtype=np.float64)
    novelty = np.ones(len(texts))
    chosen: list[int] = []
    for _ in range(min(count, len(texts))):
        worth = unsure * novelty
        worth[chosen] = -1.0
        best = int(worth.argmax())
        chosen.append(best)
        alike = (has @ has[best]) / (lengths * lengths[best])
        novelty = np.minimum(novelty, 1.0 - alike.clip(0.0, 1.0))
    return chosen
