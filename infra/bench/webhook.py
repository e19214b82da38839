"""How long does it take from a record at the door until somebody is called about what it broke?"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import orjson

from infra.application import Application
from infra.bench.loading import TENANT, folder, running
from infra.bench.scale import Scale
from infra.quality.row import Row
from infra.settings import AlertSettings, Settings, WebhookEndpoint
from schemas.instant import SECOND, format_instant
from streams.embedded import machine_clock

_TARGET_SECONDS = 60
_LONGEST_WAIT_SECONDS = 30.0
_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - signs what goes to a receiver of our own


def measure(scale: Scale) -> list[Row]:
    """Tickets whose first answer is overdue when they arrive, one by one at an even pace, each appended by itself."""
    heard: dict[str, float] = {}
    with folder() as root, _receiver(heard) as url, running(root, _settings(url)) as application:
        application.runtime.take(TENANT, [_promise()])
        # The processes that fold and that hold the tables begin with the first record, and a server runs for weeks.
        application.wait_for_backlog(0)
        sent = _sent(application, scale)
        until = time.monotonic() + _LONGEST_WAIT_SECONDS
        while len(heard) < len(sent) and time.monotonic() < until:
            time.sleep(0.05)
    missing = sent.keys() - heard.keys()
    if missing:
        raise TimeoutError(f"{len(missing)} of {len(sent)} alerts were never received")
    waits = [1_000 * (heard[ticket] - at) for ticket, at in sent.items()]
    half, most = np.percentile(waits, (50, 99))
    return [
        Row("append to webhook received, p50", float(half), "ms"),
        Row("append to webhook received, p99", float(most), "ms (at most)", 500),
    ]


def _sent(application: Application, scale: Scale) -> dict[str, float]:
    """When each ticket was handed to the door."""
    sent: dict[str, float] = {}
    began = time.perf_counter()
    for number in range(scale.alerts):
        time.sleep(max(0.0, began + number / scale.alerts_per_second - time.perf_counter()))
        raws = _overdue(number)
        sent[f"W-{number}"] = time.perf_counter()
        application.runtime.take(TENANT, raws)
    return sent


def _settings(url: str) -> Settings:
    endpoint = WebhookEndpoint(id="bench", tenant=TENANT, url=url, secrets=(_SECRET,), kinds=("sla.breached",))
    reachable = AlertSettings(allow_http=True, allow_private_addresses=True, any_port=True)
    return Settings(webhooks=(endpoint,), alerts=reachable)


def _promise() -> bytes:
    target: dict[str, object] = {"clock": "first_response", "target_seconds": _TARGET_SECONDS}
    policies = [{"name": "bench", "targets": [target]}]
    return _record("promise", "settings.sla_changed", machine_clock() - 3_600 * SECOND, {"policies": policies})


def _overdue(number: int) -> list[bytes]:
    """Something that happens now, so that it is now, and a ticket that has waited too long already."""
    now = machine_clock()
    ticket: dict[str, object] = {
        "ticket": f"W-{number}",
        "title": "No answer",
        "text": "Nobody answers.",
        "channel": "web",
    }
    opened_at = now - (_TARGET_SECONDS + 1) * SECOND
    return [
        _record(f"u-{number}", "usage.recorded", now, {"name": "report.opened", "quantity": 1}),
        _record(f"o-{number}", "ticket.opened", opened_at, ticket),
    ]


def _record(id_: str, name: str, at: int, data: dict[str, object]) -> bytes:
    return orjson.dumps(
        {
            "specversion": "1.0",
            "id": id_,
            "source": "bench",
            "type": name,
            "time": format_instant(at),
            "account": "a-1",
            "data": data,
        }
    )


@contextmanager
def _receiver(heard: dict[str, float]) -> Iterator[str]:
    """A server on loopback that notes when it first heard of each ticket."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = orjson.loads(self.rfile.read(int(self.headers["content-length"])))
            heard.setdefault(body["subject"], time.perf_counter())
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing: what is received is counted."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/hook"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
