"""Which addresses a webhook may reach: nothing that is not a public server, whatever a URL is written like."""

from __future__ import annotations

import ipaddress
import os
import ssl
from collections.abc import Sequence
from pathlib import Path

import anyio
import httpcore
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinks.webhook.address_guard import (
    AddressPolicy,
    AddressRefused,
    GuardedNetwork,
    NameResolver,
    Resolver,
    check_address,
    check_url,
)
from sinks.webhook.attempt import Postman
from sinks.webhook.delivery_row import Due
from tests.sinks_webhook.certificates import contexts
from tests.sinks_webhook.conftest import OpenReceiver, OpenSink
from tests.sinks_webhook.told import LOOPBACK, NOON, alert, endpoint, settings

STRICT = AddressPolicy()
# Everything an operator can open, except private addresses: only the address check is left to refuse.
OPEN = AddressPolicy(allow_http=True, ports=None)

# Hosts that must never be reached; PORT is a live listener on this machine.
REFUSED_HOSTS = (
    # this machine, in all the ways to write it
    "127.0.0.1", "127.0.0.2", "127.255.255.254", "127.1", "127.0.1", "0x7f.1", "0x7f000001", "0x7f.0x0.0x0.0x1",
    "2130706433", "017700000001", "0177.0.0.1", "0177.1", "0", "0.0", "0x0", "00000000", "0.1.2.3", "localhost",
    "LOCALHOST", "localhost.", "127.0.0.1.", "１２７.0.0.1", "127。0。0。1", "ⓛocalhost", "[::1]", "[::]",
    "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]", "[::127.0.0.1]",
    "[::ffff:0:127.0.0.1]",
    # private networks
    "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.255.255", "10.1", "0xa.1",
    "167772161", "[::ffff:10.0.0.1]", "[::ffff:192.168.1.1]", "[fc00::1]", "[fd00:ec2::254]", "[fec0::1]",
    # link-local, where clouds keep credentials
    "169.254.169.254", "0xa9fea9fe", "2852039166", "0251.0376.0251.0376", "169.254.1.1", "[fe80::1]",
    "[fe80::1%25eth0]", "[fe80::1%eth0]", "[::ffff:169.254.169.254]",
    # shared, benchmark, documentation, protocol assignments, relay, reserved, multicast, broadcast
    "100.64.0.1", "100.127.255.255", "198.18.0.1", "198.19.255.255", "192.0.0.1", "192.0.0.170", "192.0.2.1",
    "198.51.100.1", "203.0.113.1", "192.88.99.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "[ff02::1]", "[2001:db8::1]", "[3fff::1]", "[3fff:fff:ffff::1]", "[100::1]", "[5f00::1]", "[2001::1]",
    "[2001:10::1]", "[2001:20::1]",
    # IPv4 inside of IPv6
    "[2002:7f00:1::]", "[2002:0a00:1::1]", "[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::1]",
    "[64:ff9b::8.8.8.8]", "[2001:0:4136:e378:8000:63bf:3fff:fdd2]",
    # no hosts at all
    "", "[]", "[v1.x]", "[::1", "127.0.0.1%00.example.test", "localhost%2e", "exa mple.test", "a..b", ".",
)  # fmt: skip
REFUSED_URLS = (
    *(f"http://{host}:PORT/hook" for host in REFUSED_HOSTS),
    "http://user@127.0.0.1:PORT/", "http://example.com@127.0.0.1:PORT/", "http://127.0.0.1:PORT@example.test/",
    "http://127.0.0.1:PORT\\@example.test/", "http://example.test\\@127.0.0.1:PORT/", "http://@127.0.0.1:PORT/",
    "http://:@127.0.0.1:PORT/", "http:127.0.0.1:PORT", "http:///127.0.0.1:PORT", "//127.0.0.1:PORT/",
    "127.0.0.1:PORT", "ftp://127.0.0.1:PORT/", "file:///etc/passwd", "gopher://127.0.0.1:PORT/_x", "unix:///run/x.sock",
    "http+unix://%2Frun%2Fx.sock/", "javascript:alert(1)", "", " http://127.0.0.1:PORT/", "http://127.0.0.1:PORT/ ",
    "http://127.0.0.1:0/", "http://127.0.0.1:65536/", "http://127.0.0.1:-1/", "http://127.0.0.1:8o/",
    "http://127.0.0.1:PORT/\r\nHost: example.test", "http://127.0.0.1:PORT#@example.test/",
    "http://127.0.0.1:PORT?@example.test/", "http://" + "a" * 3000 + ".test/",
)  # fmt: skip


def due() -> Due:
    return Due("alert-1", "acme", "desk", "standard", b"{}", None, 0)


