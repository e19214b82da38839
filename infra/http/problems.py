"""Errors as HTTP answers: RFC 9457 problem details, the same shape everywhere."""

from __future__ import annotations

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from infra.answers import NotFound
from infra.sql_guard.refusal import SqlRefused
from schemas.reasons import Refusal
from sinks.clickhouse.connection import ReadFailed
from sinks.qdrant.document import DocumentRefused


class Problem(Exception):
    """An answer that is not what was asked for: `title` says what is wrong, `detail` with what and what to do."""

    def __init__(self, status: int, title: str, detail: str = "", **more: Any) -> None:
        super().__init__(title)
        self.status = status
        self.title = title
        self.detail = detail
        self.more = more


def json_response(content: Any, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(orjson.dumps(content, option=orjson.OPT_NON_STR_KEYS), status, media_type="application/json")


def answer(problem: Problem) -> Response:
    """The problem as an HTTP answer."""
    body = {"status": problem.status, "title": problem.title, "detail": problem.detail} | problem.more
    headers = {"WWW-Authenticate": "Bearer"} if problem.status == 401 else None
    return Response(orjson.dumps(body), problem.status, headers, "application/problem+json")


def handle(_: Request, error: Exception) -> Response:
    """Turns what the layers below raise into problems."""
    match error:
        case Problem():
            return answer(error)
        case NotFound():
            return answer(Problem(404, "not found", str(error)))
        case SqlRefused():
            return answer(Problem(400, "the query is refused", str(error)))
        case ReadFailed() | DocumentRefused():
            return answer(Problem(400, "the question cannot be answered", str(error)))
        case Refusal():
            return answer(Problem(error.status, error.reason, error.detail, where=error.where))
    return answer(Problem(500, "something broke", type(error).__name__))


HANDLED: tuple[type[Exception], ...] = (Problem, NotFound, SqlRefused, ReadFailed, DocumentRefused, Refusal)
