"""What a home folder's service will need, begun while the program that asks it still loads."""

from __future__ import annotations

from infra.home import Home
from infra.log_address import log_of
from infra.settings import read_settings
from sinks.child import start_ahead
from sinks.clickhouse.lines import SOCKETS
from streams.kafka.address import is_kafka


def load_ahead(home: Home) -> None:
    """Starts the processes that will hold tables and search index. Raises what settings that are wrong raise.

    To load them takes as long as to load this program, which two cores do at once.
    """
    settings = read_settings(home.settings)
    if is_kafka(log_of(home, settings)):
        return
    if not settings.clickhouse.dsn:
        start_ahead("sinks.clickhouse.holder", SOCKETS)
    if not settings.search.dsn:
        start_ahead("sinks.qdrant.holder")
