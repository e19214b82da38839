"""The envelope of every event: CloudEvents 1.0 with Millrace's extensions."""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, SerializeAsAny

from schemas.instant import Instant
from schemas.values import EventId, Id, Tenant


class Data(BaseModel):
    """What one event type says. Subclasses are the vocabulary; `match event.data` is how processors read it."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    type: ClassVar[str]
    version: ClassVar[int] = 1
    example: ClassVar[dict[str, Any]]


class Event(BaseModel):
    """One event in its tenant's order. Attributes are CloudEvents 1.0; those after `data` are stamped by the door.

    Stamped fields: `recorded_at` (when it was taken), `position` (dense per tenant), `epoch` and `intake` (the
    carrier's, never part of a state), `language`, `meaning`, `redaction` and `sealed` (see
    `streams.sequencer`).
    """

    model_config = ConfigDict(
        frozen=True, extra="ignore", strict=True, allow_inf_nan=False, populate_by_name=True, serialize_by_alias=True
    )

    specversion: Literal["1.0"] = "1.0"
    id: EventId
    source: EventId
    type: str
    occurred_at: Instant = Field(alias="time")
    dataschema: str = ""
    datacontenttype: Literal["application/json"] = "application/json"
    subject: Id | None = None
    tenant: Tenant = ""
    account: Id | None = None
    traceparent: str | None = Field(default=None, max_length=64)
    data: SerializeAsAny[Data]
    recorded_at: Instant = Field(default=0, alias="recordedtime")
    position: int = 0
    epoch: int | None = None
    intake: str | None = None
    backfill: bool | None = None
    language: str | None = None
    meaning: str | None = None
    redaction: str | None = None
    sealed: str | None = None

    def stamped(self, **stamps: object) -> Self:
        """This very event with the door's stamps set: only its maker may call it, before anybody else has seen it."""
        self.__dict__.update(stamps)
        return self

    @property
    def told_at(self) -> int:
        """The latest instant this event may move a clock to: a future-dated event moves nothing."""
        return min(self.occurred_at, self.recorded_at)


D = TypeVar("D", bound=BaseModel)


@cache
def _defaults(model: type[BaseModel]) -> dict[str, Any]:
    """What fields hold when nothing is said of them. Only models whose defaults are never changed come here."""
    fields = model.model_fields.items()
    return {name: field.get_default(call_default_factory=True) for name, field in fields if not field.is_required()}


def unchecked(model: type[D], /, **values: object) -> D:
    """What `model_construct` gives, several times as fast: for what we say ourselves, which needs no validation."""
    return _filled(model, _defaults(model) | values)


_NO_FIELDS: set[str] = set()
_put = object.__setattr__


def _filled(model: type[D], fields: dict[str, Any]) -> D:
    made = model.__new__(model)
    _put(made, "__dict__", fields)
    _put(made, "__pydantic_fields_set__", _NO_FIELDS)
    _put(made, "__pydantic_extra__", None)
    _put(made, "__pydantic_private__", None)
    return made


def made(data: Data, *, id: str, tenant: str, account: str | None, occurred_at: int, recorded_at: int) -> Event:
    """An event made inside Millrace (emitted or timer): not validated, never journaled."""
    fields = _UNSAID.copy()
    fields["id"] = id
    fields["type"] = data.type
    fields["occurred_at"] = occurred_at
    fields["tenant"] = tenant
    fields["account"] = account
    fields["data"] = data
    fields["recorded_at"] = recorded_at
    return _filled(Event, fields)


_UNSAID: dict[str, Any] = _defaults(Event) | {"source": "millrace"}
