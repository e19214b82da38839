"""A step that raises is refused through the sequencer, and costs nothing else; a processor that always raises stops."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import count

from schemas.decode import decode
from schemas.event import Event
from schemas.instant import MINUTE
from schemas.usage import UsageRecorded
from streams.breaker import MOST_CONSECUTIVE
from streams.checked import own_event
from streams.kafka.address import Address
from streams.kafka.said import decode_letter
from streams.log import Letter
from tests.faust.carried import Carrier, assert_folded, folded, read_all
from tests.faust.conftest import Start, wait_for_begin
from tests.laws.crash_worker import BRITTLE_NAME, CATALOG
from tests.laws.story import START


def used(tenant: str, names: Sequence[str]) -> list[Event]:
    """Usage of these names, at positions from 1 on."""
    return [
        own_event(tenant, UsageRecorded(name=name), START + number * MINUTE, f"{tenant}-{number}").stamped(
            position=number, recorded_at=START + number * MINUTE, account="A-1"
        )
        for number, name in enumerate(names, 1)
    ]


def letters(log: Address) -> dict[str, Letter]:
    found: dict[str, Letter] = {}
    for message in read_all(log, log.topic("dead-letters")):
        letter, sealed = decode_letter(message.value() or b"")
        assert not sealed
        assert found.setdefault(letter.letter, letter) == letter
    return found


def test_a_step_that_raises_is_left_out_once_its_refusal_is_in_the_journal(log: Address, start: Start) -> None:
    names = ["row.edited", BRITTLE_NAME, "row.edited", BRITTLE_NAME, "row.edited"]
    journals = {tenant: used(tenant, names) for tenant in ("acme", "zoo", "fine")}
    journals["fine"] = used("fine", ["row.edited"] * 30)
    carrier = Carrier(log)
    for journal in journals.values():
        carrier.write(journal)
    workers = start(brittle=True)
    taken: dict[str, Event] = {}
    # What a sequencer does: each refusal goes into the journal, once; a worker is replaced on the way.
    for number in count():
        for message in read_all(log, log.topic("system")):
            refused = decode(message.value() or b"")
            if taken.setdefault(refused.id, refused) is refused:
                journals[refused.tenant].append(carrier.append(refused))
        if len(taken) == 4:
            break
        if number == 20:
            workers.stop()
            workers = start(brittle=True)
        workers.look()
        time.sleep(0.2)
    workers.run_until_idle()
    assert_folded(log, folded(journals, CATALOG), CATALOG)
    found = letters(log)
    assert {f"refused-{letter}" for letter in found} == set(taken)
    assert {(letter.tenant, letter.event_id, letter.reason) for letter in found.values()} == {
        (tenant, f"{tenant}-{number}", "step_failed") for tenant in ("acme", "zoo") for number in (2, 4)
    }


def test_a_processor_that_always_raises_stops_its_partition(log: Address, start: Start) -> None:
    tenants = [f"t-{number}" for number in range(MOST_CONSECUTIVE * 4)]
    carrier = Carrier(log)
    for tenant in tenants:
        carrier.write(used(tenant, [BRITTLE_NAME]))
    workers = start(brittle=True)
    wait_for_begin(workers)
    until = time.monotonic() + 60
    while not workers.stopped and time.monotonic() < until:
        workers.look()
        time.sleep(0.1)
    assert workers.stopped
    assert all("is stopped" in why for why in workers.stopped.values())
    assert 0 < len(letters(log)) <= log.partitions * (MOST_CONSECUTIVE - 1)
