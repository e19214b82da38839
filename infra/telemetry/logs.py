"""Logs: one JSON object a line, without what people wrote."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog
from opentelemetry import trace

from streams.redaction import Redactor

LONGEST_VALUE = 300

# Tokens of one process only: a log says that two values are the same, not what they are.
_REDACTOR = Redactor(b"millrace-logs")

_OURS = ("event", "level", "timestamp", "trace_id", "trail")

Fields = MutableMapping[str, Any]


def configure_logs(stream: TextIO | None = None, level: int = logging.INFO) -> None:
    """Writes every log line of this process as JSON to a stream, standard error unless told otherwise."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _traced,
            _where_it_broke,
            without_personal_text,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # Asked each time: what standard error is may change, under a test or a supervisor.
        logger_factory=lambda *_: structlog.WriteLogger(stream or sys.stderr),
        cache_logger_on_first_use=False,
    )


def without_personal_text(_: object, __: str, fields: Fields) -> Fields:
    """Replaces what reaches a person in every text, and cuts long ones: an error may quote what it met."""
    for name, value in fields.items():
        if name in _OURS:
            continue
        if isinstance(value, str):
            fields[name] = _cut(_REDACTOR.redact(value).text)
        elif isinstance(value, (list, tuple, dict, set)):
            fields[name] = _cut(_REDACTOR.redact(str(value)).text)
    return fields


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}… ({len(text)} characters)"


def _where_it_broke(_: object, __: str, fields: Fields) -> Fields:
    """An exception becomes its type and the lines it passed; its message may quote personal text and is left out."""
    error = fields.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    elif isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        fields["error"] = type(error).__name__
        trail, step = [], error.__traceback__
        while step is not None:
            trail.append(f"{step.tb_frame.f_globals.get('__name__', '?')}:{step.tb_lineno}")
            step = step.tb_next
        fields["trail"] = " ".join(trail[-8:])
    return fields


def _traced(_: object, __: str, fields: Fields) -> Fields:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        fields["trace_id"] = f"{context.trace_id:032x}"
    return fields
