"""Where tools disagree: what each calls a ticket's status, its priority and a customer's rating, and what we call it.

Raw words are compared in lower case. A word that is not listed means nothing here: it is kept as it came, and an
operator can say what it means for one connection (`Setup.statuses`). "New" is told apart from "open" where a tool does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from schemas.feedback import SCALE_BOUNDS
from schemas.values import Priority, Status

STATUSES: Final[Mapping[str, Mapping[str, Status]]] = {
    "zendesk": {
        "new": "new",
        "open": "open",
        "pending": "pending",
        "hold": "on_hold",
        "on-hold": "on_hold",
        "solved": "solved",
        "closed": "closed",
        "deleted": "closed",
    },
    "intercom": {
        "open": "open",
        "snoozed": "on_hold",
        "closed": "closed",
        "submitted": "open",
        "in_progress": "open",
        "waiting_on_customer": "pending",
        "resolved": "solved",
    },
    "freshdesk": {
        "2": "open",
        "open": "open",
        "3": "pending",
        "pending": "pending",
        "4": "solved",
        "resolved": "solved",
        "5": "closed",
        "closed": "closed",
        "6": "pending",
        "waiting on customer": "pending",
        "7": "on_hold",
        "waiting on third party": "on_hold",
    },
    "helpscout": {"active": "open", "pending": "pending", "closed": "closed", "spam": "closed"},
    "chatwoot": {"open": "open", "pending": "open", "snoozed": "on_hold", "resolved": "solved"},
    "zammad": {
        "new": "new",
        "open": "open",
        "pending reminder": "on_hold",
        "pending close": "on_hold",
        "closed": "closed",
        "merged": "closed",
    },
    # The category of a Jira status; `jira_status` looks at its name, too.
    "jira": {"new": "open", "indeterminate": "open", "done": "solved"},
    "github": {"open": "open", "closed": "closed"},
    "hubspot": {},
    "salesforce": {
        "new": "new",
        "open": "open",
        "working": "open",
        "in progress": "open",
        "escalated": "open",
        "waiting on customer": "pending",
        "pending": "pending",
        "on hold": "on_hold",
        "solved": "solved",
        "resolved": "solved",
        "closed": "closed",
    },
}

_WORDS: Final[Mapping[str, Priority]] = {
    "low": "low",
    "normal": "normal",
    "medium": "normal",
    "high": "high",
    "urgent": "urgent",
}
PRIORITIES: Final[Mapping[str, Mapping[str, Priority]]] = {
    "zendesk": _WORDS,
    "intercom": {**_WORDS, "priority": "high", "not_priority": "normal", "none": "normal"},
    "freshdesk": {**_WORDS, "1": "low", "2": "normal", "3": "high", "4": "urgent"},
    "helpscout": {},
    "chatwoot": _WORDS,
    "zammad": {
        **_WORDS,
        "1": "low",
        "2": "normal",
        "3": "high",
        "1 low": "low",
        "2 normal": "normal",
        "3 high": "high",
    },
    "jira": {
        **_WORDS,
        "lowest": "low",
        "trivial": "low",
        "minor": "low",
        "major": "high",
        "highest": "urgent",
        "critical": "urgent",
        "blocker": "urgent",
    },
    "github": {},
    "hubspot": _WORDS,
    "salesforce": {**_WORDS, "critical": "urgent"},
}


class Rating(NamedTuple):
    """A customer's verdict on a ticket: `score` of 1 to `scale`."""

    score: int
    scale: int


_HELP_SCOUT: Final = {
    "1": 3,
    "great": 3,
    "2": 2,
    "okay": 2,
    "ok": 2,
    "3": 1,
    "not_good": 1,
    "not good": 1,
    "notgood": 1,
}
_ZENDESK: Final = {"good": 2, "good_with_comment": 2, "bad": 1, "bad_with_comment": 1}

# What surveys call their kind, and the scale of ours it is, if it is one.
SURVEYS: Final[Mapping[str, str]] = {"nps": "nps", "csat": "csat", "ces": "ces", "ces7": "ces", "stars": "stars"}


def status_of(tool: str, raw: str, own: Mapping[str, Status]) -> Status | None:
    """What a tool's word for a status means: by the operator's own list, then by the table."""
    return own.get(raw) or own.get(raw.lower()) or STATUSES.get(tool, {}).get(raw.lower())


def jira_status(name: str, category: str, own: Mapping[str, Status]) -> Status | None:
    """A Jira status by the operator's list, then by its category; names tell waiting apart, and closed from solved."""
    if name in own or name.lower() in own:
        return own.get(name) or own[name.lower()]
    said = name.lower()
    by_category = STATUSES["jira"].get(category)
    if by_category == "solved":
        return "closed" if "clos" in said or "cancel" in said or "declin" in said else "solved"
    if "waiting for customer" in said or "waiting on customer" in said:
        return "pending"
    if "hold" in said or "pending" in said or "waiting for vendor" in said:
        return "on_hold"
    return by_category or _JIRA_NAMES.get(said)


# Where no category is told: the names every new project has.
_JIRA_NAMES: Final[Mapping[str, Status]] = {
    "open": "open",
    "to do": "open",
    "reopened": "open",
    "in progress": "open",
    "waiting for support": "open",
    "done": "solved",
    "resolved": "solved",
    "closed": "closed",
    "canceled": "closed",
}


def priority_of(tool: str, raw: str) -> Priority | None:
    """What a tool's word for a priority means."""
    return PRIORITIES.get(tool, {}).get(raw.lower())


def help_scout_rating(raw: str) -> Rating | None:
    """Great, okay or not good."""
    score = _HELP_SCOUT.get(raw.lower())
    return None if score is None else Rating(score, 3)


def zendesk_rating(raw: str) -> Rating | None:
    """Good or bad; offered and not answered is neither."""
    score = _ZENDESK.get(raw.lower())
    return None if score is None else Rating(score, 2)


def five_rating(score: int | None) -> Rating | None:
    """One to five."""
    return Rating(score, 5) if score is not None and 1 <= score <= 5 else None


def survey_scale(kind: str, score: float | None) -> str | None:
    """Our scale of a survey's kind, where the score lies on it."""
    scale = SURVEYS.get(kind.lower())
    if scale is None or score is None:
        return None
    low, high = SCALE_BOUNDS[scale]
    return scale if low <= score <= high else None
