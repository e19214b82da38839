"""Where what decides who may do what cannot be asked, is nobody let in?"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from pathlib import Path

import httpx

from infra.access import LOOK_EVERY_SECONDS, Access
from infra.http.app import build
from infra.http.operations import OPERATIONS
from infra.operations import Operations
from tests.http.desk import Desk


def answers(desk: Desk, access: Access, key: str) -> set[int]:
    """What every route that needs a key answers to one."""
    app = build(desk.application, Operations(desk.application), access, "the operator's token")

    async def ask() -> set[int]:
        transport = httpx.ASGITransport(app=app)
        headers = {"Authorization": f"Bearer {key}", "Host": "localhost"}
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as client:
            paths = [
                (operation.method, operation.path.replace("{id}", "x").replace("{hint}", "x"))
                for operation in OPERATIONS
                if operation.scope is not None and operation.path != "/v1/changes"
            ]
            return {(await client.request(method, path)).status_code for method, path in paths}

    try:
        return asyncio.run(ask())
    finally:
        app.state.surface.telemetry.close()


def test_a_key_store_that_cannot_be_read_lets_nobody_in(desk: Desk, tmp_path: Path) -> None:
    access = Access(tmp_path / "access.db", desk.now)
    key, _ = access.create("acme", ["admin"])
    assert not {401, 503} & answers(desk, access, key)
    with sqlite3.connect(tmp_path / "access.db") as elsewhere:
        elsewhere.execute("ALTER TABLE api_keys RENAME TO lost")
    elsewhere.close()
    time.sleep(LOOK_EVERY_SECONDS)
    assert answers(desk, access, key) == {503}
    access.close()


def test_a_key_store_of_other_bytes_is_not_opened(desk: Desk, tmp_path: Path) -> None:
    access = Access(tmp_path / "access.db", desk.now)
    key, _ = access.create("acme", ["admin"])
    access.close()
    assert answers(desk, access, key) == {503}
