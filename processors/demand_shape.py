"""How many tickets come at which hour of the week, and how are they shared out among topics? Learned hour by hour."""

from __future__ import annotations

from math import sqrt
from typing import Final

import msgspec

from processors.learners.spread import Spread
from processors.lengths import cut
from schemas.instant import HOUR

HOURS_OF_WEEK: Final = 168
WINDOW_HOURS: Final = 6
MOST_TOPICS: Final = 16
EVERY_TOPIC: Final = "all topics"
OTHER_TOPICS: Final = "other topics"
NO_TOPIC: Final = "no topic"

_LONGEST_NAME: Final = 48  # bytes
_LEAST_WEEKS: Final = 1
_FOLLOWED_WEEKS: Final = 6  # over which an hour of the week follows what is so now
_SHARE_KEPT: Final = 0.9975  # of a topic's count an hour: half of it is eleven days old
_LEVEL_KEPT: Final = 0.98  # of the latest hours' counts: half of it is a day and a half old
_LEVEL_TRUST: Final = 40.0  # tickets that are expected before the latest hours count half
_SPREAD_TRUST: Final = 20  # forecasts before what they missed by counts half
_MANY: Final = 5_000  # thousandths
_NEIGHBOUR: Final = 0.25  # of an hour is what the hours before and after it had
# Hundredths of a deviation that hold four of five forecasts: of few tickets those of a normal distribution, of many
# more, because much moves all of them at once.
_FIRST_OF_FEW: Final = 128
_FIRST_OF_MANY: Final = 250


class Shape(msgspec.Struct, array_like=True, gc=False):
    """What an hour of the week brings, which part each topic has of it, and how busy it is lately. Some 2 KB."""

    hours: list[float] = msgspec.field(default_factory=lambda: [0.0] * HOURS_OF_WEEK)
    seen: int = 0
    topics: dict[str, float] = msgspec.field(default_factory=dict)
    every: float = 0.0
    lately: float = 0.0
    lately_expected: float = 0.0
    few_missed: Spread = msgspec.field(default_factory=lambda: Spread(-800, 13))
    many_missed: Spread = msgspec.field(default_factory=lambda: Spread(-800, 13))

    @property
    def knows(self) -> bool:
        """Whether a whole week has been seen."""
        return self.weeks >= _LEAST_WEEKS

    @property
    def weeks(self) -> int:
        """Whole weeks seen."""
        return self.seen // HOURS_OF_WEEK

    def learn(self, hour: int, counts: dict[str, int]) -> None:
        """Takes in an hour that is over, and how many tickets of each topic it brought."""
        total = sum(counts.values())
        place = hour % HOURS_OF_WEEK
        if self.knows:
            self.lately = _LEVEL_KEPT * self.lately + total
            self.lately_expected = _LEVEL_KEPT * self.lately_expected + self.usual(hour, 1)
        weeks = 1 + min(self.weeks, _FOLLOWED_WEEKS)
        self.hours[place] += (total - self.hours[place]) / weeks
        self.seen += 1
        self.every = _SHARE_KEPT * self.every + total
        for topic in self.topics:
            self.topics[topic] *= _SHARE_KEPT
        for topic, count in counts.items():
            self.topics[topic] = self.topics.get(topic, 0.0) + count

    def usual(self, hour: int, hours: int) -> float:
        """Tickets that these hours of the week brought so far, from this one on; neighbours speak for one another."""
        total = 0.0
        for each in range(hour, hour + hours):
            around = self.hours[(each - 1) % HOURS_OF_WEEK] + self.hours[(each + 1) % HOURS_OF_WEEK]
            total += (1.0 - 2 * _NEIGHBOUR) * self.hours[each % HOURS_OF_WEEK] + _NEIGHBOUR * around
        return total

    @property
    def level(self) -> float:
        """How busy the latest days were against what was usual: 1 where as always."""
        return (self.lately + _LEVEL_TRUST) / (self.lately_expected + _LEVEL_TRUST)

    def share(self, topic: str) -> float:
        """Which part of all tickets is of this topic."""
        if topic == EVERY_TOPIC:
            return 1.0
        return self.topics.get(topic, 0.0) / self.every if self.every > 0.0 else 0.0

    def name_of(self, category: str | None) -> str:
        """The topic that a category counts as: beyond sixteen, those that come first have a name of their own."""
        if category is None:
            return NO_TOPIC
        name = cut(category, _LONGEST_NAME)
        return name if name in self.topics or len(self.topics) < MOST_TOPICS else OTHER_TOPICS

    def judge(self, expected: int, came: int) -> None:
        """Notes by how many deviations a forecast (in thousandths) was out."""
        mean = expected / 1_000
        self._missed(expected).note(round(100 * (came - mean) / deviation_of(expected)))

    def margins(self, expected: int) -> tuple[int, int]:
        """Hundredths of a deviation to either side within which four of five forecasts of that size held so far."""
        missed = self._missed(expected)
        n, (low, _, high) = missed.n, missed.shares()
        first = _SPREAD_TRUST * (_FIRST_OF_MANY if expected >= _MANY else _FIRST_OF_FEW)
        return (n * low - first) // (n + _SPREAD_TRUST), (n * high + first) // (n + _SPREAD_TRUST)

    def _missed(self, expected: int) -> Spread:
        """Where many are expected, what moves them all at once counts for more than chance does."""
        return self.many_missed if expected >= _MANY else self.few_missed


def deviation_of(expected: int) -> float:
    """In tickets, of so many thousandths of tickets that come independently of one another."""
    return sqrt(expected / 1_000 + 0.5)


def hour_of(instant: int) -> int:
    """The whole hour that an instant lies in, counted from the epoch."""
    return instant // HOUR
