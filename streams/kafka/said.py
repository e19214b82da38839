"""What the topics `facts`, `alerts`, `waits` and `dead-letters` hold: one JSON document a record, keyed by tenant."""

from __future__ import annotations

import msgspec

from schemas.fact import Fact
from schemas.facts import BY_KIND
from streams.batch import RaisedAlert, Said
from streams.log import Letter


class Wait(msgspec.Struct, frozen=True):
    """A record of `waits`: when the tenant's earliest timer is due (None: nothing waits), as of a position folded."""

    due: int | None
    position: int
    clock: int

    @property
    def wakes_at(self) -> int | None:
        """When a tick is needed: a timer that was due already when its record set it fires with what comes later."""
        return None if self.due is None else max(self.due, self.clock + 1)


class _Fact(msgspec.Struct, frozen=True, gc=False):
    fact_id: str
    kind: str
    revision: int
    said_at: int
    generation: int
    fact: msgspec.Raw


class _FactOut(msgspec.Struct, frozen=True, gc=False):
    fact_id: str
    kind: str
    revision: int
    said_at: int
    generation: int
    fact: Fact | None


class _Alert(msgspec.Struct, frozen=True, gc=False):
    alert_id: str
    about_id: str
    kind: str
    account: str | None
    subject: str
    happened_at: int
    body: msgspec.Raw
    withdrawn: bool


class _Letter(msgspec.Struct, frozen=True):
    letter: str
    tenant: str
    reason: str
    detail: str
    where: str
    origin: str
    event_id: str | None
    kept_at: int
    raw: bytes
    times: int
    redriven_at: int | None
    sealed: bool


_ENCODE = msgspec.json.Encoder().encode
_FACT = msgspec.json.Decoder(_Fact).decode
_ALERT = msgspec.json.Decoder(_Alert).decode
_WAIT = msgspec.json.Decoder(Wait).decode
_LETTER = msgspec.json.Decoder(_Letter).decode
_KINDS = {kind: msgspec.json.Decoder(fact | None).decode for kind, fact in BY_KIND.items()}


class UnknownKind(ValueError):
    """A fact of a kind that the schemas do not know; the message says what to do."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"no fact is of the kind {kind!r}: a newer release wrote it, so read it with that release")
        self.kind = kind


def encode_said(said: Said, generation: int) -> bytes:
    """A record of `facts`: one statement of a fact, or its retraction."""
    return _ENCODE(_FactOut(said.fact_id, said.kind, said.revision, said.said_at, generation, said.fact))


def decode_said(value: bytes) -> tuple[Said, int]:
    """What a record of `facts` says, and the generation it belongs to. Raises UnknownKind."""
    found = _FACT(value)
    decode = _KINDS.get(found.kind)
    if decode is None:
        raise UnknownKind(found.kind)
    return Said(found.fact_id, found.kind, found.revision, found.said_at, decode(found.fact)), found.generation


def encode_alert(alert: RaisedAlert) -> bytes:
    """A record of `alerts`: one alert, its body byte for byte; or, without one, that it is withdrawn."""
    return _ENCODE(_Alert(*alert[:6], msgspec.Raw(alert.body or b"null"), alert.withdrawn))


def decode_alert(value: bytes) -> RaisedAlert:
    """The alert that a record of `alerts` raises or withdraws."""
    found = _ALERT(value)
    return RaisedAlert(
        found.alert_id,
        found.about_id,
        found.kind,
        found.account,
        found.subject,
        found.happened_at,
        b"" if found.withdrawn else bytes(found.body),
        found.withdrawn,
    )


def encode_wait(wait: Wait) -> bytes:
    """A record of `waits`."""
    return _ENCODE(wait)


def decode_wait(value: bytes) -> Wait:
    """When a tenant should be woken."""
    return _WAIT(value)


def encode_letter(letter: Letter, *, sealed: bool = True) -> bytes:
    """A record of `dead-letters`; `sealed` says that `raw` is encrypted under the tenant's key.

    A worker holds no keys: what a failing step was given goes as it is, for it holds redacted words only.
    """
    return _ENCODE(_Letter(*letter, sealed))


def decode_letter(value: bytes) -> tuple[Letter, bool]:
    """The dead letter, and whether its bytes are sealed."""
    *fields, sealed = msgspec.structs.astuple(_LETTER(value))
    return Letter(*fields), sealed
