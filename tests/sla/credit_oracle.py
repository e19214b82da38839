"""What a month's breaches are worth, told once more from everything that was said; no code of the processors."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

DAY = 86_400_000_000


@dataclass
class Told:
    """Everything that was said of one account: breaches that stand, claims, and fees by the instant they began."""

    breaches: list[tuple[int, str, str, int]] = field(default_factory=list)
    claims: list[tuple[int, str | None]] = field(default_factory=list)
    fees: list[tuple[int, str, int, str]] = field(default_factory=list)
    tiers: list[tuple[int, str, str]] = field(default_factory=list)


def holding(history: list[Any], at: int) -> Any:
    """The entry that holds at an instant: the last up to it, else the first ever."""
    ordered = sorted(history, key=lambda one: one[:2])
    past = [one for one in ordered if one[0] <= at]
    return past[-1] if past else ordered[0] if ordered else None


def worth(told: Told, terms: dict[str, Any], month_at: int) -> list[int]:
    """Minor units by breach, in the order of their instants."""

    def fee(at: int) -> Fraction:
        held = holding(told.fees, at)
        return Fraction(held[2], 12) if held is not None and held[3] == terms["currency"] else Fraction(0)

    amounts: list[int] = []
    seen: list[str] = []
    for at, ticket, clock, _ in sorted(told.breaches):
        tier = holding(told.tiers, at)
        fits = [
            rule
            for rule in terms["rules"]
            if clock in (rule.get("clocks") or [clock])
            and (not rule.get("tiers") or (tier is not None and tier[2] in rule["tiers"]))
        ]
        if not fits:
            amounts.append(0)
            continue
        seen.append(fits[0]["name"])
        steps = [one for one in fits[0]["steps"] if one.get("from_breach", 1) <= seen.count(fits[0]["name"])]
        days = terms.get("claim_days")
        asked = [one for one in told.claims if one[1] in (None, ticket) and at <= one[0] <= at + (days or 0) * DAY]
        if not steps or (days and not asked):
            amounts.append(0)
        elif "amount_minor" in steps[-1]:
            amounts.append(steps[-1]["amount_minor"])
        else:
            amounts.append(int(fee(at) * steps[-1]["percent_hundredths"] / 10_000))
    caps = [terms[name] for name in ("cap_minor",) if terms.get(name) is not None]
    if terms.get("cap_percent_hundredths") is not None:
        caps.append(int(fee(month_at) * terms["cap_percent_hundredths"] / 10_000))
    for place in range(len(amounts)):
        if caps:
            amounts[place] = min(amounts[place], min(caps) - sum(amounts[:place]))
    return amounts if sum(amounts) >= terms.get("minimum_minor", 0) else [0] * len(amounts)
