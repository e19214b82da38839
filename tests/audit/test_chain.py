"""Is every edit of the acts in a journal found, and is an act that could not be written said later, once?"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any
from zlib import crc32

import orjson
import pytest

from infra.act_book import ActBook
from infra.act_check import Checked, check
from processors.catalog import PROCESSORS
from schemas.decode import decode
from schemas.event import Event
from schemas.instant import MINUTE, parse_instant
from schemas.reasons import Refusal
from schemas.system import AdminActed, Tick
from streams.embedded import Embedded

TENANT = "acme"
BEGAN = parse_instant("2026-03-02T09:00:00Z")
ACTS = 12
Row = tuple[int, str, bytes]


class Desk:
    """A journal of acts among other records, the book behind it, and a second hand on the file."""

    def __init__(self, home: Path) -> None:
        self.now = BEGAN
        self.runtime = Embedded(home, PROCESSORS, clock=self.clock)
        self.book = ActBook(home / "access.db", self.clock)
        self.hand = sqlite3.connect(home / "millrace.db", isolation_level=None)
        self.hand.execute("PRAGMA synchronous=OFF")

    def clock(self) -> int:
        self.now += MINUTE
        return self.now

    def act(self, subject: str, tenant: str = TENANT) -> None:
        actor = f"key {subject[:4]}"
        self.book.tell(self.runtime.record, tenant, "key.created", actor=actor, subject=subject, detail="scopes read")

    def check(self, *kept: str, book: bool = True) -> Checked:
        end = self.book.end(TENANT) if book else None
        return check(TENANT, self.read(), end=end, kept=kept, newest=100)

    def read(self) -> Iterator[Event]:
        yield from self.runtime.log.read(TENANT, 0, 1_000)

    def rows(self) -> list[Row]:
        return self.hand.execute("SELECT position, type, value FROM journal WHERE tenant = ?", (TENANT,)).fetchall()

    def write(self, rows: list[Row]) -> None:
        """The journal as somebody leaves it who can write the file, with checksums that are right."""
        self.hand.execute("BEGIN")
        self.hand.execute("DELETE FROM journal WHERE tenant = ?", (TENANT,))
        self.hand.executemany(
            "INSERT INTO journal (tenant, position, partition, checksum, type, value) VALUES (?, ?, 0, ?, ?, ?)",
            [(TENANT, position, crc32(value), type_, value) for position, type_, value in rows],
        )
        self.hand.execute("COMMIT")

    def close(self) -> None:
        self.hand.close()
        self.book.close()
        self.runtime.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with closing(Desk(tmp_path)) as desk:
        yield desk


@pytest.fixture
def busy(desk: Desk) -> Desk:
    for number in range(ACTS):
        desk.act(f"k{number}-subject")
        desk.runtime.record(TENANT, Tick(), id=f"between-{number}")
    return desk


def said(row: Row) -> dict[str, Any]:
    return dict(orjson.loads(row[2]))


def changed(row: Row, **fields: Any) -> Row:
    return (row[0], row[1], orjson.dumps(said(row) | fields))


def numbered(rows: list[Row]) -> list[Row]:
    """The rows at the positions that they have now."""
    return [changed((place, type_, value), position=place) for place, (_, type_, value) in enumerate(rows, 1)]


def acts_of(rows: list[Row]) -> list[int]:
    return [place for place, (_, type_, _) in enumerate(rows) if type_ == "admin.acted"]


# --- edits ------------------------------------------------------------------------------------------------------------


def other_words(draw: Random, rows: list[Row]) -> list[Row]:
    """One word of one act is another one, and still what an act may say."""
    place = draw.choice(acts_of(rows))
    data = said(rows[place])["data"]
    name = draw.choice(sorted(data))
    value = {
        "action": draw.choice(["key.revoked", "connection.removed", "state.rebuilt"]),
        "sequence": data["sequence"] + draw.choice([-1, 1, 7]) if data["sequence"] > 1 else 0,
        "digest": f"{draw.getrandbits(256):064x}",
        "previous": f"{draw.getrandbits(256):064x}",
        "chain": draw.choice(["", f"{draw.getrandbits(64):016x}"]),
    }.get(name, f"{data[name]}{draw.choice('abc0 ')}")
    return [*rows[:place], changed(rows[place], data=data | {name: value}), *rows[place + 1 :]]


def other_attributes(draw: Random, rows: list[Row]) -> list[Row]:
    """Something around an act is another: its id, its time, whom it is about."""
    place = draw.choice(acts_of(rows))
    fields = draw.choice(
        [
            {"id": f"act-{draw.getrandbits(64):016x}"},
            {"time": f"2026-03-0{draw.randint(3, 9)}T09:{draw.randint(10, 59)}:00Z"},
            {"account": f"a-{draw.randint(1, 99)}"},
            {"source": "elsewhere"},
            {"subject": "x"},
        ]
    )
    return [*rows[:place], changed(rows[place], **fields), *rows[place + 1 :]]


def one_byte(draw: Random, rows: list[Row]) -> list[Row]:
    """One byte of an act is another. When the sequencer took it is the one thing that an act does not vouch for."""
    place = draw.choice(acts_of(rows))
    value = bytearray(rows[place][2])
    taken_at = value.index(b'"recordedtime":"')
    at = draw.choice([at for at in range(len(value)) if not taken_at <= at < taken_at + 46])
    value[at] ^= 1 << draw.randrange(7)
    return [*rows[:place], (*rows[place][:2], bytes(value)), *rows[place + 1 :]]


def taken_out(draw: Random, rows: list[Row]) -> list[Row]:
    place = draw.choice(acts_of(rows))
    rest = rows[:place] + rows[place + 1 :]
    return numbered(rest) if draw.random() < 0.8 else rest


def cut_off(draw: Random, rows: list[Row]) -> list[Row]:
    """The end of the journal is gone, from an act on."""
    return rows[: draw.choice(acts_of(rows))]


def swapped(draw: Random, rows: list[Row]) -> list[Row]:
    one, other = draw.sample(acts_of(rows), 2)
    turned = list(rows)
    turned[one], turned[other] = rows[other], rows[one]
    return numbered(turned)


def said_twice(draw: Random, rows: list[Row]) -> list[Row]:
    place, to = draw.choice(acts_of(rows)), draw.randrange(len(rows) + 1)
    return numbered([*rows[:to], rows[place], *rows[to:]])


def invented(draw: Random, rows: list[Row]) -> list[Row]:
    """An act that never was, made out of one that was, with or without its place in the chain."""
    place, to = draw.choice(acts_of(rows)), draw.randrange(len(rows) + 1)
    data = said(rows[place])["data"] | {"actor": "operator", "subject": f"made-up-{draw.randint(1, 999)}"}
    if draw.random() < 0.5:
        data = {name: data[name] for name in ("action", "actor", "subject")}
    made = changed(rows[place], data=data, id=f"made-up-{draw.getrandbits(32)}")
    return numbered([*rows[:to], made, *rows[to:]])


def hidden(draw: Random, rows: list[Row]) -> list[Row]:
    """An act becomes a record of another kind."""
    place = draw.choice(acts_of(rows))
    schema = said(next(row for row in rows if row[1] == "tick"))["dataschema"]
    tick = changed(rows[place], type="tick", dataschema=schema, data={})
    return [*rows[:place], (tick[0], "tick", tick[2]), *rows[place + 1 :]]


EDITS: tuple[Callable[[Random, list[Row]], list[Row]], ...] = (
    other_words,
    other_attributes,
    one_byte,
    taken_out,
    cut_off,
    swapped,
    said_twice,
    invented,
    hidden,
)


def meant(rows: list[Row]) -> list[Event | Row]:
    """What the rows say to who reads them: bytes of an attribute that nobody reads say nothing."""
    said_: list[Event | Row] = []
    for row in rows:
        try:
            said_.append(decode(row[2]))
        except Refusal:
            said_.append(row)
    return said_


def test_a_thousand_edits_are_found(busy: Desk) -> None:
    rows, draw = busy.rows(), Random(23)
    assert busy.check().faults == []
    missed, made = [], 0
    while made < 1_000:
        edit = draw.choice(EDITS)
        edited = edit(draw, rows)
        if edited == rows or meant(edited) == meant(rows):
            continue
        made += 1
        busy.write(edited)
        if not busy.check().faults:
            missed.append((edit.__name__, set(edited) ^ set(rows)))
    assert missed == []
    busy.write(rows)
    assert busy.check().faults == []


def test_who_writes_the_whole_chain_anew_is_found_by_a_digest_kept_elsewhere(busy: Desk, tmp_path: Path) -> None:
    """Who can write both files can write every act again: the digest that was kept elsewhere is of none of them."""
    kept = busy.check().newest[-1]["digest"]
    (tmp_path / "anew").mkdir()
    with closing(Desk(tmp_path / "anew")) as forger:
        for number in range(ACTS):
            forger.act(f"k{number}-other")
        forged = forger.check()
        assert forged.faults == []
        assert forged.met == {forged.newest[-1]["digest"]}
        assert kept not in forger.check(kept).met
    assert kept in busy.check(kept).met


def test_another_home_folders_chain_is_whole_without_its_book(busy: Desk) -> None:
    found = busy.check(book=False)
    assert (found.acts, found.faults) == (ACTS, [])
    ((chain, end),) = found.chains.items()
    assert (chain, end.sequence, end.digest) == busy.book.end(TENANT)


def test_each_tenant_has_a_chain_of_its_own(busy: Desk) -> None:
    busy.act("theirs", "beta")
    end = busy.book.end("beta")
    assert end is not None
    assert end.sequence == 1
    assert busy.book.tenants() == [TENANT, "beta"]
    theirs = check("beta", busy.runtime.log.read("beta", 0, 10), end=end)
    assert (theirs.acts, theirs.faults) == (1, [])
    # What is another tenant's does not pass for one's own.
    (act,) = busy.runtime.log.read("beta", 0, 10)
    assert check(TENANT, [act], end=None).faults != []


def test_an_act_that_could_not_be_written_is_said_before_the_next_one(busy: Desk) -> None:
    def full(tenant: str, data: AdminActed, *, id: str, occurred_at: int) -> None:
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        busy.book.tell(full, TENANT, "key.revoked", actor="operator", subject="lost")
    (fault,) = busy.check().faults
    assert "lacks act 13" in fault.says
    busy.act("next")
    found = busy.check()
    assert found.faults == []
    assert [act["subject"] for act in found.newest][-2:] == ["lost", "next"]


def test_an_act_that_was_written_as_its_process_ended_is_said_once(busy: Desk) -> None:
    """The journal has it; that it has was not written down."""

    def interrupted(tenant: str, data: AdminActed, *, id: str, occurred_at: int) -> None:
        busy.runtime.record(tenant, data, id=id, occurred_at=occurred_at)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        busy.book.tell(interrupted, TENANT, "key.revoked", actor="operator", subject="once")
    busy.book.say_unsaid(busy.runtime.record)
    busy.act("next")
    found = busy.check()
    assert (found.acts, found.faults) == (ACTS + 2, [])


def test_who_act_at_once_stand_in_one_chain(desk: Desk, tmp_path: Path) -> None:
    others = [ActBook(tmp_path / "access.db", desk.clock) for _ in range(3)]

    def act(book: ActBook) -> None:
        for number in range(10):
            book.tell(desk.runtime.record, TENANT, "key.created", actor="operator", subject=f"{id(book)}-{number}")

    threads = [threading.Thread(target=act, args=(book,)) for book in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for book in others:
        book.say_unsaid(desk.runtime.record)
        book.close()
    found = desk.check()
    assert (found.acts, found.faults) == (30, [])
