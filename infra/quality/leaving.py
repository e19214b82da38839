"""How well is leaving foreseen by horizon, and how long ahead, in an invented book of customers whose truth is known?

Real histories with dated behaviour and dated leaving are not public; `ravenstack` has them with labels that are noise.
So accounts are invented: each has a temper that lasts, some fall into trouble, which shows more from week to week, and
of those some leave, others recover; a few leave without a sign. Every week each is observed, with noise. The processors
that run in production fold that; every figure is of what was said before its label was known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import NamedTuple

from infra.quality.foresight import Answers, area, brier, calibration_error
from infra.quality.row import Row
from processors.accounts import ACCOUNTS
from processors.churn import CHURN
from processors.churn_model import CHURN_MODEL
from processors.churn_rule import HORIZON_DAYS
from schemas.accounts import AccountChurned, AccountCreated
from schemas.emitted import AccountObserved
from schemas.event import Data, Event, made, unchecked
from schemas.facts import PredictionMade
from schemas.instant import DAY
from streams.engine import Engine
from streams.fold_store import MemoryFoldStore

TENANT = "book"
ACCOUNTS_INVENTED = 500
DAYS = 540
SETTLED_DAYS = 180  # before that the longest horizon has taught too little for its figures to mean anything
LEAD_DAYS = ((0, 15), (15, 30), (30, 60), (60, 90))
_START = 1_700_000_000_000_000 // DAY * DAY
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Life:
    """One invented account: days from the start; `calls` is how much trouble it is at its worst, 0 to 1."""

    name: str
    joins_on: int
    temper: float
    turns_on: int | None
    calls: float
    recovers_on: int | None
    leaves_on: int | None

    def trouble(self, day: int) -> float:
        """How much of its trouble shows on a day, from 0 to 1."""
        if self.turns_on is None or day < self.turns_on:
            return 0.0
        risen = min(1.0, (day - self.turns_on) / 45)
        if self.recovers_on is not None and day > self.recovers_on:
            risen *= max(0.0, 1.0 - (day - self.recovers_on) / 20)
        return risen * self.calls


class Judged(NamedTuple):
    """One prediction of one horizon whose label is known."""

    account: str
    at: int
    horizon: int
    probability: float
    left: bool
    labelled_at: int


def measure(seed: int = 7) -> list[Row]:
    """By horizon beside the constant rate and the last label, by lead time, and with the behaviour of others."""
    lives = invented(seed)
    judged = folded(lives, seed)
    rows: list[Row] = []
    for horizon in HORIZON_DAYS:
        rows += _of_horizon([one for one in judged if one.horizon == horizon], horizon)
    leaving = {life.name: life.leaves_on for life in lives if life.leaves_on is not None}
    rows += _by_lead_time([one for one in judged if one.horizon == HORIZON_DAYS[-1] and _is_settled(one)], leaving)
    # Of whose behaviour tells nothing, what is left is how long they have been customers: the new do not leave at once.
    noise = folded(lives, seed, shown=shuffled(lives, seed))
    answers = [(one.probability, one.left) for one in noise if one.horizon == HORIZON_DAYS[-1] and _is_settled(one)]
    name = "invented book, 90 days, behaviour of others, area under ROC"
    return [*rows, Row(name, area(answers), "AUC", None, 0.5, "chance")]


def _of_horizon(judged: Sequence[Judged], horizon: int) -> list[Row]:
    said = [(one.probability, one.left) for one in judged if _is_settled(one)]
    constant, unchanged = _constant(judged), _unchanged(judged)
    name, rate = f"invented book, leaving within {horizon} days", "constant rate so far"
    return [
        Row(f"{name}, area under ROC", area(said), "AUC", None, area(unchanged), "the account's last label"),
        Row(f"{name}, Brier score", brier(said), "Brier", brier(constant), brier(constant), rate),
        Row(f"{name}, Brier score", brier(said), "Brier", None, brier(unchanged), "the account's last label"),
        Row(f"{name}, calibration error", calibration_error(said), "ECE", 0.05, calibration_error(constant), rate),
    ]


def _by_lead_time(judged: Sequence[Judged], leaving: Mapping[str, int]) -> list[Row]:
    """Of each band of days before leaving: told apart from those that stay for the whole horizon."""
    staying = [(one.probability, False) for one in judged if not one.left]
    rows: list[Row] = []
    for first, last in LEAD_DAYS:
        ahead = [
            (one.probability, True)
            for one in judged
            if one.left and first <= leaving[one.account] - (one.at - _START) // DAY < last
        ]
        name = f"invented book, {first} to {last} days before leaving, area under ROC"
        rows.append(Row(name, area([*staying, *ahead]), "AUC", None, 0.5, "constant rate"))
    return rows


def _is_settled(one: Judged) -> bool:
    return one.at >= _START + SETTLED_DAYS * DAY


def _constant(judged: Sequence[Judged]) -> Answers:
    """The rate among the labels known when each was asked."""
    said: list[tuple[float, bool]] = []
    labels = sorted((one.labelled_at, one.left) for one in judged)
    seen = left = 0
    for one in sorted(judged, key=lambda one: one.at):
        while seen < len(labels) and labels[seen][0] <= one.at:
            left += labels[seen][1]
            seen += 1
        if _is_settled(one):
            said.append(((left + 1) / (seen + 2), one.left))
    return said


def _unchanged(judged: Sequence[Judged]) -> Answers:
    """What became of the account's last label that was known then; that it stays where there is none."""
    said: list[tuple[float, bool]] = []
    for one in judged:
        known = [other for other in judged if other.account == one.account and other.labelled_at <= one.at]
        if _is_settled(one):
            said.append((float(bool(known and known[-1].left)), one.left))
    return said


