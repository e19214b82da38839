"""Law 4 over five times as many records."""

from __future__ import annotations

import pytest

from tests.runtimes.lived import Lived, lived
from tests.runtimes.test_three_runtimes import (
    test_a_flink_job,
    test_a_flink_replay,
    test_faust_workers,
    test_folded_anew_it_is_what_it_was_live,
)
from tests.runtimes.told import Table

__all__ = [
    "test_a_flink_job",
    "test_a_flink_replay",
    "test_faust_workers",
    "test_folded_anew_it_is_what_it_was_live",
]

pytestmark = pytest.mark.chaos


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    """About 50,000 mixed records, lived by the embedded runtime."""
    return lived(tmp_path_factory.mktemp("lived"), days=23)


def test_the_journal_is_long(journal: Lived, table: Table) -> None:
    assert journal.records >= 50_000
    table.add("embedded, live", journal.known)
