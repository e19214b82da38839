"""State moves: workers stop, the log is exported with another number of partitions, and others fold it to the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from typer.testing import CliRunner

from infra.cli.main import app
from infra.workers import Workers
from processors.catalog import PROCESSORS
from streams.kafka.address import Address
from streams.kafka.state_topic import saved_state
from streams.kafka.topics import apply_topics
from streams.state_hash import state_hash
from tests.faust.carried import Carrier, folded, mixed, stories


def folded_by_workers(log: Address, folder: Path) -> str:
    workers = Workers(log, folder, 1)
    try:
        workers.run_until_idle()
    finally:
        workers.stop()
    return state_hash(saved_state(log), PROCESSORS)


def test_another_number_of_partitions_gives_the_same_state(address: Address, tmp_path: Path) -> None:
    apply_topics(address)
    Carrier(address).write(mixed(stories(3)))
    home = tmp_path / "home"
    before = folded_by_workers(address, home / "workers")
    seven = replace(address, prefix=f"{address.prefix}seven.", partitions=7)
    result = CliRunner().invoke(app, ["export", str(seven), "--log", str(address), "--home", str(home)])
    assert result.exit_code == 0, result.output
    after = folded_by_workers(seven, tmp_path / "elsewhere")
    assert before == after == state_hash(folded(stories(3)), PROCESSORS)
