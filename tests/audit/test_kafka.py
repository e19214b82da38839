"""Does the chain of acts hold where the journal is on Kafka, and somebody else gives records their order?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from infra.act_book import ActBook
from infra.act_check import check
from schemas.event import Event
from streams.embedded import machine_clock
from streams.kafka.address import Address
from streams.kafka.intake import IntakeDoor
from streams.kafka.journal_reader import JournalReader
from streams.kafka.topics import apply_topics
from tests.kafka.sequenced import sequencer

TENANT = "acme"


def test_acts_of_two_home_folders_are_two_whole_chains(address: Address, tmp_path: Path) -> None:
    apply_topics(address)

    def sequence() -> None:
        with sequencer(address, tmp_path) as worker:
            worker.run(until_idle=True)

    with (
        closing(IntakeDoor(address, machine_clock)) as door,
        closing(JournalReader(address, address.partitions)) as reader,
        closing(ActBook(tmp_path / "one.db", machine_clock)) as one,
        closing(ActBook(tmp_path / "two.db", machine_clock)) as two,
    ):

        def events() -> Iterator[Event]:
            yield from reader.read(TENANT, 0, 1_000)

        for number in range(4):
            for book in (one, two):
                book.tell(door.record, TENANT, "key.created", actor="operator", subject=f"k-{number}")
        (waiting,) = check(TENANT, events(), end=one.end(TENANT)).faults
        assert "when the sequencer has taken all" in waiting.says
        sequence()
        for book in (one, two):
            found = check(TENANT, events(), end=book.end(TENANT))
            assert (found.acts, found.faults) == (8, [])
            assert {end.sequence for end in found.chains.values()} == {4}
