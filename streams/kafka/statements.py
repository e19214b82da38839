"""Records of the topics `facts` and `dead-letters` as the statements that sinks take.

A statement's `token` is its number among all that this process has read, rising over all partitions; it means nothing
to another process. What a sink has is told by places: how far it holds each partition of each topic (`ends_of`), to be
kept with what it holds, so that it goes on from there wherever it is started again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import count

from sinks.contract import Statement
from streams.dead_letter import letter_said
from streams.kafka.following import Record
from streams.kafka.said import decode_letter, decode_said

FACT_TOPICS = ("facts", "dead-letters")


class StatementReader:
    """Numbers statements on. `generation_of` names the generation of facts that readers see of a tenant."""

    def __init__(self, generation_of: Callable[[str], int] = lambda _: 0, first: int = 1) -> None:
        self._generation_of = generation_of
        self._numbers = count(first)

    def statements(self, records: Iterable[Record]) -> list[Statement]:
        """What records say, in their order. Raises UnknownKind for a fact that this release does not know."""
        return [self._statement(record) for record in records]

    def _statement(self, record: Record) -> Statement:
        if record.place.name == "dead-letters":
            letter, _ = decode_letter(record.value)
            said, generation = letter_said(letter), self._generation_of(record.tenant)
        else:
            said, generation = decode_said(record.value)
        return Statement(
            next(self._numbers),
            record.tenant,
            generation,
            said.fact_id,
            said.kind,
            said.revision,
            said.said_at,
            said.fact,
        )


def ends_of(records: Sequence[Record]) -> dict[str, int]:
    """By the name of each partition's offsets, the last offset among records that are in order."""
    return {record.place.source: record.offset for record in records}
