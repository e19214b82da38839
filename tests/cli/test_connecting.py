"""The verbs that connect tools, followed as the page on connecting a helpdesk tells them."""

from __future__ import annotations

import hmac
from pathlib import Path
from typing import Any

import httpx
import pytest

from streams.connectors.catalog import CONNECTORS
from tests.cli.conftest import Verb, said
from tests.connectors.asking import PAYLOADS

GUIDE = Path(__file__).parents[2] / "docs" / "connectors.md"


def url_of(row: dict[str, Any]) -> str:
    return str(row["url"])


def test_every_connector_is_listed_with_what_to_paste_where(verb: Verb) -> None:
    rows = said(verb("connectors", "--json"))
    assert [row["name"] for row in rows] == [connector.name for connector in CONNECTORS]
    for row in rows:
        assert all(row[name] for name in ("title", "signature", "dedupes_by", "event_time", "ordering", "handshake"))
        steps = " ".join(row["steps"])
        assert "{url}" in steps
        assert "{secret}" in steps or "connect rotate {id}" in steps
    shown = verb("connectors")
    assert shown.exit_code == 0
    assert "Zendesk events" in shown.output


@pytest.mark.parametrize("source", [connector.name for connector in CONNECTORS])
def test_each_source_has_its_verb(verb: Verb, source: str) -> None:
    helped = verb("connect", source, "--help")
    assert helped.exit_code == 0
    assert "--account-field" in helped.output


def test_a_helpdesk_is_connected_and_pushes(verb: Verb, tmp_path: Path) -> None:
    accounts = tmp_path / "accounts.csv"
    accounts.write_text("zammad:3,acct_2042\n")
    made = verb("connect", "zammad", "--accounts", str(accounts), "--json", tenant="cli-zammad")
    row = said(made)
    assert row["secret"] in " ".join(row["steps"])
    body = (PAYLOADS / "zammad/ticket_created.json").read_bytes()
    shown = {"X-Hub-Signature": "sha1=" + hmac.new(row["secret"].encode(), body, "sha1").hexdigest()}
    answer = httpx.post(url_of(row), content=body, headers=shown, trust_env=False)
    assert answer.json() == {"accepted": 2, "queued": 0, "duplicate": 0, "refused": 0}
    assert httpx.post(url_of(row), content=body, trust_env=False).status_code == 401
    listed = said(verb("connect", "list", "--json", tenant="cli-zammad"))
    assert [(one["id"], one["accounts"], "secret" in one) for one in listed] == [(row["id"], 1, False)]
    assert verb("connect", "enable", row["id"], "--off").exit_code == 0
    assert httpx.post(url_of(row), content=body, headers=shown, trust_env=False).status_code == 404
    assert verb("connect", "remove", row["id"]).exit_code == 0
    assert said(verb("connect", "list", "--json", tenant="cli-zammad")) == []


def test_a_tools_own_secret_is_read_from_standard_input(verb: Verb) -> None:
    row = said(verb("connect", "stripe", "--public-url", "https://hooks.example.com", "--json", tenant="cli-stripe"))
    assert row["url"].startswith("https://hooks.example.com/v1/connect/stripe/")
    assert row["secrets"] == 0
    rotated = verb("connect", "rotate", row["id"], "--secret", "-", "--json", stdin="whsec_larkspur_stripe_endpoint\n")
    assert said(rotated)["secrets"] == 1
    assert "larkspur_stripe" not in rotated.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("connect", "hubspot", "--status", "closed"), "WORD=STATUS"),
        (("connect", "slack", "--secret", "short"), "at least 16"),
        (("connect", "rotate", "none"), "not found"),
        (("connect", "remove", "none"), "not found"),
    ],
)
def test_errors_say_what_to_do(verb: Verb, arguments: tuple[str, ...], words: str) -> None:
    result = verb(*arguments, tenant="cli-errors")
    assert result.exit_code != 0
    assert words in f"{result.output}{result.exception}"


def test_the_page_names_every_connector() -> None:
    page = GUIDE.read_text(encoding="utf-8")
    for connector in CONNECTORS:
        assert f"`{connector.name}`" in page, connector.name
