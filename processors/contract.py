"""The processor contract: a named, versioned, pure fold, and the whole vocabulary of what it may answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, ClassVar, Generic, Literal, Protocol, TypeVar

import msgspec

from schemas.event import Data, Event
from schemas.fact import Fact

S = TypeVar("S")

LARGEST_CELL_BYTES = 16_384

# Outputs are msgspec structures because a fold makes several for every event: a frozen dataclass takes five times as
# long to make, and these hold no cycles that a collector would have to look for.


class Everyone(msgspec.Struct, frozen=True, gc=False):
    """Every open cell of this processor: of the event's account, or of the whole tenant; stepped in key order."""

    of: Literal["account", "tenant"] = "account"


class Retract(msgspec.Struct, frozen=True, gc=False):
    """A fact said before is no longer true: its type and the values of its identity."""

    fact: type[Fact]
    identity: tuple[str | int, ...]


class Timer(msgspec.Struct, frozen=True, gc=False):
    """Wake this cell at an instant of the tenant's clock. A timer of the same name is replaced."""

    name: str
    due: int


class Cancel(msgspec.Struct, frozen=True, gc=False):
    """Forget the timer of this name, if there is one."""

    name: str


class Emit(msgspec.Struct, frozen=True, gc=False):
    """An event for other processors: stepped after all processors have stepped the record, never journaled."""

    data: Data
    account: str | None = None


class Alert(msgspec.Struct, frozen=True, gc=False):
    """Somebody should hear of a fact. (kind, the fact's id, occasion) makes the alert's id: the same is said once."""

    kind: str
    about: Fact
    subject: str
    summary: str
    happened_at: int
    account: str | None = None
    occasion: str = ""
    details: Mapping[str, Any] = msgspec.field(default_factory=dict)


class Open(msgspec.Struct, frozen=True, gc=False):
    """This cell belongs to this account and waits for something: `Everyone` reaches it."""

    account: str


class Close(msgspec.Struct, frozen=True, gc=False):
    """This cell waits for nothing more. It still takes events by its key and may open again."""


Output = Fact | Retract | Timer | Cancel | Emit | Alert | Open | Close


class Context(Protocol):
    """What a step may look at: read-only, and as it was before the record's first step."""

    @property
    def tenant(self) -> str: ...

    @property
    def clock(self) -> int:
        """The tenant's clock with the record counted in; for a timer, no earlier than its due instant."""

    @property
    def position(self) -> int: ...

    @property
    def backfilling(self) -> bool: ...

    def read(self, processor: Processor[S], key: str) -> S | None:
        """The cell of a processor that provides context, or None. Callers must not change it."""


class Processor(Generic[S]):
    """A named, versioned fold. The engine owns the state; the processor owns its meaning.

    `name` names state, metrics and dead letters and is never reused. `version` is raised when `step` changes
    meaning. `consumes` lists the data types `key` is asked about. `step` may change `state` in place and must not
    look at anything but its arguments: no clock, no I/O, no chance, no iteration over sets.

    Cells of one that is `looked_up` answer questions by themselves: runtimes keep them where others can read them. A
    processor that `provides_context` is stepped after everything else of the record, so that nobody sees a
    half-changed context; it may therefore emit nothing.
    """

    name: ClassVar[str]
    version: ClassVar[int] = 1
    consumes: ClassVar[tuple[type[Data], ...]]
    facts: ClassVar[tuple[type[Fact], ...]] = ()
    provides_context: ClassVar[bool] = False
    looked_up: ClassVar[bool] = False
    state: type[S]

    def key(self, event: Event) -> str | Everyone | None:
        """Which cell the event is for: one, every open one of its account or tenant, or none."""
        raise NotImplementedError

    def start(self) -> S:
        """The state of a key that has seen nothing."""
        return self.state()

    def step(self, state: S, event: Event, context: Context) -> Sequence[Output]:
        """What follows from the event. A due timer comes as an event whose data is `TimerFired`."""
        raise NotImplementedError

    def prepare(self, events: Sequence[Event], context: Context) -> None:
        """May work out together, ahead of their steps, pure functions that the steps of these events will ask for.

        It keeps them in a memo of such a function, never in a state, and must not change what any step gives. The
        context shows it the cells of this processor too, as they are before the first of these events.
        """

    def encode(self, state: S) -> Mapping[str, bytes]:
        """The parts of the state to save. Large states may give only the parts changed since the last call."""
        return {"": _ENCODER.encode(state)}

    def decode(self, parts: Mapping[str, bytes]) -> S:
        """The state that these parts (all of them) say."""
        return msgspec.msgpack.decode(parts[""], type=self.state)

    def digest(self, state: S) -> bytes:
        """SHA-256 of the whole state, however and whenever it was saved."""
        return sha256(self.encode(state)[""]).digest()


# Dictionaries keep the order in which the fold filled them, in memory as after a reload: a step that iterates over
# one sees the same order in every run. Sorting here would break that.
_ENCODER = msgspec.msgpack.Encoder()
