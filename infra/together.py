"""Questions that need not wait for each other's answers, asked beside each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from sinks.clickhouse.lines import READERS

T = TypeVar("T")

Question = Callable[[], T]


class Together:
    """Asks in as many threads as read the tables at once, in turn.

    A question may wait for one that was asked before it, and for no other.
    """

    def __init__(self) -> None:
        self._lines = ThreadPoolExecutor(READERS, thread_name_prefix="asking")

    def ask(self, question: Question[T]) -> Future[T]:
        """The answer to come."""
        return self._lines.submit(question)

    def all(self, questions: Iterable[Question[list[T]]]) -> list[T]:
        """Every answer's items, in the order in which was asked. Raises what the first question raises that fails."""
        asked = [self.ask(question) for question in questions]
        return [item for answer in asked for item in answer.result()]
