"""The embedded index on its disk: who may hold it, what survives a kill, what an erasure leaves behind."""

from __future__ import annotations

import contextlib
import random
import signal
import stat
import time
from pathlib import Path

import msgspec
import psutil
import pytest

from sinks.qdrant.contract import IndexBroken, IndexClosed, IndexLocked, IndexMismatch, SearchIndexError
from sinks.qdrant.dense import EmbeddingSettings
from sinks.qdrant.edge import EdgeIndex
from sinks.qdrant.process import EdgeProcess
from sinks.qdrant.shard_directory import Header
from tests.sinks_qdrant.invented import HashedLetters, python, ticket


def bytes_in(path: Path, needle: bytes) -> int:
    return sum(file.read_bytes().count(needle) for file in path.rglob("*") if file.is_file())


def test_the_directory_is_its_owners_only(tmp_path: Path) -> None:
    path = tmp_path / "qdrant"
    path.mkdir(mode=0o755)
    EdgeIndex(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o700


def test_what_was_flushed_is_there_after_opening_again(tmp_path: Path) -> None:
    index = EdgeIndex(tmp_path)
    identity = index.identity
    index.upsert([ticket("T-1", "printer", revision=5)])
    index.close()
    again = EdgeIndex(tmp_path)
    assert again.identity == identity
    assert again.search("acme", "printer")[0].document == ticket("T-1", "printer", revision=5)
    again.close()


def test_a_second_holder_is_told_who_holds_it(tmp_path: Path) -> None:
    index = EdgeIndex(tmp_path)
    code = "import sys; from pathlib import Path; from sinks.qdrant.edge import EdgeIndex; EdgeIndex(Path(sys.argv[1]))"
    second = python(code, str(tmp_path))
    _, error = second.communicate(timeout=60)
    assert second.returncode == 1
    assert "IndexLocked" in error
    assert f"is open in process {psutil.Process().pid}" in error
    with pytest.raises(IndexLocked):
        EdgeIndex(tmp_path)
    index.close()
    EdgeIndex(tmp_path).close()


def test_another_model_or_other_words_need_another_index(tmp_path: Path) -> None:
    EdgeIndex(tmp_path).close()
    with pytest.raises(IndexMismatch, match="hashed-letters"):
        EdgeIndex(tmp_path, HashedLetters())
    header = msgspec.json.decode((tmp_path / "index.json").read_bytes(), type=Header)
    (tmp_path / "index.json").write_bytes(msgspec.json.encode(msgspec.structs.replace(header, words_version=0)))
    with pytest.raises(IndexMismatch, match="remove"):
        EdgeIndex(tmp_path)


@pytest.mark.parametrize("damage", ["header", "shard", "no shard"])
def test_a_damaged_index_says_what_to_remove(tmp_path: Path, damage: str) -> None:
    index = EdgeIndex(tmp_path)
    index.upsert([ticket("T-1", "printer")])
    index.close()
    if damage == "header":
        (tmp_path / "index.json").write_bytes(b"{")
    elif damage == "shard":
        (tmp_path / "shard-1" / "edge_config.json").write_bytes(b"{")
    else:
        (tmp_path / "shard-1").rename(tmp_path / "elsewhere")
    with pytest.raises(IndexBroken, match=r"remove .* and send the documents again"):
        EdgeIndex(tmp_path)


def test_an_erased_persons_words_leave_the_files(tmp_path: Path) -> None:
    index = EdgeIndex(tmp_path, HashedLetters())
    index.upsert([ticket(f"T-{number}", f"canary sings {number}", subject="P-1") for number in range(50)])
    others = [ticket(f"T-{number}", f"sparrow {number}", subject="P-2") for number in range(50, 700)]
    index.upsert(others)
    index.upsert([ticket("T-1", "canary renamed", subject="P-1", revision=2)])
    index.flush()
    assert bytes_in(tmp_path, b"canary") > 50
    before = index.search("acme", "sparrow 77")[0]
    assert index.delete_subject("acme", "P-1") == 50
    assert bytes_in(tmp_path, b"canary") == 0
    assert index.count("acme") == len(others)
    assert index.search("acme", "sparrow 77")[0].document == before.document
    index.close()
    again = EdgeIndex(tmp_path, HashedLetters())
    assert again.count() == len(others)
    again.close()


def test_an_erasure_that_broke_off_is_finished_at_the_next_opening(tmp_path: Path) -> None:
    index = EdgeIndex(tmp_path)
    index.upsert([ticket("T-1", "canary", subject="P-1"), ticket("T-2", "sparrow")])
    index.delete("acme", [ticket("T-1", "").key])
    index.close()
    assert bytes_in(tmp_path, b"canary") > 0
    header = msgspec.json.decode((tmp_path / "index.json").read_bytes(), type=Header)
    (tmp_path / "index.json").write_bytes(msgspec.json.encode(msgspec.structs.replace(header, rewrite_due=True)))
    (tmp_path / "shard-2").mkdir()  # what the broken rewrite left
    (tmp_path / "shard-2" / "page_0.dat").write_bytes(b"canary")
    again = EdgeIndex(tmp_path)
    assert bytes_in(tmp_path, b"canary") == 0
    assert again.count() == 1
    again.close()
    assert sorted(path.name for path in tmp_path.glob("shard-*")) == ["shard-2"]


WRITER = """
import sys
from pathlib import Path
from sinks.qdrant.edge import EdgeIndex
from sinks.qdrant.sink import SearchSink
from tests.sinks_qdrant.invented import ticket

index = EdgeIndex(Path(sys.argv[1]), lock_wait_seconds=10)
sink = SearchSink(index, Path(sys.argv[1]) / "position.json")
print(sink.position(), flush=True)
for token in range(sink.position() + 1, 4_000):
    sink.submit([ticket(f"T-{token % 700}", f"printer {token}", revision=token)], token)
sink.drain()
sink.close()
index.close()
"""


def test_killed_at_any_moment_it_keeps_what_it_said_it_had(tmp_path: Path) -> None:
    dice = random.Random(3)
    positions = []
    for _ in range(6):
        writer = python(WRITER, str(tmp_path))
        assert writer.stdout is not None
        positions.append(int(writer.stdout.readline()))
        time.sleep(dice.uniform(0.0, 0.25))
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
        index = EdgeIndex(tmp_path, lock_wait_seconds=10)
        with contextlib.suppress(FileNotFoundError):
            position = msgspec.json.decode((tmp_path / "position.json").read_bytes())["token"]
            there = index.revisions("acme", [ticket(f"T-{number}", "").key for number in range(700)])
            applied = {f"T-{token % 700}": token for token in range(position + 1)}
            lost = [entity for entity, token in applied.items() if there[ticket(entity, "").key] < token]
            assert lost == []
        index.close()
    assert positions == sorted(positions)
    writer = python(WRITER, str(tmp_path))
    _, error = writer.communicate(timeout=60)
    assert (writer.returncode, error) == (0, "")
    index = EdgeIndex(tmp_path)
    assert index.count() == 700
    newest = {ticket(f"T-{token % 700}", "").key: token for token in range(4_000)}
    assert index.revisions("acme", list(newest)) == newest
    index.close()


def test_a_holder_that_was_killed_is_replaced(tmp_path: Path) -> None:
    index = EdgeProcess(tmp_path)
    index.upsert([ticket("T-1", "printer")])
    index.flush()
    first = psutil.Process(index.process_id)
    first.kill()
    with contextlib.suppress(IndexClosed):
        index.count()
    assert [hit.document.key.entity for hit in index.search("acme", "printer")] == ["T-1"]
    assert index.process_id != first.pid
    index.close()


def test_a_holder_ends_with_the_process_it_serves(tmp_path: Path) -> None:
    code = """
import sys, time
from pathlib import Path
from sinks.qdrant.process import EdgeProcess
from tests.sinks_qdrant.invented import ticket
index = EdgeProcess(Path(sys.argv[1]))
index.upsert([ticket("T-1", "printer")])
print(index.process_id, flush=True)
time.sleep(60)
"""
    owner = python(code, str(tmp_path))
    assert owner.stdout is not None
    holder = psutil.Process(int(owner.stdout.readline()))
    owner.send_signal(signal.SIGKILL)
    owner.communicate()
    holder.wait(timeout=60)
    index = EdgeIndex(tmp_path)
    assert index.count() == 1
    index.close()


def test_a_holder_that_cannot_open_says_why(tmp_path: Path) -> None:
    index = EdgeIndex(tmp_path / "index", HashedLetters())
    index.close()
    with pytest.raises(IndexMismatch):
        EdgeProcess(tmp_path / "index")
    (tmp_path / "file").touch()
    with pytest.raises(SearchIndexError, match=r"exists"):
        EdgeProcess(tmp_path / "file")
    with pytest.raises(SearchIndexError, match=r"millrace|folder"):
        EdgeProcess(tmp_path / "other", EmbeddingSettings("model", str(tmp_path / "nowhere")))
