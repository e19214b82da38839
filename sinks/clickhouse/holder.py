"""The process that holds a ClickHouse for another: `python -m sinks.clickhouse.holder DESCRIPTOR...`.

Each descriptor is a socket on which one request after the other is answered; it ends when the first one is closed.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import msgspec

from sinks.child import run_behind
from sinks.clickhouse.connection import ReadLimits, SinkUnreachable
from sinks.clickhouse.sink import ClickHouseSink
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
from sinks.contract import Packed, unpack
from sinks.feed import Writer
from sinks.unwritable import UnwritableStatement

_LOOK_SECONDS = 0.05


class _Holder:
    """Answers requests out of one sink. Those that write come on one socket alone."""

    def __init__(self, sink: ClickHouseSink) -> None:
        self._sink = sink
        self._sinks: dict[str, ClickHouseSink] = {}
        self._writers: dict[str, Writer] = {}
        self._refused: list[tuple[tuple[int, ...], str]] = []

    def serve(self, connection: Connection) -> None:
        """Until `Close`, or the end of the connection."""
        decoder = msgspec.msgpack.Decoder(Request, ext_hook=restored)
        while True:
            try:
                message = connection.recv_bytes()
            except (EOFError, OSError):
                return
            closing = False
            try:
                request = decoder.decode(message)
                closing = isinstance(request, Close)
                reply = Reply(result=msgspec.Raw(encoded(self._answer(request))))
            except Exception as error:  # noqa: BLE001 - the asker gets every error
                reply = _refusal(error)
            try:
                connection.send_bytes(encoded(reply))
            except OSError:
                return
            if closing:
                return

    def _answer(self, request: Request) -> Any:  # noqa: PLR0911 - one line for each request there is
        sink = self._sink
        match request:
            case Write():
                return self._write(request)
            case Read():
                result = sink.read(request.sql, request.parameters)
                return Rows(result.columns, result.types, [portable(row) for row in result.rows])
            case Position():
                return self._of_source(request.source).position()
            case TablesDigest():
                return dict(sink.tables_digest(request.tenant))
            case ActiveGeneration():
                return sink.active_generation(request.tenant)
            case Activate():
                return sink.activate(request.tenant, request.generation)
            case DeleteGeneration():
                return sink.delete_generation(request.tenants, request.generation)
            case Reset():
                return sink.reset()
            case Close():
                return None

    def _write(self, request: Write) -> Written:
        runs = [Packed(last_token, statements) for last_token, statements in request.runs]
        statements = unpack(runs, request.after, request.without)
        written = self._writer(request.source).write(statements)
        # Kept until an answer goes out: what was refused before a failure is told with the success that follows.
        refused, self._refused = self._refused, []
        return Written(len(statements), written, refused)

    def _writer(self, source: str) -> Writer:
        writer = self._writers.get(source)
        if writer is None:
            writer = self._writers[source] = Writer(self._of_source(source), self._note)
        return writer

    def _note(self, error: UnwritableStatement) -> None:
        self._refused.append((error.tokens, str(error)))

    def _of_source(self, source: str) -> ClickHouseSink:
        sink = self._sinks.get(source)
        if sink is None:
            sink = self._sinks[source] = self._sink.for_source(source)
        return sink


def hold(connections: list[Connection]) -> None:
    """Opens the ClickHouse that the first request names and serves it on every connection."""
    first = connections[0]
    try:
        sink = _opened(msgspec.msgpack.decode(first.recv_bytes(), type=Open))
    except EOFError:
        return
    except Exception as error:  # noqa: BLE001 - whatever is wrong is the holder's answer
        first.send_bytes(encoded(_refusal(error)))
        return
    holder = _Holder(sink)
    try:
        first.send_bytes(encoded(Reply()))
        for connection in connections[1:]:
            threading.Thread(target=holder.serve, args=(connection,), daemon=True).start()
        holder.serve(first)
    finally:
        sink.close()


def _opened(request: Open) -> ClickHouseSink:
    """A process whose holder was killed needs a moment to let go of the files."""
    until = time.monotonic() + request.lock_wait_seconds
    limits = ReadLimits(request.seconds, request.rows, request.memory_bytes)
    while True:
        try:
            return ClickHouseSink.open(request.dsn, Path(request.migrations), limits)
        except SinkUnreachable:
            if time.monotonic() >= until:
                raise
            time.sleep(_LOOK_SECONDS)


def _refusal(error: Exception) -> Reply:
    return Reply(error=type(error).__name__, message=str(error), code=getattr(error, "code", None))


if __name__ == "__main__":
    run_behind()
    hold([Connection(int(descriptor)) for descriptor in sys.argv[1:]])
    sys.stdout.flush()
    # A read that still runs for somebody who is gone is not waited for.
    os._exit(0)
