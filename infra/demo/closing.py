"""How the demo's company answers feedback that asks for something: mostly in time, some of it late or never."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from typing import Any, Final, NamedTuple

from infra.demo.accounts import Account
from infra.demo.experts import EXPERTS
from infra.demo.open_time import OpenTime

CALENDAR: Final = "berlin"
_HOUR_US: Final = 3_600_000_000
_MINUTE_US: Final = 60_000_000


class Habit(NamedTuple):
    """A step: open hours until it is due, of what is severe too, those it usually takes, and how many come so far."""

    step: str
    hours: int
    severe_hours: int
    usual_hours: float
    share: float


HABITS: Final = (
    Habit("routed", 5, 5, 1.2, 0.96),
    Habit("acknowledged", 19, 10, 4.0, 0.94),
    Habit("acted_on", 95, 95, 30.0, 0.85),
    Habit("told_back", 19, 19, 5.0, 0.90),
)
_ENDS: Final = {"nps": (0, 10), "csat": (1, 5), "ces": (1, 7), "stars": (1, 5)}
_SAID: Final = {
    "routed": ("Please have a look.", "This one is yours."),
    "acknowledged": ("Thanked for the open words.", "Called, and asked what happened."),
    "acted_on": ("Changed the plan.", "Passed on to development, planned for the next release.", "Set up a training."),
    "told_back": ("Wrote what we changed.", "Told in the monthly call."),
}


@dataclass(frozen=True, slots=True)
class Done:
    """One step that was done, when, by whose hands and with what event."""

    at: int
    account: Account
    type: str
    data: dict[str, Any]


def feedback_settings() -> dict[str, Any]:
    """What the company promises those who give feedback, as a settings event says it."""
    targets: list[dict[str, Any]] = []
    for one in HABITS:
        if one.severe_hours != one.hours:
            targets.append(_target(one.step, one.severe_hours) | {"severities": ["severe"]})
        targets.append(_target(one.step, one.hours))
    return {"asks_from": "mild", "calendar": CALENDAR, "targets": targets}


def _target(step: str, hours: int) -> dict[str, Any]:
    return {"step": step, "target_seconds": hours * 3_600}


class Answered:
    """The steps of every answer by `end`, and which of them came too late or are overdue, with the instant."""

    def __init__(
        self, seed: int, said: Iterable[tuple[int, Account, dict[str, Any]]], desk: OpenTime, end: int
    ) -> None:
        self.done: list[Done] = []
        self.missed: dict[tuple[str, str], int] = {}
        self._desk, self._end = desk, end
        for at, account, data in said:
            percent = _percent(data)
            if percent is not None and percent < 50:
                draw = Random(f"loop {seed} {data['feedback']}")
                self._answer(at, account, data["feedback"], draw, is_severe=percent <= 20)

    def _answer(self, at: int, account: Account, feedback: str, draw: Random, *, is_severe: bool) -> None:
        owner = draw.choice(EXPERTS).id
        since, acted_at, goes_on = at, 0, True
        for step, hours, severe_hours, usual, share in HABITS:
            begun = acted_at if step == "told_back" else at
            if not begun:
                return  # nobody waits to be told what came of something that was not done
            since = self._desk.after(since, max(_MINUTE_US, int(draw.expovariate(1 / usual) * _HOUR_US)))
            since = since // 1_000 * 1_000
            goes_on = goes_on and draw.random() < share and since <= self._end
            due_at = self._desk.after(begun, (severe_hours if is_severe else hours) * _HOUR_US)
            if since > due_at if goes_on else due_at <= self._end:
                self.missed[feedback, step] = due_at
            if goes_on:
                acted_at = since if step == "acted_on" else 0
                self.done.append(Done(since, account, f"feedback.{step}", _data(feedback, step, owner, draw)))


def _percent(data: dict[str, Any]) -> float | None:
    if "scale" not in data:
        return None
    low, high = _ENDS[data["scale"]]
    return float(100 * (data["score"] - low) / (high - low))


def _data(feedback: str, step: str, owner: str, draw: Random) -> dict[str, Any]:
    by = {"owner": owner} if step == "routed" else {"by": owner}
    return {"feedback": feedback, **by, "note": draw.choice(_SAID[step])}
