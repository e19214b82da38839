"""The customers of the demo's company: who they are, and the hidden fate of each."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from infra.demo.open_time import DAY_US

DAYS: Final = 90
CAUSES: Final = ("adoption", "service", "price", "champion")

_FIRST_WORDS: Final = (
    "Alder", "Birch", "Calder", "Dunmore", "Eastfield", "Fennel", "Gilden", "Harrow", "Ibex", "Juniper", "Kestrel",
    "Linden", "Marlow", "Nettle", "Orchard", "Pemberly", "Quarry", "Rowan", "Saffron", "Thistle", "Umber", "Vesper",
    "Willow", "Yarrow", "Zephyr",
)  # fmt: skip
_SECOND_WORDS: Final = (
    "Mills", "Logistics", "Foods", "Studio", "Pharma", "Textiles", "Robotics", "Travel", "Energy", "Publishing",
    "Optics", "Builders", "Analytics", "Marine", "Clinics", "Interiors",
)  # fmt: skip
_INDUSTRIES: Final = (
    "manufacturing",
    "logistics",
    "retail",
    "media",
    "health",
    "software",
    "education",
    "construction",
)
_REGIONS: Final = (("north-america", 0.42), ("uk-ireland", 0.16), ("dach", 0.25), ("iberia", 0.17))
_HOME_LANGUAGE: Final = {"dach": "de", "iberia": "es"}
REGION_ZONES: Final = {
    "north-america": "America/New_York",
    "uk-ireland": "Europe/London",
    "dach": "Europe/Berlin",
    "iberia": "Europe/Madrid",
}
_TIERS: Final = (("free", 0.13), ("standard", 0.45), ("premium", 0.28), ("enterprise", 0.14))
_SEATS: Final = {"free": (2, 8), "standard": (6, 60), "premium": (25, 220), "enterprise": (120, 900)}
_SEAT_PRICE_MINOR: Final = {"free": 0, "standard": 21_600, "premium": 33_600, "enterprise": 40_800}
_PLANS: Final = {"free": "Starter", "standard": "Team", "premium": "Business", "enterprise": "Scale"}

_LEAVING_SHARE: Final = 0.14
_SILENT_SHARE: Final = 0.02  # leave without a sign
_LEAVING_LATER_SHARE: Final = 0.05  # decline now, leave after the end
_TROUBLED_STAY_SHARE: Final = 0.12


@dataclass(frozen=True, slots=True)
class Fate:
    """What is wrong with an account, how badly (0 to 1), since which day, and on which day it leaves.

    Days count from the start and may lie outside of the 90. `recovers_on` is set where trouble passes. `risk` is the
    probability of leaving that the generator drew with.
    """

    cause: str | None
    severity: float
    turns_on: float
    leaves_on: float | None
    recovers_on: float | None
    risk: float

    def pressure(self, day: float) -> float:
        """How much of the trouble shows on a day, from 0 to 1."""
        if self.cause is None or day <= self.turns_on:
            return 0.0
        ramp = {"adoption": 45.0, "service": 20.0, "price": 25.0, "champion": 4.0}[self.cause]
        risen = min(1.0, (day - self.turns_on) / ramp)
        if self.recovers_on is not None and day > self.recovers_on:
            risen *= max(0.0, 1.0 - (day - self.recovers_on) / 15.0)
        return risen * (0.35 + 0.65 * self.severity)


CONTENT: Final = Fate(None, 0.0, 0.0, None, None, 0.0)


@dataclass(frozen=True, slots=True)
class Account:
    """One customer. `joins_on` is its first day (0 for those who were there before); `people` lists person ids."""

    id: str
    name: str
    region: str
    language: str
    tier: str
    seats: int
    industry: str
    tenure_months: int
    joins_on: float
    renews_on: float
    people: tuple[str, ...]
    activity: float
    growth: float
    fate: Fate = CONTENT

    @property
    def plan(self) -> str:
        return _PLANS[self.tier]

    @property
    def recurring_minor(self) -> int:
        return self.seats * _SEAT_PRICE_MINOR[self.tier]

    @property
    def leaves_within(self) -> bool:
        return self.fate.leaves_on is not None and self.fate.leaves_on < DAYS

    def language_of(self, draw: Random) -> str:
        """What a person of the account writes in: mostly its own language."""
        return self.language if draw.random() < 0.85 else "en"

    def instant(self, start: int, day: float) -> int:
        return start + round(day * DAY_US)


def weighted(draw: Random, choices: tuple[tuple[str, float], ...]) -> str:
    """One of the choices by its weight; weights sum to one."""
    place = draw.random()
    for choice, weight in choices:
        place -= weight
        if place < 0:
            return choice
    return choices[-1][0]


def population(seed: int, count: int) -> tuple[Account, ...]:
    """So many accounts; fates are dealt in fixed shares, so that every company has something to learn from."""
    draw = Random(f"accounts {seed}")
    accounts = [_account(draw, number) for number in range(count)]
    fates = _fates(Random(f"fates {seed}"), count)
    return tuple(_settled(account, fate) for account, fate in zip(accounts, fates, strict=True))


def _account(draw: Random, number: int) -> Account:
    region, tier = weighted(draw, _REGIONS), weighted(draw, _TIERS)
    low, high = _SEATS[tier]
    seats = round(math.exp(draw.uniform(math.log(low), math.log(high))))
    first, second = _FIRST_WORDS[number % 25], _SECOND_WORDS[(number // 25 + number % 25 * 7) % 16]
    joins = draw.uniform(3, 70) if draw.random() < 0.06 else 0.0
    people = 3 + min(12, int(seats**0.5))
    return Account(
        id=f"acct-{number + 1:04d}",
        name=f"{first} {second}" if number < 400 else f"{first} {second} {number // 400 + 1}",
        region=region,
        language=_HOME_LANGUAGE.get(region, "en"),
        tier=tier,
        seats=seats,
        industry=draw.choice(_INDUSTRIES),
        tenure_months=0 if joins else draw.randint(2, 60),
        joins_on=joins,
        renews_on=joins + 365.0 if joins else draw.uniform(4, 365),
        people=tuple(f"p-{number + 1:04d}-{person + 1}" for person in range(people)),
        activity=draw.lognormvariate(0.0, 0.35) * (0.55 + 0.14 * people / 2),
        growth=draw.gauss(0.0015, 0.0025),
    )


def _fates(draw: Random, count: int) -> list[Fate]:
    """Fates in account order: leaving, leaving later, troubled but staying, and content."""
    leaving, silent = round(_LEAVING_SHARE * count), round(_SILENT_SHARE * count)
    later, staying = round(_LEAVING_LATER_SHARE * count), round(_TROUBLED_STAY_SHARE * count)
    severities = [draw.betavariate(2.0, 1.6) for _ in range(leaving - silent + later + staying)]
    # Whoever is worse off leaves more often, but not always (Efraimidis and Spirakis' weighted draw).
    keys = [draw.random() ** (1.0 / severity**2) for severity in severities]
    ranked = sorted(range(len(keys)), key=lambda index: -keys[index])
    odds = (leaving - silent + later) / sum(severity**2 for severity in severities)
    fates = []
    for rank, index in enumerate(ranked):
        severity = severities[index]
        risk = min(0.97, odds * severity**2)
        if rank < leaving - silent:
            fates.append(_leaver(draw, severity, risk, draw.uniform(12, 89)))
        elif rank < leaving - silent + later:
            fates.append(_leaver(draw, severity, risk, draw.uniform(93, 130)))
        else:
            fates.append(_stayer(draw, severity, risk))
    calm_risk = silent / max(1, count - len(severities))
    fates += [replace(CONTENT, leaves_on=draw.uniform(15, 88), risk=calm_risk) for _ in range(silent)]
    fates += [replace(CONTENT, risk=calm_risk) for _ in range(count - len(fates))]
    draw.shuffle(fates)
    return fates


def _leaver(draw: Random, severity: float, risk: float, leaves_on: float) -> Fate:
    return Fate(draw.choice(CAUSES), severity, leaves_on - draw.uniform(18, 55), leaves_on, None, risk)


def _stayer(draw: Random, severity: float, risk: float) -> Fate:
    turns_on = draw.uniform(-10, 75)
    recovers_on = turns_on + draw.uniform(15, 45) if draw.random() < 0.6 else None
    return Fate(draw.choice(CAUSES), severity, turns_on, None, recovers_on, risk)


def _settled(account: Account, fate: Fate) -> Account:
    """The account with its fate: leavers were there from the start and most leave when they would renew."""
    if fate.leaves_on is None:
        return replace(account, fate=fate)
    tenure = account.tenure_months or 9
    return replace(account, fate=fate, joins_on=0.0, tenure_months=tenure, renews_on=fate.leaves_on + 0.4)
