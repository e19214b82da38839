"""One pull as an operator asks for it: which connection, with what access, into which journal, and one at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from infra.application import Application
from infra.connections import Connection
from infra.pull_access import keep_access, kept_access
from infra.pulling import EmbeddedJournal, Journal, Pull, Tell
from infra.service import NotOnThisLog, Service
from infra.tool_web import Access, PullFailed, ToolWeb, sound_address
from streams.connectors.pull_catalog import PULLER_OF
from streams.connectors.pulling import Puller

# A pull that was just told to end may be in the middle of a request.
LONGEST_END_SECONDS = 30.0


class Wanted(NamedTuple):
    """What is to be pulled. Without a token, what was kept opens the API; `keep` keeps what was brought."""

    tenant: str
    source: str
    address: str = ""
    user: str = ""
    token: str = ""
    since: int | None = None
    keep: bool = False


class Stop:
    """Tells a pull to end, whatever it waits for."""

    def __init__(self) -> None:
        self._told = threading.Event()
        self.tell = self._told.set

    def wait(self, seconds: float) -> None:
        """Sleeps. Raises PullFailed as soon as it is told to end."""
        self._told.wait(seconds)
        self.check()

    def check(self) -> None:
        """Raises PullFailed once it is told to end."""
        if self._told.is_set():
            raise PullFailed("the pull was interrupted: run it again, it goes on")


def pull_connection(
    service: Service,
    connections: Sequence[Connection],
    wanted: Wanted,
    stop: Stop,
    tell: Tell,
    began: Callable[[Connection], None],
) -> dict[str, Any]:
    """Pulls until the tool has nothing more; the counts. Raises PullFailed, NotOnThisLog, ValueError.

    `began` is told before anything is asked of the tool, once it is clear what is to be pulled.
    """
    connection, puller = _chosen(connections, wanted)
    access = _access(service, connection, puller, wanted)
    began(connection)
    with _alone(connection.id), ToolWeb(puller, access, wait=stop.wait, before_each=stop.check) as web:
        pull = Pull(
            puller, web, journal_of(service), wanted.tenant, connection.setup, service.clock, since=wanted.since
        )
        report = pull.run(tell)
    if wanted.keep and wanted.token:
        keep_access(service.home.access, connection.id, access)
    return report


def journal_of(service: Service) -> Journal:
    """The journal behind a service, to be read and written. Raises NotOnThisLog."""
    if isinstance(service, Application):
        return EmbeddedJournal(service.runtime)
    # Loading Kafka's client is for those who have a log there.
    from infra.kafka.service import KafkaService
    from infra.pull_kafka import QueuedJournal

    if isinstance(service, KafkaService):
        return QueuedJournal(service.door, service.reader)
    raise NotOnThisLog("`pull` needs a log that it can read and write")


def _chosen(connections: Sequence[Connection], wanted: Wanted) -> tuple[Connection, Puller]:
    """The connection of that label, else the only one of that source. Raises ValueError."""
    named = [one for one in connections if one.setup.label == wanted.source]
    found = named or [one for one in connections if one.source == wanted.source]
    if len(found) > 1:
        labels = ", ".join(sorted(one.setup.label for one in found))
        raise ValueError(f"{wanted.tenant} has more than one connection of {wanted.source}: name one of {labels}")
    source = found[0].source if found else wanted.source
    puller = PULLER_OF.get(source)
    if puller is None:
        known = ", ".join(PULLER_OF)
        raise ValueError(f"{source} cannot be pulled; these can: {known}")
    if not found:
        raise ValueError(
            f"{wanted.tenant} has no connection of {source}: `millrace connect {source} --tenant {wanted.tenant}` "
            "makes one, and with it the name that ids bear"
        )
    return found[0], puller


def _access(service: Service, connection: Connection, puller: Puller, wanted: Wanted) -> Access:
    """What was brought, else what was kept. Raises ValueError; a kept token goes to its own address only."""
    if wanted.token:
        address = wanted.address or (puller.address if puller.has_one_address else "")
        if not address:
            raise ValueError(f"where is its API? --address {puller.address}")
        return Access(sound_address(address), wanted.token, wanted.user)
    kept = kept_access(service.home.access, connection.id)
    if kept is None:
        raise ValueError(f"nothing is kept that opens {connection.setup.label}: bring {puller.brings}")
    if wanted.address and sound_address(wanted.address) != kept.address:
        raise ValueError(f"the token that is kept is for {kept.address}: bring the one for {wanted.address}")
    return kept


_running: dict[str, threading.Lock] = {}
_choosing = threading.Lock()


@contextmanager
def _alone(connection: str) -> Iterator[None]:
    """Two pulls of one connection would tell of one another's pages. Raises PullFailed."""
    with _choosing:
        lock = _running.setdefault(connection, threading.Lock())
    if not lock.acquire(timeout=LONGEST_END_SECONDS):
        raise PullFailed("this connection is being pulled already: let that end, or interrupt it")
    try:
        yield
    finally:
        lock.release()
