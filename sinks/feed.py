"""What does a worker carry, and who reads it? A feed brings what follows a token into one sink, a batch at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from sinks.contract import FactSink, Statement
from sinks.unwritable import UnwritableStatement

Refused = Callable[[UnwritableStatement], None]


class Carried(NamedTuple):
    """What one batch did: the last token it read, statements read, written, and refused for good."""

    token: int
    read: int
    written: int
    refused: int


class Feed(Protocol):
    """One sink and where its statements come from."""

    name: str

    def position(self) -> int:
        """The sink's: see `FactSink`."""

    def carry(self, after: int, limit: int) -> Carried | None:
        """Brings about `limit` statements after a token into the sink; None when there are none. Raises to be retried.

        Statements the sink can never write are told of and passed over.
        """


class StatementFeed:
    """A feed over a sink of this process."""

    def __init__(self, sink: FactSink, source: Callable[[int, int], Sequence[Statement]], refused: Refused) -> None:
        """`source(token, limit)` gives at most `limit` statements after the token."""
        self.name = sink.name
        self._sink = sink
        self._source = source
        self._writer = Writer(sink, refused)

    def position(self) -> int:
        """See `Feed`."""
        return self._sink.position()

    def carry(self, after: int, limit: int) -> Carried | None:
        """See `Feed`."""
        statements = self._source(after, limit)
        if not statements:
            return None
        written = self._writer.write(statements)
        return Carried(statements[-1].token, len(statements), written, len(statements) - written)


class Writer:
    """Writes what a sink can take of a batch. What it refused is told once, however often the rest is tried again."""

    def __init__(self, sink: FactSink, refused: Refused) -> None:
        self._sink = sink
        self._refused = refused
        self._set_aside: dict[int, None] = {}

    def write(self, statements: Sequence[Statement]) -> int:
        """How many were written. Raises what the sink raised, unless it refused some for good."""
        writable = [each for each in statements if each.token not in self._set_aside] if self._set_aside else statements
        while writable:
            try:
                self._sink.write(writable)
            except UnwritableStatement as error:
                bad = dict.fromkeys(error.tokens)
                left = [statement for statement in writable if statement.token not in bad]
                if len(left) == len(writable):
                    raise RuntimeError(f"{self._sink.name} refuses statements that are not in the batch") from error
                writable = left
                self._set_aside.update(bad)
                self._refused(error)
            else:
                break
        self._set_aside.clear()
        return len(writable)
