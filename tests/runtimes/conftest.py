"""The journal that was lived, and logs that carry it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from streams.kafka.address import Address, parse_address
from streams.kafka.topics import apply_topics
from tests.runtimes.carrying import carry
from tests.runtimes.lived import Lived, lived
from tests.runtimes.told import Table

Carried = Callable[[], Address]


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    """About 12,000 mixed records, lived by the embedded runtime."""
    return lived(tmp_path_factory.mktemp("lived"))


@pytest.fixture(scope="module")
def carried(broker: str, journal: Lived) -> Carried:
    """Makes a log of its own that carries the journal."""

    def make() -> Address:
        address = parse_address(f"kafka://{broker}/r{uuid4().hex[:12]}.?partitions=4")
        apply_topics(address)
        carry(address, journal)
        return address

    return make


@pytest.fixture(scope="module")
def flink_log(carried: Carried) -> Address:
    """One log for every Flink job: replays write nothing but facts of a generation of their own."""
    return carried()


@pytest.fixture(scope="module")
def table() -> Iterator[Table]:
    """What each runtime knew in the end, printed when all have folded."""
    table = Table(Path("build") / "runtimes.txt")
    yield table
    table.write()
