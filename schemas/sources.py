"""Source events: what a connected tool said that no other event type says."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import StringConstraints

from schemas.event import Data
from schemas.instant import Instant
from schemas.personal import Personal
from schemas.values import Count, Id, Name

# What fits into one record, however it must be escaped: the door's connectors cut longer bodies and say so.
LongText = Annotated[str, StringConstraints(max_length=900_000)]

# Longer than any tool's cursor that is known: it is the tool's own text, kept as it came.
Cursor = Annotated[str, StringConstraints(max_length=4_096)]


class SourceUnmapped(Data):
    """A connected tool said something that has no event type of its own: kept as it came, so that it can have one.

    `kind` is what the tool calls it; `cut` says that the body was too long to be kept whole.
    """

    type: ClassVar[str] = "source.unmapped"
    example: ClassVar[dict[str, Any]] = {
        "connector": "hubspot",
        "kind": "deal.propertyChange",
        "body": '{"subscriptionType":"deal.propertyChange","objectId":1902200145}',
    }

    connector: Name
    kind: Name
    person: Id | None = None
    body: Annotated[LongText, Personal("person")] = ""
    cut: bool = False


class SourcePulled(Data):
    """A page of a connected tool's history was read, and all that it said stands before this in the journal.

    `cursor` is where to read on, in the words of the tool's puller; empty where it begins anew. What happened before
    `until_at` has all been read; `began_at` is when this pull began, `whole` that the tool has nothing more.
    """

    type: ClassVar[str] = "source.pulled"
    example: ClassVar[dict[str, Any]] = {
        "connection": "zendesk-emea",
        "cursor": "at:MTc3MjQ0OTM1My4wfHw4ODIxM3w=",
        "began_at": "2026-03-02T12:00:00Z",
        "until_at": "2026-03-02T12:00:00Z",
        "whole": True,
        "rows": 112,
    }

    connection: Name
    cursor: Cursor = ""
    began_at: Instant
    until_at: Instant | None = None
    whole: bool = False
    rows: Count = 0
