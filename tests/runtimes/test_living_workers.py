"""Workers that live: timers of an idle tenant fire in time, a step that raises is left out, nothing differs anew."""

from __future__ import annotations

import time
from pathlib import Path

from infra.workers import Workers
from streams.kafka.address import Address
from streams.kafka.state_topic import saved_state
from streams.kafka.topics import apply_topics
from streams.state_hash import tenant_hashes
from tests.faust.conftest import BRITTLE
from tests.laws.crash_worker import CATALOG
from tests.runtimes.living import check, live


def test_it_is_what_its_journal_gives(address: Address, tmp_path: Path) -> None:
    apply_topics(address)
    workers = Workers(address, tmp_path / "workers", 1, command=BRITTLE)
    try:
        while not workers.have_begun:
            workers.look()
            time.sleep(0.05)
        found = live(address, tmp_path / "home")
        workers.run_until_idle()
    finally:
        workers.stop()
    store = saved_state(address, CATALOG)
    check(address, *found, tenant_hashes(store, CATALOG))
