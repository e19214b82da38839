"""Who watches a runtime: told what it did, once per batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from schemas.event import Event
from streams.batch import AnyBatch
from streams.sequencer import Taken


class Observer(Protocol):
    """Counts and traces. Must be quick, and must not raise."""

    def took(self, tenant: str, taken: Sequence[Taken], seconds: float) -> None:
        """Records were taken at the door, or not, within so many seconds."""

    def saving(self, records: Sequence[Event], batches: Sequence[AnyBatch]) -> None:
        """Batches out of these records are about to be saved: nobody has seen yet what they say."""

    def folded(self, records: Sequence[Event], batches: Sequence[AnyBatch], seconds: float) -> None:
        """They are saved; folding and saving took so many seconds."""

    def stopped(self, partition: int, why: str) -> None:
        """The partition's breaker opened: it folds no more."""


class Unobserved:
    """The observer of a runtime that nobody watches."""

    def took(self, tenant: str, taken: Sequence[Taken], seconds: float) -> None: ...

    def saving(self, records: Sequence[Event], batches: Sequence[AnyBatch]) -> None: ...

    def folded(self, records: Sequence[Event], batches: Sequence[AnyBatch], seconds: float) -> None: ...

    def stopped(self, partition: int, why: str) -> None: ...
