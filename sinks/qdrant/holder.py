"""The process that holds an embedded index for another: `python -m sinks.qdrant.holder DESCRIPTOR`.

It answers requests one after the other and ends when the other end of the descriptor, a socket, is closed.
"""

from __future__ import annotations

import sys
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import msgspec

from sinks.child import run_behind
from sinks.qdrant.contract import SearchIndex
from sinks.qdrant.dense import FastEmbedder
from sinks.qdrant.edge import EdgeIndex
from sinks.qdrant.wire import (
    Close,
    Count,
    Delete,
    DeleteSubject,
    Flush,
    Open,
    Reply,
    Request,
    Revisions,
    Search,
    Similar,
    Upsert,
    encoded,
)


def hold(connection: Connection) -> None:
    """Opens the index that the first request names and serves it until `Close` or the end of the connection."""
    try:
        index = _opened(msgspec.msgpack.decode(connection.recv_bytes(), type=Open))
    except EOFError:
        return
    except Exception as error:  # noqa: BLE001 - whatever is wrong is the holder's answer
        connection.send_bytes(encoded(_refusal(error)))
        return
    try:
        connection.send_bytes(encoded(_reply(index.identity)))
        _serve(index, connection)
    finally:
        index.close()


def _serve(index: SearchIndex, connection: Connection) -> None:
    decoder = msgspec.msgpack.Decoder(Request)
    while True:
        try:
            message = connection.recv_bytes()
        except (EOFError, OSError):
            return
        closing = False
        try:
            request = decoder.decode(message)
            closing = isinstance(request, Close)
            reply = _reply(_answer(index, request))
        except Exception as error:  # noqa: BLE001 - the asker gets every error
            reply = _refusal(error)
        try:
            connection.send_bytes(encoded(reply))
        except OSError:
            return
        if closing:
            return


def _opened(request: Open) -> EdgeIndex:
    embedder = None if request.embedding is None else FastEmbedder(request.embedding)
    return EdgeIndex(Path(request.path), embedder, lock_wait_seconds=request.lock_wait_seconds)


def _answer(index: SearchIndex, request: Request) -> Any:  # noqa: PLR0911 - one line for each request there is
    match request:
        case Upsert():
            return index.upsert(request.documents)
        case Search():
            return index.search(
                request.tenant,
                request.text,
                kinds=request.kinds,
                filters=request.filters,
                limit=request.limit,
                before_us=request.before_us,
            )
        case Similar():
            return index.similar(
                request.tenant,
                request.key,
                only_solved=request.only_solved,
                limit=request.limit,
                before_us=request.before_us,
            )
        case Revisions():
            found = index.revisions(request.tenant, request.keys)
            return [found.get(key) for key in request.keys]
        case Delete():
            return index.delete(request.tenant, request.keys)
        case DeleteSubject():
            return index.delete_subject(request.tenant, request.subject)
        case Count():
            return index.count(request.tenant)
        case Flush():
            return index.flush()
        case Close():
            return index.close()


def _reply(result: Any) -> Reply:
    return Reply(result=msgspec.Raw(encoded(result)))


def _refusal(error: Exception) -> Reply:
    return Reply(error=type(error).__name__, message=str(error))


if __name__ == "__main__":
    run_behind()
    hold(Connection(int(sys.argv[1])))
