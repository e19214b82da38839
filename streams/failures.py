"""What can go wrong in a fold, told apart because each has its own outcome."""

from __future__ import annotations

from typing import NamedTuple

from schemas.event import Event
from schemas.instant import format_instant


class FoldBroken(Exception):
    """The fold cannot go on; nothing of the batch is saved. The message says what to do."""


class JournalGap(FoldBroken):
    """A record is not the next of its tenant: the journal, or what reads it, has lost or repeated one."""

    def __init__(self, tenant: str, expected: int, found: int) -> None:
        super().__init__(
            f"tenant {tenant}: position {expected} is expected and {found} came; the journal is damaged or was "
            "changed by something else than the sequencer: restore it from a copy"
        )
        self.tenant = tenant
        self.expected = expected
        self.found = found


class OutOfStep(FoldBroken):
    """A batch does not begin where the saved fold ends: two engines fold the same tenant."""

    def __init__(self, tenant: str, after: int, saved: int) -> None:
        super().__init__(
            f"tenant {tenant}: a batch after position {after} came, but {saved} is saved; stop the other process that "
            "folds this tenant"
        )


class UnreadableState(FoldBroken):
    """What was saved of a cell is not what this version of its processor reads."""

    def __init__(self, processor: str, key: str) -> None:
        super().__init__(
            f"what is saved of {processor} {key!r} was written by another version or is damaged: stop what folds and "
            "run `millrace rebuild`, which folds the journal again"
        )


class JournalEnded(Exception):
    """The journal takes nothing more: it is the past as of an instant. The message says so."""

    def __init__(self, ended_at: int) -> None:
        super().__init__(
            f"everything here stands as of {format_instant(ended_at)}, and nothing can be added to the past: say it in "
            "the home folder that this one was made from"
        )


class LeftOut(NamedTuple):
    """One step that is left out: this version of this processor, this cell, this kind of event."""

    processor: str
    version: int
    key: str
    stepped: str


class StepFailed(Exception):
    """A processor raised on one record. `reason` names the kind of error only: messages may hold personal text.

    `event` is what the step was given: the record, a due timer of it, or an event that was emitted from it.
    """

    def __init__(self, tenant: str, position: int, step: LeftOut, reason: str, event: Event) -> None:
        super().__init__(f"{step.processor} version {step.version} raised {reason} at {tenant}/{position}")
        self.tenant = tenant
        self.position = position
        self.step = step
        self.reason = reason
        self.event = event


class JournalDamaged(FoldBroken):
    """A record of the journal is not what was written."""

    def __init__(self, tenant: str, position: int) -> None:
        super().__init__(
            f"tenant {tenant}: the record at position {position} does not match its checksum; restore the journal "
            "from a copy"
        )
