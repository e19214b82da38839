"""May this source teach more in this hour?"""

from __future__ import annotations

from typing import Final

from schemas.instant import HOUR

# Labels that one account may teach in an hour of event time; more are counted and not learned.
MOST_PER_HOUR: Final = 20
MOST_SOURCES: Final = 256

Sources = dict[str, tuple[int, int]]


def admits(sources: Sources, source: str, at: int) -> bool:
    """Counts a label that a source says at an instant; whether it may be learned.

    `sources` has the latest hour of each with how many came in it; of too many the one heard longest ago goes.
    """
    hour = at // HOUR
    known = sources.get(source)
    count = known[1] if known is not None and known[0] == hour else 0
    if count >= MOST_PER_HOUR:
        return False
    sources[source] = (hour, count + 1)
    if len(sources) > MOST_SOURCES:
        del sources[min(sources, key=lambda name: (sources[name][0], name))]
    return True