def invented(seed: int) -> list[Life]:
    """The book of a seed."""
    draw = Random(f"book {seed}")  # noqa: S311 (lives to repeat, no secret)
    return [_life(draw, f"a-{number:04}") for number in range(ACCOUNTS_INVENTED)]


def _life(draw: Random, name: str) -> Life:
    joins_on = 0 if draw.random() < 0.5 else draw.randrange(0, DAYS - 120)
    temper, fate = draw.gauss(0.0, 1.0), draw.random()
    turns_on = joins_on + draw.randrange(20, DAYS)
    if fate < 0.05:
        return Life(name, joins_on, temper, None, 0.0, None, turns_on)
    if fate < 0.55:
        calls = 0.3 + 0.7 * draw.random()
        if draw.random() < 0.25 + 0.6 * calls:
            return Life(name, joins_on, temper, turns_on, calls, None, turns_on + draw.randrange(25, 130))
        return Life(name, joins_on, temper, turns_on, calls, turns_on + draw.randrange(30, 90), None)
    return Life(name, joins_on, temper, None, 0.0, None, None)


def shuffled(lives: Sequence[Life], seed: int) -> list[Life]:
    """The same names with the behaviour of others: what is observed then tells nothing."""
    draw = Random(f"others {seed}")  # noqa: S311 (an order to repeat, no secret)
    return [replace(other, name=life.name) for life, other in zip(lives, draw.sample(lives, len(lives)), strict=True)]


def folded(lives: Sequence[Life], seed: int, shown: Sequence[Life] | None = None) -> list[Judged]:
    """Folds the book; who joins and leaves is of `lives`, what is observed of `shown`, where that is another one."""
    store = MemoryFoldStore()
    engine = Engine((CHURN, ACCOUNTS, CHURN_MODEL), store)
    events = list(_events(lives, shown or lives, seed))
    for place in range(0, len(events), _AT_ONCE):
        part = events[place : place + _AT_ONCE]
        store.save([engine.push(TENANT, [event.stamped(position=place + n) for n, event in enumerate(part, 1)])])
    said = [fact for fact in store.current[TENANT].values() if isinstance(fact, PredictionMade) and fact.labelled_at]
    judged = [
        Judged(
            one.entity, one.made_at, int(one.model[6:]), one.probability, one.label == "churned", one.labelled_at or 0
        )
        for one in said
        if one.correct is not None
    ]
    return sorted(judged, key=lambda one: (one.at, one.account))


def _events(lives: Sequence[Life], shown: Sequence[Life], seed: int) -> Iterator[Event]:
    draw = Random(f"weeks {seed}")  # noqa: S311 (lives to repeat, no secret)
    tempers = {life.name: life for life in shown}
    for day in range(DAYS + HORIZON_DAYS[-1] + 1):
        for number, life in enumerate(lives):
            gone = life.leaves_on is not None and day >= life.leaves_on
            if day == life.joins_on:
                yield _event(day, number, life, AccountCreated(plan="pro", recurring_minor=100_000))
            if day == life.leaves_on:
                yield _event(day, number, life, AccountChurned())
            elif life.joins_on <= day <= DAYS and not gone and (day + number) % 7 == 0:
                yield _event(day, number, life, _observed(tempers[life.name], day, draw))


def _observed(life: Life, day: int, draw: Random) -> Data:
    trouble = life.trouble(day)
    features = {
        "usage trend percent": max(0.0, 100.0 - 70.0 * trouble + 15.0 * life.temper + draw.gauss(0.0, 20.0)),
        "open tickets": float(max(0, round(1.0 + 3.0 * trouble + draw.gauss(0.0, 1.5)))),
        "sentiment driver": 70.0 - 30.0 * trouble + 10.0 * life.temper + draw.gauss(0.0, 15.0),
        "days since last use": max(0.0, 12.0 * trouble + draw.expovariate(0.4)),
        "engagement driver": 50.0 + draw.gauss(0.0, 20.0),
    }
    score = max(0.0, min(100.0, 75.0 - 40.0 * trouble + draw.gauss(0.0, 8.0)))
    at = _START + day * DAY
    return unchecked(AccountObserved, day=at // DAY, score=score, features=features, heard_at=at)


def _event(day: int, number: int, life: Life, data: Data) -> Event:
    at = _START + day * DAY + number * 1_000_000
    return made(
        data, id=f"{life.name}-{day}-{data.type}", tenant=TENANT, account=life.name, occurred_at=at, recorded_at=at
    )
