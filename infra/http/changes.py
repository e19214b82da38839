"""Changing facts as they are said: the outbox, followed by any number of readers who share one reading of it."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Any, NamedTuple

import msgspec
import orjson

from infra.http.problems import Problem
from infra.service import Service
from schemas.instant import format_instant
from sinks.contract import Statement

MOST_READERS = 100
HEARTBEAT_SECONDS = 15.0
LOOK_EVERY_SECONDS = 2.0  # whether the reader still may: also while nothing happens

_HEARTBEAT = b": still here\n\n"
_AT_ONCE = 500
_FURTHEST_BEHIND = 5_000  # statements; who is further behind is told that some were missed
_PAGES_KEPT = 32


class _Page(NamedTuple):
    """Statements after a token: where they begin and end, and each tenant's as one run of frames."""

    first: int
    last: int
    frames: dict[str, bytes]


class Changes:
    """Follows one application. Used from one event loop.

    A reader holds a place in the outbox and nothing else, so a slow one costs no memory: what it could not keep up
    with is passed over, and it is told so.
    """

    def __init__(self, application: Service) -> None:
        self._changes = application.changes
        self._pages: OrderedDict[int, _Page] = OrderedDict()
        self._reading = asyncio.Lock()
        self._wakes: dict[int, asyncio.Event] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._told = False
        self._ended = False
        self._readers = 0
        application.on_change(self._changed)

    def require_room(self) -> None:
        """Raises Problem where as many as may follow do so already."""
        if len(self._wakes) >= MOST_READERS:
            raise Problem(503, "too many listen", f"at most {MOST_READERS} may follow changes at once; close some")

    async def follow(self, tenant: str, after: int | None) -> AsyncGenerator[bytes, None]:
        """Frames from after a token on, from now on where there is none.

        While nothing happens there are heartbeats, and nothing at all every other second.
        """
        self._loop = asyncio.get_running_loop()
        self._readers += 1
        reader, wake = self._readers, asyncio.Event()
        self._wakes[reader] = wake
        try:
            async with aclosing(self._followed(wake, tenant, after)) as followed:
                async for frames in followed:
                    yield frames
        finally:
            del self._wakes[reader]

    async def _followed(self, wake: asyncio.Event, tenant: str, after: int | None) -> AsyncGenerator[bytes, None]:
        token = await asyncio.to_thread(self._changes.end)
        yield b"retry: 2000\nid: %d\n\n" % (token if after is None else after)
        if after is not None:
            token, missed = await self._resumed(after, token)
            if missed:
                yield _missed(token)
        quiet_since = time.monotonic()
        while not self._ended:
            wake.clear()
            page = await self._page(token)
            if page is None:
                await _woken(wake)
                quiet = time.monotonic() - quiet_since >= HEARTBEAT_SECONDS
                quiet_since = time.monotonic() if quiet else quiet_since
                yield _HEARTBEAT if quiet else b""
                continue
            gap, token = page.first != token + 1, page.last
            if gap:
                yield _missed(token)
            yield page.frames.get(tenant, b"")
            end = await asyncio.to_thread(self._changes.end)
            if end - token > _FURTHEST_BEHIND:
                token = end
                yield _missed(token)

    def close(self) -> None:
        """Ends every reader's stream; from any thread."""
        self._ended = True
        self._changed()

    async def _resumed(self, after: int, end: int) -> tuple[int, bool]:
        """Where to go on, and whether something between is no longer there."""
        if after == end:
            return end, False
        if after > end or end - after > _FURTHEST_BEHIND:
            return end, True
        page = await self._page(after)
        if page is None:
            return end, True
        return (after, False) if page.first == after + 1 else (page.first - 1, True)

    async def _page(self, after: int) -> _Page | None:
        async with self._reading:
            page = self._pages.get(after)
            if page is None:
                page = await asyncio.to_thread(self._read, after)
            if page is not None:
                self._pages[after] = page
                while len(self._pages) > _PAGES_KEPT:
                    self._pages.popitem(last=False)
            return page

    def _read(self, after: int) -> _Page | None:
        statements = self._changes.statements(after, _AT_ONCE)
        if not statements:
            return None
        frames: dict[str, list[bytes]] = {}
        for statement in statements:
            frames.setdefault(statement.tenant, []).append(frame(statement))
        joined = {tenant: b"".join(parts) for tenant, parts in frames.items()}
        return _Page(statements[0].token, statements[-1].token, joined)

    def _changed(self) -> None:
        """Called by the fold; wakes the loop once, however often it is called until the loop gets there."""
        loop = self._loop
        if loop is None or self._told or not self._wakes:
            return
        self._told = True
        try:
            loop.call_soon_threadsafe(self._wake_all)
        except RuntimeError:  # the loop ended
            self._loop = None

    def _wake_all(self) -> None:
        self._told = False
        for wake in self._wakes.values():
            wake.set()


def frame(statement: Statement) -> bytes:
    """One statement as a server-sent event."""
    said: dict[str, Any] = {
        "kind": statement.kind,
        "fact_id": statement.fact_id,
        "revision": statement.revision,
        "said_at": format_instant(statement.said_at),
        "retracted": statement.fact is None,
    }
    if statement.fact is not None:
        said |= {name: _plain(name, value) for name, value in msgspec.to_builtins(statement.fact).items()}
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (statement.token, statement.kind.encode(), orjson.dumps(said))


def _plain(name: str, value: Any) -> Any:
    return format_instant(value) if name.endswith("_at") and isinstance(value, int) else value


async def _woken(wake: asyncio.Event) -> None:
    """Returns once there is something new, or it is time to look who listens."""
    with suppress(TimeoutError):
        await asyncio.wait_for(wake.wait(), min(LOOK_EVERY_SECONDS, HEARTBEAT_SECONDS))


def _missed(token: int) -> bytes:
    return b'id: %d\nevent: missed\ndata: {"kind":"missed"}\n\n' % token
