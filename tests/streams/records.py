"""Invented records as a sender writes them, and a door to hand them to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from schemas.event import Event
from schemas.instant import HOUR, format_instant, parse_instant
from streams.log import Log, Written
from streams.privacy import Privacy
from streams.sequencer import Sequencer, Taken
from streams.subject_keys import SubjectKeys

NOW = parse_instant("2026-03-02T09:00:00Z")


def raw(type_: str, data: dict[str, Any], id_: str = "e-1", at: int = NOW - HOUR, **envelope: Any) -> bytes:
    """One event in CloudEvents JSON."""
    said = {"specversion": "1.0", "id": id_, "source": "desk", "type": type_, "time": format_instant(at)}
    return orjson.dumps(said | {"data": data} | envelope)


def used(id_: str, quantity: int = 1, **envelope: Any) -> bytes:
    """A usage event."""
    return raw("usage.recorded", {"name": "report", "quantity": quantity}, id_, **{"account": "A"} | envelope)


def written(tenant: str, position: int, type_: str = "usage.recorded") -> Written:
    """A record to append, made without a door."""
    said = {"tenant": tenant, "position": position, "recordedtime": format_instant(NOW)}
    return Written(tenant, position, type_, used(f"e-{position}", position, **said))


class Door:
    """A sequencer over a log, with its key store in a folder, and what it handed on."""

    def __init__(self, log: Log, folder: Path) -> None:
        self.log = log
        self.privacy = Privacy(SubjectKeys.open(folder))
        self.appended: list[Event] = []
        self.sequencer = Sequencer(log, self.privacy, self.appended.extend)

    def take(self, *raws: bytes, tenant: str = "acme", now: int = NOW, **how: Any) -> list[Taken]:
        return self.sequencer.take(tenant, raws, now, **how)

    def journal(self, tenant: str = "acme") -> Sequence[Event]:
        return self.log.read(tenant, 0, 10_000)

    def close(self) -> None:
        self.privacy.close()
