"""Who could take a ticket, and who of them should? Whole points, so that a score is exactly what its terms sum to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from processors.fatigue import fatigue_percent, handled_minutes
from processors.routing_desk import Case, Desk, Seat
from processors.routing_terms import RoutingTerms
from schemas.explanation import Term
from schemas.instant import HOUR, MINUTE, SECOND

MOST_CANDIDATES: Final = 8
MOST_EXCLUSIONS: Final = 16
_UNKNOWN: Final = 50  # of a hundred: what is not known speaks neither for nor against
_ELSEWHERE: Final = "not of group"
_LEAST_SECONDS: Final = HOUR // SECOND
_MINUTE_SECONDS: Final = MINUTE // SECOND
KNOWS_WEIGHT: Final = 20


class Candidate(NamedTuple):
    """Somebody who could take a ticket; criteria as (what it says, points). Sorted, the best is first."""

    score: int
    tickets: int
    given_at: int
    expert: str
    points: tuple[tuple[str, int], ...]

    @property
    def terms(self) -> tuple[Term, ...]:
        return tuple([Term(label, float(points)) for label, points in self.points])


class Choice(NamedTuple):
    """Those who could take a ticket, the best first; who could not and why; and how many are not there."""

    candidates: tuple[Candidate, ...]
    exclusions: tuple[str, ...]
    excluded: int
    absent: int

    @property
    def reason(self) -> str:
        """Why nobody could."""
        if self.excluded:
            return f"none of {self.excluded} who are there can take it"
        return f"nobody is there ({self.absent} are away)"


def choose(desk: Desk, case: Case, now: int, terms: RoutingTerms) -> Choice:
    """Weighs everybody. An expert of another group is excluded only where somebody is known of the wanted one."""
    present: list[tuple[str, Seat]] = []
    absent, wanted, has_group = 0, case.wanted, False
    for expert, seat in desk.seats.unordered():
        has_group = has_group or (wanted is not None and seat.group == wanted)
        if seat.status == "online":
            present.append((expert, seat))
        else:
            absent += 1
    group = wanted if has_group else None
    candidates: list[Candidate] = []
    exclusions: list[tuple[bool, str]] = []
    for expert, seat in present:
        why_not = excluded_by(seat, case, group, terms)
        if why_not is None:
            candidates.append(weighed(expert, seat, case, now, terms))
        else:
            exclusions.append((why_not.startswith(_ELSEWHERE), f"{expert}: {why_not}"))
    candidates.sort(key=_best_first)
    # Who has no room says more than who works elsewhere.
    said = tuple([words for _, words in sorted(exclusions)[:MOST_EXCLUSIONS]])
    return Choice(tuple(candidates), said, len(exclusions), absent)


def excluded_by(seat: Seat, case: Case, group: str | None, terms: RoutingTerms) -> str | None:
    """Why somebody who is there cannot take a ticket; None for who can."""
    if group is not None and seat.group != group:
        return f"{_ELSEWHERE} {group}"
    if seat.room(terms) <= 0:
        return f"has {seat.tickets} of {seat.most(terms)} tickets"
    if seat.is_full_on(case.channel):
        return f"has {seat.held.get(case.channel, 0)} of {seat.channel_capacity[case.channel]} on {case.channel}"
    return None


def weighed(expert: str, seat: Seat, case: Case, now: int, terms: RoutingTerms) -> Candidate:
    """The points of each criterion: a percentage times its weight."""
    points = [
        (_skill(seat, terms.skills_of(case.category)), terms.skill),
        (_load(seat, terms), terms.load),
        (_language(seat, case.language), terms.language),
        (_time(seat, case, now), terms.time),
        (_freshness(seat, now, terms), terms.fatigue),
    ]
    if case.knows == expert:
        points.append((("has had this ticket before", 100), KNOWS_WEIGHT))
    told = tuple([(label, percent * weight) for (label, percent), weight in points])
    return Candidate(sum([amount for _, amount in told]), seat.tickets, seat.given_at, expert, told)


def _best_first(one: Candidate) -> tuple[int, int, int, str]:
    """Of equals who has fewer tickets, then who waited longest for one, then the first by name."""
    return -one.score, one.tickets, one.given_at, one.expert


def _skill(seat: Seat, needed: Sequence[str]) -> tuple[str, int]:
    if not needed or not seat.skills:
        return "skills: not known", _UNKNOWN
    had = [skill for skill in needed if skill in seat.skills]
    return f"skills: {len(had)} of {', '.join(needed)}", 100 * len(had) // len(needed)


def _load(seat: Seat, terms: RoutingTerms) -> tuple[str, int]:
    most = seat.most(terms)
    return f"load: {seat.tickets} of {most} tickets", 100 * seat.room(terms) // most


def _language(seat: Seat, language: str | None) -> tuple[str, int]:
    if language is None or not seat.languages:
        return "language: not known", _UNKNOWN
    speaks = language in seat.languages
    return f"language: {'speaks' if speaks else 'does not speak'} {language}", 100 if speaks else 0


def _time(seat: Seat, case: Case, now: int) -> tuple[str, int]:
    usual = seat.usual_seconds if case.is_answered else seat.usual_answer_seconds
    if case.due_at is None or usual is None:
        return "time: not known", _UNKNOWN
    left = max(_LEAST_SECONDS, (case.due_at - now) // SECOND)
    needed = max(0, usual + _MINUTE_SECONDS * case.more_minutes)
    what = "ends one" if case.is_answered else "answers"
    said = f"time: {left // _MINUTE_SECONDS} min left, usually {what} in {usual // _MINUTE_SECONDS}"
    return f"{said}{_work(case.more_minutes)}", 100 * left // (left + needed)


def _work(more_minutes: int) -> str:
    if not more_minutes:
        return ""
    return f", this one is {abs(more_minutes)} min {'more' if more_minutes > 0 else 'less'} work"


def _freshness(seat: Seat, now: int, terms: RoutingTerms) -> tuple[str, int]:
    minutes = handled_minutes(seat.stretch, now, terms)
    return f"freshness: {minutes} min without a break", 100 - fatigue_percent(minutes, terms)
