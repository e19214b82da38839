"""The pull contract: how a tool's history is asked for page by page, and what its rows say. Nothing here asks anybody.

A puller is a plan: the first request, the next one out of an answer, and the events of a row. A cursor is a text that
the plan alone understands, and enough to read on from after any interruption.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from streams.connectors.contract import Made
from streams.connectors.reading import at
from streams.connectors.saying import Saying


class NotUnderstood(ValueError):
    """The answer is not what the tool documents; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request, relative to the connection's address; with a body it is a POST of JSON, else a GET."""

    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """What an answer holds: its rows, and where to read on. `whole` says that there is nothing more by now.

    A whole page's `next` is where the next pull reads on; empty where that begins anew at an instant. `total` is how
    many rows the tool says there are.
    """

    rows: Sequence[dict[str, Any]]
    next: str
    whole: bool
    total: int | None = None


Details = Sequence[Any]


class Voice(NamedTuple):
    """Of what kind something written is, and on what ticket; `named` where it is said which one it is, too."""

    ticket: str
    author: str
    public: bool
    named: bool


def no_detail(_: dict[str, Any]) -> Ask | None:
    """A row says it all."""
    return None


def always_named(_: str, __: str, ___: Any) -> Voice | None:
    """Webhooks and the API name alike what was written."""
    return None


def no_more(_: dict[str, Any], __: Ask, ___: Any) -> Ask | None:
    """A row's details come at once."""
    return None


@dataclass(frozen=True, slots=True)
class Puller:
    """One tool that can be read. `source` names its connector.

    `begin` is the cursor that reads what changed since an instant, or everything; `ask` the request of a cursor; `page`
    what its answer holds (raises NotUnderstood). `detail` asks what a row alone does not say, `more` what follows an
    answer to that; `events` says it all. `voice` is the voice of an event (id, type, data) where webhooks do not say
    which one of all that is written they tell of; None for all others. `gone` are the statuses by which the tool says
    that it knows a cursor no more. `address` shows what its address looks like, `brings` what to bring as user and
    token. `pages_a_minute` is what it allows.
    """

    source: str
    address: str
    brings: str
    headers: Callable[[str, str], Mapping[str, str]]
    begin: Callable[[int | None], str]
    ask: Callable[[str], Ask]
    page: Callable[[str, Any], Page]
    events: Callable[[Saying, dict[str, Any], Details], Sequence[Made]]
    detail: Callable[[dict[str, Any]], Ask | None] = no_detail
    more: Callable[[dict[str, Any], Ask, Any], Ask | None] = no_more
    voice: Callable[[str, str, Any], Voice | None] = always_named
    gone: frozenset[int] = field(default_factory=frozenset)
    pages_a_minute: int = 60

    @property
    def has_one_address(self) -> bool:
        """Whether everybody's API is at this address; else it shows in capitals what to put there."""
        return self.address == self.address.lower()


def listed(body: Any, *path: str) -> list[dict[str, Any]]:
    """The rows of an answer. Raises NotUnderstood where there is no list: silence must not pass for an end."""
    found = at(body, *path) if path else body
    if not isinstance(found, list):
        raise NotUnderstood(f"the answer has no list {'.'.join(path) or 'of rows'}")
    return [row for row in found if isinstance(row, dict)]


def mark(said: str, place: int) -> str:
    """A cursor that counts pages of what changed since: the instant as the tool writes it, and the page."""
    return f"{said}|{place}"


def marked(cursor: str) -> tuple[str, int]:
    """The instant and the page of such a cursor."""
    said, _, place = cursor.rpartition("|")
    return said, int(place)


def read_on(cursor: str, said: Sequence[str], full: int) -> tuple[str, bool]:
    """The next cursor after a page whose rows, oldest first, say these instants (of one width); whether that was all.

    Reading on from the last row's instant, and not from a page's number, loses nothing when rows change meanwhile: what
    changes moves to the end. Pages are counted only while a single instant fills them, or that and the second before,
    which is asked for, too; a row of these that changes just then hides another one, until it is read anew.
    """
    since, place = marked(cursor)
    if len(said) < full:
        return "", True
    if not said[-1]:
        raise NotUnderstood("a row does not say when it changed")
    return (mark(since, place + 1), False) if said[-1] <= since else (mark(said[-1], 1), False)


def basic(user: str, password: str) -> Mapping[str, str]:
    """HTTP Basic."""
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def bearer(token: str) -> Mapping[str, str]:
    """A bearer token."""
    return {"Authorization": f"Bearer {token}"}
