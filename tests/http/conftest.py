"""One served application for all these files; each test speaks for a tenant of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.http.desk import Caller, Desk, opened


@pytest.fixture(scope="package")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with opened(tmp_path_factory.mktemp("served")) as desk:
        yield desk


@pytest.fixture(scope="module")
def own_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """For a file that looks at the whole folder, or fills it."""
    with opened(tmp_path_factory.mktemp("own")) as desk:
        yield desk


@pytest.fixture
def caller(desk: Desk) -> Iterator[Caller]:
    """The operator, for a tenant nobody has used yet."""
    with desk.caller() as caller:
        yield caller
