"""How good is a ticket's conversation for the customer? A hundred points, less what went wrong, with the events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from processors.checklist import Course
from schemas.explanation import Term
from schemas.instant import HOUR

_BEST: Final = 100
# Points off: each time, and at most.
_ASKED_AGAIN: Final = (10, 30)
_REOPENED: Final = (15, 30)
_BROKEN: Final = (15, 30)
_EMPTY: Final = (10, 20)
_ANOTHER_EXPERT: Final = (5, 10)
_HOUR_WAITED: Final = (1, 30)
_NO_ANSWER: Final = 40
_LAST_WORD: Final = 10
_NOT_SOLVED: Final = 10


class Waiting(NamedTuple):
    """A customer waits for an answer: for so many microseconds, since which event."""

    for_us: int
    event_id: str


def conversation_terms(course: Course, waiting: Waiting | None = None) -> tuple[Term, ...]:
    """Points that sum to the score, from 0 to 100; of a ticket that is over nobody waits."""
    found = [Term("the best there is", float(_BEST)), *_told(course), *_waited(waiting)]
    if course.is_over:
        found += _ended(course)
    else:
        found.append(_off("not solved yet", _NOT_SOLVED, (course.opened_by,)))
    below = sum([term.amount for term in found])
    if below < 0:
        found.append(Term("it does not fall below 0", -below))
    return tuple(found)


def score_of(terms: Sequence[Term]) -> int:
    """The score that terms sum to."""
    return int(sum([term.amount for term in terms]))


def _told(course: Course) -> list[Term]:
    others = tuple(course.experts.values())[1:]
    counted = (
        ("asked again before an answer", _ASKED_AGAIN, tuple(course.asked_twice)),
        ("opened again", _REOPENED, tuple(course.reopened)),
        ("broken promises", _BROKEN, tuple(course.breaches.values())),
        ("empty answers", _EMPTY, tuple(course.empty)),
        ("further experts", _ANOTHER_EXPERT, others),
    )
    return [
        _off(f"{label}: {len(ids)}", min(each * len(ids), most), ids) for label, (each, most), ids in counted if ids
    ]


def _waited(waiting: Waiting | None) -> list[Term]:
    if waiting is None:
        return []
    each, most = _HOUR_WAITED
    hours = waiting.for_us // HOUR
    points = min(each * hours, most)
    return [_off(f"waits for an answer, {hours} h by now", points, (waiting.event_id,))] if points > 0 else []


def _ended(course: Course) -> list[Term]:
    if course.first is None:
        return [_off("nobody answered", _NO_ANSWER, (course.ended_by,))]
    if course.closing[0] == "customer":
        return [_off("the customer had the last word before its end", _LAST_WORD, (course.closing[1],))]
    return []


def _off(label: str, points: int, event_ids: Sequence[str]) -> Term:
    return Term(label, -float(points), tuple([one for one in event_ids if one]))
