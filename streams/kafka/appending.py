"""One append's share of one partition: kept until the append ends, then sent, then taken over once it is confirmed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from schemas.decode import decode, encode
from schemas.event import Event, unchecked
from schemas.instant import parse_instant
from streams.failures import JournalGap
from streams.kafka.address import Address
from streams.kafka.headers import journal_headers
from streams.kafka.journal import Fenced, PartitionWriter
from streams.kafka.said import encode_letter
from streams.kafka.sending import Outgoing, Sender, Span
from streams.kafka.standing import Recorded
from streams.log import Letter, Written
from streams.seen_ids import Entry, Verdict

Spans = Mapping[tuple[str, int], Span]

# Records whose data the standing of a partition depends on.
_MARKS = ("backfill.started", "backfill.ended")


class _Head(msgspec.Struct, gc=False):
    """What of a record is needed to write it; the rest is not looked at."""

    id: str
    source: str
    time: str
    recordedtime: str
    epoch: int | None = None
    intake: str | None = None


class _Newest:
    """Of a tenant's records in one append: the last one, its position, and the latest instant that they tell."""

    __slots__ = ("end", "head", "marks", "record", "told")

    record: Written
    head: _Head

    def __init__(self, end: int) -> None:
        self.end = end
        self.told = ""
        self.marks: list[Event] = []

    def take(self, record: Written, head: _Head) -> None:
        """A record is the last one now."""
        self.record, self.head = record, head
        # In UTC and without the Z, text is in the order of time.
        happened, recorded = head.time[:-1], head.recordedtime[:-1]
        self.told = max(self.told, min(happened, recorded))
        if record.type in _MARKS:
            self.marks.append(decode(record.value))


_decode_head = msgspec.json.Decoder(_Head).decode


class PartitionBatch:
    """Records, ids and letters of tenants that live in one partition. Nothing of it is anywhere else before `send`."""

    def __init__(self, address: Address, writer: PartitionWriter) -> None:
        self._writer = writer
        self._journal = (address.topic("journal"), writer.partition)
        self._letters_topic = address.topic("dead-letters")
        self._records: list[Written] = []
        self._newest: dict[str, _Newest] = {}
        self._digests: dict[tuple[str, str, str], bytes] = {}
        self._remembered: list[tuple[list[Entry], int, bool]] = []
        self._letters: dict[str, Letter] = {}
        self._last = b""

    def verdicts(self, entries: Sequence[Entry]) -> list[Verdict]:
        """What each id is, those remembered by this append included."""
        found = self._writer.standing.seen.check(entries)
        for place, entry in enumerate(entries if self._digests else ()):
            digest = self._digests.get(entry[:3])
            if digest is not None:
                found[place] = Verdict.DUPLICATE if digest == entry[3] else Verdict.CONFLICT
        return found

    def append(self, tenant: str, records: Iterable[Written]) -> None:
        """Adds records of a tenant; what they say is looked at when they are sent. Raises JournalGap."""
        newest = self._newest.get(tenant)
        if newest is None:
            newest = self._newest[tenant] = _Newest(self._writer.standing.end(tenant))
        for record in records:
            if record.position != newest.end + 1:
                raise JournalGap(tenant, newest.end + 1, record.position)
            newest.end += 1
            self._records.append(record)

    def remember(self, entries: Sequence[Entry], recorded_at: int, *, usage: bool) -> None:
        """Remembers ids as taken."""
        self._remembered.append((list(entries), recorded_at, usage))
        self._digests.update((entry[:3], entry[3]) for entry in entries)

    def keep(self, letter: Letter) -> None:
        """Adds a dead letter: of one kept before, what came first holds but for the reason, and it is counted."""
        known = self._letters.get(letter.letter)
        before = known or self._writer.standing.letter(letter.letter)
        if before is not None:
            letter = letter._replace(
                where=before.where,
                event_id=before.event_id,
                kept_at=before.kept_at,
                times=before.times + letter.times,
                redriven_at=before.redriven_at,
            )
        self._letters[letter.letter] = letter

    def send_letters(self, sender: Sender) -> None:
        """Hands the letters on."""
        for letter in self._letters.values():
            sender.send(self._letters_topic, self._writer.partition, letter.tenant.encode(), encode_letter(letter), [])

    def send(self, sender: Sender) -> None:
        """Hands the records on, in order, with the writer's epoch in them."""
        topic, partition = self._journal
        sender.send_all(topic, partition, self._outgoing())

    def _outgoing(self) -> Iterator[Outgoing]:
        # Read here, and not when they are added: meanwhile the client sends those before.
        digests, newest, keys = self._digests, self._newest, {tenant: tenant.encode() for tenant in self._newest}
        stamp = b',"epoch":%d}' % self._writer.epoch
        stamped = b""
        for record in self._records:
            head = _decode_head(record.value)
            # What another carrier stamped goes.
            is_stamped = head.epoch is not None or head.intake is not None
            said = record._replace(value=_unstamped(record.value)) if is_stamped else record
            tenant, _, type_, value = said
            newest[tenant].take(said, head)
            stamped = value[:-1] + stamp
            digest = digests.get((tenant, head.source, head.id)) if digests else None
            yield keys[tenant], stamped, journal_headers(type_, head.id, head.source, head.time, digest)
        self._last = stamped

    def confirm(self, letters: Spans, journal: Spans) -> None:
        """Takes over what is in the topics. Raises Fenced where somebody else wrote beside it."""
        standing = self._writer.standing
        with standing.changing():
            for letter in self._letters.values():
                before = standing.letter(letter.letter)
                standing.kept(letter, {} if before is None else before.counted)
            self._writer.confirmed_letters(letters)
            if self._records:
                span = journal.get(self._journal)
                if span is None or span != (standing.next_offset, span.last, len(self._records)) or not span.unbroken:
                    raise Fenced(*self._journal)
                standing.wrote(self._moves(), span.last + 1, {})
            for entries, recorded_at, usage in self._remembered:
                standing.seen.add(entries, recorded_at, is_usage=usage)

    def _moves(self) -> list[Recorded]:
        """Of each tenant what its standing depends on, beside the partition's last value; ids are remembered apart."""
        return [
            Recorded(event, None, self._last)
            for newest in self._newest.values()
            for event in (*newest.marks, _event(newest.record, newest.head, newest.told))
        ]


def _unstamped(value: bytes) -> bytes:
    return encode(decode(value).stamped(epoch=None, intake=None))


def _event(record: Written, head: _Head, told: str) -> Event:
    """A tenant's last record as its standing sees it: its data is not looked at."""
    told_at = parse_instant(f"{told}Z")
    if record.type in _MARKS:
        return decode(record.value).stamped(occurred_at=told_at, recorded_at=told_at)
    return unchecked(
        Event,
        id=head.id,
        source=head.source,
        type=record.type,
        occurred_at=told_at,
        tenant=record.tenant,
        recorded_at=told_at,
        position=record.position,
        data=None,
    )
