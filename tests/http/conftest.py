"""One served application for each test file; each test speaks for a tenant of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.http.desk import Caller, Desk, opened


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with opened(tmp_path_factory.mktemp("served")) as desk:
        yield desk


@pytest.fixture
def caller(desk: Desk) -> Iterator[Caller]:
    """The operator, for a tenant nobody has used yet."""
    with desk.caller() as caller:
        yield caller
