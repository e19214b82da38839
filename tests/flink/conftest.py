"""A log of its own for each test."""

from __future__ import annotations

import pytest

from streams.kafka.address import Address
from streams.kafka.topics import apply_topics


@pytest.fixture
def log(address: Address) -> Address:
    """An empty log with all its topics."""
    apply_topics(address)
    return address
