"""Where a run takes place: a folder that is gone afterwards, and a broker in it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from infra.kafka.broker import Broker

_MOST_SECONDS: Final = 300.0


class Place(NamedTuple):
    """A folder and the address of its broker."""

    folder: Path
    bootstrap: str

    def new_folder(self, name: str) -> Path:
        """An empty folder."""
        made = self.folder / name
        made.mkdir()
        return made


@contextmanager
def place() -> Iterator[Place]:
    """Starts a broker, and stops it by its process."""
    folder = Path(tempfile.mkdtemp(prefix="millrace-bench-kafka-"))
    broker = Broker(folder / "kafka")
    try:
        yield Place(folder, broker.up().bootstrap)
    finally:
        broker.down()
        shutil.rmtree(folder, ignore_errors=True)


def beside(module: str, *arguments: str, environment: Mapping[str, str] | None = None) -> float:
    """Runs one of the plain programs in a process of its own: the number that it prints last."""
    command = [sys.executable, "-m", f"infra.bench_kafka.{module}", *arguments]
    done = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, timeout=_MOST_SECONDS, check=True, text=True
    )
    return float(done.stdout.split()[-1])
