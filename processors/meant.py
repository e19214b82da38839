"""What do several messages mean together, and how is it said as a reason?"""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np

from processors.learners.directions import whole_direction
from schemas.explanation import Term
from schemas.meaning import Meaning

MOST_HEARD: Final = 250  # of which the sums fit in two bytes a value


class Meant(msgspec.Struct, array_like=True):
    """The sum of directions, in whole numbers, so that their order does not matter; two bytes a value."""

    model: str = ""
    sums: bytes = b""
    heard: int = 0

    def hear(self, meaning: Meaning) -> None:
        """Adds a direction. One of another model takes the place of what was heard before."""
        values = np.frombuffer(meaning.values, dtype=np.int8).astype("<i2")
        if self.model != meaning.model or len(self.sums) != values.nbytes:
            self.model, self.sums, self.heard = meaning.model, bytes(values.nbytes), 0
        if self.heard < MOST_HEARD:
            self.sums = (np.frombuffer(self.sums, dtype="<i2") + values).tobytes()
            self.heard += 1

    def whole(self) -> Meaning | None:
        """The direction of all together; None where nothing was heard."""
        return whole_direction(self.model, np.frombuffer(self.sums, dtype="<i2").astype(np.int64))


def meaning_terms(amount: float, event_id: str) -> tuple[Term, ...]:
    """What a text's meaning adds to a logit, as a reason; none where nothing was found."""
    return (Term("what the words mean together", amount, (event_id,)),) if amount else ()
