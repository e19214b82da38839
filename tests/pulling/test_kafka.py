"""Does a pull into a log on Kafka go on where it ended, and is what it queues twice there once?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from infra.pull_kafka import QueuedJournal
from infra.pulling import Pull
from infra.tool_web import Access, ToolWeb
from schemas.event import Event
from schemas.sources import SourcePulled
from streams.connectors import pull_freshdesk
from streams.embedded import machine_clock
from streams.kafka.address import Address
from streams.kafka.intake import IntakeDoor
from streams.kafka.journal_reader import JournalReader
from streams.kafka.topics import apply_topics
from tests.connectors.asking import set_up
from tests.kafka.sequenced import journal, letters, sequencer
from tests.pulling.freshdesk_api import CASE, Freshdesk
from tests.pulling.tool import Answers, Tool

TENANT = "acme"


def told(address: Address) -> Sequence[Event]:
    return journal(address).get(TENANT, [])


def test_what_is_queued_is_read_back_and_there_once(
    address: Address, tmp_path: Path, serve: Callable[[Answers], Tool]
) -> None:
    apply_topics(address)
    tool = serve(Freshdesk())

    def pull() -> dict[str, Any]:
        door, reader = IntakeDoor(address, machine_clock), JournalReader(address, address.partitions)
        access = Access(tool.address, "a-token-of-this-test")
        quick = replace(pull_freshdesk.PULL, pages_a_minute=60_000)
        try:
            with ToolWeb(quick, access) as web:
                queued = QueuedJournal(door, reader)
                return Pull(quick, web, queued, TENANT, set_up("freshdesk"), machine_clock).run(lambda *_: None)
        finally:
            door.close()
            reader.close()

    def sequence() -> None:
        with sequencer(address, tmp_path) as worker:
            worker.run(until_idle=True)

    first = pull()
    assert (first["queued"], first["refused"]) == (7, 0)
    # No sequencer took it yet, so it is queued once more.
    assert pull()["queued"] == 7
    sequence()
    events = told(address)
    ids = Counter(event.id for event in events if event.source == "freshdesk")
    assert set(CASE.ids) <= set(ids)
    assert set(ids.values()) == {1}
    assert sum(isinstance(event.data, SourcePulled) for event in events) == 2
    assert letters(address) == {}
    asked = len(tool.asked)
    third = pull()
    assert third["queued"] == 0
    assert tool.asked[asked].query["updated_since"] > "2026-03-02"
