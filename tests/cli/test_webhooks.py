"""The verbs about webhooks, against a home folder that nobody serves and a receiver on loopback."""

from __future__ import annotations

import base64
import json
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from typer.testing import CliRunner, Result

from infra.cli.main import app
from schemas.instant import DAY, HOUR, format_instant
from streams.embedded import machine_clock
from tests.cli.conftest import said
from tests.sinks_webhook.receiver import Receiver, status

TENANT = "acme"


def settings(url: str, secret: str) -> str:
    return f"""
[alerts]
allow_http = true
allow_private_addresses = true
any_port = true

[[webhooks]]
id = "on-call"
tenant = "{TENANT}"
url = "{url}"
secrets = ["{secret}"]
"""


def event(type_: str, at: int, **data: object) -> str:
    told = {"specversion": "1.0", "id": f"{type_}-1", "source": "desk", "type": type_, "account": "hartwell"}
    return json.dumps(told | {"time": format_instant(at), "data": data})


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


Verb = Callable[..., Result]


@pytest.fixture
def verb(home: Path) -> Verb:
    """Runs one verb on a home folder of the test's own."""

    def run(*arguments: str, stdin: str | None = None) -> Result:
        return CliRunner().invoke(app, ["--home", str(home), "--tenant", TENANT, *arguments], input=stdin)

    return run


def broken_promise(now: int) -> str:
    """A ticket that nobody answered within a minute, two hours ago."""
    targets = [{"clock": "first_response", "target_seconds": 60, "warn_percent": []}]
    policies = [{"name": "quick", "calendar": "always", "targets": targets}]
    said_at, opened_at = now - DAY, now - 2 * HOUR
    told = event("settings.sla_changed", said_at, policies=policies)
    return f"{told}\n{event('ticket.opened', opened_at, ticket='T-1', title='Help')}\n"


def test_from_a_key_to_what_was_missed(home: Path, verb: Verb) -> None:
    made = said(verb("webhooks", "key", "--private", "--json"))
    assert verb("init").exit_code == 0
    now = machine_clock()
    with Receiver([status(204)]) as receiver:
        (home / "settings.toml").write_text(settings(receiver.url(), made["secret"]), encoding="utf-8")
        assert verb("append", stdin=broken_promise(now)).exit_code == 0
        assert verb("run", "--until-idle").exit_code == 0
        assert receiver.received == []
        (row,) = said(verb("webhooks", "list", "--json"))
        assert (row["id"], row["state"], row["public_keys"]) == ("on-call", "on", [made["public_key"]])
        assert "it hears" in verb("webhooks", "try", "on-call").stdout
        found = said(verb("webhooks", "recover", "on-call", "--since", format_instant(now - 3 * HOUR), "--json"))
        assert found == {"given_up": 0, "never_sent": 1}
        assert verb("run", "--until-idle").exit_code == 0
        trial, breach = receiver.wait_for(2)
    assert (json.loads(trial.body)["type"], json.loads(breach.body)["type"]) == ("webhook.trial", "sla.breached")
    version, signature = breach.headers["webhook-signature"].split(",")
    signed = f"{breach.webhook_id}.{breach.headers['webhook-timestamp']}.".encode() + breach.body
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(made["public_key"].removeprefix("whpk_")))
    public.verify(base64.b64decode(signature), signed)
    assert version == "v1a"
    assert "delivered" in verb("webhooks", "deliveries").stdout


def test_what_cannot_be_is_said(home: Path, verb: Verb) -> None:
    assert verb("init").exit_code == 0
    key = said(verb("webhooks", "key", "--json"))["secret"]
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{bound.getsockname()[1]}/"
        (home / "settings.toml").write_text(settings(address, key), encoding="utf-8")
        assert verb("append", stdin=broken_promise(machine_clock())).exit_code == 0
        failed = verb("webhooks", "try", "on-call")
        assert (failed.exit_code, "connection_failed" in failed.stderr) == (1, True)
    too_old = verb("webhooks", "recover", "on-call", "--since", format_instant(machine_clock() - 40 * DAY))
    assert "alerts are kept for 32 days" in str(too_old.exception)
    assert verb("webhooks", "enable", "on-call").exit_code == 0
    assert "no such webhook in settings.toml" in str(verb("webhooks", "enable", "nobody").exception)


def test_a_shared_secret_is_printed_alone() -> None:
    made = CliRunner().invoke(app, ["webhooks", "key"])
    assert made.stdout.startswith("whsec_")
    assert made.stderr == ""
