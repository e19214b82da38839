"""Sinks as consumers of topics, each with a group and offsets of its own.

ClickHouse keeps the offsets it holds in its tables. The search index and the webhooks' delivery log have an identity,
which names their group: the offsets stored for it are theirs wherever they are opened, and new ones begin anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from itertools import groupby
from typing import Literal, Protocol, get_args
from uuid import uuid4

import structlog

from infra.home import Home
from infra.search_facts import documents_of
from infra.settings import Settings
from schemas.facts import DOCUMENT_KINDS
from sinks.clickhouse.sink import ClickHouseSink
from sinks.contract import Statement
from sinks.qdrant.contract import SearchIndex
from sinks.qdrant.document import Document
from sinks.qdrant.sink import SearchSink
from sinks.unwritable import UnwritableStatement
from sinks.webhook.alert import OutgoingAlert
from sinks.webhook.sink import WebhookSink
from streams.batch import RaisedAlert
from streams.embedded import Clock
from streams.kafka.address import Address
from streams.kafka.following import Follower, Place, Record, Taker
from streams.kafka.said import decode_alert
from streams.kafka.statements import FACT_TOPICS, StatementReader, ends_of

# The cells are no sink of what is said: they are copied from what those who fold keep, and fed like one.
SinkName = Literal["clickhouse", "qdrant", "webhooks", "cells"]
SINKS: tuple[SinkName, ...] = get_args(SinkName)

_SEARCH_ONLY = tuple(kind.kind for kind in DOCUMENT_KINDS)
_DURABLE_SECONDS = 600.0
_log = structlog.get_logger(__name__)


class TablesTaker:
    """Writes facts and dead letters into tables, the offsets with them."""

    name = "clickhouse"

    def __init__(self, sink: ClickHouseSink) -> None:
        self._sink = sink
        self._reader = StatementReader(sink.active_generation)
        self.refused = 0

    def begins(self, place: Place) -> int | None:
        """After the last offset in the tables."""
        return self._sink.for_source(place.source).position() + 1

    def take(self, records: Sequence[Record]) -> None:
        """Visible and durable at return. What no table can hold is logged and passed over."""
        statements = [one for one in self._reader.statements(records) if one.kind not in _SEARCH_ONLY]
        ends = ends_of(records)
        while True:
            try:
                self._sink.write(statements, ends)
            except UnwritableStatement as error:
                statements = self._without(statements, error)
            else:
                return

    def _without(self, statements: list[Statement], error: UnwritableStatement) -> list[Statement]:
        bad = dict.fromkeys(error.tokens)
        left = [statement for statement in statements if statement.token not in bad]
        if len(left) == len(statements):
            raise RuntimeError("clickhouse refuses statements that are not in the batch") from error
        _log.error("statements_unwritable", facts=len(bad), error=str(error))
        self.refused += len(bad)
        return left


class SearchTaker:
    """Indexes what holds words."""

    name = "qdrant"
    refused = 0

    def __init__(self, sink: SearchSink) -> None:
        self._sink = sink
        self._reader = StatementReader()

    def begins(self, place: Place) -> int | None:
        """Where the group of this index stands."""
        return None

    def take(self, records: Sequence[Record]) -> None:
        """Durable and read back at return."""
        documents: list[Document] = []
        token = -1
        for statement in self._reader.statements(records):
            documents += documents_of(statement)
            token = statement.token
        if documents:
            self._sink.submit(documents, token)
            self._sink.drain(_DURABLE_SECONDS)


class AlertTaker:
    """Owes alerts to endpoints and takes them back, in the order in which they were said."""

    name = "webhooks"
    refused = 0

    def __init__(self, sink: WebhookSink, clock: Clock) -> None:
        self._sink = sink
        self._clock = clock

    def begins(self, place: Place) -> int | None:
        """Where the group of this delivery log stands."""
        return None

    def take(self, records: Sequence[Record]) -> None:
        """In the delivery log at return. Of what is said of one alert meanwhile, only the last is told."""
        now, last = self._clock(), dict[tuple[str, str], RaisedAlert]()
        for record in records:
            alert = decode_alert(record.value)
            last.pop((record.tenant, alert.alert_id), None)
            last[record.tenant, alert.alert_id] = alert
        said = [(tenant, alert) for (tenant, _), alert in last.items()]
        for withdrawn, run in groupby(said, key=lambda one: one[1].withdrawn):
            if withdrawn:
                self._sink.withdraw([alert.alert_id for _, alert in run], now)
            else:
                self._sink.enqueue([_outgoing(tenant, alert) for tenant, alert in run], now)


class _Refusing(Protocol):
    refused: int


class SinkTaker(Taker, _Refusing, Protocol):
    """A taker that counts what its sink can never hold."""


def _outgoing(tenant: str, alert: RaisedAlert) -> OutgoingAlert:
    told = (alert.kind, alert.account, alert.subject, alert.happened_at, alert.body)
    return OutgoingAlert(alert.alert_id, tenant, *told)


def follow_tables(
    address: Address, home: Home, settings: Settings, sink: ClickHouseSink, on_taken: Callable[[], None]
) -> tuple[Follower, SinkTaker]:
    """A reader of facts and dead letters for the tables; readers of one server's share the partitions."""
    dsn = settings.clickhouse.dsn
    tables = blake2b(dsn.encode(), digest_size=6).hexdigest() if dsn else member_of(home)
    taker = TablesTaker(sink)
    return _follower(address, home, f"clickhouse-{tables}", FACT_TOPICS, taker, on_taken), taker


def follow_search(
    address: Address, home: Home, index: SearchIndex, sink: SearchSink, on_taken: Callable[[], None]
) -> tuple[Follower, SinkTaker]:
    """A reader of facts for the search index."""
    taker = SearchTaker(sink)
    return _follower(address, home, f"qdrant-{index.identity}", ("facts",), taker, on_taken), taker


def follow_alerts(
    address: Address, home: Home, sink: WebhookSink, clock: Clock, on_taken: Callable[[], None]
) -> tuple[Follower, SinkTaker]:
    """A reader of alerts for the delivery log of a home folder, which owes each to its endpoints once."""
    taker = AlertTaker(sink, clock)
    return _follower(address, home, f"webhooks-{member_of(home)}", ("alerts",), taker, on_taken), taker


def _follower(
    address: Address, home: Home, group: str, names: Sequence[str], taker: Taker, on_taken: Callable[[], None]
) -> Follower:
    member = f"{taker.name}-{member_of(home)}"
    return Follower(address, f"millrace-{group}", names, taker, member=member, on_taken=on_taken)


def member_of(home: Home) -> str:
    """A name for what is kept in this home folder, drawn once."""
    file = home.root / "member"
    try:
        return file.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        drawn = home.root / f"member.{uuid4().hex}"
        drawn.write_text(uuid4().hex[:16], encoding="ascii")
        try:
            file.hardlink_to(drawn)
        except FileExistsError:
            pass
        finally:
            drawn.unlink()
        return file.read_text(encoding="ascii").strip()


@contextmanager
def sink_locked(home: Home, name: SinkName) -> Iterator[None]:
    """Keeps other processes from being this sink of the home folder meanwhile. Raises HomeLocked."""
    with home.locked(f"sink-{name}"):
        yield
