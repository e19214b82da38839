"""What is the least that any answer costs? Parsing each record with the same schema and counting it in a dictionary."""

from __future__ import annotations

import time
from collections.abc import Iterable

from schemas.decode import decode


def floor_per_second(raws: Iterable[bytes]) -> float:
    """Records a second that are parsed and counted by (type, account)."""
    counts: dict[tuple[str, str | None], int] = {}
    began = time.perf_counter()
    for raw in raws:
        event = decode(raw)
        key = (event.type, event.account)
        counts[key] = counts.get(key, 0) + 1
    return sum(counts.values()) / (time.perf_counter() - began)
