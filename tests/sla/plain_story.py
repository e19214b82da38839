"""Stories told in plain words: `mon 09:00 status pending`, in local time of a week; `mon2` is the Monday after."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, NamedTuple

from schemas.accounts import AccountUpdated
from schemas.event import Data
from schemas.experts import ExpertReplied
from schemas.instant import DAY
from schemas.settings import SettingsCalendarChanged, SettingsSlaChanged
from schemas.tickets import (
    TicketAssigned,
    TicketClosed,
    TicketMerged,
    TicketMessageAdded,
    TicketOpened,
    TicketPriorityChanged,
    TicketReopened,
    TicketResolved,
    TicketStatusChanged,
)
from tests.sla.desk import Desk

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEKDAYS: Final = DAYS[:5]
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class Week:
    """The weeks from a Monday on in a zone."""

    def __init__(self, monday: str = "2026-06-01", zone: str = "Europe/Vienna") -> None:
        self.monday = date.fromisoformat(monday)
        self.zone = zoneinfo.ZoneInfo(zone)

    def instant(self, day: str, clock: str) -> int:
        """`mon`, `09:00` or `mon2`, `09:00:30` as an instant."""
        weeks = int(day[3:] or 1) - 1
        on = self.monday + timedelta(days=7 * weeks + DAYS.index(day[:3]))
        wall = datetime.fromisoformat(f"{on.isoformat()}T{clock}").replace(tzinfo=self.zone)
        return (wall - _EPOCH) // _MICROSECOND

    def shown(self, instant: int) -> str:
        """An instant as the stories write it."""
        wall = (_EPOCH + instant * _MICROSECOND).astimezone(self.zone)
        weeks, day = divmod((wall.date() - self.monday).days, 7)
        clock = wall.time().isoformat("auto" if wall.second or wall.microsecond else "minutes")
        return f"{DAYS[day]}{weeks + 1 if weeks else ''} {clock}"


class Case(NamedTuple):
    """A behaviour, the promises, a story, and what is known when it has been told."""

    behaviour: str
    settings: tuple[Data, ...]
    story: str
    known: str
    week: Week = Week()


def calendar(
    name: str, zone: str, *hours: str, days: Sequence[str] = WEEKDAYS, holidays: dict[str, str] | None = None
) -> SettingsCalendarChanged:
    """A calendar with the same hours (`08:00-12:00`) on each day; a holiday has its own, or ''."""
    spans = [tuple(one.split("-")) for one in hours]
    plain = {
        "name": name,
        "zone": zone,
        "hours": tuple({"weekday": day, "start": start, "end": end} for day in days for start, end in spans),
        "holidays": tuple(
            {"date": on, "hours": (tuple(own.split("-")),) if own else ()} for on, own in (holidays or {}).items()
        ),
    }
    return SettingsCalendarChanged.model_validate(plain)


def promise(name: str, *targets: str, **conditions: Any) -> dict[str, Any]:
    """A policy of targets such as `resolution 8 h, paused on pending on_hold, warned at 50 75 30m`."""
    made = []
    for words in targets:
        head, *rest = words.split(", ")
        clock, hours, _ = head.split()
        plain: dict[str, Any] = {"clock": clock, "target_seconds": round(float(hours) * 3600), "warn_percent": ()}
        for part in rest:
            if part.startswith("paused on "):
                plain["paused_on"] = tuple(part.removeprefix("paused on ").split())
            elif part.startswith("paused for "):
                plain["paused_reasons"] = tuple(part.removeprefix("paused for ").split())
            else:
                marks = part.removeprefix("warned at ").split()
                plain["warn_percent"] = tuple(int(one) for one in marks if not one.endswith("m"))
                plain["warn_before_seconds"] = tuple(60 * int(one[:-1]) for one in marks if one.endswith("m"))
        made.append(plain)
    return {"name": name, "targets": tuple(made), **conditions}


def promises(*policies: dict[str, Any]) -> SettingsSlaChanged:
    return SettingsSlaChanged.model_validate({"policies": policies})


def data_of(words: Sequence[str]) -> Data:
    """What `status pending`, `reply` and their like say of ticket T."""
    what, *values = words
    value = values[0] if values else None
    made: dict[str, tuple[type[Data], dict[str, Any]]] = {
        "open": (TicketOpened, {"priority": value}),
        "ask": (TicketMessageAdded, {"author": "customer"}),
        "ask-by-note": (TicketMessageAdded, {"author": "customer", "public": False}),
        "reply": (ExpertReplied, {"expert": "x"}),
        "comment": (TicketMessageAdded, {"author": "expert"}),
        "note": (TicketMessageAdded, {"author": "expert", "public": False}),
        "bot": (TicketMessageAdded, {"author": "bot"}),
        "status": (TicketStatusChanged, dict(zip(("status", "status_raw"), (value or "").split("|"), strict=False))),
        "priority": (TicketPriorityChanged, {"priority": value}),
        "assign": (TicketAssigned, {"group": value}),
        "solve": (TicketResolved, {}),
        "reopen": (TicketReopened, {}),
        "close": (TicketClosed, {}),
        "merge": (TicketMerged, {"into": "U"}),
    }
    if what in ("tier", "contract"):
        return AccountUpdated.model_validate({what: value})
    kind, fields = made[what]
    return kind.model_validate({"ticket": "T", **fields})


def told(week: Week, settings: Sequence[Data], story: str, changes: Mapping[str, Data]) -> Desk:
    """A desk that has heard the settings a month before and then the story, sentence by sentence.

    `mon 09:00 reply` happens and is taken then; `mon 09:00 reply known tue 11:00` is taken later; `mon 09:00` alone is
    when the desk is read; `mon 09:00 say NAME` says a change of settings, which `dated DAY HH:MM` lets hold from then.
    """
    desk = Desk()
    before = week.instant("mon", "00:00") - 30 * DAY
    for data in settings:
        desk.say(data, before, account=None)
    for line in story.split("; "):
        day, clock, *words = line.split()
        at = week.instant(day, clock)
        if words[:1] == ["say"]:
            holds_at = week.instant(*words[3:5]) if words[2:3] == ["dated"] else at
            desk.wait_until(at)
            desk.say(changes[words[1]], holds_at, account=None, taken_at=at)
        elif "known" in words:
            taken_at = week.instant(*words[words.index("known") + 1 :][:2])
            desk.wait_until(taken_at)
            desk.say(data_of(words[: words.index("known")]), at, taken_at=taken_at)
        else:
            desk.wait_until(at)
            if words:
                desk.say(data_of(words), at)
    return desk


def clocks_of(week: Week, desk: Desk) -> list[str]:
    """Every clock in a line: its state, the hours used, when it is, was or would be due, and its warnings."""
    lines = []
    for fact in desk.clocks():
        cycle = f" {fact.cycle + 1}" if fact.cycle else ""
        due = "no due" if fact.due_at is None else f"due {week.shown(fact.due_at)}"
        line = f"{fact.clock}{cycle}: {fact.state}, {fact.elapsed_seconds / 3600:.7g} h, {due}"
        for clock, number, mark, warned_at in desk.warnings():
            if (clock, number) == (fact.clock, fact.cycle):
                line += f", warned {mark if mark > 0 else f'{-mark // 60}m'} {week.shown(warned_at)}"
        lines.append(line)
    return lines
