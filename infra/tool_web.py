"""How a tool's API is asked: at the pace it allows, again where it stumbles, and never for longer than a bound."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Any, Self
from urllib.parse import urlsplit

import httpx
import orjson

from streams.connectors.pulling import Ask, Puller

MOST_TRIES = 8
LONGEST_WAIT_SECONDS = 900.0
LONGEST_BACK_OFF_SECONDS = 60.0
LARGEST_ANSWER_BYTES = 64 << 20
_TIMEOUT = httpx.Timeout(120.0, connect=20.0)
_AGAIN = (408, 425, 429)
_ABSENT = (404, 410)


class PullFailed(Exception):
    """The tool could not be read; the message says why and what to do. What was read before is in the journal."""


class CursorGone(PullFailed):
    """The tool knows this cursor no more."""


@dataclass(frozen=True, slots=True)
class Access:
    """Where a tool's API is and what opens it."""

    address: str
    token: str = field(repr=False)
    user: str = ""


def sound_address(address: str) -> str:
    """The address of a tool's API without its trailing slash. Raises ValueError: secrets travel encrypted only."""
    parts = urlsplit(address)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ValueError(f"{address!r} is no address of an API: https://HOST is expected")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("the address says host and path only: bring user and token as such")
    if parts.scheme == "http" and not _is_here(parts.hostname):
        raise ValueError(f"{parts.hostname} would hear the token unencrypted: write https://")
    return address.rstrip("/")


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class ToolWeb:
    """Asks one tool. `wait` sleeps, `chance` is uniform in [0, 1), `now` counts seconds.

    `before_each` is called before each request, and may raise to end it all.
    """

    def __init__(
        self,
        puller: Puller,
        access: Access,
        *,
        wait: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
        now: Callable[[], float] = time.monotonic,
        before_each: Callable[[], None] = lambda: None,
    ) -> None:
        """Raises ValueError for an address that will not do."""
        headers: Mapping[str, str] = {"Accept": "application/json", **puller.headers(access.user, access.token)}
        self._puller = puller
        self._wait = wait
        self._chance = chance
        self._now = now
        self._before_each = before_each
        self._pages_from = 0.0
        # Redirects are not followed: the token is for this address only.
        self._http = httpx.Client(base_url=sound_address(access.address), headers=headers, timeout=_TIMEOUT)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def page(self, asked: Ask, *, may_be_gone: bool) -> Any:
        """The answer to the request of a cursor, at the tool's pace. Raises CursorGone, PullFailed."""
        early = self._pages_from - self._now()
        if early > 0:
            self._wait(early)
        self._pages_from = self._now() + 60.0 / self._puller.pages_a_minute
        status, body = self._ask(asked)
        if may_be_gone and status in self._puller.gone:
            raise CursorGone(f"{self._puller.source} knows the cursor no more (status {status})")
        return self._read(asked, status, body)

    def detail(self, asked: Ask) -> Any:
        """What is asked about one row; None where the tool has it no more. Raises PullFailed."""
        status, body = self._ask(asked)
        return None if status in _ABSENT else self._read(asked, status, body)

    def _read(self, asked: Ask, status: int, body: bytes) -> Any:
        source = self._puller.source
        if status in (401, 403):
            raise PullFailed(f"{source} refuses the token (status {status}): bring {self._puller.brings}")
        if status != 200:
            raise PullFailed(f"{source} answered {asked.path} with status {status}: is the address right?")
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise PullFailed(f"{source} answered {asked.path} with something that is no JSON") from error

    def _ask(self, asked: Ask) -> tuple[int, bytes]:
        """Status and body, after as many tries as are due. Raises PullFailed."""
        said = ""
        for tried in range(MOST_TRIES):
            told: float | None = None
            self._before_each()
            try:
                status, headers, body = self._once(asked)
            except httpx.TransportError as error:
                said = f"did not answer ({type(error).__name__})"
            else:
                if status not in _AGAIN and status < 500:
                    return status, body
                said = f"answered with status {status}"
                told = retry_after_seconds(headers.get("retry-after"))
            if told is not None and told > LONGEST_WAIT_SECONDS:
                raise PullFailed(f"{self._puller.source} asks to wait for {told:.0f} s: run it again then, it goes on")
            if tried + 1 < MOST_TRIES:
                self._wait(self._pause(tried, told))
        raise PullFailed(f"{self._puller.source} {said}, {MOST_TRIES} times: run it again later, it goes on")

    def _pause(self, tried: int, told: float | None) -> float:
        """What the tool told to wait, and a little more so that not all come back at once; else ever longer."""
        if told is not None:
            return told + self._chance()
        return float(min(LONGEST_BACK_OFF_SECONDS, 2.0**tried) * (0.5 + 0.5 * self._chance()))

    def _once(self, asked: Ask) -> tuple[int, httpx.Headers, bytes]:
        method, content = ("GET", None) if asked.body is None else ("POST", orjson.dumps(asked.body))
        headers = {} if content is None else {"Content-Type": "application/json"}
        request = self._http.build_request(
            method, asked.path, params=list(asked.query) or None, content=content, headers=headers
        )
        response = self._http.send(request, stream=True)
        try:
            read = bytearray()
            for piece in response.iter_bytes():
                read += piece
                if len(read) > LARGEST_ANSWER_BYTES:
                    raise PullFailed(f"{self._puller.source} answered {asked.path} with too many bytes to be a page")
            return response.status_code, response.headers, bytes(read)
        finally:
            response.close()


def retry_after_seconds(said: str | None) -> float | None:
    """How long `Retry-After` asks to wait: seconds, or until a date. None where it says neither."""
    if said is None:
        return None
    text = said.strip()
    if text.isascii() and text.replace(".", "", 1).isdigit() and len(text) < 12:
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    until = until if until.tzinfo is not None else until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())
