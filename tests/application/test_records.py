"""What is looked up beside the tables is looked up on every log alike."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import pytest

from infra.home import Home
from infra.kafka.cells import CopiedCells
from infra.kafka.records import KafkaRecords
from infra.records import EmbeddedRecords
from infra.service import Records
from processors.catalog import PROCESSORS
from streams.batch import CellId
from streams.embedded import Embedded
from streams.kafka.address import parse_address


def test_a_cell_that_not_every_log_keeps_for_answers_is_refused_on_all(tmp_path: Path) -> None:
    runtime = Embedded(tmp_path, PROCESSORS)
    home, address = Home(tmp_path), parse_address("kafka://127.0.0.1:1")

    def no_tables() -> NoReturn:
        raise AssertionError("tables are not asked about cells")

    cells = CopiedCells(address, home, lambda: None)
    every: tuple[Records, ...] = (EmbeddedRecords(runtime), KafkaRecords(address, home, no_tables, cells))
    for records in every:
        for processor in PROCESSORS:
            cell = CellId(processor.name, "A")
            if processor.looked_up:
                assert records.cell("acme", cell) is None
            else:
                with pytest.raises(LookupError, match=f"cells of {processor.name} are not kept"):
                    records.cell("acme", cell)
    runtime.close()
