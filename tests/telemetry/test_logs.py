"""Do logs say what happened and nothing that people wrote?"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
import structlog

from infra.telemetry.logs import LONGEST_VALUE, configure_logs


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    configure_logs(stream)
    yield stream
    structlog.reset_defaults()


def _line(stream: io.StringIO) -> dict[str, Any]:
    return dict(orjson.loads(stream.getvalue().splitlines()[-1]))


def test_a_line_is_one_json_object_with_its_time_and_level(stream: io.StringIO) -> None:
    structlog.get_logger("x").warning("sink_failed", sink="clickhouse", tries=3)
    said = _line(stream)
    assert (said["event"], said["level"], said["sink"], said["tries"]) == ("sink_failed", "warning", "clickhouse", 3)
    assert said["timestamp"].endswith("Z")


@pytest.mark.parametrize("held", ["ada@example.org", "+44 20 7946 0000", "DE89 3704 0044 0532 0130 00"])
@pytest.mark.parametrize("shape", ["text", "list", "map"])
def test_what_reaches_a_person_is_replaced(stream: io.StringIO, held: str, shape: str) -> None:
    value = {"text": f"call {held} now", "list": ["call", held], "map": {"call": held}}[shape]
    structlog.get_logger("x").error("broke", detail=value)
    assert held not in stream.getvalue()
    assert "<" in _line(stream)["detail"]


def test_an_exceptions_words_are_left_out_and_its_place_is_kept(stream: io.StringIO) -> None:
    try:
        raise ValueError("Grace Hopper asked for a refund")
    except ValueError:
        structlog.get_logger("x").exception("broke")
    said = _line(stream)
    assert (said["error"], said["event"]) == ("ValueError", "broke")
    assert f"{__name__}:" in said["trail"]
    assert "Grace" not in stream.getvalue()


def test_long_values_are_cut(stream: io.StringIO) -> None:
    structlog.get_logger("x").info("said", text="x" * 5_000)
    assert _line(stream)["text"] == "x" * LONGEST_VALUE + "… (5000 characters)"


def test_ids_and_numbers_stay(stream: io.StringIO) -> None:
    structlog.get_logger("x").info("said", tenant="acme-7", position=20_461_234_567, ok=True)
    said = _line(stream)
    assert (said["tenant"], said["position"], said["ok"]) == ("acme-7", 20_461_234_567, True)
