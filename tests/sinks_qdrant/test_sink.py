"""How the sink brings documents in: in order, again until they are there, never a person to be forgotten."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from sinks.qdrant.document import Document, DocumentRefused
from sinks.qdrant.edge import EdgeIndex
from sinks.qdrant.position import PositionFile
from sinks.qdrant.sink import SearchSink, SinkBusy, SinkClosed
from sinks.qdrant.waiting import LARGEST_BATCH
from tests.patience import wait_until
from tests.sinks_qdrant.invented import ticket


class WeakDisk(EdgeIndex):
    """An embedded index on a disk that can be told to fail: before a write, in the middle of it, or when flushed."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.failing: str | None = None
        self.batches: list[int] = []
        self.works = threading.Event()
        self.works.set()

    def upsert(self, documents: Sequence[Document]) -> None:
        self.works.wait(20)
        if self.failing == "write":
            raise OSError(28, "No space left on device")
        if self.failing == "half":
            super().upsert(documents[: len(documents) // 2])
            raise OSError(5, "Input/output error")
        if self.failing == "silent":
            super().upsert(documents[: len(documents) // 2])
            return
        self.batches.append(len(documents))
        super().upsert(documents)

    def flush(self) -> None:
        if self.failing == "flush":
            raise OSError(5, "Input/output error")
        super().flush()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[WeakDisk]:
    index = WeakDisk(tmp_path / "index")
    yield index
    index.close()


def test_what_was_submitted_is_there_and_its_position_outlives_the_process(disk: WeakDisk, tmp_path: Path) -> None:
    sink = SearchSink(disk, tmp_path / "position.json")
    assert sink.position() == -1
    for token in range(100):
        sink.submit([ticket(f"T-{token}", "printer")], token)
    sink.submit([], 104)
    sink.drain(20)
    assert (disk.count(), sink.position()) == (100, 104)
    assert sink.health().healthy
    assert sink.health().applied_documents == 100
    sink.close()
    again = SearchSink(disk, tmp_path / "position.json")
    assert again.position() == 104
    again.submit([ticket("T-50", "printer")], 50)  # more than what follows may be sent again
    again.drain(20)
    assert (disk.count(), again.position()) == (100, 104)
    again.close()


def test_without_a_drain_it_is_visible_soon_and_load_makes_larger_batches(disk: WeakDisk, tmp_path: Path) -> None:
    sink = SearchSink(disk, tmp_path / "position.json")
    sink.submit([ticket("T-0", "printer")], 0)
    wait_until(lambda: disk.count() == 1, 20)
    assert disk.batches == [1]
    disk.works.clear()
    # Whatever the first batch has when the disk stops, what waits behind it fills one.
    most = 2 * LARGEST_BATCH + 999
    for token in range(1, most):
        sink.submit([ticket(f"T-{token}", "printer")], token)
    disk.works.set()
    sink.drain(20)
    assert disk.count() == most
    assert max(disk.batches) == LARGEST_BATCH
    assert len(disk.batches) <= 5
    sink.close()


@pytest.mark.parametrize("failing", ["write", "half", "flush", "silent"])
def test_a_failure_is_shown_and_tried_again_until_nothing_is_lost(disk: WeakDisk, tmp_path: Path, failing: str) -> None:
    sink = SearchSink(disk, tmp_path / "position.json")
    disk.failing = failing
    sink.submit([ticket(f"T-{number}", "printer") for number in range(100)], 7)
    wait_until(lambda: sink.health().failures >= 2, 20)
    health = sink.health()
    assert not health.healthy
    assert health.position == -1
    assert health.queued_documents == 100
    assert health.last_error is not None
    assert ("50 of 100" if failing == "silent" else "rror") in health.last_error
    with pytest.raises(TimeoutError, match="100 documents are not in"):
        sink.drain(0.01)
    disk.failing = None
    sink.drain(20)
    assert (disk.count(), sink.position()) == (100, 7)
    assert sink.health().last_error is None
    sink.close()


def test_a_full_queue_makes_the_caller_wait(disk: WeakDisk, tmp_path: Path) -> None:
    sink = SearchSink(disk, tmp_path / "position.json", capacity=10)
    disk.works.clear()
    sink.submit([ticket(f"T-{number}", "printer") for number in range(10)], 1)
    with pytest.raises(SinkBusy):
        sink.submit([ticket("T-99", "printer")], 2, timeout_seconds=0.05)
    disk.works.set()
    sink.submit([ticket("T-99", "printer")], 2)
    sink.drain(20)
    assert (disk.count(), sink.position()) == (11, 2)
    sink.close()


def test_who_is_to_be_forgotten_is_not_brought_back_by_what_waits(disk: WeakDisk, tmp_path: Path) -> None:
    sink = SearchSink(disk, tmp_path / "position.json")
    disk.works.clear()
    for token in range(40):
        sink.submit([ticket(f"T-{token}", "printer", subject=f"P-{token % 2}")], token)
    threading.Timer(0.1, disk.works.set).start()
    assert sink.delete_subject("acme", "P-1", timeout_seconds=20) == 20
    assert disk.count() == 20
    sink.submit([ticket("T-1000", "printer", subject="P-1")], 40)
    sink.drain(20)
    assert disk.count() == 21
    sink.close()


def test_a_closed_sink_applied_what_it_could_and_takes_nothing_more(disk: WeakDisk, tmp_path: Path) -> None:
    sink = SearchSink(disk, tmp_path / "position.json")
    sink.submit([ticket("T-1", "printer")], 1)
    sink.close()
    assert (disk.count(), sink.position()) == (1, 1)
    with pytest.raises(SinkClosed):
        sink.submit([ticket("T-2", "printer")], 2)
    with pytest.raises(SinkClosed):
        sink.delete_subject("acme", "P-1")


def test_closed_while_failing_it_leaves_the_rest_to_be_sent_again(disk: WeakDisk, tmp_path: Path) -> None:
    sink = SearchSink(disk, tmp_path / "position.json")
    sink.submit([ticket("T-1", "printer")], 1)
    sink.drain(20)
    disk.failing = "write"
    sink.submit([ticket("T-2", "printer")], 2)
    wait_until(lambda: sink.health().failures > 0, 20)
    sink.close()
    assert sink.position() == 1
    assert not sink.health().healthy
    with pytest.raises(TimeoutError):
        sink.drain(1)


def test_tokens_rise(disk: WeakDisk, tmp_path: Path) -> None:
    sink = SearchSink(disk, tmp_path / "position.json")
    sink.submit([], 5)
    with pytest.raises(DocumentRefused, match="tokens rise"):
        sink.submit([], 4)
    sink.close()


@pytest.mark.parametrize(
    "content", [b"", b"{", b'{"token": 9}', b'{"identity": "another", "token": 9}', b'{"token": "9"}']
)
def test_a_position_of_another_index_or_unreadable_means_nothing(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "position.json"
    file.write_bytes(content)
    position = PositionFile(file, "mine")
    assert position.read() == -1
    position.write(9)
    assert PositionFile(file, "mine").read() == 9
    assert PositionFile(file, "another").read() == -1
