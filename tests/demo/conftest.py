"""One small company for all tests that only look at it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from infra.demo.company import Arrival, Company, company
from schemas.instant import parse_instant

AT = parse_instant("2026-08-12T14:30:00Z")


@pytest.fixture(scope="session")
def small() -> Company:
    return company(3, AT, 0.1)


@pytest.fixture(scope="session")
def arrivals(small: Company) -> Sequence[Arrival]:
    return tuple(small.arrivals())
