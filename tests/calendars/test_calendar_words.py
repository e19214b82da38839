"""Opening hours in words."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from infra.calendar_words import calendar_said
from infra.cli.main import app
from processors.calendars import CalendarError
from schemas.settings import SettingsCalendarChanged


@pytest.mark.parametrize(
    ("words", "known"),
    [
        (["mon 08:00-12:00 13:00-17:30"], ["mon 08:00 12:00", "mon 13:00 17:30"]),
        (["mon-wed 22:00-06:00"], ["mon 22:00 06:00", "tue 22:00 06:00", "wed 22:00 06:00"]),
        (["sat-mon 00:00-24:00"], ["sat 00:00 24:00", "sun 00:00 24:00", "mon 00:00 24:00"]),
        (["mon,Fri 09:00-10:00", "sun 11:00-12:00"], ["mon 09:00 10:00", "fri 09:00 10:00", "sun 11:00 12:00"]),
    ],
)
def test_words_say_hours(words: list[str], known: list[str]) -> None:
    hours = calendar_said("office", "Europe/Vienna", words, ())["hours"]
    assert [" ".join(one.values()) for one in hours] == known


def test_holidays_are_in_order_and_each_once() -> None:
    days = [date(2026, 12, 26), date(2026, 12, 25), date(2026, 12, 26)]
    said = calendar_said("office", "UTC", ["mon 09:00-10:00"], days)
    assert said["holidays"] == [{"date": "2026-12-25"}, {"date": "2026-12-26"}]


@pytest.mark.parametrize(
    ("zone", "words", "says"),
    [
        ("UTC", "mon", "name no times"),
        ("UTC", "", "name no times"),
        ("UTC", "mo 08:00-09:00", "'mo' names no weekdays"),
        ("UTC", "mon 8-9", "'8-9' is no time"),
        ("UTC", "mon 25:00-26:00", "25:00"),
        ("UTC", "mon 09:00-09:00", "never opens"),
        ("Europe/Wien", "mon 09:00-10:00", "unknown time zone 'Europe/Wien'"),
    ],
)
def test_words_that_say_no_hours_are_refused(zone: str, words: str, says: str) -> None:
    with pytest.raises(CalendarError) as raised:
        calendar_said("office", zone, [words], ())
    assert says in str(raised.value)


def test_too_many_holidays_are_refused() -> None:
    days = [date.fromordinal(number) for number in range(730_000, 730_600)]
    with pytest.raises(CalendarError, match="600 holidays are more than 512"):
        calendar_said("office", "UTC", ["mon 09:00-10:00"], days)


HOLIDAYS = """BEGIN:VCALENDAR
BEGIN:VEVENT
SUMMARY:Christmas
DTSTART;VALUE=DATE:20201225
DTEND;VALUE=DATE:20201227
RRULE:FREQ=YEARLY
END:VEVENT
END:VCALENDAR
"""


def test_the_verb_writes_one_event_a_line_with_the_days_off_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "at.ics").write_text(HOLIDAYS, encoding="utf-8")
    hours = ["--zone", "Europe/Vienna", "--hours", "mon-fri 08:00-12:00 13:00-17:30"]
    off = ["--holidays", str(tmp_path / "at.ics"), "--years", "2026-2027", "--from", "2026-01-01T00:00:00+01:00"]
    ran = CliRunner().invoke(app, ["sla", "calendar", "office", *hours, *off])
    assert ran.exit_code == 0, ran.exception
    (line,) = ran.stdout.splitlines()
    event = json.loads(line)
    assert (event["type"], event["time"]) == ("settings.calendar_changed", "2025-12-31T23:00:00Z")
    data = SettingsCalendarChanged.model_validate_json(json.dumps(event["data"]))
    assert len(data.hours) == 10
    assert [one.date for one in data.holidays] == ["2026-12-25", "2026-12-26", "2027-12-25", "2027-12-26"]
    assert "closed 2026-12-25 Christmas" in ran.stderr


def test_the_verb_names_the_event_that_it_does_not_understand(tmp_path: Path) -> None:
    (tmp_path / "at.ics").write_text(HOLIDAYS.replace("YEARLY", "HOURLY"), encoding="utf-8")
    asked = ["--zone", "UTC", "--hours", "mon 08:00-12:00", "--holidays", str(tmp_path / "at.ics")]
    ran = CliRunner().invoke(app, ["sla", "calendar", "office", *asked])
    assert ran.exit_code == 1
    assert "event 'Christmas': FREQ is HOURLY" in str(ran.exception)


def test_the_verb_refuses_years_that_end_before_they_begin() -> None:
    ran = CliRunner().invoke(
        app, ["sla", "calendar", "office", "--zone", "UTC", "--hours", "mon 08:00-12:00", "--years", "2030-2026"]
    )
    assert ran.exit_code == 1
    assert "ends before it begins" in str(ran.exception)
