"""When an alert that is raised now finds somebody there for its account."""

from __future__ import annotations

import json
from typing import Any

import pytest

from processors.accounts import ACCOUNTS
from processors.settings import SETTINGS
from processors.sla import SLA
from schemas.accounts import AccountUpdated
from schemas.instant import DAY, HOUR, parse_instant
from schemas.settings import SettingsCalendarChanged, SettingsSlaChanged
from schemas.tickets import TicketOpened
from streams.driver import Driver

MONDAY = parse_instant("2026-06-01T00:00:00+02:00")
OFFICE = SettingsCalendarChanged.model_validate(
    {
        "name": "office",
        "zone": "Europe/Vienna",
        "hours": tuple({"weekday": day, "start": "08:00", "end": "17:00"} for day in ("mon", "tue", "wed", "thu")),
        "holidays": ({"date": "2026-06-04"},),
    }
)
NEVER = SettingsCalendarChanged.model_validate(
    {
        "name": "never",
        "zone": "UTC",
        "hours": ({"weekday": "mon", "start": "08:00", "end": "09:00"},),
        "holidays": tuple({"date": f"2026-06-{day:02}"} for day in (1, 8, 15, 22, 29)),
    }
)
# The clock of the first runs at any hour, so that a promise can be broken at any hour.
ROUND_THE_CLOCK = {"name": "fast", "targets": ({"clock": "first_response", "target_seconds": 3600},)}


def promise(calendar: str, *tiers: str) -> dict[str, Any]:
    return {"name": calendar, "targets": ROUND_THE_CLOCK["targets"], "calendar": calendar, "tiers": tiers}


def told(opened_at: int, *policies: dict[str, Any], tier: str = "enterprise") -> str | None:
    """What the alert says of a promise that is broken an hour after the ticket was opened."""
    bench = Driver([SETTINGS, SLA, ACCOUNTS])
    before = MONDAY - 30 * DAY
    for settings in (OFFICE, NEVER, SettingsSlaChanged.model_validate({"policies": policies})):
        bench.send(settings, before)
    bench.send(AccountUpdated.model_validate({"tier": tier}), before, account="hartwell")
    bench.send(TicketOpened(ticket="T"), opened_at, account="hartwell")
    bench.tick(opened_at + 2 * HOUR)
    (alert,) = [one for one in bench.alerts if one.kind == "sla.breached"]
    said = json.loads(alert.body)
    assert said["happened_at"] == opened_at + HOUR
    return said["opens_at"]  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("broken_at", "opens_at"),
    [
        ("2026-06-01T08:00:00+02:00", None),
        ("2026-06-01T16:59:59+02:00", None),
        ("2026-06-01T17:00:00+02:00", "2026-06-02T06:00:00Z"),
        ("2026-06-03T20:00:00+02:00", "2026-06-08T06:00:00Z"),
        ("2026-06-04T10:00:00+02:00", "2026-06-08T06:00:00Z"),
    ],
    ids=["it opens", "it is open", "it has closed", "before a holiday", "on a holiday"],
)
def test_an_alert_says_from_when_on_somebody_is_there(broken_at: str, opens_at: str | None) -> None:
    assert told(parse_instant(broken_at) - HOUR, ROUND_THE_CLOCK, promise("office")) == opens_at


@pytest.mark.parametrize(
    ("policies", "opens_at"),
    [
        ((ROUND_THE_CLOCK,), None),
        ((ROUND_THE_CLOCK, promise("office", "standard")), None),
        ((ROUND_THE_CLOCK, promise("office", "enterprise")), "2026-06-08T06:00:00Z"),
        ((ROUND_THE_CLOCK, promise("office", "enterprise"), promise("always", "standard")), "2026-06-08T06:00:00Z"),
        ((ROUND_THE_CLOCK, promise("nobody-said-this")), None),
        ((ROUND_THE_CLOCK, promise("never")), None),
    ],
    ids=["none", "another tier's", "its tier's", "its tier's before another's", "not there", "opens too late"],
)
def test_the_calendar_is_that_of_the_promise_that_holds_where_no_other_does(
    policies: tuple[dict[str, Any], ...], opens_at: str | None
) -> None:
    assert told(parse_instant("2026-06-06T10:00:00Z"), *policies) == opens_at
