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
        (("DTSTART:20260501\nRRULE:FREQ=MONTHLY;COUNT=2",), ["2026-05-01", "2026-06-01"]),
        (("SUMMARY:one\nDTSTART:20260501", "SUMMARY:two\nDTSTART:20260501"), ["2026-05-01 one"]),
    ],
)
def test_a_file_names_its_days_off(events: tuple[str, ...], known: list[str]) -> None:
    assert read(*events) == known


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the file has no event"),
        ("<html></html>", "this is no iCalendar file (.ics)"),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260501\n", "the file may be cut"),
        (file_of("DTSTART:20260501") + "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260502", "the file may be cut"),
        ("BEGIN:VCALENDAR\nEND:VCALENDAR", "the file has no event"),
        (file_of("SUMMARY:May"), "event 'May' has no DTSTART"),
        (
            file_of("SUMMARY:May\nDTSTART:20260501T090000Z"),
            "'May' starts or ends at 2026-05-01T09:00:00+00:00",
        ),
        (file_of("UID:u1\nDTSTART:20260230"), "event 'u1': DTSTART: "),
        (file_of("DTSTART:20260501\nDTEND:20260430"), "event 'without a name' ends at 2026-04-30 before it starts"),
        (file_of("DTSTART:20260501\nDURATION:PT8H"), "holidays are whole days"),
        (file_of("DTSTART:20260501\nDURATION:P500D"), "lasts 500 days"),
        (file_of("DTSTART:20260501\nRRULE:FREQ=SECONDLY"), "FREQ is SECONDLY; write one of DAILY"),
        (file_of("DTSTART:20260501\nRRULE:FREQ=YEARLY\nRRULE:FREQ=HOURLY"), "FREQ is HOURLY"),
        (file_of("DTSTART:20260501\nRRULE:COUNT=3"), "FREQ is missing"),
        (file_of("DTSTART:20260501\nRRULE:FREQ=OFTEN"), "RRULE: "),
        (file_of("DTSTART:20260501\nEXRULE:FREQ=YEARLY"), "EXRULE is not understood"),
    ],
)
def test_a_file_that_is_not_understood_is_refused_with_what_to_write(text: str, says: str) -> None:
    with pytest.raises(HolidayFileError) as raised:
        days_off(text, 2026, 2027)
    assert says in str(raised.value)
