"""The circuit of an endpoint: after failures in a row it is left alone for a while, then tried with one delivery."""

from __future__ import annotations

from dataclasses import dataclass, replace

from schemas.instant import MINUTE, SECOND
from sinks.webhook.schedule import GIVE_UP_AFTER

FAILURES_TO_OPEN = 5
FIRST_PAUSE = 30 * SECOND
LONGEST_PAUSE = 5 * MINUTE


@dataclass(frozen=True, slots=True)
class Circuit:
    """What is known of an endpoint's health. Instants in microseconds UTC.

    `open_until` None: closed. In the future: open, nothing is sent. In the past: half open, one delivery probes.
    """

    failures: int = 0
    pauses: int = 0
    failing_since: int | None = None
    open_until: int | None = None
    disabled_reason: str | None = None

    def room(self, now: int, concurrency: int) -> int:
        """How many deliveries may be under way now."""
        if self.disabled_reason is not None:
            return 0
        if self.open_until is None:
            return concurrency
        return 1 if now >= self.open_until else 0

    def failed(self, now: int, wait: int = 0) -> Circuit:
        """The circuit after one more failure, whose answer asked for `wait` microseconds of peace."""
        since = now if self.failing_since is None else self.failing_since
        counted = replace(self, failures=self.failures + 1, failing_since=since)
        # Deliveries that were under way when it opened say nothing new.
        resting = self.open_until is not None and now < self.open_until
        if counted.failures >= FAILURES_TO_OPEN and not resting:
            pause = min(FIRST_PAUSE << min(self.pauses, 10), LONGEST_PAUSE)
            counted = replace(counted, pauses=self.pauses + 1, open_until=now + pause)
        if wait:
            counted = replace(counted, open_until=max(counted.open_until or 0, now + wait))
        if now - since >= GIVE_UP_AFTER:
            return counted.disabled("failing")
        return counted

    def succeeded(self) -> Circuit:
        """Closed, with nothing held against it."""
        return Circuit(disabled_reason=self.disabled_reason)

    def disabled(self, reason: str) -> Circuit:
        """Closed for good, until somebody enables the endpoint again."""
        return replace(self, disabled_reason=reason)
