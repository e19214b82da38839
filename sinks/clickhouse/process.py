"""ClickHouse in a process of its own, so that making columns and merging parts leaves this interpreter free."""

from __future__ import annotations

import queue
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, Final, TypeVar, cast

import msgspec

from sinks.child import Child, ChildEnded, child_of
from sinks.clickhouse.connection import ReadFailed, ReadLimits, SinkUnreachable
from sinks.clickhouse.lines import SOCKETS
from sinks.clickhouse.migrate import MigrationRefused
from sinks.clickhouse.sink import Result
from sinks.clickhouse.wire import (
    Activate,
    ActiveGeneration,
    Close,
    DeleteGeneration,
    Open,
    Position,
    Read,
    Reply,
    Request,
    Reset,
    Rows,
    TablesDigest,
    Write,
    Written,
    encoded,
    portable,
    restored,
)
from sinks.contract import Packed, Statement, pack
from sinks.feed import Carried, Refused
from sinks.unwritable import UnwritableStatement

T = TypeVar("T")

_WRITING: Final = 0  # the line on which everything is written, one request after the other
_LOCK_WAIT_SECONDS: Final = 10.0
_ERRORS: Final[dict[str, type[Exception]]] = {
    error.__name__: error
    for error in (
        SinkUnreachable,
        MigrationRefused,
        ValueError,
    )
}


