"""What a tenant promises those who give feedback: which of it asks for something, and how soon each step is due."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

STEPS: Final = ("routed", "acknowledged", "acted_on", "told_back")
_HOUR, _DAY = 3_600, 86_400


@dataclass(frozen=True, slots=True)
class FeedbackTarget:
    """How soon a step is due; empty severities hold for everything."""

    step: str
    target_seconds: int
    severities: tuple[str, ...] = ()


DEFAULT_TARGETS: Final = (
    FeedbackTarget("routed", 8 * _HOUR),
    FeedbackTarget("acknowledged", _DAY, ("severe",)),
    FeedbackTarget("acknowledged", 2 * _DAY),
    FeedbackTarget("acted_on", 14 * _DAY),
    FeedbackTarget("told_back", 3 * _DAY),
)


@dataclass(frozen=True, slots=True)
class FeedbackTerms:
    """Which feedback asks for something, and what is promised about it."""

    asks_from: str = "mild"
    topics: tuple[str, ...] = ()
    by_model: bool = False
    calendar: str = "always"
    targets: tuple[FeedbackTarget, ...] = DEFAULT_TARGETS

    def asks(self, severity: str, topic: str) -> bool:
        """Whether feedback so severe (severe, mild, none, or empty where nobody can say) of a topic asks."""
        return severity in ("severe", self.asks_from) or (bool(topic) and topic in self.topics)

    def target_seconds(self, step: str, severity: str) -> int | None:
        """How soon a step is due; None where it is not promised."""
        for one in self.targets:
            if one.step == step and (not one.severities or severity in one.severities):
                return one.target_seconds
        return None


DEFAULT_FEEDBACK: Final = FeedbackTerms()
