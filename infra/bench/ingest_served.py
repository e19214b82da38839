"""A `millrace serve` of its own for the time of a measurement, with a tool connected and keys made."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from infra.home import Home
from infra.http.headers import TENANT_HEADER

_START_SECONDS = 60.0
_SETTLE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Served:
    """Where it answers, and how to ask it. `process_id` is of the process that has the door."""

    port: int
    process_id: int
    token: str

    def client(self, tenant: str) -> httpx.Client:
        """The operator, for a tenant."""
        headers = {"Authorization": f"Bearer {self.token}", TENANT_HEADER: tenant}
        return httpx.Client(base_url=f"http://127.0.0.1:{self.port}", headers=headers, trust_env=False, timeout=30.0)

    def key(self, tenant: str) -> str:
        """A new key that may send."""
        with self.client(tenant) as client:
            return str(client.post("/v1/keys", json={"scopes": ["ingest"]}).raise_for_status().json()["key"])

    def connection(self, tenant: str) -> tuple[str, str]:
        """A new connection for Standard Webhooks: where to post to, and the secret that signs."""
        with self.client(tenant) as client:
            row = client.post("/v1/connections", json={"source": "standard"}).raise_for_status().json()
        return row["path"], row["secret"]

    def settle(self) -> None:
        """Waits until what was taken is folded, for a while."""
        until = time.monotonic() + _SETTLE_SECONDS
        with self.client("none") as client:
            while time.monotonic() < until and client.get("/readyz").json()["backlog"]:
                time.sleep(0.1)

    def resident_bytes(self) -> int:
        """Of the process and its children."""
        total = 0
        this = psutil.Process(self.process_id)
        for process in (this, *this.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                total += process.memory_info().rss
        return total


@contextmanager
def serving(root: Path, settings: str) -> Iterator[Served]:
    """Serves a new home folder by the command line, until the block ends."""
    home = Home(root / "home")
    home.create()
    home.settings.write_text(settings)
    command = [sys.executable, "-m", "infra.cli.main", "--home", str(home.root), "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            _wait_for(home.serve, process)
            found = home.serving()
            if found is None:
                raise TimeoutError("what was started does not serve")
            yield Served(int(found.address.rpartition(":")[2]), process.pid, found.token)
        finally:
            process.terminate()


@contextmanager
def bare(root: Path) -> Iterator[int]:
    """The port of an application that only reads bodies."""
    file = root / "port"
    with subprocess.Popen([sys.executable, "-m", "infra.bench.ingest_bare", str(file)]) as process:
        try:
            _wait_for(file, process)
            yield int(file.read_text())
        finally:
            process.terminate()


def _wait_for(file: Path, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _START_SECONDS
    while not (file.exists() and file.stat().st_size):
        if process.poll() is not None or time.monotonic() > until:
            raise TimeoutError("the server did not start")
        time.sleep(0.05)
    time.sleep(0.2)
