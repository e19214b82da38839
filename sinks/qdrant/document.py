"""What is indexed: one ticket, feedback item or expert answer of a tenant, its redacted text and plain values."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, Final, Literal, get_args

import msgspec

Kind = Literal["ticket", "feedback", "answer"]
Scalar = str | int | float | bool | None

KINDS: Final[tuple[str, ...]] = get_args(Kind)
LARGEST_INSTANT: Final = 2**53  # the index compares instants as 64-bit floats, exact below this (the year 2255)
LARGEST_INTEGER: Final = 2**63
FIELD_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")

# What a filter can name besides the kind; each is indexed. A new one is one line here (an old index must be rebuilt).
OWN_FILTERS: Final = ("account", "subject", "language")
PAYLOAD_FILTERS: Final = ("status", "category", "outcome", "priority", "channel")


class DocumentRefused(ValueError):
    """A document, key or request that the index must not take; says which value and why."""


class Key(msgspec.Struct, frozen=True, order=True):
    """Names one document: the tenant is part of the key, so equal ids of two tenants never meet."""

    tenant: str
    kind: Kind
    entity: str

    def __post_init__(self) -> None:
        require_name("tenant", self.tenant)
        require_name("entity", self.entity)
        if self.kind not in KINDS:
            raise DocumentRefused(f"kind {self.kind!r} is not one of {', '.join(KINDS)}")

    @property
    def point_id(self) -> str:
        """A UUID of version 8 (RFC 9562): BLAKE2b over tenant, kind and entity, the tenant's length first."""
        name = f"{len(self.tenant)}:{self.tenant}:{self.kind}:{self.entity}"
        digits = blake2b(name.encode(), digest_size=16).hexdigest()
        variant = "89ab"[int(digits[16], 16) & 3]
        return f"{digits[:8]}-{digits[8:12]}-8{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


class Document(msgspec.Struct, frozen=True):
    """One searchable text. `text` is redacted already; `happened_at` counts microseconds since 1970, UTC.

    `subject` is the reference of the person it is about, for deletion. `payload` holds status, category, outcome and
    the like as plain values, shown with a hit and, some, filtered by. A lower `revision` never replaces a higher one.
    """

    key: Key
    text: str
    happened_at: int
    revision: int
    account: str | None = None
    subject: str | None = None
    language: str | None = None
    payload: Mapping[str, Scalar] = {}

    def __post_init__(self) -> None:
        require_text("text", self.text)
        require_integer("happened_at", self.happened_at, LARGEST_INSTANT)
        require_integer("revision", self.revision, LARGEST_INTEGER)
        for name in ("account", "subject", "language"):
            value = getattr(self, name)
            if value is not None:
                require_name(name, value)
        for name, plain in self.payload.items():
            _require_plain(name, plain)


class Hit(msgspec.Struct, frozen=True):
    """A document that was found. `score` orders the hits of one answer, higher is nearer; answers do not compare."""

    score: float
    document: Document


def require_text(name: str, value: object) -> None:
    """Refuses what is not a string that UTF-8 can carry (lone surrogates)."""
    if not isinstance(value, str):
        raise DocumentRefused(f"{name} is {type(value).__name__}, not a string")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise DocumentRefused(f"{name} holds a lone surrogate at character {error.start}") from None


def require_name(name: str, value: object) -> None:
    """Refuses what cannot name something: not a plain string, empty, or over 512 characters."""
    require_text(name, value)
    if type(value) is not str or not 0 < len(value) <= 512:
        raise DocumentRefused(f"{name} must be a plain string of 1 to 512 characters")


def require_integer(name: str, value: object, limit: int) -> None:
    """Refuses what is not an integer of a magnitude below `limit`."""
    if not isinstance(value, int) or isinstance(value, bool) or not -limit < value < limit:
        raise DocumentRefused(f"{name} must be an integer of a magnitude below {limit}")


def _require_plain(name: object, value: object) -> None:
    if not isinstance(name, str) or not FIELD_NAME.fullmatch(name):
        raise DocumentRefused(f"payload name {name!r} is not letters, digits and underscores (at most 64)")
    if isinstance(value, str):
        require_text(f"payload {name}", value)
    elif name in PAYLOAD_FILTERS and value is not None:
        raise DocumentRefused(f"payload {name} must be a string: it can be filtered by")
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise DocumentRefused(f"payload {name} is not finite")
    elif isinstance(value, int) and not isinstance(value, bool):
        require_integer(f"payload {name}", value, LARGEST_INTEGER)
    elif value is not None and not isinstance(value, bool):
        raise DocumentRefused(f"payload {name} is {type(value).__name__}; plain values only")


def stored(document: Document) -> dict[str, Any]:
    """The document as a point's payload. Its plain values lie under `fields`, so no name can shadow the tenant."""
    payload: dict[str, Any] = {
        "tenant": document.key.tenant,
        "kind": document.key.kind,
        "entity": document.key.entity,
        "text": document.text,
        "happened_at": document.happened_at,
        "revision": document.revision,
        "fields": dict(document.payload),
    }
    for name in ("account", "subject", "language"):
        value = getattr(document, name)
        if value is not None:
            payload[name] = value
    return payload


def restored(payload: Mapping[str, Any]) -> Document:
    """The document that `stored` made this payload of."""
    return Document(
        key=Key(payload["tenant"], payload["kind"], payload["entity"]),
        text=payload["text"],
        happened_at=payload["happened_at"],
        revision=payload["revision"],
        account=payload.get("account"),
        subject=payload.get("subject"),
        language=payload.get("language"),
        payload=payload["fields"],
    )
