"""The answer about a promise before a tenant's own model has learned enough: how often such promises were broken."""

from __future__ import annotations

from processors.breach_model import BreachKnowledge
from processors.probability import log_odds
from schemas.explanation import Term

# One in five, as if five such promises had been seen.
_BROKEN_BEFORE, _SEEN_BEFORE = 1, 5
# What is still open when all of its time is used up is almost surely broken.
_LOG_ODDS_PER_SHARE = 3.0


def rule_terms(knowledge: BreachKnowledge | None, share_used: float, event_ids: tuple[str, ...]) -> tuple[Term, ...]:
    """Signed log-odds: the rate so far, and what it means that so much of the time is used up."""
    broken = knowledge.record.happened if knowledge is not None else 0
    seen = knowledge.learner.n if knowledge is not None else 0
    rate = (broken + _BROKEN_BEFORE) / (seen + _SEEN_BEFORE)
    words = f"{broken} of {seen} such promises were broken" if seen else "before anything is known of such promises"
    base = Term(words, log_odds(rate))
    if not share_used:
        return (base,)
    return (base, Term(f"{share_used:.0%} of its time is used up", _LOG_ODDS_PER_SHARE * share_used, event_ids))
