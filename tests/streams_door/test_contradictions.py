"""What holds its schema and cannot be meant is refused at the door, and read where a journal holds it."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from schemas.decode import decode
from schemas.instant import parse_instant
from schemas.reasons import Refusal
from streams.checked import checked

NOW = parse_instant("2026-06-01T12:00:00Z")
HOURS = {"weekday": "mon", "start": "08:00", "end": "17:00"}
CALENDAR = {"name": "office", "zone": "Europe/Vienna", "hours": [HOURS]}
CORRECTED = {"ticket": "T", "expert": "ada", "field": "priority", "value": "high"}
POLICY = {"name": "everyone", "targets": [{"clock": "resolution", "target_seconds": 60}]}
TARGET = {"clock": "internal", "target_seconds": 60}
RULE = {"name": "slow", "steps": [{"amount_minor": 100}]}
CREDITS = {"currency": "EUR", "rules": [RULE]}


def raw(type_: str, data: dict[str, Any]) -> bytes:
    said = {"specversion": "1.0", "id": "1", "source": "test", "type": type_, "time": "2026-06-01T11:00:00Z"}
    return orjson.dumps(said | {"data": data})


@pytest.mark.parametrize(
    ("type_", "data", "where", "said"),
    [
        ("ticket.csat_answered", {"ticket": "T", "score": 6, "scale": 5}, "score", "6 does not fit a scale to 5"),
        ("ticket.merged", {"ticket": "T", "into": "T"}, "into", "merged into itself"),
        ("expert.corrected", CORRECTED | {"value": "asap"}, "value", "one of low, normal, high, urgent"),
        ("settings.calendar_changed", CALENDAR | {"zone": "Europe/Viena"}, "", "did you mean Europe/Vienna"),
        ("settings.calendar_changed", CALENDAR | {"name": "always"}, "name", "never closes"),
        ("settings.calendar_changed", CALENDAR | {"hours": [HOURS | {"end": "08:00"}]}, "", "never opens"),
        ("settings.calendar_changed", CALENDAR | {"hours": [HOURS | {"start": "24:00"}]}, "", "starts at 24:00"),
        ("settings.calendar_changed", CALENDAR | {"holidays": [{"date": "2026-02-30"}]}, "", "no date"),
        ("settings.calendar_changed", CALENDAR | {"holidays": [{"date": "2026-02-03"}] * 2}, "", "each once"),
        ("settings.sla_changed", {"policies": [POLICY, POLICY]}, "policies", "called 'everyone'"),
        (
            "settings.sla_changed",
            {"policies": [POLICY | {"targets": [{"clock": "resolution", "target_seconds": 60}] * 2}]},
            "policies",
            "two targets for the clock resolution",
        ),
        ("settings.credits_changed", CREDITS | {"rules": [RULE, RULE]}, "rules", "called 'slow'"),
    ],
)
def test_what_cannot_be_meant_is_refused(type_: str, data: dict[str, Any], where: str, said: str) -> None:
    with pytest.raises(Refusal) as refused:
        checked(raw(type_, data), "acme", NOW, b"secret")
    assert refused.value.reason == "invalid_data"
    assert refused.value.where.removeprefix("data").lstrip(".") == where
    assert said in refused.value.detail
    decode(raw(type_, data))


@pytest.mark.parametrize(
    ("type_", "data"),
    [
        ("ticket.csat_answered", {"ticket": "T", "score": 5, "scale": 5}),
        ("ticket.merged", {"ticket": "T", "into": "U"}),
        ("expert.corrected", CORRECTED),
        ("expert.corrected", CORRECTED | {"field": "category", "value": "asap"}),
        ("settings.calendar_changed", CALENDAR | {"holidays": [{"date": "2026-02-03"}]}),
        ("settings.calendar_changed", CALENDAR | {"hours": []}),
        (
            "settings.sla_changed",
            {"policies": [POLICY | {"targets": [TARGET | {"groups": ["first"]}, TARGET | {"groups": ["second"]}]}]},
        ),
        ("settings.credits_changed", CREDITS | {"rules": [RULE, RULE | {"name": "slower"}]}),
    ],
)
def test_what_can_be_meant_is_taken(type_: str, data: dict[str, Any]) -> None:
    assert checked(raw(type_, data), "acme", NOW, b"secret").event.type == type_
