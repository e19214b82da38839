"""One index of each kind, empty, for the tests that every kind must pass."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

from sinks.qdrant.contract import SearchIndex
from sinks.qdrant.edge import EdgeIndex
from sinks.qdrant.process import EdgeProcess
from sinks.qdrant.server import ServerIndex
from tests.sinks_qdrant.invented import HashedLetters

KINDS = ("edge", "edge-hybrid", "process", "server", "server-hybrid")


def made(kind: str, path: Path) -> SearchIndex:
    """An empty index of that kind; skips, saying so, where its library is not installed."""
    if kind.startswith("server"):
        if importlib.util.find_spec("qdrant_client") is None:
            pytest.skip("NOT TESTED HERE: the Qdrant server index, because qdrant-client is not installed ([server])")
        return ServerIndex(":memory:", HashedLetters() if kind == "server-hybrid" else None)
    if kind == "process":
        return EdgeProcess(path)
    return EdgeIndex(path, HashedLetters() if kind == "edge-hybrid" else None)


@pytest.fixture(params=KINDS)
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SearchIndex]:
    made_index = made(request.param, tmp_path / "index")
    try:
        yield made_index
    finally:
        made_index.close()
