"""Holiday files as calendars export them."""

from __future__ import annotations

import pytest

from infra.holiday_file import HolidayFileError, days_off


def file_of(*events: str) -> str:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0"]
    for event in events:
        lines += ["BEGIN:VEVENT", *event.split("\n"), "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


def read(*events: str, first: int = 2026, last: int = 2027) -> list[str]:
    return [f"{one.on.isoformat()} {one.name}".strip() for one in days_off(file_of(*events), first, last)]


@pytest.mark.parametrize(
    ("events", "known"),
    [
        (("SUMMARY:Christmas\nDTSTART;VALUE=DATE:20261225",), ["2026-12-25 Christmas"]),
        (("DTSTART;VALUE=DATE:20261225\nDTEND;VALUE=DATE:20261227",), ["2026-12-25", "2026-12-26"]),
        (("DTSTART:20261225\nDTEND:20261225",), ["2026-12-25"]),
        (("DTSTART:20261231\nDURATION:P2D",), ["2026-12-31", "2027-01-01"]),
        (("DTSTART;TZID=Europe/Vienna:20261225T000000\nDTEND:20261226T000000",), ["2026-12-25"]),
        (
            ("SUMMARY:New\n  Year\\, again\nDTSTART:20200101\nRRULE:FREQ=YEARLY",),
            ["2026-01-01 New Year, again", "2027-01-01 New Year, again"],
        ),
        (("DTSTART:20201126\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH",), ["2026-11-26", "2027-11-25"]),
        (("DTSTART:20240229\nRRULE:FREQ=YEARLY",), []),
        (("DTSTART:20200501\nRRULE:FREQ=YEARLY\nEXDATE;VALUE=DATE:20260501",), ["2027-05-01"]),
        (("DTSTART:20260501\nRDATE;VALUE=DATE:20260504,20260505",), ["2026-05-01", "2026-05-04", "2026-05-05"]),
        (
            ("UID:a\nDTSTART:20200501\nRRULE:FREQ=YEARLY", "UID:a\nRECURRENCE-ID:20260501\nDTSTART:20260504"),
            ["2026-05-04", "2027-05-01"],
        ),
        (
            (
                "UID:a\nDTSTART:20200501\nRRULE:FREQ=YEARLY",
                "UID:a\nRECURRENCE-ID:20260501\nDTSTART:20260501\nSTATUS:CANCELLED",
            ),
            ["2027-05-01"],
        ),
        (("UID:a\nSEQUENCE:2\nDTSTART:20260504", "UID:a\nSEQUENCE:1\nDTSTART:20260501"), ["2026-05-04"]),
        (("DTSTART:20260501\nBEGIN:VALARM\nDURATION:PT15M\nTRIGGER:-PT15M\nEND:VALARM",), ["2026-05-01"]),
        (("SUMMARY:one\nDTSTART:20260501", "SUMMARY:two\nDTSTART:20260501"), ["2026-05-01 one"]),
    ],
)
def test_a_file_names_its_days_off(events: tuple[str, ...], known: list[str]) -> None:
    assert read(*events) == known


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the file has no event"),
        ("<html></html>", "line 1: '<html></html>' has no colon"),
        ("BEGIN:VEVENT\nEND:VEVENT", "line 1: BEGIN:VEVENT stands where BEGIN:VCALENDAR is due"),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260501\n", "ends within VEVENT"),
        ("BEGIN:VCALENDAR\nEND:VEVENT", "line 2: END:VEVENT ends nothing"),
        (file_of("SUMMARY:May"), "line 3: the event has no DTSTART"),
        (file_of("DTSTART:20260501T090000Z"), "line 4: DTSTART is '20260501T090000Z'; holidays are whole days"),
        (file_of("DTSTART:20260230"), "line 4: DTSTART is '20260230'"),
        (file_of("DTSTART:20260501\nDTEND:20260430"), "ends 2026-04-30 before it starts"),
        (file_of("DTSTART:20260501\nDURATION:PT8H"), "line 5: DURATION is 'PT8H'; write whole days"),
        (file_of("DTSTART:20260501\nDURATION:P500D"), "lasts 500 days"),
        (file_of("DTSTART:20260501\nRRULE:FREQ=DAILY"), "line 5: RRULE 'FREQ=DAILY': FREQ is DAILY"),
        (file_of("DTSTART:20260501\nEXRULE:FREQ=YEARLY"), "line 5: EXRULE is not understood"),
    ],
)
def test_a_file_that_is_not_understood_is_refused_with_the_line(text: str, says: str) -> None:
    with pytest.raises(HolidayFileError) as raised:
        days_off(text, 2026, 2027)
    assert says in str(raised.value)
