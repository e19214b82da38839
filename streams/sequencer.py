"""The only writer of the journal: checks each record, drops repeats, protects people, and gives it its place."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Literal, NamedTuple

from schemas.decode import LARGEST_RECORD_BYTES, decode, encode, encode_data
from schemas.event import Data, Event
from schemas.instant import DAY, format_instant, parse_instant
from schemas.reasons import ReasonName, Refusal
from schemas.registry import BY_NAME, dataschema
from schemas.system import RecordRefused
from streams.digest import content_digest
from streams.failpoint import failpoint
from streams.failures import StepFailed
from streams.log import Appending, Letter, Log, Written
from streams.privacy import Privacy
from streams.seen_ids import Entry, Verdict

FURTHEST_FUTURE = DAY
OLDEST_TAKEN = parse_instant("1990-01-01T00:00:00Z")
_KEPT_BYTES = 1_048_576

Status = Literal["accepted", "duplicate", "refused"]


class Taken(NamedTuple):
    """What became of one record: its position once durable, or why it was refused."""

    status: Status
    event_id: str | None = None
    position: int | None = None
    reason: ReasonName | None = None
    detail: str = ""
    where: str = ""
    letter: str | None = None


class _Pending(NamedTuple):
    place: int
    raw: bytes
    event: Event
    entry: Entry
    usage: bool
    data: bytes


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
                one = _checked(place, raw, tenant, now, secret)
                if traces and one.event.traceparent is None:
                    one.event.stamped(traceparent=traces[place])
                pending.append(one)
            except Refusal as refusal:
                letter = self._letter(tenant, raw, refusal, None, origin, now)
                letters.append(letter)
                taken[place] = _refused(refusal, None, letter.letter)
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
        event = Event.model_construct(
            id=id,
            source="millrace",
            type=data.type,
            dataschema=dataschema(data.type, data.version),
            occurred_at=now if occurred_at is None else occurred_at,
            tenant=tenant,
            data=data,
        )
        content = _content(event, encode_data(data))
        entry: Entry = (tenant, "millrace", id, content_digest(self._privacy.secret(tenant), content))
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
        letter = self._letter(record.tenant, encode(failure.event), refusal, record.id, origin, now)
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
            self._letter(tenant, raw, Refusal("unmapped_row", detail), None, origin, now) for raw, detail in inputs
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
            events = [one.event for one in fresh]
            said = [event.data for event in events]
            self._privacy.protect(tenant, events)
            # What was said is in JSON already, unless something personal was taken out of it.
            known = [one.data if one.event.data is data else None for one, data in zip(fresh, said, strict=True)]
            written = self._stamp(tenant, events, known, now, backfill=backfill or None)
            self._privacy.flush()
            if letters:
                appending.keep(letters)
            appending.append(written)
            for usage in (False, True):
                appending.remember([one.entry for one in fresh if one.usage is usage], now, usage=usage)
            failpoint("appending")
        for one in fresh:
            taken[one.place] = Taken("accepted", one.event.id, one.event.position)
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
        for one, verdict in zip(pending, appending.verdicts([one.entry for one in pending]), strict=True):
            if verdict is Verdict.NEW:
                fresh.append(one)
            elif verdict is Verdict.DUPLICATE:
                taken[one.place] = Taken("duplicate", one.event.id)
            else:
                detail = f"source {one.event.source!r} and id {one.event.id!r} were taken with other content"
                refusal = Refusal("conflict", detail, "id")
                letter = self._letter(tenant, one.raw, refusal, one.event.id, origin, now)
                letters.append(letter)
                taken[one.place] = _refused(refusal, one.event.id, letter.letter)
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

    def _letter(self, tenant: str, raw: bytes, refusal: Refusal, event_id: str | None, origin: str, now: int) -> Letter:
        letter = blake2b(b"\0".join((tenant.encode(), origin.encode(), raw)), digest_size=12).hexdigest()
        kept = self._privacy.seal_letter(tenant, letter, raw if refusal.reason == "step_failed" else raw[:_KEPT_BYTES])
        return Letter(letter, tenant, refusal.reason, refusal.detail, refusal.where, origin, event_id, now, kept)


def _checked(place: int, raw: bytes, tenant: str, now: int, secret: bytes) -> _Pending:
    if len(raw) > LARGEST_RECORD_BYTES:
        raise Refusal("too_large", f"{len(raw):,} bytes; at most {LARGEST_RECORD_BYTES:,} are taken")
    event = decode(raw)
    row = BY_NAME[event.type]
    if row.origin != "door":
        raise Refusal("unknown_type", f"{event.type} is written by Millrace only", "type")
    if event.tenant and event.tenant != tenant:
        raise Refusal("tenant_mismatch", "the event names another tenant", "tenant")
    if event.occurred_at > now + FURTHEST_FUTURE:
        raise Refusal("future_dated", f"it says {format_instant(event.occurred_at)}", "time")
    if event.occurred_at < OLDEST_TAKEN:
        raise Refusal("ancient_dated", f"it says {format_instant(event.occurred_at)}", "time")
    event.stamped(language=None, redaction=None, sealed=None, epoch=None, intake=None)
    data = encode_data(event.data)
    entry: Entry = (tenant, event.source, event.id, content_digest(secret, _content(event, data)))
    return _Pending(place, raw, event, entry, row.topic == "usage", data)


def _content(event: Event, data: bytes) -> bytes:
    """What two events of one id must agree on: everything the sender says."""
    return b"\n".join((event.type.encode(), b"%d" % event.occurred_at, (event.account or "").encode(), data))


def _refused(refusal: Refusal, event_id: str | None, letter: str) -> Taken:
    return Taken("refused", event_id, None, refusal.reason, refusal.detail, refusal.where, letter)
