"""The webhook sink: is handed alerts, owes them to endpoints, and delivers them in the background."""

from __future__ import annotations

import asyncio
import concurrent.futures
import sqlite3
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import structlog

from schemas.instant import SECOND
from sinks.webhook.address_guard import AddressPolicy, NameResolver, Resolver
from sinks.webhook.alert import OutgoingAlert, trial
from sinks.webhook.alert_log import SaidAlert
from sinks.webhook.attempt import Postman
from sinks.webhook.circuit import Circuit
from sinks.webhook.delivery import Delivery
from sinks.webhook.delivery_row import DeliveryRow
from sinks.webhook.endpoint import Endpoint
from sinks.webhook.outbox import Outbox
from sinks.webhook.owing import Key

log = structlog.get_logger("webhook")


def machine_clock() -> int:
    """Microseconds UTC by this machine."""
    return time.time_ns() // 1000


def _pass(name: str) -> None:
    """No failpoint is set."""


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """What an operator sets for all endpoints."""

    policy: AddressPolicy = field(default_factory=AddressPolicy)
    alert_max_age_seconds: int = 3600
    timeout_seconds: float = 15.0
    concurrency_per_endpoint: int = 8
    stop_grace_seconds: float = 2.0
    # How long it may take until an endpoint is heard of that another process enabled.
    look_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class EndpointStanding:
    """An endpoint, its health, and how many messages it is still owed."""

    endpoint: Endpoint
    circuit: Circuit
    waiting: int


