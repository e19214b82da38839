"""A served home folder, tenants that are new to it, and events to send them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import orjson

from infra.application import Application
from infra.home import Home
from infra.http.headers import TENANT_HEADER
from infra.server import served
from infra.settings import HttpSettings
from schemas.instant import HOUR, format_instant
from schemas.registry import BY_NAME

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
PATIENCE_SECONDS = 60.0

_NUMBERS = count(1)


class Desk:
    """One served application. `caller` speaks for a tenant, by default one that nobody has used yet."""

    def __init__(self, url: str, token: str, application: Application) -> None:
        self.url = url
        self.token = token
        self.application = application

    def caller(self, tenant: str | None = None, key: str | None = None) -> Caller:
        named = tenant or f"tenant-{next(_NUMBERS)}"
        return Caller(self, named, key or self.token, operator=key is None)

    def now(self) -> int:
        return self.application.clock()


class Caller(httpx.Client):
    """A client with a key. The operator's names the tenant, an API key needs not to."""

    def __init__(self, desk: Desk, tenant: str, key: str, *, operator: bool) -> None:
        headers = {"Authorization": f"Bearer {key}"} | ({TENANT_HEADER: tenant} if operator else {})
        super().__init__(base_url=desk.url, headers=headers, timeout=PATIENCE_SECONDS, trust_env=False)
        self.desk = desk
        self.tenant = tenant

    def event(self, name: str, data: Mapping[str, Any] | None = None, **attributes: Any) -> dict[str, Any]:
        """An event of a type with its example data changed as told; it happened an hour ago."""
        example = BY_NAME[name].data.example
        return {
            "specversion": "1.0",
            "id": f"e-{next(_NUMBERS)}",
            "source": "desk",
            "type": name,
            "time": format_instant(self.desk.now() - HOUR),
            "account": "acct-1",
            "data": {**example, **(data or {})},
            **attributes,
        }

    def tell(self, *events: Mapping[str, Any], **headers: str) -> httpx.Response:
        """Events in one request: structured where there is one, a batch where there are several."""
        content = orjson.dumps(events[0] if len(events) == 1 else events)
        media = STRUCTURED if len(events) == 1 else BATCH
        return self.post("/v1/events", content=content, headers={"content-type": media, **headers})

    def tell_bytes(self, content: bytes, media: str = STRUCTURED, **headers: str) -> httpx.Response:
        return self.post("/v1/events", content=content, headers={"content-type": media, **headers})

    def settled(self) -> None:
        """Waits until what was sent is folded and shown."""
        until = time.monotonic() + PATIENCE_SECONDS
        while self.desk.application.runtime.backlog():
            assert self.desk.application.fold_failure is None
            assert time.monotonic() < until, "it was not folded in time"
            time.sleep(0.01)
        assert self.desk.application.drain(PATIENCE_SECONDS)


@contextmanager
def opened(root: Path, http: HttpSettings | None = None, settings: str = "") -> Iterator[Desk]:
    """A new home folder, served until the block ends."""
    home = Home(root / "home")
    home.create()
    home.settings.touch(mode=0o600)
    home.settings.write_text(settings)
    with served(home, http or HttpSettings(port=0), fold=True, announced=False) as address:
        assert isinstance(address.application, Application)
        yield Desk(address.url, address.token, address.application)