async def attempt(urls: Sequence[str], policy: AddressPolicy, resolve: Resolver) -> list[str | None]:
    postman = Postman(policy, resolve, ssl.create_default_context(), 8, 2.0)
    reasons = [(await postman.post(endpoint(url), due(), NOON)).reason for url in urls]
    await postman.close()
    return reasons


def test_no_refused_url_reaches_a_listener_on_this_machine(open_receiver: OpenReceiver) -> None:
    receiver, names = open_receiver(), NameResolver()
    urls = [url.replace("PORT", str(receiver.port)) for url in REFUSED_URLS]
    assert len(dict.fromkeys(urls)) >= 80
    reasons = anyio.run(attempt, urls, OPEN, names)
    names.close()
    reached = [url for url, reason in zip(urls, reasons, strict=True) if reason is None]
    assert reached == []
    assert receiver.connections == 0
    # Refused for what they are; only names that nobody has may end as unresolved.
    unresolved = [url for url, reason in zip(urls, reasons, strict=True) if "refused" not in str(reason)]
    assert len(unresolved) <= 12, unresolved
    assert all(str(reason).startswith(("address_refused", "name_not_resolved")) for reason in reasons), reasons


def test_the_listener_would_have_been_reached_without_the_guard(open_receiver: OpenReceiver) -> None:
    receiver, names = open_receiver(), NameResolver()
    urls = [f"http://{host}:{receiver.port}/" for host in ("127.0.0.1", "0x7f.1", "2130706433", "localhost")]
    assert anyio.run(attempt, urls, LOOPBACK, names) == [None] * len(urls)
    names.close()
    assert len(receiver.received) == len(urls)


@pytest.mark.parametrize(
    ("url", "policy", "complaint"),
    [
        ("http://hooks.example.test/", STRICT, "scheme"),
        ("https://hooks.example.test:80/", STRICT, "port 80"),
        ("https://hooks.example.test:22/", STRICT, "port 22"),
        ("https://hooks.example.test:8443/", STRICT, None),
        ("https://hooks.example.test:443/", STRICT, None),
        ("https://hooks.example.test/a?b=c", STRICT, None),
        ("HTTPS://HOOKS.example.test./", STRICT, None),
        ("https://93.184.215.14/", STRICT, None),
        ("https://[2606:4700:4700::1111]/", STRICT, None),
        ("https://münchen.example.test/", STRICT, None),
        ("https://u:p@hooks.example.test/", STRICT, "user or password"),
        ("http://hooks.example.test/", AddressPolicy(allow_http=True), None),
        ("http://hooks.example.test:8080/", AddressPolicy(allow_http=True), "port 8080"),
        ("https://hooks.example.test:9000/", AddressPolicy(ports=(9000,)), None),
        ("https://hooks.example.test/", AddressPolicy(ports=(9000,)), "port 443"),
        ("https://127.0.0.1/", STRICT, "not a public"),
    ],
)
def test_what_the_text_of_a_url_allows(url: str, policy: AddressPolicy, complaint: str | None) -> None:
    if complaint is None:
        check_url(url, policy)
        return
    with pytest.raises(AddressRefused, match=complaint):
        check_url(url, policy)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.215.14", "2606:4700:4700::1111", "::ffff:8.8.8.8", "172.32.0.1"]
)
def test_public_addresses_are_taken(address: str) -> None:
    check_address(address, STRICT)


@given(st.ip_addresses())
def test_what_python_knows_as_not_global_is_never_taken(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    if address.is_global and not address.is_multicast:
        return
    with pytest.raises(AddressRefused):
        check_address(str(address), STRICT)


@given(st.ip_addresses(v=4))
def test_an_address_inside_of_ipv6_is_judged_like_itself(address: ipaddress.IPv4Address) -> None:
    def taken(text: str) -> bool:
        try:
            check_address(text, STRICT)
        except AddressRefused:
            return False
        return True

    assert taken(f"::ffff:{address}") == taken(str(address))
    assert not taken(f"64:ff9b::{address}")


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "192.168.1.1", "::1", "fd00::1", "::ffff:127.0.0.1"])
def test_the_switch_for_development_opens_private_networks(address: str) -> None:
    check_address(address, LOOPBACK)


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "fe80::1", "224.0.0.1", "0.0.0.1", "100.64.0.1", "2002:7f00:1::"]
)
def test_the_switch_for_development_opens_nothing_else(address: str) -> None:
    with pytest.raises(AddressRefused):
        check_address(address, LOOPBACK)


