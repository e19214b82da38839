"""Which addresses a customer's URL may lead to, and connections that go to no other.

The check sits in the connector: a name is resolved once, every address it has is checked, and the connection goes to
one of these very addresses, while the TLS name and the Host header stay those of the URL. A name that answers
differently the second time (DNS rebinding) is never asked a second time.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpcore
import httpx

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str, int], Awaitable[Sequence[str]]]

DEFAULT_PORTS = (443, 8443)
# A host with more addresses than this is tried at the first ones only.
_MOST_ADDRESSES_TRIED = 4
_CONNECT_SECONDS = 5.0
_LONGEST_URL = 2048

# IANA special-purpose registries and their neighbours: nothing of these is somebody's public server.
_REFUSED_V4 = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
# Of IPv6 only global unicast is taken; that alone leaves out ::/96, ::1, 64:ff9b::/96, 64:ff9b:1::/48, 100::/64,
# 5f00::/16, fc00::/7, fe80::/10, fec0::/10 and ff00::/8. Inside of it these are special.
_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
_REFUSED_V6 = tuple(ipaddress.IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))
# What the switch for development opens: loopback and home networks, never link-local, where cloud credentials live.
_PRIVATE = tuple(
    ipaddress.ip_network(text)
    for text in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7")
)


class AddressRefused(Exception):
    """A URL that must not be called; says why, without the URL's path, which may be a secret."""


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """What an operator allows. `ports` None means any; `allow_private` is for development on one machine."""

    allow_http: bool = False
    allow_private: bool = False
    ports: tuple[int, ...] | None = DEFAULT_PORTS


@dataclass(frozen=True, slots=True)
class Target:
    """A URL taken apart once: what was checked is what is called."""

    url: httpcore.URL
    host_header: bytes


def check_url(url: str, policy: AddressPolicy) -> Target:
    """The target of a URL that may be called as far as its text tells; raises AddressRefused."""
    if len(url) > _LONGEST_URL:
        raise AddressRefused(f"the URL is longer than {_LONGEST_URL} characters")
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise AddressRefused("the URL cannot be read") from error
    if parsed.scheme not in (("https", "http") if policy.allow_http else ("https",)):
        raise AddressRefused(f"scheme {parsed.scheme[:20]!r} is not allowed: use https")
    if parsed.userinfo or "@" in parsed.netloc.decode("ascii"):
        raise AddressRefused("a user or password in the URL is not allowed")
    host = parsed.raw_host
    if not host or b"%" in host or b"\\" in host:
        raise AddressRefused("the URL names no proper host")
    port = parsed.port if parsed.port is not None else {"https": 443, "http": 80}[parsed.scheme]
    _check_port(port, plain_http_default=parsed.scheme == "http" and parsed.port is None, policy=policy)
    _check_literal(host.decode("ascii"), policy)
    target = httpcore.URL(scheme=parsed.raw_scheme, host=host, port=port, target=parsed.raw_path)
    return Target(target, parsed.netloc)


def check_address(text: str, policy: AddressPolicy) -> Address:
    """The address, when it is public (or private and allowed); raises AddressRefused."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError as error:
        raise AddressRefused(f"{text[:60]!r} is no address") from error
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            raise AddressRefused(f"{text[:60]} belongs to one link")
        if address.ipv4_mapped is not None:
            return check_address(str(address.ipv4_mapped), policy)
    if policy.allow_private and any(address in network for network in _PRIVATE if network.version == address.version):
        return address
    if not _is_public(address):
        raise AddressRefused(f"{address} is not a public address")
    return address


def _is_public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _REFUSED_V4)
    return address in _GLOBAL_V6 and not any(address in network for network in _REFUSED_V6)


def _check_port(port: int, *, plain_http_default: bool, policy: AddressPolicy) -> None:
    if not 1 <= port <= 65535:
        raise AddressRefused(f"there is no port {port}")
    if policy.ports is None or port in policy.ports or plain_http_default:
        return
    raise AddressRefused(f"port {port} is not allowed: use one of {', '.join(map(str, policy.ports))}")


def _check_literal(host: str, policy: AddressPolicy) -> None:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return
    check_address(host, policy)


class NameResolver:
    """The system's resolver on threads of its own, one at most per host: a name that hangs holds up no other."""

    def __init__(self, threads: int = 32) -> None:
        self._threads = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="webhook-names")
        self._under_way: dict[tuple[str, int], asyncio.Future[list[str]]] = {}

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """All addresses of a host in the order to try them; raises OSError when it has none."""
        asked = (host, port)
        answer = self._under_way.get(asked)
        if answer is None:
            answer = asyncio.get_running_loop().run_in_executor(self._threads, _look_up, host, port)
            self._under_way[asked] = answer
            answer.add_done_callback(lambda done: self._answered(asked, done))
        return list(dict.fromkeys(await asyncio.shield(answer)))

    def _answered(self, asked: tuple[str, int], done: asyncio.Future[list[str]]) -> None:
        self._under_way.pop(asked, None)
        if not done.cancelled():
            # Looked at, so that a failure whose askers have all gone is no surprise to the loop.
            done.exception()

    def close(self) -> None:
        """Waits for nobody: lookups under way end by themselves."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _look_up(host: str, port: int) -> list[str]:
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


class GuardedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to public addresses only. Raises AddressRefused when any address of the name is not."""

    def __init__(self, policy: AddressPolicy, resolve: Resolver) -> None:
        self._policy = policy
        self._resolve = resolve
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the contract of the connection pool
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = [check_address(text, self._policy) for text in await self._addresses(host, port)]
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in addresses[:_MOST_ADDRESSES_TRIED]:
            seconds = _CONNECT_SECONDS if timeout is None else min(timeout, _CONNECT_SECONDS)
            try:
                return await self._network.connect_tcp(str(address), port, seconds, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def _addresses(self, host: str, port: int) -> Sequence[str]:
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return await self._look_up(host, port)
        return [host]

    async def _look_up(self, host: str, port: int) -> Sequence[str]:
        try:
            return await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise NameNotResolved(f"{host[:80]} cannot be resolved") from error

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - the contract of the connection pool
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        raise AddressRefused("a socket file is no public address")

    async def sleep(self, seconds: float) -> None:
        await self._network.sleep(seconds)


class NameNotResolved(Exception):
    """The host of a URL has no address now."""