class WebhookSink:
    """Alerts to endpoints, at least once, always with the same id and body.

    `log` is a file of its own or a connection made with `check_same_thread=False`. `failpoint` is called with the name
    of each point where a test may end the process.
    """

    def __init__(
        self,
        log: Path | str | sqlite3.Connection,
        endpoints: Sequence[Endpoint],
        settings: WebhookSettings | None = None,
        *,
        clock: Callable[[], int] = machine_clock,
        resolve: Resolver | None = None,
        tls: ssl.SSLContext | None = None,
        failpoint: Callable[[str], None] = _pass,
    ) -> None:
        self._settings = settings or WebhookSettings()
        self._clock = clock
        self._names = NameResolver()
        self._resolve = resolve or self._names
        self._tls = tls or httpx.create_ssl_context()
        self._failpoint = failpoint
        self._outbox = Outbox(log)
        self._endpoints: dict[Key, Endpoint] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._delivery: Delivery | None = None
        self._stop: asyncio.Event | None = None
        self._thread: threading.Thread | None = None
        self._failure: Exception | None = None
        self._by_tenant: dict[str, list[Endpoint]] = {}
        self.configure(endpoints)

    def configure(self, endpoints: Sequence[Endpoint]) -> None:
        """Takes the endpoints of all tenants, now and whenever settings change. A new address starts afresh."""
        named = {endpoint.key: endpoint for endpoint in endpoints}
        if len(named) != len(endpoints):
            raise ValueError("two endpoints of one tenant have the same id; give each its own")
        self._endpoints = named
        by_tenant: dict[str, list[Endpoint]] = {}
        for endpoint in endpoints:
            by_tenant.setdefault(endpoint.tenant, []).append(endpoint)
        self._by_tenant = by_tenant
        arranged = self._arranged()
        self._on_loop(lambda delivery: delivery.arrange(arranged))

    def _arranged(self) -> dict[Key, tuple[Endpoint, Circuit]]:
        endpoints = self._endpoints
        circuits = self._outbox.circuits(endpoints.values())
        return {key: (endpoint, circuits[key]) for key, endpoint in endpoints.items()}

    def enqueue(self, alerts: Sequence[OutgoingAlert], now: int) -> None:
        """Owes alerts to every endpoint that wants them, durably, before it returns; again changes nothing.

        `now` in microseconds UTC. Alerts older than the greatest age are logged as `not_sent_old`.
        """
        owed = [
            (alert, endpoint)
            for alert in alerts
            for endpoint in self._by_tenant.get(alert.tenant, ())
            if endpoint.wants(alert.kind)
        ]
        self._outbox.enqueue(owed, now, self._settings.alert_max_age_seconds * SECOND, alerts)
        keys = list(dict.fromkeys(endpoint.key for _, endpoint in owed))
        self._on_loop(lambda delivery: delivery.wake(keys))

    def withdraw(self, alert_ids: Sequence[str], now: int) -> None:
        """Takes alerts back: pending ones are dropped, told ones are followed by one `<alert_id>.withdrawn`."""
        self._outbox.withdraw(alert_ids, now)
        self._on_loop(lambda delivery: delivery.refresh())

    def enable(self, tenant: str, endpoint_id: str) -> None:
        """Gives an endpoint that was disabled by its failures another chance, for alerts from now on.

        Raises LookupError where there is no such endpoint.
        """
        self._outbox.enable(self._endpoints[tenant, endpoint_id].key)
        self._on_loop(lambda delivery: delivery.enabled((tenant, endpoint_id)))

    def recover(self, tenant: str, endpoint_id: str, since: int) -> tuple[int, int]:
        """Tells an endpoint what it missed since then: how many were given up, how many were never sent.

        `since` in microseconds UTC, at most 32 days ago. Raises LookupError where there is no such endpoint, ValueError
        where it is told nothing now.
        """
        endpoint = self._endpoints[tenant, endpoint_id]
        reason = self._outbox.circuits([endpoint])[endpoint.key].disabled_reason
        if reason is not None or not endpoint.enabled:
            raise ValueError("it is told nothing now: " + ("disabled, " + reason if reason else "off in the settings"))
        counted = self._outbox.recover(endpoint, since, self._clock())
        self._on_loop(lambda delivery: delivery.refresh())
        return counted

    def alerts(self, tenant: str, cursor: int, limit: int) -> list[SaidAlert]:
        """A tenant's alerts as they were raised and withdrawn, of the last 32 days, after a cursor."""
        return self._outbox.alerts(tenant, cursor, limit)

    def has(self, tenant: str, endpoint_id: str) -> bool:
        """Whether a tenant has such an endpoint."""
        return (tenant, endpoint_id) in self._endpoints

    def endpoints(self, tenant: str) -> list[EndpointStanding]:
        """Who hears of a tenant's alerts, and how each fares."""
        endpoints = self._by_tenant.get(tenant, [])
        circuits, waiting = self._outbox.circuits(endpoints), self._outbox.waiting(tenant)
        return [EndpointStanding(one, circuits[one.key], waiting.get(one.id, 0)) for one in endpoints]

    def try_out(self, tenant: str, endpoint_id: str) -> str:
        """Owes an endpoint an alert that means nothing, whatever it wants to hear of; its webhook id.

        Raises LookupError where there is no such endpoint.
        """
        endpoint, now = self._endpoints[tenant, endpoint_id], self._clock()
        alert = trial(tenant, now)
        self._outbox.enqueue([(alert, endpoint)], now, self._settings.alert_max_age_seconds * SECOND)
        self._on_loop(lambda delivery: delivery.wake([endpoint.key]))
        return alert.alert_id

    def deliveries(
        self, tenant: str, limit: int, *, endpoint_id: str | None = None, webhook_id: str | None = None
    ) -> list[DeliveryRow]:
        """What became of a tenant's alerts, the newest first; of one endpoint's, or of one alert, where it is named."""
        return self._outbox.deliveries(tenant, limit, endpoint_id=endpoint_id, webhook_id=webhook_id)

    def states(self) -> dict[tuple[str, str], int]:
        """How many deliveries of each (tenant, state) there are."""
        return self._outbox.states()

    def circuits(self, tenant: str) -> dict[str, Circuit]:
        """The health of a tenant's endpoints, by endpoint id."""
        circuits = self._outbox.circuits(self._by_tenant.get(tenant, ()))
        return {endpoint_id: circuit for (_, endpoint_id), circuit in circuits.items()}

    def wake(self) -> None:
        """Looks again at what is due: for a clock that was set."""
        self._on_loop(lambda delivery: delivery.wake(list(self._endpoints)))

    async def run(self, stop: asyncio.Event) -> None:
        """Delivers on the running loop until told to stop."""
        if self._delivery is not None:
            raise RuntimeError("the webhook sink runs already")
        settings = self._settings
        delivery = Delivery(
            self._outbox,
            self._clock,
            lambda: Postman(
                settings.policy, self._resolve, self._tls, settings.concurrency_per_endpoint, settings.timeout_seconds
            ),
            settings.concurrency_per_endpoint,
            settings.stop_grace_seconds,
            settings.look_seconds,
            self._failpoint,
        )
        # Who only asks must not take what another process sends for the remains of one that ended.
        self._outbox.resume(self._clock())
        self._loop, self._delivery = asyncio.get_running_loop(), delivery
        try:
            await delivery.run(self._arranged(), stop)
        finally:
            self._loop, self._delivery = None, None

    def start(self) -> None:
        """Delivers on a thread of its own until `stop`."""
        ready = threading.Event()
        self._thread = threading.Thread(target=self._live, args=(ready,), name="webhooks", daemon=True)
        self._thread.start()
        ready.wait()
        if self._failure is not None:
            self._thread.join()
            raise RuntimeError("the webhook sink could not start") from self._failure

    def _live(self, ready: threading.Event) -> None:
        async def live() -> None:
            self._stop = asyncio.Event()
            asyncio.get_running_loop().call_soon(ready.set)
            await self.run(self._stop)

        try:
            asyncio.run(live())
        except Exception as error:
            self._failure = error
            log.exception("webhook_sink_ended")
            ready.set()

    def stop(self) -> None:
        """Ends the thread; attempts under way get a moment to end, and what is not delivered stays due."""
        if self._thread is None:
            return
        if self._loop is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._thread = None

    def drain(self, timeout: float) -> bool:
        """Waits until nothing is due now; False when `timeout` seconds were too few. Not from the sink's own loop."""
        if self._loop is None or self._delivery is None:
            raise RuntimeError("the webhook sink does not run; call start() first")
        waiting = asyncio.run_coroutine_threadsafe(self._delivery.drained(), self._loop)
        try:
            waiting.result(timeout)
        except concurrent.futures.TimeoutError:
            waiting.cancel()
            return False
        return True

    def close(self) -> None:
        """Stops, and closes the log when it is the sink's own."""
        self.stop()
        self._names.close()
        self._outbox.close()

    def _on_loop(self, act: Callable[[Delivery], None]) -> None:
        loop, delivery = self._loop, self._delivery
        if loop is None or delivery is None:
            return
        try:
            loop.call_soon_threadsafe(act, delivery)
        except RuntimeError:
            # The loop ended between the two lines; what is in the log is found at the next start.
            return
