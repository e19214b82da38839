"""The engines behind the answers of one home folder, as its settings choose them: tables, search index, webhooks."""

from __future__ import annotations

from infra.embedding import embedding_of
from infra.home import Home, HomeError
from infra.service import MIGRATIONS
from infra.settings import Settings
from sinks.clickhouse.process import ClickHouseProcess
from sinks.clickhouse.sink import ClickHouseSink
from sinks.qdrant.contract import IndexMismatch, SearchIndex
from sinks.qdrant.dense import FastEmbedder
from sinks.qdrant.process import EdgeProcess
from sinks.webhook.address_guard import DEFAULT_PORTS, AddressPolicy
from sinks.webhook.endpoint import Endpoint
from sinks.webhook.sink import WebhookSettings, WebhookSink
from streams.embedded import Clock


def open_clickhouse(home: Home, settings: Settings) -> ClickHouseSink:
    """The tables: a server's where the settings name one, else the home folder's. Raises what the sink raises."""
    return ClickHouseSink.open(_tables(home, settings), MIGRATIONS)


def open_clickhouse_process(home: Home, settings: Settings) -> ClickHouseProcess:
    """The same tables in a process of their own, for an interpreter that has a fold to do."""
    return ClickHouseProcess.open(_tables(home, settings), MIGRATIONS)


def _tables(home: Home, settings: Settings) -> str:
    return settings.clickhouse.dsn or f"chdb://{home.clickhouse}"


def open_search_index(home: Home, settings: Settings) -> SearchIndex:
    """The search index: a server's where the settings name one, else the home folder's.

    Raises HomeError where the folder's was built with another model of sentences than the settings name.
    """
    embedding = embedding_of(settings)
    if not settings.search.dsn:
        try:
            return EdgeProcess(home.search, embedding)
        except IndexMismatch as error:
            raise HomeError(f"{error}. `millrace rebuild` sends them; a log on Kafka does so by itself.") from error
    # The client of a server is an extra that most do without.
    from sinks.qdrant.server import ServerIndex

    return ServerIndex(settings.search.dsn, FastEmbedder(embedding) if embedding else None)


def open_webhooks(home: Home, settings: Settings, clock: Clock) -> WebhookSink:
    """The webhooks, with their delivery log in the home folder."""
    return WebhookSink(home.deliveries, endpoints(settings), webhook_settings(settings), clock=clock)


def endpoints(settings: Settings) -> list[Endpoint]:
    """The webhook endpoints that the settings name."""
    return [Endpoint(**dict(said)) for said in settings.webhooks]


def webhook_settings(settings: Settings) -> WebhookSettings:
    """What the settings allow webhooks to do."""
    alerts = settings.alerts
    policy = AddressPolicy(
        alerts.allow_http, alerts.allow_private_addresses, None if alerts.any_port else DEFAULT_PORTS
    )
    return WebhookSettings(policy=policy, alert_max_age_seconds=alerts.max_age_seconds)
