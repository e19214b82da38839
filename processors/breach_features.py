"""What a forecast may look at: what is known of a ticket and of a promise on it at that moment."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from processors.lengths import cut, first_of
from schemas.instant import DAY, HOUR, SECOND
from schemas.tickets import TicketOpened

Features = dict[str, float | str]

RUNNING, PAUSED = "running", "paused"
MOST_ATTRIBUTES = 12
MOST_ATTRIBUTE_NAME_BYTES = 200
_LONGEST_WORD_BYTES = 40
_HOURS_A_BLOCK = 3
_WEEKDAYS = ("Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday")  # 1970-01-01 was the first
_OF_THE_CLOCK = ("begun on", "begun at", "clock", "promised hours", "share used", "hours left")
_MOST_HOURS_LEFT = 24.0 * 30
_NOTHING = ("", "?", "null", "none", "n/a")


class Outlook(msgspec.Struct, array_like=True, gc=False):
    """What is known of a ticket, whoever said it last; `said_by` has the events since its opening."""

    words: dict[str, str] = msgspec.field(default_factory=dict)
    opened_by: str = ""
    said_by: dict[str, str] = msgspec.field(default_factory=dict)
    assignee: str | None = None
    given: int = 0
    reopened: int = 0
    heard: int = 0

    def say(self, name: str, value: str | None, event_id: str) -> None:
        """Notes a word, or that there is none any more."""
        if value is None or value.strip().lower() in _NOTHING:
            self.words.pop(name, None)
        else:
            self.words[name] = cut(value, _LONGEST_WORD_BYTES)
        if event_id == self.opened_by:
            self.said_by.pop(name, None)
        else:
            self.said_by[name] = event_id


class Standing(msgspec.Struct, array_like=True, gc=False):
    """A promise as its clock last told: instants, `elapsed_seconds` of business time out of `target_seconds`.

    `begun_by` is the event that began the wait.
    """

    clock: str
    cycle: int
    state: str
    target_seconds: int
    started_at: int
    due_at: int | None
    elapsed_seconds: float
    begun_by: str

    def share_used(self, at: int) -> float:
        """How much of the time is used up: of what lies between start and due, or of business time while paused."""
        if self.due_at is None or self.due_at <= self.started_at:
            used = self.elapsed_seconds / max(1, self.target_seconds)
        else:
            used = (at - self.started_at) / (self.due_at - self.started_at)
        return min(1.0, max(0.0, used))


def opened(outlook: Outlook, data: TicketOpened, event_id: str) -> None:
    """Notes what the opening says; a later opening says it anew."""
    outlook.opened_by = event_id
    for name, value in (("channel", data.channel), ("topic", data.category), ("group", data.group)):
        outlook.say(name, value, event_id)
    outlook.say("priority", data.priority or "normal", event_id)
    outlook.assignee = data.assignee
    for name in first_of(sorted(data.attributes)[:MOST_ATTRIBUTES], MOST_ATTRIBUTE_NAME_BYTES):
        said = data.attributes[name]
        outlook.say(f"attribute:{name}", said if isinstance(said, str) else f"{said:g}", event_id)


def promise_features(outlook: Outlook, standing: Standing, tier: str | None, at: int) -> Features:
    """Numbers and words by name."""
    day, hour = standing.started_at // DAY, standing.started_at % DAY // HOUR
    first = hour - hour % _HOURS_A_BLOCK
    features: Features = {**outlook.words}
    features["begun on"] = _WEEKDAYS[day % 7]
    features["begun at"] = f"{first:02}-{first + _HOURS_A_BLOCK:02} UTC"
    features["clock"] = standing.state
    features["taken"] = "no" if outlook.assignee is None else "yes"
    if tier is not None:
        features["tier"] = tier
    features["promised hours"] = standing.target_seconds / 3_600
    features["share used"] = standing.share_used(at)
    if standing.due_at is not None:
        features["hours left"] = min(_MOST_HOURS_LEFT, max(0, standing.due_at - at) / (3_600 * SECOND))
    features["times given away"] = float(outlook.given)
    features["times reopened"] = float(outlook.reopened)
    features["messages heard"] = float(outlook.heard)
    return features


def events_behind(outlook: Outlook, standing: Standing) -> Mapping[str, str]:
    """The event behind each feature: the one that said it, for the clock's the one that began the wait."""
    behind = dict.fromkeys(outlook.words, outlook.opened_by)
    behind |= dict.fromkeys(_OF_THE_CLOCK, standing.begun_by)
    behind |= outlook.said_by
    given_by = behind.get("group", outlook.opened_by)
    return behind | {"taken": given_by, "times given away": given_by}