class Zone:
    """A name server whose answers are given in turn, the last one for ever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers, self.asked = list(answers), 0

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def test_one_private_address_among_public_ones_refuses_the_name(open_receiver: OpenReceiver) -> None:
    receiver = open_receiver()
    zone = Zone(["93.184.215.14", "2606:4700:4700::1111", "127.0.0.1"])
    (reason,) = anyio.run(attempt, [receiver.url(host="hooks.example.test")], OPEN, zone)
    assert reason == "address_refused: 127.0.0.1 is not a public address"
    assert receiver.connections == 0


def test_a_name_is_asked_once_an_attempt_and_its_checked_answer_is_connected_to(open_receiver: OpenReceiver) -> None:
    """Rebinding: another answer at the second look would lead to the listener. There is no second look."""
    receiver = open_receiver()
    urls, zone = [receiver.url(host="rebind.example.test")], Zone(["127.0.0.2"], ["127.0.0.1"])
    assert anyio.run(attempt, urls, LOOPBACK, zone) == ["connection_failed"]
    assert (zone.asked, receiver.connections) == (1, 0)
    # The next attempt is a new connection: it asks anew and is checked anew.
    assert anyio.run(attempt, urls, OPEN, zone) == ["address_refused: 127.0.0.1 is not a public address"]
    assert receiver.connections == 0
    assert anyio.run(attempt, urls, LOOPBACK, zone) == [None]


def test_an_address_that_does_not_answer_gives_way_to_the_next(open_receiver: OpenReceiver) -> None:
    receiver, zone = open_receiver(), Zone(["127.0.0.2", "127.0.0.1"])
    assert anyio.run(attempt, [receiver.url(host="hooks.example.test")], LOOPBACK, zone) == [None]


def test_host_and_tls_name_stay_those_of_the_url(
    open_receiver: OpenReceiver, open_sink: OpenSink, tmp_path: Path
) -> None:
    server, client = contexts("hooks.example.test", tmp_path)
    names: list[str | None] = []
    server.sni_callback = lambda _socket, name, _context: names.append(name)
    receiver = open_receiver(tls=server)
    zone = Zone(["127.0.0.1"])
    sink = open_sink([endpoint(receiver.url(host="hooks.example.test"))], resolve=zone, tls=client)
    sink.enqueue([alert()], NOON)
    assert sink.drain(5)
    assert sink.deliveries("acme", 1)[0].state == "delivered"
    assert names == ["hooks.example.test"]
    assert receiver.received[0].headers["host"] == f"hooks.example.test:{receiver.port}"


def test_a_certificate_for_another_name_is_no_delivery(
    open_receiver: OpenReceiver, open_sink: OpenSink, tmp_path: Path
) -> None:
    server, client = contexts("hooks.example.test", tmp_path)
    receiver = open_receiver(tls=server)
    sink = open_sink([endpoint(receiver.url(host="other.example.test"))], resolve=Zone(["127.0.0.1"]), tls=client)
    sink.enqueue([alert()], NOON)
    assert sink.drain(5)
    (row,) = sink.deliveries("acme", 1)
    assert (row.state, row.attempts, row.last_status) == ("pending", 1, None)
    assert str(row.reason).startswith("tls_failed: ")
    assert receiver.received == []


def test_proxies_of_the_environment_are_ignored(
    open_receiver: OpenReceiver, open_sink: OpenSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy, receiver = open_receiver(), open_receiver()
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        for spelled in (name, name.lower()):
            monkeypatch.setenv(spelled, proxy.url(""))
    assert os.environ["ALL_PROXY"] == proxy.url("")
    sink = open_sink([endpoint(receiver.url())])
    sink.enqueue([alert()], NOON)
    assert sink.drain(5)
    assert len(receiver.received) == 1
    assert proxy.connections == 0


def test_a_refused_address_is_retried_like_any_failure_and_told_in_the_log(open_sink: OpenSink) -> None:
    sink = open_sink([endpoint("https://169.254.169.254/latest")], settings(STRICT))
    sink.enqueue([alert()], NOON)
    assert sink.drain(5)
    (row,) = sink.deliveries("acme", 1)
    assert (row.state, row.attempts) == ("pending", 1)
    assert row.reason == "address_refused: 169.254.169.254 is not a public address"


def test_socket_files_are_refused() -> None:
    async def connect() -> None:
        await GuardedNetwork(LOOPBACK, Zone([])).connect_unix_socket("/run/x.sock")

    with pytest.raises(AddressRefused):
        anyio.run(connect)


def test_a_name_without_addresses_is_a_failed_connection() -> None:
    async def connect() -> None:
        await GuardedNetwork(LOOPBACK, Zone([])).connect_tcp("nobody.example.test", 443)

    with pytest.raises(httpcore.ConnectError, match="has no address"):
        anyio.run(connect)
