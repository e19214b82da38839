"""Dead letters are sent again: through the door, or into the journal where only a step of a record was left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from infra.service import Records, Redriven
from schemas.event import Data, Event
from schemas.system import RecordRedriven
from streams.log import Letter
from streams.sequencer import Taken


class Ways(Protocol):
    """How records get to where they were refused."""

    def take(self, tenant: str, raws: Sequence[bytes], *, origin: str) -> Sequence[Taken]:
        """Takes records at the door again."""

    def refusals(self, tenant: str) -> Sequence[Event]:
        """The tenant's `record.refused`, in order."""

    def record(self, tenant: str, data: Data, *, id: str) -> object:
        """Has something written into the journal."""

    def redriven(self, tenant: str, letter: str) -> None:
        """Marks a dead letter as sent again."""


class Redriving:
    """Sends the letters of one log again. `clock` tells two tries of one step apart."""

    def __init__(self, records: Records, ways: Ways, clock: Callable[[], int]) -> None:
        self._records = records
        self._ways = ways
        self._clock = clock

    def redrive(self, tenant: str, letters: Sequence[str], most: int, reason: str, *, dry_run: bool) -> list[Redriven]:
        """Oldest first: those named, or all not redriven yet, of one reason if given."""
        chosen = [
            letter
            for letter in self._records.letters(tenant, 1_000_000)
            if (letter.letter in letters if letters else letter.redriven_at is None)
            and (not reason or letter.reason == reason)
        ][:most]
        if dry_run:
            return [Redriven(letter.letter, "would be sent again", letter.reason) for letter in chosen]
        return [self._redrive(tenant, letter) for letter in chosen]

    def _redrive(self, tenant: str, letter: Letter) -> Redriven:
        raw = self._records.opened(tenant, letter)
        if raw is None:
            return Redriven(letter.letter, "erased")
        if letter.reason == "step_failed":
            return self._redrive_step(tenant, letter, raw)
        (taken,) = self._ways.take(tenant, [raw], origin=letter.origin)
        if taken.status == "refused":
            return Redriven(letter.letter, "refused again", f"{taken.reason}: {taken.detail}")
        self._ways.redriven(tenant, letter.letter)
        return Redriven(letter.letter, taken.status, f"position {taken.position}" if taken.position is not None else "")

    def _redrive_step(self, tenant: str, letter: Letter, stepped: bytes) -> Redriven:
        for event in self._ways.refusals(tenant):
            said = event.data
            if event.id == f"refused-{letter.letter}":
                position = getattr(said, "refused_position", 0)
                again = RecordRedriven(
                    refused_position=position,
                    processor=getattr(said, "processor", ""),
                    key=getattr(said, "key", ""),
                    event=stepped.decode(),
                )
                self._ways.record(tenant, again, id=f"redriven-{letter.letter}-{self._clock()}")
                self._ways.redriven(tenant, letter.letter)
                return Redriven(letter.letter, "accepted", f"position {position} is stepped again")
        return Redriven(letter.letter, "refused again", "the journal holds no refusal of this letter")