class ClickHouseProcess:
    """What a `ClickHouseSink` can do, done by a child process. Raises what the sink raises.

    The child ends with this process, whatever ends it. Should the child end first, requests under way raise
    SinkUnreachable, and the next one starts another child. Threads may share this.
    """

    name = "clickhouse"

    def __init__(self, holder: Holder, source: str = "outbox") -> None:
        self._holder = holder
        self._source = source

    @classmethod
    def open(cls, dsn: str, migrations: Path, limits: ReadLimits | None = None) -> ClickHouseProcess:
        """Connects and brings the tables up to date. Raises SinkUnreachable or MigrationRefused."""
        return cls(Holder(dsn, migrations, limits or ReadLimits()))

    def for_source(self, source: str) -> ClickHouseProcess:
        """See `ClickHouseSink`."""
        return ClickHouseProcess(self._holder, source)

    @property
    def process_id(self) -> int:
        """The child's."""
        return self._holder.child.process_id

    def write(self, statements: Sequence[Statement]) -> None:
        """See `ClickHouseSink`; all that is refused is told of, and the rest is written."""
        if statements:
            runs = [Packed(statements[-1].token, pack(statements))]
            written = self.write_packed(runs, statements[0].token - 1)
            if written.refused:
                tokens = [token for tokens, _ in written.refused for token in tokens]
                raise UnwritableStatement(tuple(tokens), "; ".join(message for _, message in written.refused))

    def write_packed(self, runs: Sequence[Packed], after: int, without: Sequence[str] = ()) -> Written:
        """Writes runs of statements, those up to a token and of some kinds left out; tells what was refused."""
        rows = [(run.last_token, run.statements) for run in runs]
        return self._holder.ask(Write(self._source, rows, after, tuple(without)), Written, _WRITING)

    def position(self) -> int:
        """See `ClickHouseSink`."""
        return self._holder.ask(Position(self._source), int)

    def read(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Result:
        """See `ClickHouseSink`."""
        given = {name: portable(value) for name, value in (parameters or {}).items()}
        found = self._holder.ask(Read(sql, given), Rows)
        return Result(found.columns, found.types, [tuple(row) for row in found.rows])

    def tables_digest(self, tenant: str) -> Mapping[str, str]:
        """See `ClickHouseSink`."""
        return self._holder.ask(TablesDigest(tenant), dict[str, str])

    def active_generation(self, tenant: str) -> int:
        """See `ClickHouseSink`."""
        return self._holder.ask(ActiveGeneration(tenant), int)

    def activate(self, tenant: str, generation: int) -> None:
        """See `ClickHouseSink`."""
        self._holder.ask(Activate(tenant, generation), None, _WRITING)

    def delete_generation(self, tenants: Sequence[str], generation: int) -> None:
        """See `ClickHouseSink`."""
        self._holder.ask(DeleteGeneration(tuple(tenants), generation), None, _WRITING)

    def reset(self) -> None:
        """See `ClickHouseSink`."""
        self._holder.ask(Reset(), None, _WRITING)

    def close(self) -> None:
        """See `ClickHouseSink`; returns when the child has ended. Closing again does nothing."""
        self._holder.close()


class PackedFeed:
    """A feed from an outbox's rows, as the bytes they are, to the process: here nothing is made of them."""

    def __init__(
        self,
        sink: ClickHouseProcess,
        source: Callable[[int, int], Sequence[Packed]],
        refused: Refused,
        without: Sequence[str] = (),
    ) -> None:
        """`source(token, limit)` gives the runs that hold what follows the token; kinds `without` a table are left."""
        self.name = sink.name
        self._sink = sink
        self._source = source
        self._refused = refused
        self._without = tuple(without)

    def position(self) -> int:
        """See `Feed`."""
        return self._sink.position()

    def carry(self, after: int, limit: int) -> Carried | None:
        """See `Feed`."""
        runs = self._source(after, limit)
        if not runs:
            return None
        done = self._sink.write_packed(runs, after, self._without)
        for tokens, message in done.refused:
            self._refused(UnwritableStatement(tokens, message))
        last = runs[-1].last_token
        return Carried(last, last - after, done.written, done.read - done.written)


class Holder:
    """The child and the lines to it; another one once it has ended."""

    def __init__(self, dsn: str, migrations: Path, limits: ReadLimits) -> None:
        self._open = Open(dsn, str(migrations), limits.seconds, limits.rows, limits.memory_bytes, _LOCK_WAIT_SECONDS)
        self._starting = Lock()
        self._closed = False
        self._free: queue.SimpleQueue[int] = queue.SimpleQueue()
        for line in range(1, SOCKETS):
            self._free.put(line)
        self.child = self._started()

    def ask(self, request: Request, kind: type[T] | None, line: int | None = None) -> T:
        """The answer; waits for a line that is free."""
        message = encoded(request)
        if line is not None:
            return cast("T", _result(self._answer(message, line), kind))
        free = self._free.get()
        try:
            answer = self._answer(message, free)
        finally:
            self._free.put(free)
        return cast("T", _result(answer, kind))

    def close(self) -> None:
        """Lets the child finish what it writes, and end."""
        with self._starting:
            if self._closed:
                return
            self._closed = True
            try:
                if not self.child.has_ended:
                    self.child.ask(encoded(Close()))
            except ChildEnded:
                pass
            finally:
                self.child.end()

    def _answer(self, message: bytes, line: int) -> bytes:
        child = self._running()
        try:
            return child.ask(message, line)
        except ChildEnded as error:
            raise SinkUnreachable(f"the process that held ClickHouse ended ({error}): ask again") from error

    def _running(self) -> Child:
        with self._starting:
            if self._closed:
                raise SinkUnreachable("the connection to ClickHouse is closed")
            if self.child.has_ended:
                self.child.end()
                self.child = self._started()
            return self.child

    def _started(self) -> Child:
        child = child_of("sinks.clickhouse.holder", SOCKETS)
        try:
            _result(child.ask(encoded(self._open)), None)
        except ChildEnded as error:
            child.end()
            raise SinkUnreachable(f"the process for ClickHouse ended at once (exit code {child.exit_code})") from error
        except Exception:
            child.end()
            raise
        return child


def _result(answer: bytes, kind: Any) -> Any:
    reply = msgspec.msgpack.decode(answer, type=Reply)
    if reply.error == ReadFailed.__name__:
        raise ReadFailed(reply.message, reply.code)
    if reply.error is not None:
        raise _ERRORS.get(reply.error, RuntimeError)(reply.message)
    return msgspec.msgpack.decode(reply.result, type=kind, ext_hook=restored)
