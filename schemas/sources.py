"""Source events: what a connected tool said that no other event type says."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import StringConstraints

from schemas.event import Data
from schemas.personal import Personal
from schemas.values import Id, Name

# What fits into one record, however it must be escaped: the door's connectors cut longer bodies and say so.
LongText = Annotated[str, StringConstraints(max_length=900_000)]


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
