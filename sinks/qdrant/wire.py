"""What the holder of an index and its process say to each other: MessagePack, one typed request, one reply."""

from __future__ import annotations

from typing import Any

import msgspec

from sinks.qdrant.dense import EmbeddingSettings
from sinks.qdrant.document import Document, Key, Kind


class Open(msgspec.Struct, frozen=True, tag="open"):
    """The first request: which directory, with which model. Answered by the index's identity."""

    path: str
    embedding: EmbeddingSettings | None
    lock_wait_seconds: float


class Upsert(msgspec.Struct, frozen=True, tag="upsert"):
    """See `SearchIndex.upsert`."""

    documents: list[Document]


class Delete(msgspec.Struct, frozen=True, tag="delete"):
    """See `SearchIndex.delete`."""

    tenant: str
    keys: list[Key]


class DeleteSubject(msgspec.Struct, frozen=True, tag="delete_subject"):
    """See `SearchIndex.delete_subject`."""

    tenant: str
    subject: str


class Revisions(msgspec.Struct, frozen=True, tag="revisions"):
    """See `SearchIndex.revisions`; answered by a list parallel to the keys."""

    tenant: str
    keys: list[Key]


class Search(msgspec.Struct, frozen=True, tag="search"):
    """See `SearchIndex.search`; a filter's values are always a tuple here."""

    tenant: str
    text: str
    kinds: tuple[Kind, ...]
    filters: dict[str, tuple[str, ...]]
    limit: int
    before_us: int | None


class Similar(msgspec.Struct, frozen=True, tag="similar"):
    """See `SearchIndex.similar`."""

    tenant: str
    key: Key
    only_solved: bool
    limit: int
    before_us: int | None


class Count(msgspec.Struct, frozen=True, tag="count"):
    """See `SearchIndex.count`."""

    tenant: str | None


class Flush(msgspec.Struct, frozen=True, tag="flush"):
    """See `SearchIndex.flush`."""


class Close(msgspec.Struct, frozen=True, tag="close"):
    """See `SearchIndex.close`; the process ends after its reply."""


Request = Upsert | Delete | DeleteSubject | Revisions | Search | Similar | Count | Flush | Close


class Reply(msgspec.Struct, frozen=True):
    """What came of a request: a result, or the name of an error and its message."""

    result: msgspec.Raw = msgspec.Raw(b"\xc0")
    error: str | None = None
    message: str = ""


def encoded(message: Any) -> bytes:
    """Any of the messages above as bytes."""
    return msgspec.msgpack.encode(message)
