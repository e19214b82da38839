"""What a fact is: something known about an entity, with an id that derives from what it says."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from hashlib import blake2b
from operator import attrgetter
from typing import ClassVar

import msgspec

from schemas.explanation import Explanation


class Fact(msgspec.Struct, frozen=True, gc=False):
    """Something now known. Subclasses are typed, one ClickHouse table each; a new statement of one id replaces it.

    `identity` names the fields that, with tenant and kind, make the id. A `history` fact is never replaced within a
    batch; an `order_bound` fact was decided by a model or by who was free, so it may depend on the order of arrival.
    Alerts may be raised about `alerted` facts only: those are withdrawn with the fact.
    """

    kind: ClassVar[str]
    identity: ClassVar[tuple[str, ...]]
    history: ClassVar[bool] = False
    order_bound: ClassVar[bool] = False
    alerted: ClassVar[bool] = False

    def explain(self, position: int) -> Explanation | None:
        """Why it is so; None for facts that only repeat what was said."""
        return None


def identity_of(fact: Fact) -> tuple[str | int, ...]:
    """The values that make the fact's id, in the order of its kind's `identity`."""
    return _reader(type(fact))(fact)


@cache
def _reader(kind: type[Fact]) -> Callable[[Fact], tuple[str | int, ...]]:
    first, *more = kind.identity
    if more:
        return attrgetter(first, *more)
    read = attrgetter(first)
    return lambda fact: (read(fact),)


_encode = msgspec.msgpack.Encoder().encode


@cache
def _seed(tenant: str, kind: str) -> bytes:
    return _encode((tenant, kind))


def fact_id(tenant: str, kind: str, identity: tuple[str | int, ...]) -> str:
    """The id of what a fact says: 32 hexadecimal digits of BLAKE2b over tenant, kind and identity."""
    return blake2b(_seed(tenant, kind) + _encode(identity), digest_size=16).hexdigest()
