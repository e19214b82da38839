"""Intake topics become the journal: each record once, whoever sent it, wherever it lay."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from confluent_kafka import TopicPartition

from processors.learners.directions import direction
from schemas.instant import HOUR, SECOND
from schemas.meaning import meaning_in
from schemas.system import BackfillEnded, BackfillStarted, RecordRefused
from schemas.tickets import TicketMessageAdded
from streams.embedded import machine_clock
from streams.kafka.address import Address
from streams.kafka.client import admin, producer
from streams.kafka.failures import RecordsLost
from streams.kafka.intake import IntakeDoor
from streams.kafka.said import Wait, encode_wait
from streams.kafka.sequencer import KeysDiffer
from streams.kafka.topics import apply_topics
from streams.partition import partition_of
from streams.privacy import Privacy
from streams.subject_keys import SubjectKeys
from tests.kafka.sequenced import Story, check, journal, letters, lying, sequencer
from tests.sentences import DigestEmbedder
from tests.streams.records import raw, used


@pytest.fixture
def log(address: Address) -> Address:
    apply_topics(address)
    return address


def take_all(log: Address, home: Path, **how: bool) -> None:
    with sequencer(log, home, **how) as worker:
        worker.run(until_idle=True)


@pytest.mark.parametrize("forgets", [False, True])
def test_all_of_the_intake_is_taken_once(log: Address, tmp_path: Path, forgets: bool) -> None:
    """Also by one that starts again, with its checkpoints or without."""
    story = Story(log, "once")
    for _ in range(3):
        story.send(400)
        take_all(log, tmp_path)
        for folder in (tmp_path / "sequencer").rglob("*partition-*") if forgets else ():
            shutil.rmtree(folder)
    check(log, story.sent)


def test_records_are_stamped(log: Address, tmp_path: Path) -> None:
    before = machine_clock()
    door = IntakeDoor(log, machine_clock)
    message = {"ticket": "T-1", "author": "customer", "person": "p-1", "text": "Hello, this is jo.doe@example.com."}
    taken = door.take("acme", [used("e-1"), raw("ticket.message_added", message, "e-2"), b"{"], origin="http key")
    assert [one.status for one in taken] == ["queued", "queued", "refused"]
    refused = RecordRefused(
        refused_position=1,
        event_id="e-1",
        stepped="usage.recorded",
        processor="usage",
        processor_version=1,
        key="A",
        reason="KeyError",
    )
    door.record("acme", refused, id="refused-1")
    door.close()
    take_all(log, tmp_path)
    by_id = {event.id: event for event in journal(log)["acme"]}
    assert {id_: event.intake for id_, event in by_id.items()} == {
        "e-1": "usage:0",
        "e-2": "tickets:0",
        "refused-1": "system:1",
    }
    assert sorted(event.position for event in by_id.values()) == [1, 2, 3]
    assert all(before - 1_000 <= event.recorded_at <= machine_clock() for event in by_id.values())
    spoken = by_id["e-2"]
    assert spoken.language == "en"
    assert "jo.doe" not in spoken.data.model_dump_json()
    privacy = Privacy(SubjectKeys.open(tmp_path))
    assert privacy.originals(spoken) == {"text": message["text"]}
    ((_, letter),) = letters(log).items()
    assert (letter.letter, letter.reason, letter.origin) == (taken[2].letter, "not_json", "http key")
    assert privacy.open_letter("acme", letter.letter, letter.raw) == b"{"
    privacy.close()
    headers = next(found for partition, found, _ in list(lying(log, "journal")) if partition == partition_of("acme", 4))
    assert dict(headers) == {"ce_type": b"writer.began"}


def test_what_redacted_words_mean_is_told(log: Address, tmp_path: Path) -> None:
    door = IntakeDoor(log, machine_clock)
    message = {"ticket": "T-1", "author": "customer", "text": "Hello, this is jo.doe@example.com."}
    door.take("acme", [used("e-1"), raw("ticket.message_added", message, "e-2")])
    door.close()
    take_all(log, tmp_path)
    by_id = {event.id: event for event in journal(log)["acme"]}
    spoken = by_id["e-2"]
    assert isinstance(spoken.data, TicketMessageAdded)
    (vector,) = DigestEmbedder().embed_documents([spoken.data.text])
    assert meaning_in(spoken.meaning) == direction(DigestEmbedder.name, vector)
    assert by_id["e-1"].meaning is None


def test_any_producer_may_write_to_the_intake(log: Address, tmp_path: Path) -> None:
    """With every codec, in any partition; what cannot be taken stops nothing."""
    for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
        foreign = producer(log, **{"compression.type": codec})
        for number in range(20):
            foreign.produce(log.topic("usage"), used(f"{codec}-{number}"), b"acme", number % 4)
        assert not foreign.flush(30)
    poison = producer(log)
    poison.produce(log.topic("usage"), None, b"acme", 0)
    poison.produce(log.topic("usage"), b"\x00" * 3_000_000, b"acme", 1)
    poison.produce(log.topic("usage"), used("e-1"), None, 2)
    assert not poison.flush(30)
    take_all(log, tmp_path)
    assert len({event.id for event in journal(log)["acme"]}) == len(journal(log)["acme"]) == 100
    assert sorted((one.tenant, one.reason) for one in letters(log).values()) == [
        ("_nobody", "not_an_event"),
        ("acme", "not_json"),
        ("acme", "too_large"),
    ]


def test_a_transaction_of_others_holds_nothing_up(log: Address, tmp_path: Path) -> None:
    foreign = producer(log, **{"transactional.id": "others"})
    foreign.init_transactions(30)
    for name, end in (("kept", foreign.commit_transaction), ("dropped", foreign.abort_transaction)):
        foreign.begin_transaction()
        foreign.produce(log.topic("usage"), used(name), b"acme", partition_of("acme", 4))
        end(30)
    take_all(log, tmp_path)
    assert [event.id for event in journal(log)["acme"]] == ["kept"]


def cut(log: Address, family: str, partition: int, before: int) -> None:
    """Deletes the first records of an intake partition."""
    place = TopicPartition(log.topic(family), partition, before)
    asked = admin(log)
    asked.delete_records([place])[place].result()


@pytest.mark.parametrize("accept_lost", [False, True])
def test_intake_that_was_cut_before_it_was_taken_is_told(log: Address, tmp_path: Path, accept_lost: bool) -> None:
    partition = partition_of("acme", 4)
    door = IntakeDoor(log, machine_clock)
    door.take("acme", [used(f"e-{number}") for number in range(10)])
    take_all(log, tmp_path)
    door.take("acme", [used(f"e-{number}") for number in range(10, 20)])
    cut(log, "usage", partition, 15)
    if accept_lost:
        take_all(log, tmp_path, accept_lost=True)
        assert len(journal(log)["acme"]) == 15
    else:
        with pytest.raises(RecordsLost, match="offset 10 is wanted, but the topic holds 15 to 20"):
            take_all(log, tmp_path)
    door.close()


def test_intake_that_was_taken_may_go(log: Address, tmp_path: Path) -> None:
    """Also records that led to nothing in the journal: the group remembers them."""
    partition = partition_of("acme", 4)
    door = IntakeDoor(log, machine_clock)
    door.take("acme", [used("e-1"), used("e-1"), used("e-1")])
    take_all(log, tmp_path)
    cut(log, "usage", partition, 3)
    door.take("acme", [used("e-2")])
    take_all(log, tmp_path)
    assert [event.id for event in journal(log)["acme"]] == ["e-1", "e-2"]
    door.close()


def test_other_keys_are_refused(log: Address, tmp_path: Path) -> None:
    door = IntakeDoor(log, machine_clock)
    message = {"ticket": "T-1", "author": "customer", "person": "p-1", "text": "Hello, this is jo.doe@example.com."}
    door.take("acme", [raw("ticket.message_added", message, "e-1")])
    (tmp_path / "one").mkdir()
    take_all(log, tmp_path / "one")
    # The group knows the other one as the same member: nobody has to wait until the first is forgotten.
    shutil.copytree(tmp_path / "one", tmp_path / "another", ignore=shutil.ignore_patterns("keys.*", "*partition-*"))
    with pytest.raises(KeysDiffer, match=r"acme/1 was sealed .*copy its keys.db and keys.root"):
        take_all(log, tmp_path / "another")
    door.close()


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0x40
    file.write_bytes(content)


@pytest.mark.parametrize("damage", [flip, Path.unlink, lambda file: file.write_bytes(b"no database at all" * 99)])
def test_a_damaged_checkpoint_is_read_anew(log: Address, tmp_path: Path, damage: Callable[[Path], object]) -> None:
    story = Story(log, "damage")
    story.send(300)
    take_all(log, tmp_path)
    for file in (tmp_path / "sequencer").rglob("*.db"):
        damage(file)
    story.send(300)
    take_all(log, tmp_path)
    check(log, story.sent)


def wait(log: Address, tenant: str, due: int | None, position: int) -> None:
    """Says as a worker does when a tenant should be woken."""
    teller = producer(log)
    value = encode_wait(Wait(due, position, 0))
    teller.produce(log.topic("waits"), value, tenant.encode(), partition_of(tenant, 4))
    assert not teller.flush(10)


def test_an_idle_tenant_is_woken_while_another_keeps_its_partition_busy(log: Address, tmp_path: Path) -> None:
    busy = next(name for name in map("busy-{}".format, range(99)) if partition_of(name, 4) == partition_of("acme", 4))
    resting = next(name for name in map("old-{}".format, range(99)) if partition_of(name, 4) != partition_of("acme", 4))
    door = IntakeDoor(log, machine_clock)
    door.take("acme", [used("e-1")])
    door.record(resting, BackfillStarted(name="old", clock="live"), id="backfill-1")
    with sequencer(log, tmp_path) as worker:
        until = machine_clock() + 60 * SECOND
        while len(journal(log)) < 2:
            assert machine_clock() < until
            worker.step()
        due = machine_clock() + 2 * SECOND
        wait(log, "acme", due, 1)
        wait(log, resting, due, 1)
        number = 0
        while machine_clock() < due + 3 * SECOND:
            door.take(busy, [used(f"b-{number + offset}", at=machine_clock()) for offset in range(50)])
            number += 50
            worker.step()
        assert worker.tally.ticks == 1
        tick = journal(log)["acme"][-1]
        assert (tick.type, tick.id, tick.position, tick.intake) == ("tick", "tick-2", 2, None)
        assert due <= tick.occurred_at == tick.recorded_at < due + SECOND
        assert [event.type for event in journal(log)[resting]] == ["backfill.started"]
        # What was due meanwhile is told when the backfill ends, without a word from the worker.
        door.record(resting, BackfillEnded(name="old"), id="backfill-2", occurred_at=due - SECOND)
        while worker.tally.ticks == 1:
            assert machine_clock() < until
            worker.step()
        assert journal(log)[resting][-1].type == "tick"
    door.close()


def test_a_tick_follows_what_was_in_the_intake_when_its_instant_came(log: Address, tmp_path: Path) -> None:
    """A sequencer that starts late takes what came in before it wakes anybody; one that starts again wakes once."""
    door = IntakeDoor(log, machine_clock)
    door.take("acme", [used("e-0", at=machine_clock() - HOUR)])
    take_all(log, tmp_path)
    wait(log, "acme", machine_clock() - HOUR // 2, 1)
    door.take("acme", [used(f"e-{number}", at=machine_clock() - HOUR) for number in range(1, 3_000)])
    for _ in range(2):
        take_all(log, tmp_path)
    types = [event.type for event in journal(log)["acme"]]
    assert (len(types), types.index("tick")) == (3_001, 3_000)
    door.close()
