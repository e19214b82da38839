"""The door: each record on its own merits, and none of it lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from schemas.instant import DAY, HOUR, MINUTE
from schemas.registry import EVENT_TYPES, EventType
from schemas.system import Tick
from schemas.tickets import TicketOpened
from streams.database import Database
from streams.sequencer import Taken
from streams.sqlite_log import SqliteLog
from tests.streams.records import NOW, Door, raw, used

LETTER_TO = "Please write to anna.huber@example.org, or call +43 660 1234567."


def statuses(taken: list[Taken]) -> list[str]:
    return [one.reason or one.status for one in taken]


def test_records_take_their_places_in_the_order_of_the_batch(door: Door) -> None:
    taken = door.take(*(used(f"e-{number}") for number in range(5)))
    assert [(one.status, one.event_id, one.position) for one in taken] == [
        ("accepted", f"e-{number}", number + 1) for number in range(5)
    ]
    assert [event.id for event in door.journal()] == [f"e-{number}" for number in range(5)]
    assert {(event.tenant, event.recorded_at) for event in door.journal()} == {("acme", NOW)}


def test_what_is_handed_on_is_what_a_reader_reads(door: Door) -> None:
    opened = {"ticket": "T-1", "title": "Hallo", "text": "Wir können seit gestern nichts mehr exportieren."}
    door.take(
        used("e-1"), raw("ticket.opened", opened, "e-2"), raw("account.updated", {"contact_email": "a@b.org"}, "e-3")
    )
    assert [event.model_dump() for event in door.appended] == [event.model_dump() for event in door.journal()]


def test_one_bad_record_costs_the_others_nothing(door: Door) -> None:
    good = [used(f"e-{number}") for number in range(4)]
    taken = door.take(
        good[0],
        b"{",
        good[1],
        used("e-5", tenant="other"),
        used("e-1", quantity=9),
        raw("tick", {}, "e-6"),
        good[2],
        raw("usage.recorded", {"name": "x", "quantity": -1}, "e-7"),
        good[0],
        used("e-8", at=NOW + 2 * DAY),
        good[3],
    )
    assert statuses(taken) == [
        "accepted",
        "not_json",
        "accepted",
        "tenant_mismatch",
        "conflict",
        "unknown_type",
        "accepted",
        "invalid_data",
        "duplicate",
        "future_dated",
        "accepted",
    ]
    assert [event.id for event in door.journal()] == ["e-0", "e-1", "e-2", "e-3"]
    kept = {letter.letter: letter for letter in door.log.letters("acme")}
    refused = [one for one in taken if one.status == "refused"]
    assert {one.letter for one in refused} == set(kept)
    for one in refused:
        letter = kept[one.letter or ""]
        assert (letter.reason, letter.detail, letter.where) == (one.reason, one.detail, one.where)


def test_a_repeat_is_a_duplicate_and_other_content_a_conflict(door: Door) -> None:
    door.take(used("e-1", 1))
    assert statuses(door.take(used("e-1", 1), now=NOW + HOUR)) == ["duplicate"]
    for changed in (
        used("e-1", 2),
        used("e-1", 1, account="B"),
        used("e-1", 1, at=NOW - MINUTE),
        raw("usage.session_ended", {"duration_seconds": 1}, "e-1", account="A"),
    ):
        assert statuses(door.take(changed)) == ["conflict"]
    assert statuses(door.take(used("e-1", 1, source="app"))) == ["accepted"]
    assert statuses(door.take(used("e-1", 1), tenant="other")) == ["accepted"]


def test_repeats_are_recognised_after_a_restart(tmp_path: Path) -> None:
    first = Door(SqliteLog(Database(tmp_path / "journal.db")), tmp_path)
    opened = raw("ticket.opened", {"ticket": "T-1", "text": LETTER_TO, "requester": "p-1"}, "e-2")
    first.take(used("e-1"), opened)
    first.close()
    first.log.close()
    second = Door(SqliteLog(Database(tmp_path / "journal.db")), tmp_path)
    assert statuses(second.take(used("e-1"), opened, used("e-1", 2), used("e-3"))) == [
        "duplicate",
        "duplicate",
        "conflict",
        "accepted",
    ]
    assert [event.position for event in second.journal()] == [1, 2, 3]
    assert second.privacy.originals(second.journal()[1]) == {"text": LETTER_TO}
    second.close()
    second.log.close()


@pytest.mark.parametrize(
    ("at", "outcome"),
    [
        (NOW + DAY, "accepted"),
        (NOW + DAY + 1, "future_dated"),
        (631_152_000_000_000, "accepted"),
        (631_152_000_000_000 - 1, "ancient_dated"),
    ],
)
def test_instants_beyond_belief_are_refused(door: Door, at: int, outcome: str) -> None:
    assert statuses(door.take(used("e-1", at=at))) == [outcome]


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+23:59"])
def test_the_ends_of_time_cost_the_batch_nothing(door: Door, time: str) -> None:
    taken = door.take(used("e-1"), used("e-2", time=time), used("e-3", time=time))
    assert [one.status for one in taken] == ["accepted", "refused", "refused"]
    assert taken[1].detail


@pytest.mark.parametrize("row", [row for row in EVENT_TYPES if row.origin != "door"], ids=lambda row: row.name)
def test_what_only_millrace_says_is_refused_from_outside(door: Door, row: EventType) -> None:
    name, example = row.name, row.data.example
    assert statuses(door.take(raw(name, example))) == ["unknown_type"]
    assert door.journal() == []


def test_stamps_from_outside_are_not_believed(door: Door) -> None:
    forged: dict[str, Any] = {
        "recordedtime": "2020-01-01T00:00:00Z",
        "position": 99,
        "epoch": 7,
        "intake": "x",
        "backfill": True,
        "language": "xx",
        "redaction": "none",
        "sealed": "{}",
    }
    door.take(used("e-1", **forged))
    (event,) = door.journal()
    assert (event.position, event.recorded_at, event.backfill, event.epoch, event.intake) == (1, NOW, None, None, None)
    assert (event.language, event.redaction, event.sealed) == (None, None, None)


def test_a_large_record_is_refused_even_where_its_data_holds(door: Door) -> None:
    taken = door.take(used("e-1", padding="x" * 1_048_576), used("e-2"))
    assert statuses(taken) == ["too_large", "accepted"]
    (letter,) = door.log.letters("acme")
    opened = door.privacy.open_letter("acme", letter.letter, letter.raw)
    assert opened is not None
    assert len(opened) == 1_048_576


def test_personal_words_are_redacted_and_sealed_for_their_subject(door: Door) -> None:
    data = {"ticket": "T-1", "title": "Call me", "text": LETTER_TO, "requester": "p-1"}
    door.take(raw("ticket.opened", data, account="A"))
    (event,) = door.journal()
    assert isinstance(event.data, TicketOpened)
    assert "anna" not in event.data.text
    assert "<EMAIL_" in event.data.text
    assert "<PHONE_" in event.data.text
    assert event.data.title == "Call me"
    assert event.language == "en"
    assert event.redaction
    assert door.privacy.originals(event) == {"text": LETTER_TO}
    assert b"anna" not in str(event.model_dump()).encode()


def test_a_mark_for_the_whole_field_withholds_it(door: Door) -> None:
    door.take(raw("account.created", {"contact": "p-1", "contact_email": "anna@example.org"}, account="A"))
    (event,) = door.journal()
    assert getattr(event.data, "contact_email", "") == "<WITHHELD_CONTACT_EMAIL>"
    assert door.privacy.originals(event) == {"contact_email": "anna@example.org"}


@pytest.mark.parametrize(("field", "longest"), [("title", 1_024), ("text", 65_536)])
def test_redaction_never_makes_a_record_that_cannot_be_read(door: Door, field: str, longest: int) -> None:
    words = "mail a@b.co " + "x" * (longest - 12)
    door.take(raw("ticket.opened", {"ticket": "T-1", field: words}))
    (event,) = door.journal()
    assert len(getattr(event.data, field)) == longest
    assert door.privacy.originals(event) == {field: words}


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The export of our monthly report fails with an error since this morning.", "en"),
        ("Der Export unseres Monatsberichts bricht seit heute früh mit einem Fehler ab.", "de"),
        ("La exportación de nuestro informe mensual falla desde esta mañana.", "es"),
    ],
)
def test_the_language_is_stamped(door: Door, text: str, language: str) -> None:
    door.take(raw("feedback.given", {"feedback": "F-1", "text": text}))
    assert [event.language for event in door.journal()] == [language]


def test_dead_letters_are_sealed_and_open_again(door: Door) -> None:
    (taken,) = door.take(b'{"secret": "anna@example.org"', origin="upload.json:7")
    (letter,) = door.log.letters("acme")
    assert taken.letter == letter.letter
    assert b"anna" not in letter.raw
    assert (letter.origin, letter.times, letter.kept_at) == ("upload.json:7", 1, NOW)
    assert door.privacy.open_letter("acme", letter.letter, letter.raw) == b'{"secret": "anna@example.org"'
    door.take(b'{"secret": "anna@example.org"', origin="upload.json:7")
    door.take(b'{"secret": "anna@example.org"', origin="upload.json:8")
    assert sorted((letter.origin, letter.times) for letter in door.log.letters("acme")) == [
        ("upload.json:7", 2),
        ("upload.json:8", 1),
    ]


def test_what_millrace_says_is_said_once_under_an_id(door: Door) -> None:
    said = [door.sequencer.record("acme", Tick(), NOW, id="tick-1") for _ in range(2)]
    assert [event and event.position for event in said] == [1, None]
    assert [event.type for event in door.journal()] == ["tick"]


def test_records_of_a_backfill_are_marked(door: Door) -> None:
    door.take(used("e-1"), backfill=True)
    door.take(used("e-2"))
    assert [event.backfill for event in door.journal()] == [True, None]
