"""Every topic there is: what it holds, for how long, and who may write to it. Data for every carrier of the log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from schemas.registry import EVENT_TYPES

Role = Literal["intake", "journal", "facts", "alerts", "dead-letters", "waits"]

INTAKE_RETENTION_DAYS = 7


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic. `retention_days` None keeps records for ever; `compacted` keeps the last record of each key only.

    Every topic is keyed by tenant and partitioned alike, except that compacted ones are keyed as `key` says.
    `types` are the event types that may stand in it; none where it holds something else than events.
    """

    name: str
    role: Role
    holds: str
    types: tuple[str, ...] = ()
    key: str = "tenant"
    retention_days: int | None = None
    compacted: bool = False


def _types(family: str) -> tuple[str, ...]:
    return tuple(row.name for row in EVENT_TYPES if row.topic == family)


_FAMILIES = {
    "tickets": "what is said and done in support conversations",
    "feedback": "what customers say when asked, or unasked",
    "usage": "what customers do with the product",
    "experts": "what the people who help do, and what they teach",
    "accounts": "who the customers are and what they pay",
    "incidents": "when the product itself was in trouble",
    "settings": "what the tenant decided",
    "system": "what Millrace itself records",
}

INTAKE: tuple[Topic, ...] = tuple(
    Topic(name, "intake", f"{holds}, as it arrived", _types(name), retention_days=INTAKE_RETENTION_DAYS)
    for name, holds in _FAMILIES.items()
)
TOPICS: tuple[Topic, ...] = (
    *INTAKE,
    Topic(
        "journal",
        "journal",
        "the truth: every tenant's events in their one order",
        tuple(row.name for row in EVENT_TYPES if row.origin != "emitted"),
    ),
    Topic("facts", "facts", "what is known, as it was said and taken back"),
    Topic("alerts", "alerts", "what somebody should hear of: the outbox of the webhooks"),
    Topic("dead-letters", "dead-letters", "input that could not be taken, with the reason and its sealed bytes"),
    Topic("waits", "waits", "each tenant's earliest due timer", compacted=True),
)

BY_NAME: dict[str, Topic] = {topic.name: topic for topic in TOPICS}

_homeless = sorted({row.topic for row in EVENT_TYPES if row.origin != "emitted"} - set(_FAMILIES))
if _homeless:
    raise AssertionError(f"event types name topics that do not exist: {', '.join(_homeless)}")
