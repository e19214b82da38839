"""One attempt: a signed POST to a checked address, with every reply bounded in time and size."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass

import httpcore

from sinks.webhook.address_guard import (
    AddressPolicy,
    AddressRefused,
    GuardedNetwork,
    NameNotResolved,
    Resolver,
    check_url,
)
from sinks.webhook.delivery_row import Due
from sinks.webhook.endpoint import Endpoint
from sinks.webhook.shapes import with_routing_key
from sinks.webhook.signature import sign

# Nothing further is read of a reply after this.
MOST_REPLY_BYTES = 64 * 1024
# Below the five seconds after which common servers close an idle connection, so that a request seldom meets the close.
_IDLE_SECONDS = 3.0
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")

Headers = Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. `status` None: nothing did, and `reason` says why; `unsure`: the request may have arrived."""

    status: int | None
    reason: str | None = None
    unsure: bool = False
    retry_after: str | None = None


class Postman:
    """Carries deliveries to one endpoint on connections of its own: no other endpoint waits for them or shares them."""

    def __init__(
        self, policy: AddressPolicy, resolve: Resolver, tls: ssl.SSLContext, concurrency: int, timeout_seconds: float
    ) -> None:
        self._policy = policy
        self._timeout_seconds = timeout_seconds
        # Unlike the client above it, the pool follows no redirect and reads no proxy from the environment.
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls,
            max_connections=concurrency,
            keepalive_expiry=_IDLE_SECONDS,
            network_backend=GuardedNetwork(policy, resolve),
        )

    async def post(self, endpoint: Endpoint, due: Due, now: int) -> Reply:
        """The reply to one attempt, within the time limit; never raises for what the receiver or the network does."""
        seen: list[httpcore.Response] = []
        try:
            async with asyncio.timeout(self._timeout_seconds):
                await self._exchange(endpoint, due, now, seen)
        except AddressRefused as error:
            return Reply(None, f"address_refused: {error}")
        except NameNotResolved as error:
            return Reply(None, f"name_not_resolved: {error}")
        except (TimeoutError, httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
            # A status that was read stands, whatever happens to the rest of the reply.
            if not seen:
                return _unanswered(error)
        return _answered(seen[0])

    async def _exchange(self, endpoint: Endpoint, due: Due, now: int, seen: list[httpcore.Response]) -> None:
        target = check_url(endpoint.url, self._policy)
        body = with_routing_key(due.body, endpoint.secrets[0]) if due.shape == "pagerduty" else due.body
        headers = [(b"Host", target.host_header), *_headers(endpoint, due, body, now // 1_000_000)]
        limits = dict.fromkeys(("read", "write", "pool"), self._timeout_seconds)
        # Shorter, so that what ends here has surely not been sent.
        limits["connect"] = self._timeout_seconds / 3
        request = self._pool.stream("POST", target.url, headers=headers, content=body, extensions={"timeout": limits})
        async with request as response:
            seen.append(response)
            size = 0
            async for part in response.aiter_stream():
                size += len(part)
                if size >= MOST_REPLY_BYTES:
                    return

    async def close(self) -> None:
        """Closes the connections."""
        await self._pool.aclose()


def _headers(endpoint: Endpoint, due: Due, body: bytes, timestamp: int) -> list[tuple[bytes, bytes]]:
    headers = [
        (b"Content-Type", b"application/json"),
        (b"Content-Length", b"%d" % len(body)),
        (b"User-Agent", b"Millrace-Webhooks/1"),
        (b"webhook-id", due.webhook_id.encode("ascii")),
        (b"webhook-timestamp", b"%d" % timestamp),
    ]
    if endpoint.signing_secrets:
        signature = sign(endpoint.signing_secrets, due.webhook_id, timestamp, body)
        headers.append((b"webhook-signature", signature.encode("ascii")))
    if due.traceparent is not None and _TRACEPARENT.fullmatch(due.traceparent):
        headers.append((b"traceparent", due.traceparent.encode("ascii")))
    return headers


def _answered(response: httpcore.Response) -> Reply:
    after = next((value for name, value in response.headers if name.lower() == b"retry-after"), None)
    reason = None if 200 <= response.status < 300 else f"status {response.status}"
    return Reply(response.status, reason, retry_after=None if after is None else after.decode("latin-1"))


def _unanswered(error: Exception) -> Reply:
    if isinstance(error, httpcore.ConnectTimeout):
        return Reply(None, "connection_timed_out")
    if isinstance(error, httpcore.ConnectError):
        # The certificate's fault is for the endpoint's owner to read.
        return Reply(None, f"tls_failed: {_fault(error)}" if _is_tls(error) else "connection_failed")
    if isinstance(error, TimeoutError | httpcore.TimeoutException):
        return Reply(None, "timeout", unsure=True)
    return Reply(None, "connection_lost", unsure=True)


def _is_tls(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _fault(error: Exception) -> str:
    return str(error)[:160] or "handshake refused"
