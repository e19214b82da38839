"""Waiting until every sink of a log holds what was said by now, whoever feeds it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from infra.home import Home, HomeLocked
from infra.kafka.feeding import feeding
from infra.kafka.sinks import SINKS, SinkName
from infra.settings import Settings
from streams.kafka.address import Address
from streams.kafka.backlog import Backlog
from streams.kafka.groups import living_groups
from streams.kafka.statements import FACT_TOPICS

_TOPICS: Final[dict[SinkName, tuple[str, ...]]] = {
    "clickhouse": FACT_TOPICS,
    "qdrant": ("facts",),
    "webhooks": ("alerts",),
}
_LOOK_SECONDS: Final = 0.3
_TOLD_EVERY_SECONDS: Final = 10.0


def catch_up(
    home: Home, settings: Settings, address: Address, stop: threading.Event, told: Callable[[str], None]
) -> None:
    """Feeds the home folder's sinks that no other process feeds, then waits for all that run elsewhere, or for `stop`.

    `told` hears now and then what is waited for.
    """
    for name in SINKS:
        if stop.is_set():
            return
        try:
            with feeding(name, home, settings, address) as feed:
                feed.wait_until_idle(stop)
        except HomeLocked:
            # Its process feeds it, and is waited for with the others.
            continue
    told_at = time.monotonic()
    while (left := _behind(address)) and not stop.wait(_LOOK_SECONDS):
        if time.monotonic() - told_at > _TOLD_EVERY_SECONDS:
            told("waiting for " + ", ".join(f"{group} ({records:,} records)" for group, records in left.items()))
            told_at = time.monotonic()


def _behind(address: Address) -> dict[str, int]:
    """Records that each sink that runs anywhere has not taken; those that have all are left out."""
    found: dict[str, int] = {}
    for name, topics in _TOPICS.items():
        for group in living_groups(address, f"millrace-{name}-"):
            for topic in topics:
                backlog = Backlog(address, group, address.topic(topic))
                try:
                    left = sum(backlog.by_partition().values())
                finally:
                    backlog.close()
                if left:
                    found[group] = found.get(group, 0) + left
    return found
