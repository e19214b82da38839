"""What every test may ask for: the real data sets, where they are, and a broker."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from processors.learners.compiled import compile_all
from streams.collector import look_for_cycles_seldom
from tests.flink.fixtures import cluster, running_cluster
from tests.kafka.fixtures import (
    _own_broker,
    address,
    broker,
    own_address,
    own_broker,
    prepare_shared_broker,
    stop_shared_broker,
)

__all__ = ["_own_broker", "address", "broker", "cluster", "datasets", "own_address", "own_broker", "running_cluster"]

_REPOSITORY = Path(__file__).parent.parent
_LONG = (
    "tests/runtimes/test_three_runtimes",
    *(
        f"tests/{folder}/"
        for folder in ("faust", "kafka", "flink", "runtimes", "application", "laws", "cli", "pulling")
    ),
)


# A broker or a cluster lives for minutes here: compiling it thoroughly would take the time of the tests beside it.
_JAVA_OPTIONS = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"


@pytest.fixture(autouse=True)
def _own_environment() -> Iterator[None]:
    """A verb that is called in this process names its home and tenant for the next one, too."""
    named = ("MILLRACE_HOME", "MILLRACE_TENANT", "MILLRACE_LOG")
    kept = {name: os.environ.get(name) for name in named}
    yield
    for name, value in kept.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


@pytest.fixture(scope="session", autouse=True)
def _compiled_loops() -> None:
    """To load the compiler takes longer than one example of a property may."""
    import_module("processors.catalog")
    compile_all()


@pytest.fixture(scope="session")
def datasets() -> Path:
    """The folder of the real data sets: `MILLRACE_DATASETS`, else `../shared/data` beside the repository.

    A test that asks for it is skipped, with this reason in the summary, where there is no such folder.
    """
    named = os.environ.get("MILLRACE_DATASETS")
    folder = Path(named) if named else _REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"REAL DATA NOT TESTED: {folder} is no folder; set MILLRACE_DATASETS to where the data sets are")
    return folder


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take minutes come first, so that the processes that run them end together."""
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    named = item.path.relative_to(_REPOSITORY).as_posix()
    return next((turn for turn, start in enumerate(_LONG) if named.startswith(start)), len(_LONG))


def pytest_configure(config: pytest.Config) -> None:
    os.environ.setdefault("JAVA_TOOL_OPTIONS", _JAVA_OPTIONS)
    look_for_cycles_seldom()  # as every process that folds; walks over all that is loaded took a quarter of some files
    if not hasattr(config, "workerinput"):
        prepare_shared_broker()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        stop_shared_broker()
