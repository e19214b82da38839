"""Errors as HTTP answers: RFC 9457 problem details, the same shape everywhere."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from typing import Any

import msgspec
import orjson
import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from infra.answers import NotFound
from infra.connections import ConnectionRefused
from infra.home import HomeError
from infra.sql_guard.refusal import SqlRefused
from schemas.reasons import Refusal
from sinks.clickhouse.connection import ReadFailed
from sinks.qdrant.document import DocumentRefused
from streams.failures import JournalEnded
from streams.kafka.failures import KafkaFailed

LONGEST_DETAIL = 2_000  # it may say again what was sent

_log = structlog.get_logger(__name__)


class Problem(Exception):
    """An answer that is not what was asked for: `title` says what is wrong, `detail` with what and what to do."""

    def __init__(self, status: int, title: str, detail: str = "", **more: Any) -> None:
        super().__init__(title)
        self.status = status
        self.title = title
        self.detail = detail
        self.more = more


def json_response(content: Any, status: int = 200) -> Response:
    """A JSON answer. What JSON has no value for, such as a decimal number out of SQL, is written as text."""
    try:
        body = orjson.dumps(content, _as_text, orjson.OPT_NON_STR_KEYS)
    except TypeError:  # whole numbers of more than 64 bits
        body = json.dumps(content, default=_as_text).encode()
    return Response(body, status, media_type="application/json")


def answer(problem: Problem) -> Response:
    """The problem as an HTTP answer."""
    detail = problem.detail if len(problem.detail) <= LONGEST_DETAIL else problem.detail[:LONGEST_DETAIL] + "…"
    body = {"status": problem.status, "title": problem.title, "detail": detail} | problem.more
    headers = {401: {"WWW-Authenticate": "Bearer"}}.get(problem.status)
    if problem.status in (429, 503) or "retry_after_seconds" in problem.more:
        headers = {"Retry-After": str(problem.more.get("retry_after_seconds", 1))}
    return Response(orjson.dumps(body), problem.status, headers, "application/problem+json")


def handle(request: Request, error: Exception) -> Response:
    """Turns what the layers below raise into problems."""
    problem = _problem(error)
    if problem.status >= 500:
        route = getattr(request.scope.get("endpoint"), "__name__", "")
        _log.error("request_failed", route=route, status=problem.status, exc_info=error)
    return answer(problem)


def _problem(error: Exception) -> Problem:
    if isinstance(error, Problem):
        return error
    for kind, told in _TOLD.items():
        if isinstance(error, kind):
            return told(error)
    return Problem(500, "something broke", f"{type(error).__name__}; the log says where")


def _read_failed(error: ReadFailed) -> Problem:
    if error.code is None:
        return Problem(503, "the tables cannot be read now", "ClickHouse does not answer; try again")
    return Problem(400, "the question cannot be answered", str(error))


def _http(error: HTTPException) -> Problem:
    titles = {404: "there is nothing at this address", 405: "the address does not take this method"}
    return Problem(
        error.status_code, titles.get(error.status_code, error.detail), "see /openapi.json for what there is"
    )


# The first kind that fits tells.
_TOLD: dict[type[Exception], Callable[[Any], Problem]] = {
    NotFound: lambda error: Problem(404, "not found", str(error)),
    ConnectionRefused: lambda error: Problem(400, "the connection cannot be like that", str(error)),
    SqlRefused: lambda error: Problem(400, "the query is refused", str(error)),
    ReadFailed: _read_failed,
    DocumentRefused: lambda error: Problem(400, "the question cannot be answered", str(error)),
    Refusal: lambda error: Problem(error.status, error.reason, error.detail, where=error.where),
    msgspec.ValidationError: lambda error: Problem(400, "the body is not what is expected", str(error)),
    msgspec.DecodeError: lambda error: Problem(400, "the body is not JSON", str(error)),
    # msgspec raises it as it is, and its words would say again what was sent.
    UnicodeDecodeError: lambda error: Problem(400, "the body is not JSON", f"it is not UTF-8: {error.reason}"),
    RecursionError: lambda _: Problem(400, "the body is not JSON", "it is nested too deeply"),
    sqlite3.OperationalError: lambda error: Problem(
        503, "the home folder cannot be written or read now", f"{error}; nothing was taken"
    ),
    # Of a file that is damaged, or closed: who may do what cannot be known, so nobody may.
    sqlite3.Error: lambda error: Problem(503, "the home folder cannot be read", type(error).__name__),
    KafkaFailed: lambda error: Problem(503, "the log cannot be written or read now", str(error)),
    HomeError: lambda error: Problem(409, "that cannot be done here now", str(error)),
    JournalEnded: lambda error: Problem(409, "this is the past", str(error)),
    ClientDisconnect: lambda _: Problem(408, "the request did not come whole", "its sender went away"),
    HTTPException: _http,
}


def _as_text(value: object) -> str:
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
