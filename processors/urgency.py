"""How urgent is a ticket, by what the customer says, who they are, what they chose, and how much time is left?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from processors.learners.features import TEXTS_KEPT
from processors.word_beginnings import Beginnings
from schemas.explanation import Term
from schemas.instant import DAY
from schemas.values import Priority

# Words that say something is urgent or broken, in English, German and Spanish. Stems match the beginning of a word.
_STEMS: tuple[tuple[float, tuple[str, ...]], ...] = (
    (1.5, ("urgent", "asap", "immediately", "emergency", "dringend", "sofort", "notfall", "urgente", "inmediat")),
    (1.0, ("outage", "down", "offline", "crash", "ausfall", "ausgefallen", "absturz", "caíd", "caid", "bloquead")),
    (1.0, ("cancel", "lawyer", "refund", "kündig", "kuendig", "anwalt", "cancelar", "abogad", "reembolso")),
    (0.5, ("cannot", "can't", "broken", "fail", "error", "stuck", "kaputt", "fehler", "geht nicht", "falla", "roto")),
    (-1.0, ("question", "wondering", "feature request", "frage", "wunsch", "pregunta", "sugerencia", "whenever")),
)
# Of the stems in a row: which group each belongs to, and how much its group adds.
_IN_A_ROW = tuple(stem for _, stems in _STEMS for stem in stems)
_GROUPS = tuple(group for group, (_, stems) in enumerate(_STEMS) for _ in stems)
_BEGINNINGS = Beginnings(_IN_A_ROW)
_CHOSEN = {"low": -2.0, "normal": 0.0, "high": 1.5, "urgent": 3.0}
_TIERS = {"enterprise": 1.0, "premium": 0.5, "free": -0.5}
_RENEWALS = ((30, 1.0), (60, 0.5))  # within so many days
_USED = ((100, 1.5), (80, 1.0), (50, 0.5))  # percent of a promise
_SORRY = ((20, 1.0), (35, 0.5))  # percent of a chance to be glad
_EDGES: tuple[tuple[float, Priority], ...] = ((3.0, "urgent"), (1.5, "high"), (-1.0, "normal"))


@lru_cache(maxsize=TEXTS_KEPT)
def stems_in(text: str) -> tuple[int, ...]:
    """The places of the stems that a text has. A memo, so that it can be filled ahead."""
    return tuple(_BEGINNINGS.found_in(text.lower().split(" ")))


def urgency_terms(
    text: str, *, chosen: str | None, chosen_by: str, tier: object, messages: int, event_ids: tuple[str, ...]
) -> tuple[Term, ...]:
    """Signed reasons that sum to the urgency; a word counts once, and only the strongest word of each group.

    `chosen_by` is the event that chose the priority, `event_ids` those of the customer's messages.
    """
    terms: list[Term] = []
    if chosen is not None and _CHOSEN[chosen]:
        terms.append(Term(f"priority {chosen} was chosen", _CHOSEN[chosen], (chosen_by,)))
    if isinstance(tier, str) and tier in _TIERS:
        terms.append(Term(f"{tier} customer", _TIERS[tier]))
    group = -1
    for place in stems_in(text):
        if _GROUPS[place] != group:
            group = _GROUPS[place]
            terms.append(Term(f"says “{_IN_A_ROW[place]}”", _STEMS[group][0], event_ids[-1:]))
    if messages > 2:
        terms.append(Term(f"{messages} messages", 0.5, event_ids[-1:]))
    return tuple(terms)


def renewal_terms(renewal_at: object, at: int) -> tuple[Term, ...]:
    """What it adds that the account renews soon."""
    if not isinstance(renewal_at, int) or renewal_at < at:
        return ()
    days = (renewal_at - at) // DAY
    return next(((Term(f"renews in {days} days", amount),) for within, amount in _RENEWALS if days <= within), ())


def mood_terms(percent: int | None, event_ids: tuple[str, ...]) -> tuple[Term, ...]:
    """What it adds that the customer sounds sorry; nothing where that is not measured."""
    if percent is None:
        return ()
    said = f"sounds glad to {percent} %"
    return next(((Term(said, amount, event_ids[-1:]),) for most, amount in _SORRY if percent <= most), ())


def slack_terms(used_percent: int | None, event_ids: tuple[str, ...]) -> tuple[Term, ...]:
    """What it adds that little is left of a promise."""
    if used_percent is None:
        return ()
    said = f"{min(used_percent, 100)} % of a promise is used up"
    return next(((Term(said, amount, event_ids[:1]),) for least, amount in _USED if used_percent >= least), ())


def priority_of(terms: Sequence[Term]) -> tuple[Priority, float]:
    """The priority that the reasons' sum stands for, and the sum."""
    urgency = sum((term.amount for term in terms), 0.0)
    return next((name for edge, name in _EDGES if urgency >= edge), "low"), urgency
