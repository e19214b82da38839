"""How tired has work without a break made somebody? A declared formula over minutes, in whole percents."""

from __future__ import annotations

import msgspec

from processors.routing_terms import RoutingTerms
from schemas.explanation import Term
from schemas.instant import MINUTE


class Stretch(msgspec.Struct, array_like=True, gc=False):
    """Work without a break, from its first act to its latest; 0 where nothing was done yet."""

    began_at: int = 0
    last_at: int = 0


def worked(stretch: Stretch, at: int, terms: RoutingTerms) -> None:
    """Counts one act in. One that is told late lengthens no stretch."""
    if at <= stretch.last_at:
        return
    if at - stretch.last_at > terms.rest_minutes * MINUTE:
        stretch.began_at = at
    stretch.last_at = at


def handled_minutes(stretch: Stretch, now: int, terms: RoutingTerms) -> int:
    """Whole minutes of the stretch that still goes on; 0 after a break."""
    if now - stretch.last_at > terms.rest_minutes * MINUTE:
        return 0
    return (stretch.last_at - stretch.began_at) // MINUTE


def rested_at(stretch: Stretch, terms: RoutingTerms) -> int:
    """The first instant at which the stretch is over, if nothing more is done."""
    return stretch.last_at + terms.rest_minutes * MINUTE + 1


def fatigue_terms(minutes: int, terms: RoutingTerms) -> tuple[Term, ...]:
    """Whole percents that sum to the fatigue: none while fresh, a hundred when wholly tired."""
    beyond = minutes - terms.fresh_minutes
    if beyond <= 0:
        return ()
    span = terms.tired_minutes - terms.fresh_minutes
    percent = 100 * beyond // span
    said = Term(f"{minutes} minutes without a break, {terms.fresh_minutes} of them free", float(percent))
    return (said,) if percent <= 100 else (said, Term("nobody is more than wholly tired", float(100 - percent)))


def fatigue_percent(minutes: int, terms: RoutingTerms) -> int:
    """What `fatigue_terms` sum to."""
    beyond, span = minutes - terms.fresh_minutes, terms.tired_minutes - terms.fresh_minutes
    return min(100, max(0, 100 * beyond // span))
