"""The process that folds for another: `python -m infra.engine_holder DESCRIPTOR`.

The descriptor is a socket on which one request after the other is answered; the process ends when it is closed. It
reads the database file and writes nothing: what it folded is saved by the one that asked.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import msgspec

from infra.engine_wire import Due, Failed, Fold, Folded, Open, Reply, Request, encoded
from processors.learners.compiled import compile_all
from schemas.decode import encode
from sinks.child import run_behind
from streams.collector import look_for_cycles_seldom
from streams.database import Database
from streams.engine import Engine
from streams.failures import StepFailed
from streams.named_catalog import named_catalog
from streams.sqlite_log import JournalFile
from streams.sqlite_store import SqliteFoldStore

_REQUEST = msgspec.msgpack.Decoder(Request)


class _Holder:
    def __init__(self, said: Open) -> None:
        self._database = Database(Path(said.path))
        self._journal = JournalFile(self._database)
        self._engine = Engine(named_catalog(said.catalog), SqliteFoldStore(self._database))

    def reply(self, message: bytes) -> Reply:
        """The answer to a request, or what went wrong with it."""
        try:
            return Reply(msgspec.Raw(encoded(self._answer(_REQUEST.decode(message)))))
        except Exception as error:  # noqa: BLE001 - the asker gets every error
            return Reply(error=f"{type(error).__name__}: {error}")

    def close(self) -> None:
        self._database.close()

    def _answer(self, request: Request) -> Any:
        for tenant in request.forget:
            self._engine.forget(tenant)
        match request:
            case Fold():
                return self._fold(request)
            case Due(tenant=tenant):
                return self._engine.next_due(tenant)

    def _fold(self, request: Fold) -> Folded:
        engine, tenant = self._engine, request.tenant
        if request.rest:
            engine.rest()
        for position, step in request.left_out:
            engine.leave_out(tenant, position, step)
        records = self._journal.read(tenant, request.after, request.last - request.after)
        batch, failure = engine.push_safely(tenant, records)
        return Folded(batch, None if failure is None else _told(failure), engine.next_due(tenant))


def _told(failure: StepFailed) -> Failed:
    return Failed(failure.position, failure.step, failure.reason, encode(failure.event))


def hold(connection: Connection) -> None:
    """Folds over the file that the first message names, until the connection ends."""
    try:
        said = msgspec.msgpack.decode(connection.recv_bytes(), type=Open)
    except EOFError:
        return
    look_for_cycles_seldom()
    holder = _Holder(said)
    try:
        # The asker may be killed while it waits: what was folded for it is for nobody then.
        with suppress(OSError):
            connection.send_bytes(encoded(Reply()))
        # Nobody waits for it now; the first text would.
        compile_all()
        with suppress(EOFError, OSError):
            while True:
                connection.send_bytes(encoded(holder.reply(connection.recv_bytes())))
    finally:
        holder.close()


if __name__ == "__main__":
    run_behind()
    hold(Connection(int(sys.argv[1])))
