"""Cells that answers are read from, where workers fold: a copy in the home folder, fed by whoever feeds its sinks."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import cached_property
from typing import Final

import structlog

from infra.home import Home, HomeLocked
from infra.kafka.sinks import SinkTaker, sink_locked
from processors.catalog import PROCESSORS
from streams.batch import CellId
from streams.kafka.address import Address
from streams.kafka.failures import KafkaFailed
from streams.kafka.following import Follower
from streams.kafka.state_copy import StateCopy
from streams.kafka.state_topic import KeptTopics

_LOOKED_EVERY_SECONDS: Final = 5.0

_log = structlog.get_logger(__name__)


def open_copy(home: Home) -> StateCopy:
    """The copy of the home folder; made where there is none."""
    return StateCopy(home.kafka_cells, PROCESSORS)


def follow_cells(address: Address, copy: StateCopy, topics: Sequence[str], on_taken: Callable[[], None]) -> Follower:
    """A reader of what those who fold keep, in these topics. Raises TopicsDiffer where one is missing."""
    return Follower(address, None, topics, copy, on_taken=on_taken)


class CopiedCells:
    """Reads the copy, and feeds it from the first `look_after` on, unless another process of the home folder does."""

    def __init__(self, address: Address, home: Home, on_taken: Callable[[], None]) -> None:
        self._address = address
        self._home = home
        self._on_taken = on_taken
        self._lock = threading.Lock()
        self._copy: StateCopy | None = None
        self._follower: Follower | None = None
        self._closing = ExitStack()
        self._topics: Sequence[str] = ()
        self._is_mine = False
        self._is_stopped = False
        self._looked_at = -math.inf

    @cached_property
    def _kept(self) -> KeptTopics:
        return KeptTopics(self._address)

    def cell(self, tenant: str, cell: CellId) -> Mapping[str, bytes] | None:
        """What is copied of a cell."""
        copy = self._opened()
        return None if copy is None else copy.cell(tenant, cell)

    def lacking(self) -> str | None:
        """Why nothing is copied by now; None where something is."""
        copy = self._opened()
        if copy is not None and not copy.is_empty():
            return None
        return (
            "what this is reckoned from is kept by those who fold, and none of it is in this home folder yet: it comes "
            "with `millrace serve`, and with `--until-idle` of `millrace worker` and `millrace flink submit`"
        )

    def look_after(self) -> None:
        """Feeds the copy from the topics there are by now, and anew where one was made anew. Quick, mostly."""
        if time.monotonic() - self._looked_at < _LOOKED_EVERY_SECONDS or not self._lock.acquire(blocking=False):
            return
        try:
            if not self._is_stopped:
                self._begin(self._kept.names())
        except (HomeLocked, KafkaFailed) as error:
            _log.info("cells_not_followed", reason=str(error))
        finally:
            self._looked_at = time.monotonic()
            self._lock.release()

    def fed(self) -> list[tuple[Follower, SinkTaker]]:
        """The reader that feeds the copy, while there is one."""
        follower, copy = self._follower, self._copy
        return [] if follower is None or copy is None or follower.failure is not None else [(follower, copy)]

    def stop(self) -> None:
        """Ends after the batch in hand."""
        with self._lock:
            self._is_stopped = True
        if self._follower is not None:
            self._follower.stop()

    def close(self) -> None:
        """Gives the file back."""
        self._closing.close()

    def _begin(self, topics: Sequence[str]) -> None:
        follower = self._follower
        if not topics or (follower is not None and follower.failure is None and topics == self._topics):
            return
        if not self._is_mine:
            self._closing.enter_context(sink_locked(self._home, "cells"))
            self._is_mine = True
        if follower is not None:
            follower.stop()
        self._follower, self._topics = follow_cells(self._address, self._made(), topics, self._on_taken), topics
        self._follower.start()

    def _opened(self) -> StateCopy | None:
        if self._copy is None and self._home.kafka_cells.exists():
            with self._lock:
                return self._made()
        return self._copy

    def _made(self) -> StateCopy:
        if self._copy is None:
            self._copy = open_copy(self._home)
            self._closing.callback(self._copy.close)
        return self._copy
