"""A Flink cluster for the tests of one file, and logs of its own for each test."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from infra.flink.cluster import Cluster
from infra.jars import JarsMissing
from streams.kafka.address import Address
from streams.kafka.topics import apply_topics


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One task manager. Where Java or Flink cannot be had the tests are skipped, in CI they fail."""
    own = Cluster(tmp_path_factory.mktemp("flink"))
    try:
        own.up()
        yield own
    except JarsMissing as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"FLINK NOT TESTED: {error}")
    finally:
        own.down()


@pytest.fixture
def log(address: Address) -> Address:
    """An empty log with all its topics."""
    apply_topics(address)
    return address
