"""Is the chain of a tenant's acts whole? Read out of the journal alone; what is wrong is named by its position."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from infra.act_book import ChainEnd, act_digest, act_id
from schemas.event import Event
from schemas.instant import format_instant
from schemas.reasons import Refusal
from schemas.system import AdminActed
from streams.failures import FoldBroken, JournalDamaged

_MOST_FAULTS = 100
# An act is about nobody, and nothing of it is personal: what stands here was put there.
_ALWAYS_EMPTY = ("account", "subject", "traceparent", "language", "meaning", "redaction", "sealed")


class Fault(NamedTuple):
    """One thing that is not as it was written; position 0 where it is in no single record."""

    position: int
    says: str


@dataclass(slots=True)
class _Chain:
    sequence: int = 0
    digest: str = ""
    acted_at: int = 0


@dataclass(slots=True)
class Checked:
    """What was found of one tenant: how many acts, the newest ones, where its chains end, and what is wrong."""

    tenant: str
    acts: int = 0
    newest: deque[dict[str, Any]] = field(default_factory=deque)
    chains: dict[str, _Chain] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    met: set[str] = field(default_factory=set)

    def told(self) -> dict[str, Any]:
        """All of it, for programs."""
        ends = [
            {"chain": name, "acts": end.sequence, "digest": end.digest, "acted_at": format_instant(end.acted_at)}
            for name, end in sorted(self.chains.items())
        ]
        faults = [fault._asdict() for fault in self.faults[:_MOST_FAULTS]]
        return {"tenant": self.tenant, "acts": self.acts, "chains": ends, "faults": faults, "newest": [*self.newest]}


def check(
    tenant: str, events: Iterable[Event], *, end: ChainEnd | None, kept: Sequence[str] = (), newest: int = 0
) -> Checked:
    """Reads a tenant's whole journal, in its order.

    `end` is where this home folder's own chain ends, `kept` are digests of acts that were kept elsewhere: those that
    are met stand in `met`. `newest` acts are told of.
    """
    found = Checked(tenant, newest=deque(maxlen=newest))
    wanted = {*kept, end.digest} if end is not None else {*kept}
    for event in _readable(events, found):
        if isinstance(event.data, AdminActed):
            found.acts += 1
            found.newest.append(_shown(event, event.data))
            found.faults += _faults_of(tenant, event, event.data, found.chains)
            if event.data.digest in wanted:
                found.met.add(event.data.digest)
    if end is not None and end.digest not in found.met:
        there = found.chains.get(end.chain, _Chain()).sequence
        found.faults.append(
            Fault(
                0,
                f"the journal lacks act {end.sequence} of chain {end.chain}, the newest that was written here; it has "
                f"{there} (on Kafka: once more, when the sequencer has taken all)",
            )
        )
    return found


def _readable(events: Iterable[Event], found: Checked) -> Iterator[Event]:
    """The events up to one that cannot be read, which is a fault."""
    position = 0
    try:
        for event in events:
            if event.position != position + 1:
                found.faults.append(Fault(position + 1, f"records are gone from the journal: {event.position} follows"))
            position = event.position
            yield event
    except (JournalDamaged, FoldBroken, Refusal) as error:
        found.faults.append(Fault(position + 1, f"the journal cannot be read from here on: {error}"))


def _faults_of(tenant: str, event: Event, said: AdminActed, chains: dict[str, _Chain]) -> Iterator[Fault]:
    """What is wrong with one act; from then on its chain is judged by what this one says, so one fault is told once."""
    position = event.position
    if not said.chain:
        yield Fault(position, "this act stands in no chain: somebody else wrote it, or it is older than chains")
        return
    if said.digest != act_digest(tenant, event.occurred_at, said):
        yield Fault(position, "this act does not say what it said when it was written")
    if event.id != act_id(said) or event.source != "millrace" or any(getattr(event, one) for one in _ALWAYS_EMPTY):
        yield Fault(position, "the event around this act is not the one that was written")
    before = chains.setdefault(said.chain, _Chain())
    if said.sequence != before.sequence + 1:
        yield Fault(position, f"act {before.sequence + 1} of chain {said.chain} should stand here, not {said.sequence}")
    elif said.previous != before.digest:
        yield Fault(position, f"this act followed another one than act {before.sequence} as it stands here")
    chains[said.chain] = _Chain(said.sequence, said.digest, event.occurred_at)


def _shown(event: Event, said: AdminActed) -> dict[str, Any]:
    names = ("action", "actor", "subject", "detail", "chain", "sequence", "digest")
    told = {"position": event.position, "acted_at": format_instant(event.occurred_at)}
    return told | {name: getattr(said, name) for name in names}
