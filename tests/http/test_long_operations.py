"""An operation that takes its time keeps its listener: no client, and nothing in between, takes it for dead."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import orjson
import pytest

from infra.http import operator
from infra.http.operator import Tell, Work, streamed


def told_by(work: Work) -> list[dict[str, Any]]:
    async def read() -> list[dict[str, Any]]:
        return [orjson.loads(line) async for line in streamed(work).body_iterator]

    return asyncio.run(read())


def test_a_stage_that_is_silent_is_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operator, "_SILENCE_SECONDS", 0.02)
    asked = threading.Event()

    def work(tell: Tell) -> dict[str, Any]:
        tell(1, 2, "comparing")
        asked.wait(0.3)
        return {"equal": True}

    beginning, *stages, result = told_by(work)
    assert beginning == {"done": 0, "total": 0, "stage": "beginning"}
    assert result == {"result": {"equal": True}}
    assert len(stages) > 3
    assert all(stage == {"done": 1, "total": 2, "stage": "comparing"} for stage in stages)


def test_an_error_is_the_last_line() -> None:
    def work(tell: Tell) -> dict[str, Any]:
        raise ValueError("no such file")

    assert told_by(work)[-1] == {"error": "no such file", "kind": "ValueError"}
