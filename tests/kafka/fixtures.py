"""A real broker for whoever asks: one for the whole run of the tests, or one of its own to be killed."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from infra.jars import JarsMissing
from infra.kafka.broker import Broker
from streams.kafka.address import Address, parse_address

# Says to every process of one run of the tests where the broker they share lives.
_SHARED = "MILLRACE_TESTS_BROKER"


def prepare_shared_broker() -> None:
    """Names the folder of the run's broker; processes started for this run find the name in their environment."""
    if _SHARED not in os.environ:
        os.environ[_SHARED] = tempfile.mkdtemp(prefix="millrace-kafka-")


def stop_shared_broker() -> None:
    """Ends the run's broker, if one was started, and removes what it kept."""
    folder = Path(os.environ.pop(_SHARED))
    Broker(folder).down()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def broker() -> str:
    """The bootstrap address of a broker that all tests of this run share. Never stop it: take `own_broker` for that."""
    return started(Broker(Path(os.environ[_SHARED])))


@pytest.fixture(scope="session")
def _own_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    own = Broker(tmp_path_factory.mktemp("own-broker"))
    yield own
    own.kill()


@pytest.fixture
def own_broker(_own_broker: Broker) -> Broker:
    """A running broker that a test may kill and start again: no test beside it uses it. The port stays."""
    started(_own_broker)
    return _own_broker


@pytest.fixture
def own_address(own_broker: Broker) -> Address:
    """As `address`, on that broker."""
    return parse_address(f"kafka://{started(own_broker)}/t{uuid4().hex[:12]}.?partitions=4")


@pytest.fixture
def address(broker: str) -> Address:
    """A log of its own on the shared broker: topics with a prefix nobody else has. They are not made yet."""
    return parse_address(f"kafka://{broker}/t{uuid4().hex[:12]}.?partitions=4")


def started(broker: Broker) -> str:
    """Starts a broker. Where Java or its archives cannot be had the test is skipped, in CI it fails."""
    try:
        return broker.up().bootstrap
    except JarsMissing as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"KAFKA NOT TESTED: {error}")
