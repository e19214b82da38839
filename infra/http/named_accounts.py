"""How many different accounts has a tenant's usage named in the minute under way?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from schemas.registry import EVENT_TYPES

USAGE: Final = frozenset(row.name for row in EVENT_TYPES if row.topic == "usage")
_MINUTE_SECONDS: Final = 60


class Naming(Protocol):
    """What is asked of a record: its type, and the account it names."""

    @property
    def type(self) -> str: ...

    @property
    def account(self) -> str | None: ...


class NamedAccounts:
    """Holds a hash of each account, a tenant's never more than the limit, and none longer than the minute.

    A limit of 0 is none, and nothing is held. Not thread-safe. Instants are seconds of a clock that never goes back.
    """

    def __init__(self, most_per_minute: int) -> None:
        self._most = most_per_minute
        self._minute = 0
        self._named: dict[str, set[int]] = {}

    def new(self, tenant: str, said: Sequence[Naming], now: float) -> set[int]:
        """Hashes of the accounts that usage names here for the first time in this minute."""
        if not self._most:
            return set()
        minute = int(now // _MINUTE_SECONDS)
        if minute != self._minute:
            self._minute, self._named = minute, {}
        keys = {hash(one.account) for one in said if one.type in USAGE and one.account is not None}
        return keys - self._named.get(tenant, _NONE)

    def has_room(self, tenant: str, new: set[int]) -> bool:
        """Whether so many more may be named; nothing new always may."""
        return not new or len(self._named.get(tenant, _NONE)) + len(new) <= self._most

    def add(self, tenant: str, new: set[int]) -> None:
        if new:
            self._named.setdefault(tenant, set()).update(new)

    def forget(self, tenant: str) -> None:
        self._named.pop(tenant, None)

    @staticmethod
    def wait_seconds(now: float) -> float:
        """How long until the next minute begins."""
        return _MINUTE_SECONDS - now % _MINUTE_SECONDS


_NONE: Final[frozenset[int]] = frozenset()
