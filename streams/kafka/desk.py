"""What becomes of a partition's intake: the same checks, verdicts and protection as at the embedded door.

Nothing is sent here: records in, what is to be sent out. Intake records keep their order, tenant by tenant and family
by family, so that the last one in the journal tells how far each family was taken.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec
from pydantic import TypeAdapter, ValidationError

from schemas.decode import encode, encode_data
from schemas.event import Data, Event
from schemas.reasons import Refusal
from schemas.system import Tick
from schemas.values import Tenant
from streams.checked import Checked, checked, conflict, entry_of, own_event
from streams.dead_letter import dead_letter
from streams.kafka.headers import RawHeaders
from streams.kafka.record import (
    BACKFILL,
    HANDED_OVER,
    ORIGIN,
    REFUSED,
    TRACE,
    RefusedAtDoor,
    headers_by_name,
    said_intake,
)
from streams.kafka.standing import LetterStanding, Recorded, Standing
from streams.log import Letter
from streams.partition import partition_of
from streams.privacy import Privacy
from streams.seen_ids import Verdict

# No tenant is called like this: whose records have no tenant are kept under it.
NOBODY = "_nobody"

_TENANT = TypeAdapter(Tenant)
_TRACEPARENT = re.compile(rb"[0-9a-f-]{1,64}")
_HANDED_OVER = re.compile(rb"([a-z]+/[0-9]{1,5}):([0-9]{1,18})")
_MOST_TENANTS_KNOWN = 65_536
_NO_HEADERS: Mapping[str, bytes] = {}


class Arrival(NamedTuple):
    """One intake record: where it lies, what it says, and when the broker appended it."""

    family: str
    offset: int
    key: bytes | None
    value: bytes
    headers: RawHeaders | None
    appended_at: int


class HandedOver(NamedTuple):
    """An intake record of a tenant that lives in another partition, to be appended there."""

    family: str
    partition: int
    arrival: Arrival
    headers: RawHeaders


@dataclass(slots=True)
class Outcome:
    """What is to be sent: first letters, each with the intake offsets counted in it, and what is handed over.

    `taken` is the last intake offset of each family among the records.
    """

    letters: list[tuple[Letter, dict[str, int]]] = field(default_factory=list)
    handed_over: list[HandedOver] = field(default_factory=list)
    records: list[Recorded] = field(default_factory=list)
    taken: dict[str, int] = field(default_factory=dict)
    arrivals: int = 0
    duplicates: int = 0
    ticks: int = 0


class _Pending(NamedTuple):
    arrival: Arrival
    tenant: str
    record: Checked
    origin: str
    said: Data


class Desk:
    """Decides for one partition, over its standing, which the caller moves once the outcome is confirmed."""

    def __init__(self, partition: int, partitions: int, standing: Standing, privacy: Privacy, epoch: int) -> None:
        self._partition = partition
        self._partitions = partitions
        self._standing = standing
        self._privacy = privacy
        self._epoch = epoch
        # Of each key its tenant and partition; a key that names none is kept as None.
        self._tenants: dict[bytes | None, tuple[str, int] | None] = {}
        self._secrets: dict[str, bytes] = {}

    def take(self, arrivals: Sequence[Arrival], ticks: Sequence[tuple[str, int]] = ()) -> Outcome:
        """What becomes of the next intake records, then of ticks: (tenant, instant) each."""
        outcome = Outcome(arrivals=len(arrivals), ticks=len(ticks))
        counts: dict[str, LetterStanding] = {}
        pending: list[_Pending] = []
        taken = self._standing.taken
        for arrival in arrivals:
            # In the journal already: this is read again after a restart.
            if arrival.offset > taken.get(arrival.family, -1):
                self._receive(arrival, pending, outcome, counts)
        fresh = self._fresh(pending, outcome, counts)
        self._protect(fresh)
        ends: dict[str, int] = {}
        for one in fresh:
            outcome.records.append(self._stamped(one, ends))
            outcome.taken[one.arrival.family] = one.arrival.offset
        for tenant, at in ticks:
            outcome.records.append(self._tick(tenant, at, ends))
        return outcome

    def _receive(
        self, arrival: Arrival, pending: list[_Pending], outcome: Outcome, counts: dict[str, LetterStanding]
    ) -> None:
        headers = headers_by_name(arrival.headers) if arrival.headers else _NO_HEADERS
        found = self._tenant(arrival.key)
        if found is None:
            refusal = Refusal("not_an_event", "the record's key names no tenant", "key")
            place = f"{arrival.family}/{self._partition}"
            self._refuse(arrival, headers, NOBODY, refusal, f"kafka {place}:{arrival.offset}", outcome, counts)
            return
        tenant, partition = found
        if partition != self._partition:
            outcome.handed_over.append(self._handed_over(arrival, partition))
            return
        origin = headers[ORIGIN].decode(errors="replace") if ORIGIN in headers else f"kafka {arrival.family}"
        said = _refused_at_door(headers) if REFUSED in headers else None
        if said is not None:
            self._keep(arrival, headers, self._letter_of(arrival, said, tenant, origin), outcome, counts)
            return
        try:
            record = checked(
                arrival.value, tenant, arrival.appended_at, self._secret(tenant), own=arrival.family == "system"
            )
        except Refusal as refusal:
            self._refuse(arrival, headers, tenant, refusal, origin, outcome, counts)
            return
        if headers:
            event = record.event
            event.stamped(backfill=BACKFILL in headers or None)
            if event.traceparent is None and _TRACEPARENT.fullmatch(headers.get(TRACE, b"")):
                event.stamped(traceparent=headers[TRACE].decode())
        else:
            record.event.stamped(backfill=None)
        pending.append(_Pending(arrival, tenant, record, origin, record.event.data))

    def _fresh(
        self, pending: Sequence[_Pending], outcome: Outcome, counts: dict[str, LetterStanding]
    ) -> list[_Pending]:
        fresh: list[_Pending] = []
        verdicts = self._standing.seen.check([one.record.entry for one in pending])
        for one, verdict in zip(pending, verdicts, strict=True):
            if verdict is Verdict.NEW:
                fresh.append(one)
            elif verdict is Verdict.DUPLICATE:
                outcome.duplicates += 1
            else:
                event = one.record.event
                headers = headers_by_name(one.arrival.headers)
                self._refuse(
                    one.arrival, headers, one.tenant, conflict(event), one.origin, outcome, counts, event_id=event.id
                )
        return fresh

    def _protect(self, fresh: Sequence[_Pending]) -> None:
        by_tenant: dict[str, list[Event]] = {}
        for one in fresh:
            by_tenant.setdefault(one.tenant, []).append(one.record.event)
        for tenant, events in by_tenant.items():
            self._privacy.protect(tenant, events)

    def _stamped(self, one: _Pending, ends: dict[str, int]) -> Recorded:
        arrival, tenant, record, _, said = one
        event = record.event
        position = ends[tenant] = self._end(tenant, ends) + 1
        event.stamped(
            tenant=tenant,
            recorded_at=arrival.appended_at,
            position=position,
            epoch=self._epoch,
            intake=said_intake(arrival.family, arrival.offset),
        )
        # What was said is in JSON already, unless something personal was taken out of it.
        return Recorded(event, record.entry, encode(event, record.data if event.data is said else None))

    def _tick(self, tenant: str, at: int, ends: dict[str, int]) -> Recorded:
        position = ends[tenant] = self._end(tenant, ends) + 1
        event = own_event(tenant, Tick(), at, f"tick-{position}")
        data = encode_data(event.data)
        event.stamped(recorded_at=at, position=position, epoch=self._epoch)
        return Recorded(event, entry_of(tenant, event, data, self._secret(tenant)), encode(event, data))

    def _end(self, tenant: str, ends: Mapping[str, int]) -> int:
        end = ends.get(tenant)
        return self._standing.end(tenant) if end is None else end

    def _handed_over(self, arrival: Arrival, partition: int) -> HandedOver:
        came = (HANDED_OVER, f"{arrival.family}/{self._partition}:{arrival.offset}".encode())
        return HandedOver(arrival.family, partition, arrival, [*(arrival.headers or ()), came])

    def _letter_of(self, arrival: Arrival, said: RefusedAtDoor, tenant: str, origin: str) -> Letter:
        return Letter(
            said.letter,
            tenant,
            said.reason,
            said.detail,
            said.where,
            origin,
            said.event_id,
            arrival.appended_at,
            self._privacy.seal_letter(tenant, said.letter, arrival.value),
        )

    def _refuse(  # noqa: PLR0913 - all that a letter tells
        self,
        arrival: Arrival,
        headers: Mapping[str, bytes],
        tenant: str,
        refusal: Refusal,
        origin: str,
        outcome: Outcome,
        counts: dict[str, LetterStanding],
        *,
        event_id: str | None = None,
    ) -> None:
        letter = dead_letter(self._privacy, tenant, arrival.value, refusal, event_id, origin, arrival.appended_at)
        self._keep(arrival, headers, letter, outcome, counts)

    def _keep(
        self,
        arrival: Arrival,
        headers: Mapping[str, bytes],
        letter: Letter,
        outcome: Outcome,
        counts: dict[str, LetterStanding],
    ) -> None:
        """Counts a letter once for each time its input came, however often it is read."""
        came = _HANDED_OVER.fullmatch(headers.get(HANDED_OVER, b""))
        place = came[1].decode() if came else f"{arrival.family}/{self._partition}"
        offset = int(came[2]) if came else arrival.offset
        known = counts.get(letter.letter) or self._standing.letter(letter.letter)
        if known is None:
            known = LetterStanding(letter.where, letter.event_id, letter.kept_at, 0, None, {})
        if offset <= known.counted.get(place, -1):
            return
        known.times += 1
        known.counted[place] = offset
        counts[letter.letter] = known
        letter = letter._replace(
            where=known.where,
            event_id=known.event_id,
            kept_at=known.kept_at,
            times=known.times,
            redriven_at=known.redriven_at,
        )
        outcome.letters.append((letter, dict(known.counted)))

    def _tenant(self, key: bytes | None) -> tuple[str, int] | None:
        found = self._tenants.get(key)
        if found is None and key not in self._tenants:
            if len(self._tenants) >= _MOST_TENANTS_KNOWN:
                self._tenants.clear()
            try:
                tenant = _TENANT.validate_python((key or b"").decode(), strict=True)
                found = (tenant, partition_of(tenant, self._partitions))
            except (UnicodeDecodeError, ValidationError):
                found = None
            self._tenants[key] = found
        return found

    def _secret(self, tenant: str) -> bytes:
        secret = self._secrets.get(tenant)
        if secret is None:
            secret = self._secrets[tenant] = self._privacy.secret(tenant)
        return secret


def _refused_at_door(headers: Mapping[str, bytes]) -> RefusedAtDoor | None:
    """What a door of ours said of a record; None where somebody else wrote something else there."""
    try:
        return msgspec.json.decode(headers[REFUSED], type=RefusedAtDoor)
    except msgspec.MsgspecError:
        return None
