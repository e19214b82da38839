"""How do a tenant's scores go on, and how far is a forecast of them out? Learned from those that came due."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from processors.contract import Context, Output, Processor
from processors.score_rule import QUARTERS
from schemas.emitted import CourseObserved
from schemas.event import Event

# A distance in whole points; older ones fade: all counts are halved when there are so many.
_DISTANCES = 101
_MOST_COUNTED = 800

# The range is to hold so many of a hundred times.
HELD_PERCENT = 80

# What is taken for the distances within which four of five scores move in 7, 14 and 30 days (in quarter points) until
# this many have been seen.
_FIRST_7, _FIRST_14, _FIRST_30 = 32, 40, 52
_BELIEVED_AFTER = 20
_OWN_BELIEVED_AFTER = 30

# Ways of forecasting by how far a score goes back to its mean, and how many days its slope goes on; the way that was
# least out on what came due is taken. Trends of scores seldom last: carrying one on for 30 days was worse everywhere.
WAYS: tuple[tuple[str, int, int], ...] = (
    ("a quarter of the way back to its mean", 25, 0),
    ("it stays", 0, 0),
    ("half way back to its mean", 50, 0),
    ("its slope goes on for ten days", 0, 10),
    ("its slope goes on", 0, 30),
)


class Distances(msgspec.Struct, array_like=True, gc=False):
    """How often something was so many points away; counts fade by halving."""

    counts: list[int] = msgspec.field(default_factory=lambda: [0] * _DISTANCES)
    n: int = 0

    def note(self, quarters: int) -> None:
        """Counts one distance, rounded to whole points."""
        self.counts[min(_DISTANCES - 1, (abs(quarters) + QUARTERS // 2) // QUARTERS)] += 1
        self.n += 1
        if self.n >= _MOST_COUNTED:
            self.counts = [count // 2 for count in self.counts]
            self.n = sum(self.counts)

    def holding(self) -> int:
        """The distance in quarter points that held `HELD_PERCENT` of those counted; 0 where none was."""
        left = self.n * HELD_PERCENT
        for points, count in enumerate(self.counts):
            below = left
            left -= 100 * count
            if left <= 0 and count:
                # Evenly spread within a point: the part of it that is needed.
                return max(0, QUARTERS * points - QUARTERS // 2 + QUARTERS * below // (100 * count))
        return 0


class CourseKnowledge(msgspec.Struct, array_like=True, gc=False):
    """How far scores move in 7 and 14 days and forecasts miss in 30, and how much each way of forecasting missed."""

    moved_7: Distances = msgspec.field(default_factory=Distances)
    moved_14: Distances = msgspec.field(default_factory=Distances)
    missed: Distances = msgspec.field(default_factory=Distances)
    # Sums of absolute misses by way in quarter points; they fade by halving, too.
    errors: list[int] = msgspec.field(default_factory=lambda: [0] * len(WAYS))
    judged: int = 0

    @property
    def way(self) -> int:
        """The way of forecasting that was least out so far; the first one at the start and of equals."""
        return min(range(len(WAYS)), key=self.errors.__getitem__)

    def half_width(self) -> int:
        """How far to either side of a forecast the range goes, in quarter points.

        Until forecasts have come due it is drawn out from shorter moves. Where moves grow from 7 to 14 days by the
        square root of time they do so from 14 to 30 days too; where they grow by less, by ever less: what is drawn back
        to a middle soon moves no further.
        """
        seven = _mixed(self.moved_7, _FIRST_7, _BELIEVED_AFTER)
        fourteen = _mixed(self.moved_14, _FIRST_14, _BELIEVED_AFTER)
        grown = max(0, min(41, 100 * fourteen // max(1, seven) - 100))
        drawn_out = fourteen * (100 + 27 * grown * grown // 1000) // 100 if self.moved_14.n else _FIRST_30
        return _mixed(self.missed, drawn_out, _OWN_BELIEVED_AFTER)


def _mixed(seen: Distances, first: int, believed_after: int) -> int:
    return (seen.n * seen.holding() + believed_after * first) // (seen.n + believed_after)


class CourseModel(Processor[CourseKnowledge]):
    """One cell a score and tenant, which every account's forecasts are made by."""

    name = "health.course.model"
    consumes = (CourseObserved,)
    provides_context = True
    state = CourseKnowledge

    def key(self, event: Event) -> str | None:
        return event.data.score if isinstance(event.data, CourseObserved) else None

    def step(self, state: CourseKnowledge, event: Event, context: Context) -> Sequence[Output]:
        seen = event.data
        if not isinstance(seen, CourseObserved):
            return ()
        if seen.moved_7 is not None:
            state.moved_7.note(seen.moved_7)
        if seen.moved_14 is not None:
            state.moved_14.note(seen.moved_14)
        if seen.missed is not None:
            state.missed.note(seen.missed)
            state.judged += 1
            if state.judged % _MOST_COUNTED == 0:
                state.errors = [error // 2 for error in state.errors]
            state.errors = [error + abs(more) for error, more in zip(state.errors, seen.errors, strict=True)]
        return ()


COURSE_MODEL = CourseModel()
