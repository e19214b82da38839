"""A process that breaks a promise, hears that it was kept after all, and rebuilds: prints what a webhook received."""

from __future__ import annotations

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import orjson

from infra.application import Application
from infra.home import Home
from infra.operations import Operations
from schemas.instant import SECOND, format_instant

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # invented, for this test alone
WAIT_SECONDS = 60.0

received: list[dict[str, Any]] = []


class Receiver(BaseHTTPRequestHandler):
    """Keeps what it is sent."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        received.append({"headers": dict(self.headers), "body": body.decode()})
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        """Says nothing."""


def settings(port: int) -> str:
    return f"""
[alerts]
allow_http = true
allow_private_addresses = true
any_port = true

[[webhooks]]
id = "on-call"
tenant = "acme"
url = "http://127.0.0.1:{port}/alerts"
secrets = ["{SECRET}"]
kinds = ["sla.breached"]
"""


def record(number: int, type_: str, at: int, **data: Any) -> bytes:
    said = {"id": f"e-{number}", "source": "test", "type": type_, "time": format_instant(at), "account": "hartwell"}
    return orjson.dumps(said | {"data": data})


def wait_for(count: int) -> None:
    until = time.monotonic() + WAIT_SECONDS
    while len(received) < count and time.monotonic() < until:
        time.sleep(0.01)


def play(application: Application) -> dict[str, Any]:
    runtime = application.runtime
    now = application.clock()
    targets = [{"clock": "first_response", "target_seconds": 2, "warn_percent": []}]
    policies = [{"name": "quick", "calendar": "always", "targets": targets}]
    runtime.take("acme", [record(1, "settings.sla_changed", now - SECOND, policies=policies)])
    runtime.take("acme", [record(2, "ticket.opened", now, ticket="T-1", title="Help")])
    wait_for(1)
    heard_after = application.clock() - (now + 2 * SECOND)
    reply = record(3, "expert.replied", now + SECOND, ticket="T-1", expert="x-1", text="Here you are")
    runtime.take("acme", [reply])
    wait_for(2)
    application.wait_until_idle(lambda *_: None)
    proof = Operations(application).rebuild()
    application.drain()
    time.sleep(0.5)
    breaches = application.clickhouse.read("SELECT count() FROM sla_breaches").rows[0][0]
    withdrawn = application.clickhouse.read("SELECT withdrawn FROM alerts WHERE alert = 'sla.breached'").rows
    return {
        "heard_after_seconds": heard_after / SECOND,
        "received": received,
        "rebuild_equal": proof.equal,
        "breaches": breaches,
        "withdrawn": [bool(row[0]) for row in withdrawn],
    }


def main() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    home = Home(Path(sys.argv[1]))
    home.create()
    home.settings.write_text(settings(server.server_address[1]), encoding="utf-8")
    application = Application.open(home)
    application.start()
    try:
        outcome = play(application)
    finally:
        application.stop()
        application.close()
        server.shutdown()
    sys.stdout.write(json.dumps(outcome))


if __name__ == "__main__":
    main()
