"""How is ClickHouse reached? One client that writes, a few that only read under limits, embedded or on a server."""

from __future__ import annotations

import os
import queue
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import Error, ProgrammingError

from sinks.clickhouse.lines import READERS

EMBEDDED = "chdb://"
_SERVER = ("http://", "https://", "clickhouse://", "clickhouses://")
_OVER_LIMIT = (158, 159, 160, 241, 307, 396)  # rows read, time, estimated time, memory, bytes read, rows of the result
_WRAPPING = re.compile(r"(Code: \d+\. )?(DB::Exception: )|\s*\(version [^)]*\).*", re.DOTALL)

WRITE_SETTINGS: Mapping[str, int] = {
    "async_insert": 0,
    "insert_deduplicate": 0,  # equal content is no repeat: what is told apart is told apart by its id
    "input_format_skip_unknown_fields": 0,
    "max_insert_threads": 1,
    "max_threads": 1,  # the fold needs the other core
    "min_insert_block_size_rows": 100_000,  # one insert is one part
    "min_insert_block_size_bytes": 0,
}


class SinkUnreachable(RuntimeError):
    """ClickHouse could not be opened, or not from this process."""


class ReadFailed(RuntimeError):
    """A read was ended by the engine. `code` is its error code, `over_limit` tells that the query wanted too much."""

    def __init__(self, message: str, code: int | None) -> None:
        super().__init__(message)
        self.code = code
        self.over_limit = code in _OVER_LIMIT


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """What one read may take before it is ended with an error."""

    seconds: float = 10.0
    rows: int = 100_000
    memory_bytes: int = 1 << 30

    def settings(self) -> dict[str, str]:
        """As engine settings; `readonly` comes last, since nothing can be set after it."""
        return {
            "max_execution_time": str(self.seconds),
            "max_result_rows": str(self.rows),
            "result_overflow_mode": "throw",
            "max_memory_usage": str(self.memory_bytes),
            "session_timezone": "UTC",
            "readonly": "1",
        }


class Connection:
    """Open clients of one ClickHouse. Usable from every thread of the process that opened it, and from no other.

    After an error an embedded client is closed and opened anew: what a failed query had already put out would come
    with the answer to the next one.
    """

    def __init__(self, dsn: str, limits: ReadLimits | None = None) -> None:
        """`dsn` is `chdb://<path>` or `http(s)://user:password@host:port/database`; raises SinkUnreachable."""
        self.dsn = dsn
        self._process = os.getpid()
        self._limits = limits or ReadLimits()
        self._writers = _Pool(dsn, {"session_timezone": "UTC"}, 1)
        try:
            self._readers = _Pool(dsn, self._limits.settings(), READERS)
        except BaseException:
            self._writers.close()
            raise

    @contextmanager
    def writer(self) -> Iterator[Client]:
        """The client that may change things, for one thread at a time; waits for it."""
        self._require_same_process()
        with self._writers.client() as client:
            yield client

    @contextmanager
    def reader(self) -> Iterator[Client]:
        """A client that can change nothing and is bound to the limits; waits for a free one. Raises ReadFailed."""
        self._require_same_process()
        try:
            with self._readers.client() as client:
                yield client
        except Error as error:
            message = _WRAPPING.sub("", str(error)).strip()
            raise ReadFailed(message, getattr(error, "code", None)) from error

    def close(self) -> None:
        """Closes every client, each when its call has ended; then another process may open the path."""
        if os.getpid() == self._process:
            self._readers.close()
            self._writers.close()

    def _require_same_process(self) -> None:
        if os.getpid() != self._process:
            raise SinkUnreachable(
                f"ClickHouse at {_shown(self.dsn)} was opened by process {self._process} and process {os.getpid()} was "
                "forked from it: a forked child would hang. Start processes with `spawn` and let each open its own"
            )


class _Pool:
    """A few alike clients, each used by one thread at a time."""

    def __init__(self, dsn: str, settings: Mapping[str, str], size: int) -> None:
        self._dsn = dsn
        self._settings = settings
        self._size = size
        self._free: queue.SimpleQueue[Client | None] = queue.SimpleQueue()
        self._closed = False
        try:
            for _ in range(size):
                self._free.put(_open(dsn, settings))
        except BaseException:
            self._size = self._free.qsize()
            self.close()
            raise

    @contextmanager
    def client(self) -> Iterator[Client]:
        if self._closed:
            raise SinkUnreachable(f"the connection to ClickHouse at {_shown(self._dsn)} is closed")
        client = self._free.get()
        try:
            if client is None:
                client = _open(self._dsn, self._settings)
            yield client
        except BaseException:
            if client is not None and self._dsn.startswith(EMBEDDED):
                client.close()
                client = None
            raise
        finally:
            self._free.put(client)

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        for _ in range(self._size):
            client = self._free.get()
            if client is not None:
                client.close()


def _open(dsn: str, settings: Mapping[str, str]) -> Client:
    if dsn.startswith(EMBEDDED):
        return _open_embedded(dsn.removeprefix(EMBEDDED), settings)
    if not dsn.startswith(_SERVER):
        raise SinkUnreachable(f"{_shown(dsn)!r} names no ClickHouse: write chdb://<path> or http(s)://<host>:<port>")
    try:
        return clickhouse_connect.get_client(
            dsn=dsn, settings=dict(settings), tz_mode="aware", autogenerate_session_id=False, client_name="millrace"
        )
    except Error as error:
        raise SinkUnreachable(
            f"ClickHouse at {_shown(dsn)} does not answer: {error}. Check that it runs, and the DSN"
        ) from error


def _open_embedded(path: str, settings: Mapping[str, str]) -> Client:
    if not path:
        raise SinkUnreachable("chdb:// names no path: write chdb://<folder>")
    Path(path).mkdir(parents=True, exist_ok=True)
    try:
        client = clickhouse_connect.get_client(interface="chdb", path=path, tz_mode="aware")
    except ProgrammingError as error:
        raise SinkUnreachable(
            f"the embedded ClickHouse at {path} cannot be opened: either another process holds it (one owns it; ask "
            f"that one over HTTP), or this process has another path open (one path at a time). It said: {error}"
        ) from error
    for name, value in settings.items():
        client.set_client_setting(name, value)
    return client


def _shown(dsn: str) -> str:
    """The DSN without user and password."""
    scheme, separator, rest = dsn.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"
