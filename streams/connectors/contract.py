"""The connector contract: how a tool signs, greets and repeats itself, and what its requests say as events."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson

from schemas.instant import format_instant
from streams.connectors.request import Request
from streams.connectors.signatures import Scheme

MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Made:
    """One event made of a request, CloudEvents-like. `timed` is false where the tool told no instant of its own."""

    type: str
    id: str
    source: str
    occurred_at: int
    account: str | None
    data: Mapping[str, Any]
    timed: bool = True
    attributes: Mapping[str, str] = field(default_factory=dict)

    def raw(self) -> bytes:
        """The event in CloudEvents JSON structured mode, as the sequencer takes it."""
        said: dict[str, Any] = {
            "specversion": "1.0",
            "id": self.id,
            "source": self.source,
            "type": self.type,
            "time": format_instant(self.occurred_at),
            **self.attributes,
        }
        if self.account is not None:
            said["account"] = self.account
        return orjson.dumps(said | {"data": self.data})


@dataclass(frozen=True, slots=True)
class Answer:
    """What the tool expects to hear."""

    status: int = 200
    body: bytes = b""
    media: str = "text/plain"
    headers: Mapping[str, str] = field(default_factory=dict)


Events = Callable[[Request], Sequence[Made]]
Greeting = Callable[[Request], Answer | None]


def no_greeting(_: Request) -> Answer | None:
    """This tool never asks who is there."""
    return None


@dataclass(frozen=True, slots=True)
class Connector:
    """One tool that pushes.

    `schemes`: how requests are signed; the first is the usual one, an operator may choose another. `keyed_by` says
    who makes the secret. `greet` answers what is no delivery (a handshake after its signature held); `probe` answers
    methods other than POST, which nobody signs. `answer` is what is said when everything is durably in the log; None
    is the plain 200. `overloaded` is the status after which the tool tries again. `limit_seconds` is how long it waits,
    None where nobody says. `steps` tell what to paste where, with {url} and {secret}.
    """

    name: str
    title: str
    schemes: tuple[Scheme, ...]
    keyed_by: Literal["tool", "us"]
    dedupes: str
    event_time: str
    ordering: str
    handshake: str
    limit_seconds: float | None
    steps: tuple[str, ...]
    events: Events
    greet: Greeting = no_greeting
    probe: Mapping[str, Greeting] = field(default_factory=dict)
    answer: Greeting = no_greeting
    overloaded: int = 503
    largest_body_bytes: int = MEBIBYTE

    def scheme(self, name: str) -> Scheme:
        """The scheme of this name; the usual one for no name. Raises ValueError."""
        for scheme in self.schemes:
            if name in ("", scheme.name):
                return scheme
        known = ", ".join(scheme.name for scheme in self.schemes)
        raise ValueError(f"{self.name} knows no signature scheme {name!r}: it knows {known}")
