"""The only writer of the journal: checks each record, drops repeats, protects people, and gives it its place."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from schemas.decode import encode, encode_data
from schemas.event import Data, Event
from schemas.reasons import ReasonName, Refusal
from schemas.system import RecordRefused
from streams.checked import Checked, checked, conflict, entry_of, own_event
from streams.dead_letter import dead_letter
from streams.failpoint import failpoint
from streams.failures import StepFailed
from streams.log import Appending, Letter, Log, Written
from streams.privacy import Privacy
from streams.seen_ids import Verdict

Status = Literal["accepted", "queued", "duplicate", "refused"]


class Taken(NamedTuple):
    """What became of one record: its position once durable, or why it was refused.

    `queued` is durable too, before its tenant's order is decided: that is the sequencer's, in another process.
    """

    status: Status
    event_id: str | None = None
    position: int | None = None
    reason: ReasonName | None = None
    detail: str = ""
    where: str = ""
    letter: str | None = None


class _Pending(NamedTuple):
    place: int
    record: Checked


class Sequencer:
    """Gives records their positions. `on_appended` is called with each batch's events once they are durable.

    Thread-safe: batches are taken one after another. `take` returns after the records are on disk.
    """

    def __init__(self, log: Log, privacy: Privacy, on_appended: Callable[[Sequence[Event]], None]) -> None:
        self._log = log
        self._privacy = privacy
        self._on_appended = on_appended
        self._lock = threading.Lock()

    def take(
        self,
        tenant: str,
        raws: Sequence[bytes],
        now: int,
        *,
        origin: str = "",
        backfill: bool = False,
        traces: Sequence[str | None] = (),
    ) -> list[Taken]:
        """Takes records as bytes, each on its own merits: one that is refused costs the others nothing.

        `traces`, where given, holds for each record the `traceparent` it gets when it says none of its own.
        """
        taken: list[Taken | None] = [None] * len(raws)
        letters: list[Letter] = []
        pending: list[_Pending] = []
        secret = self._privacy.secret(tenant)
        for place, raw in enumerate(raws):
            try:
                record = checked(raw, tenant, now, secret)
                if traces and record.event.traceparent is None:
                    record.event.stamped(traceparent=traces[place])
                pending.append(_Pending(place, record))
            except Refusal as refusal:
                letter = dead_letter(self._privacy, tenant, raw, refusal, None, origin, now)
                letters.append(letter)
                taken[place] = refused(refusal, None, letter.letter)
        with self._lock:
            self._append(tenant, pending, letters, taken, now, origin, backfill)
        return [one for one in taken if one is not None]

    def record(
        self,
        tenant: str,
        data: Data,
        now: int,
        *,
        id: str,
        occurred_at: int | None = None,
        letters: Sequence[Letter] = (),
    ) -> Event | None:
        """Writes what Millrace itself has to say into the journal; None when it was said before under this id."""
        event = own_event(tenant, data, now, id, occurred_at)
        entry = entry_of(tenant, event, encode_data(data), self._privacy.secret(tenant))
        with self._lock:
            with self._log.appending() as appending:
                if appending.verdicts([entry])[0] is not Verdict.NEW:
                    return None
                written = self._stamp(tenant, [event], [None], now, backfill=None)
                appending.append(written)
                appending.remember([entry], now, usage=False)
                if letters:
                    appending.keep(letters)
                failpoint("appending")
            self._on_appended([event])
        return event

    def refuse(self, record: Event, failure: StepFailed, now: int) -> Letter:
        """Writes into the journal that one step of a record is left out; what it was given becomes a dead letter."""
        step = failure.step
        refusal = Refusal(
            "step_failed", f"{step.processor} version {step.version} raised {failure.reason}", step.stepped
        )
        origin = f"journal {record.position} {step}"
        letter = dead_letter(self._privacy, record.tenant, encode(failure.event), refusal, record.id, origin, now)
        said = RecordRefused.model_construct(
            refused_position=record.position,
            event_id=record.id,
            stepped=step.stepped,
            processor=step.processor,
            processor_version=step.version,
            key=step.key,
            reason=failure.reason,
        )
        self._privacy.flush()
        self.record(record.tenant, said, now, id=f"refused-{letter.letter}", letters=[letter])
        return letter

    def refuse_inputs(self, tenant: str, inputs: Sequence[tuple[bytes, str]], now: int, *, origin: str) -> list[Letter]:
        """Keeps (bytes, what is wrong) of input that no event could be made of as dead letters."""
        letters = [
            dead_letter(self._privacy, tenant, raw, Refusal("unmapped_row", detail), None, origin, now)
            for raw, detail in inputs
        ]
        self._privacy.flush()
        with self._lock, self._log.appending() as appending:
            appending.keep(letters)
        return letters

    def _append(
        self,
        tenant: str,
        pending: Sequence[_Pending],
        letters: list[Letter],
        taken: list[Taken | None],
        now: int,
        origin: str,
        backfill: bool,
    ) -> None:
        with self._log.appending() as appending:
            fresh = self._fresh(appending, pending, letters, taken, tenant, now, origin)
            events = [one.record.event for one in fresh]
            said = [event.data for event in events]
            self._privacy.protect(tenant, events)
            # What was said is in JSON already, unless something personal was taken out of it.
            known = [
                one.record.data if event.data is data else None
                for one, event, data in zip(fresh, events, said, strict=True)
            ]
            written = self._stamp(tenant, events, known, now, backfill=backfill or None)
            self._privacy.flush()
            if letters:
                appending.keep(letters)
            appending.append(written)
            for usage in (False, True):
                entries = [one.record.entry for one in fresh if one.record.usage is usage]
                appending.remember(entries, now, usage=usage)
            failpoint("appending")
        for one, event in zip(fresh, events, strict=True):
            taken[one.place] = Taken("accepted", event.id, event.position)
        self._on_appended(events)

    def _fresh(
        self,
        appending: Appending,
        pending: Sequence[_Pending],
        letters: list[Letter],
        taken: list[Taken | None],
        tenant: str,
        now: int,
        origin: str,
    ) -> list[_Pending]:
        fresh: list[_Pending] = []
        for one, verdict in zip(pending, appending.verdicts([one.record.entry for one in pending]), strict=True):
            event = one.record.event
            if verdict is Verdict.NEW:
                fresh.append(one)
            elif verdict is Verdict.DUPLICATE:
                taken[one.place] = Taken("duplicate", event.id)
            else:
                refusal = conflict(event)
                letter = dead_letter(self._privacy, tenant, one.record.raw, refusal, event.id, origin, now)
                letters.append(letter)
                taken[one.place] = refused(refusal, event.id, letter.letter)
        return fresh

    def _stamp(
        self, tenant: str, events: Sequence[Event], known: Sequence[bytes | None], now: int, *, backfill: bool | None
    ) -> list[Written]:
        end = self._log.end(tenant)
        written = []
        for position, (event, data) in enumerate(zip(events, known, strict=True), end + 1):
            event.stamped(tenant=tenant, recorded_at=now, position=position, backfill=backfill)
            written.append(Written(tenant, position, event.type, encode(event, data)))
        return written


def refused(refusal: Refusal, event_id: str | None, letter: str) -> Taken:
    """What a caller hears of a record that became a dead letter."""
    return Taken("refused", event_id, None, refusal.reason, refusal.detail, refusal.where, letter)
