"""What is said between a runtime and the process that folds for it, in MessagePack."""

from __future__ import annotations

import msgspec

from streams.batch import Batch, PackedBatch
from streams.failures import LeftOut


class Open(msgspec.Struct, frozen=True):
    """The database file to fold over, and with which processors: said once, before everything else."""

    path: str
    catalog: str


class Fold(msgspec.Struct, tag=True):
    """The tenant's records from `after` + 1 to `last` are to be folded; they stand in the journal.

    `left_out` are the steps left out of these records. `rest` says that all that was folded before is saved.
    """

    tenant: str
    after: int
    last: int
    left_out: list[tuple[int, LeftOut]]
    rest: bool
    forget: list[str]


class Due(msgspec.Struct, frozen=True, tag=True):
    """When is the tenant to be woken?"""

    tenant: str
    forget: list[str]


Request = Fold | Due


class Failed(msgspec.Struct, frozen=True):
    """A step that raised; `event` is what it was given, in JSON."""

    position: int
    step: LeftOut
    reason: str
    event: bytes


class Folded(msgspec.Struct, frozen=True):
    """What folding gave, and when the tenant is to be woken then."""

    batch: Batch
    failed: Failed | None
    due: int | None


class PackedFolded(msgspec.Struct, frozen=True):
    """`Folded` as it is read: facts stay the bytes they are."""

    batch: PackedBatch
    failed: Failed | None
    due: int | None


class Reply(msgspec.Struct, frozen=True):
    """The answer, or the message of what went wrong."""

    result: msgspec.Raw = msgspec.Raw(b"\xc0")
    error: str | None = None


encoded = msgspec.msgpack.Encoder().encode
