"""What was said lately on Kafka, kept in memory for those who follow changes live."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from itertools import islice
from typing import Final

from sinks.contract import Statement
from streams.kafka.following import Place, Record
from streams.kafka.statements import StatementReader

MOST_KEPT: Final = 20_000


class Ring:
    """The latest statements under dense tokens. `first` should rise from start to start, so that none comes twice."""

    name = "changes"

    def __init__(self, first: int) -> None:
        self._reader = StatementReader(first=first)
        self._end = first - 1
        self._kept: deque[Statement] = deque(maxlen=MOST_KEPT)
        self._lock = threading.Lock()

    def begins(self, place: Place) -> int | None:
        """Nowhere in particular: only what comes from now on is shown."""
        return None

    def take(self, records: Sequence[Record]) -> None:
        """Adds what records say; the oldest go."""
        said = self._reader.statements(records)
        with self._lock:
            self._kept.extend(said)
            self._end = said[-1].token

    def statements(self, after: int, limit: int) -> Sequence[Statement]:
        """The next statements after a token; later ones where those are gone."""
        with self._lock:
            if not self._kept:
                return []
            skip = max(0, after + 1 - self._kept[0].token)
            return list(islice(self._kept, skip, skip + limit))

    def end(self) -> int:
        """The last token."""
        with self._lock:
            return self._end
