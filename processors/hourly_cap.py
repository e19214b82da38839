"""May this source teach more in this hour?"""

from __future__ import annotations

from typing import Final

from schemas.instant import HOUR

# Labels that one account may teach in an hour of the tenant's clock; more are counted and not learned. The times that
# labels name would not do: who says them chooses.
MOST_PER_HOUR: Final = 20
MOST_SOURCES: Final = 256

Sources = dict[str, tuple[int, int]]


def admits(sources: Sources, source: str, at: int) -> bool:
    """Counts a label that a source says at an instant; whether it may be learned.

    `sources` has the latest hour of each and how many came in it, heard longest ago first: of too many that one goes.
    """
    hour = at // HOUR
    known = sources.pop(source, None)
    count = known[1] if known is not None and known[0] == hour else 0
    is_admitted = count < MOST_PER_HOUR
    sources[source] = (hour, count + is_admitted)
    if len(sources) > MOST_SOURCES:
        del sources[next(iter(sources))]
    return is_admitted
