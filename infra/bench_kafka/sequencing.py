"""How many records a second does one sequencer take from the intake into the journal?"""

from __future__ import annotations

import time

from infra.bench_kafka.load import fill_intake
from infra.bench_kafka.place import Place
from infra.quality.row import Row
from streams.embedded import machine_clock
from streams.kafka.address import Address
from streams.kafka.sequencer import Sequencer
from streams.privacy import Privacy
from streams.subject_keys import SubjectKeys

GOAL = 20_000


def measure(place: Place, log: Address, events: int) -> list[Row]:
    """The intake is full before it begins. The journal is left for what is measured next."""
    records = fill_intake(log, events)
    home = place.new_folder("sequencer")
    privacy = Privacy(SubjectKeys.open(home))
    sequencer = Sequencer(log, home, privacy, machine_clock)
    began = ended = 0.0
    try:
        while sequencer.tally.taken < records:
            before = sequencer.tally.taken
            now = time.perf_counter()
            sequencer.step()
            if sequencer.tally.taken > before:
                # From the first batch on: joining the group is no part of it.
                began, ended = began or now, time.perf_counter()
    finally:
        sequencer.close()
        privacy.close()
    return [Row("sequencer alone, one process", records / (ended - began), "events/s", GOAL)]
