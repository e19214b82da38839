"""Feedback of the story that is answered step by step, now and then too late, or never."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

from schemas.instant import DAY, HOUR


def answered_feedback(
    draw: Random, accounts: Sequence[str], start: int, days: int
) -> Iterator[tuple[str, int, str | None, dict[str, Any]]]:
    """(type, instant, account, data) of what is promised and of the steps."""
    targets = [{"step": "acknowledged", "target_seconds": 7_200, "severities": ["severe"]}]
    targets += [{"step": step, "target_seconds": 86_400} for step in ("routed", "acted_on", "told_back")]
    yield "settings.feedback_changed", start + 2 * DAY, None, {"calendar": "office", "targets": targets}
    for account in accounts:
        for number in range(draw.randint(0, 3)):
            told: dict[str, Any] = {"feedback": f"F-{account}-{number}", "by": "x-1"}
            at = start + draw.randrange(days * DAY)
            yield "feedback.routed", at, account, told | {"owner": "x-2", "note": "See to it, please."}
            for step in ("acknowledged", "acted_on", "told_back")[: draw.randint(0, 3)]:
                at += draw.randint(1, 40) * HOUR
                yield f"feedback.{step}", at, account, told
