"""What a sink is handed: batches of stated facts, of retractions and of alerts, in the order of their outbox."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from typing import NamedTuple, Protocol

import msgspec

from schemas.fact import Fact
from schemas.facts import BY_KIND


class Statement(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One fact as it was said, or its retraction (`fact` is None). `revision` orders statements of one id.

    `revision` is (journal position << 20) + output index; `token` is the outbox row, dense and rising per database.
    """

    token: int
    tenant: str
    generation: int
    fact_id: str
    kind: str
    revision: int
    said_at: int
    fact: Fact | None


class Packed(NamedTuple):
    """A run of statements in bytes, as `pack` gives them, and the token of the last."""

    last_token: int
    statements: bytes


def pack(statements: Sequence[Statement]) -> bytes:
    """Statements in MessagePack, for an outbox or another process."""
    return _ENCODE(statements)


# A statement's fields, whose fact may be in MessagePack already.
Numbered = tuple[int, str, int, str, str, int, int, Fact | msgspec.Raw | None]


def pack_rows(rows: Sequence[Numbered]) -> bytes:
    """What `pack` makes of the same statements."""
    return _ENCODE(rows)


def unpack(packed: Iterable[Packed], after: int = -1, without: Container[str] = ()) -> list[Statement]:
    """The statements after a token, those of some kinds left out."""
    return [
        Statement(token, tenant, generation, id_, kind, revision, said_at, _DECODERS[kind].decode(fact))
        for run in packed
        for token, tenant, generation, id_, kind, revision, said_at, fact in _KEPT.decode(run.statements)
        if token > after and kind not in without
    ]


_ENCODE = msgspec.msgpack.Encoder().encode
_KEPT = msgspec.msgpack.Decoder(list[tuple[int, str, int, str, str, int, int, msgspec.Raw]])
_DECODERS = {kind: msgspec.msgpack.Decoder(fact | None) for kind, fact in BY_KIND.items()}


class FactSink(Protocol):
    """A cache of facts that can be read back. Writing the same statements again changes nothing."""

    name: str

    def write(self, statements: Sequence[Statement]) -> None:
        """Makes the statements visible to readers. Raises when it could not; the caller tries again."""

    def position(self) -> int:
        """The highest token whose statements, and all before it, are durably written; -1 when empty."""

    def close(self) -> None: ...
