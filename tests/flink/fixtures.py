"""A Flink cluster for whoever asks: one for all tests that one process runs."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from infra.flink.cluster import Cluster
from infra.jars import JarsMissing


@pytest.fixture(scope="session")
def running_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Where Java or Flink cannot be had the tests are skipped, in CI they fail."""
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
def cluster(running_cluster: Cluster) -> Cluster:
    """The cluster with a task manager at least: a test before may have killed it."""
    running_cluster.up()
    return running_cluster
