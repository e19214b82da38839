"""Sinks and receivers that are closed again."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import httpx
import pytest

from sinks.webhook.address_guard import Resolver
from sinks.webhook.endpoint import Endpoint
from sinks.webhook.sink import WebhookSettings, WebhookSink
from tests.sinks_webhook.receiver import Answer, Receiver
from tests.sinks_webhook.told import Clock, settings

OpenSink = Callable[..., WebhookSink]
OpenReceiver = Callable[..., Receiver]


@pytest.fixture(scope="session")
def trusted() -> ssl.SSLContext:
    """The public trust store, loaded once: reading it costs more than most of these tests."""
    return httpx.create_ssl_context()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def open_receiver() -> Iterator[OpenReceiver]:
    opened: list[Receiver] = []

    def open_one(*answers: Answer, tls: ssl.SSLContext | None = None) -> Receiver:
        receiver = Receiver(list(answers), tls) if answers else Receiver(tls=tls)
        opened.append(receiver.__enter__())
        return receiver

    yield open_one
    for receiver in opened:
        receiver.__exit__(None, None, None)


@pytest.fixture
def open_sink(tmp_path: Path, clock: Clock, trusted: ssl.SSLContext) -> Iterator[OpenSink]:
    """Starts sinks on one log, with a clock that stands still."""
    opened: list[WebhookSink] = []

    def open_one(
        endpoints: Sequence[Endpoint],
        chosen: WebhookSettings | None = None,
        *,
        resolve: Resolver | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> WebhookSink:
        sink = WebhookSink(
            tmp_path / "webhooks.db", endpoints, chosen or settings(), clock=clock, resolve=resolve, tls=tls or trusted
        )
        opened.append(sink)
        sink.start()
        return sink

    yield open_one
    for sink in opened:
        sink.close()
