"""Which driver weighs most among the reasons to leave, and how much of them can people change?

Counted are the reasons that speak for leaving. Of the rule, whose only reason is the health score, the groups of
drivers count by as much as they fall short of what is expected of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from processors.health_drivers import EXPECTED
from schemas.explanation import Term

# What people can change. Prices, contracts and what kind of customer it is are another's to decide.
WINNABLE = ("usage", "support", "sentiment", "engagement")
COMMERCIAL, OTHER = "commercial", "other"

_GROUPS: Mapping[str, str] = {
    "usage last 7 days": "usage",
    "usage trend percent": "usage",
    "active days of 28": "usage",
    "days since last use": "usage",
    "open tickets": "support",
    "tickets in 30 days": "support",
    "broken promises in 30 days": "support",
    "days to renewal": COMMERCIAL,
    "recurring revenue": COMMERCIAL,
    "plan": COMMERCIAL,
    "tier": COMMERCIAL,
    "seats": COMMERCIAL,
    "days as customer": OTHER,
    "region": OTHER,
} | {f"{group} driver": group for group in EXPECTED}
_DRIVER = " driver"


class Cause(NamedTuple):
    """The group of the strongest reasons, and the share of all of them that can be won back, in percent."""

    group: str | None
    winnable_percent: int | None


def cause_of(terms: Sequence[Term], observed: Mapping[str, float]) -> Cause:
    """The cause behind an answer's terms; `observed` are the behaviour's features."""
    weights: dict[str, float] = {}
    for term in terms:
        group = group_of(term.label)
        if group is not None and term.amount > 0.0:
            weights[group] = weights.get(group, 0.0) + term.amount
    if not any(group_of(term.label) for term in terms):
        weights = _shortfalls(observed)
    if not weights:
        return Cause(None, None)
    total = won = 0.0
    for group, weight in weights.items():
        total += weight
        won += weight if group in WINNABLE else 0.0
    return Cause(max(sorted(weights), key=weights.__getitem__), int(100.0 * won / total))


def group_of(label: str) -> str | None:
    """The driver that a term's feature belongs to; None for terms that are no reason of the account's."""
    feature = label.partition("=")[0].removesuffix(" missing")
    if feature.startswith("attribute:"):
        return OTHER
    return _GROUPS.get(feature)


def is_reason(label: str, amount: float) -> bool:
    """Whether a term speaks for leaving and says something of the account."""
    return amount > 0.0 and (group_of(label) is not None or label.startswith("health score"))


def _shortfalls(observed: Mapping[str, float]) -> dict[str, float]:
    missing = {group: expected - observed.get(group + _DRIVER, expected) for group, expected in EXPECTED.items()}
    return {group: amount for group, amount in missing.items() if amount > 0.0}
