"""How are the scores of a peer group spread?"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from processors.contract import Context, Output, Processor
from schemas.emitted import PeerMoved
from schemas.event import Event


class PeerGroup(msgspec.Struct, array_like=True, gc=False):
    """How many accounts stand at each quarter point: at most 401 places, however many accounts."""

    accounts: dict[int, int] = msgspec.field(default_factory=dict)

    def with_one(self, left: int | None, came: int) -> PeerGroup:
        """The group as it is when one more account stands at `came`, which stood at `left` before (None: elsewhere)."""
        accounts = dict(self.accounts)
        if left is not None and left in accounts:
            accounts[left] -= 1
        accounts[came] = accounts.get(came, 0) + 1
        return PeerGroup(accounts)

    @property
    def size(self) -> int:
        return sum(self.accounts.values())

    def below(self, quarters: int) -> int:
        """How many have a lower score."""
        return sum([count for place, count in self.accounts.items() if place < quarters])

    def median(self) -> int:
        """The place of the middle account, of two the lower; in quarter points. The group is not empty."""
        left = (self.size + 1) // 2
        for place in sorted(self.accounts):
            left -= self.accounts[place]
            if left <= 0:
                return place
        raise AssertionError("nobody is in this group")


class PeerGroups(Processor[PeerGroup]):
    """Counts the accounts of each peer group by score, so that any of them can be placed without asking the others."""

    name = "health.peers"
    consumes = (PeerMoved,)
    provides_context = True
    state = PeerGroup

    def key(self, event: Event) -> str | None:
        return group_key(event.data.score, event.data.peers) if isinstance(event.data, PeerMoved) else None

    def step(self, state: PeerGroup, event: Event, context: Context) -> Sequence[Output]:
        if isinstance(event.data, PeerMoved):
            for place, more in ((event.data.left, -1), (event.data.came, 1)):
                if place is not None:
                    state.accounts[place] = state.accounts.get(place, 0) + more
                    if not state.accounts[place]:
                        del state.accounts[place]
        return ()


PEER_GROUPS = PeerGroups()


def group_key(score: str, peers: str) -> str:
    """The cell of one score's peer group."""
    return f"{score}/{peers}"
