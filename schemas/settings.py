"""Settings events: what a tenant decided about promises, calendars, weights and categories."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from schemas.accounts import Tier
from schemas.event import Data
from schemas.values import LARGEST_INTEGER, Channel, Count, Currency, Name, Priority, Status

ClockName = Literal[
    "first_response",
    "next_response",
    "resolution",
    "requester_wait",
    "agent_work",
    "periodic_update",
    "pausable_update",
    "internal",
    "supplier",
]
TimeOfDay = Annotated[str, StringConstraints(pattern=r"^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$")]
DateText = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class ClockTarget(Data):
    """How long one clock may run, when it stands still, and when to warn.

    It stands still in the statuses `paused_on`, and while a pending or held ticket bears one of `paused_reasons`, the
    names by which its helpdesk calls that (`status_raw`). Warnings come when these percentages of the target are used
    up, and so many seconds of business time before it is due. An `internal` clock runs for the group that has the
    ticket: of these `groups`, or of any where none is named.
    """

    clock: ClockName
    target_seconds: Annotated[int, Field(ge=1, le=315_360_000)]
    paused_on: Annotated[tuple[Status, ...], Field(max_length=6)] = ()
    paused_reasons: Annotated[tuple[Name, ...], Field(max_length=32)] = ()
    warn_percent: Annotated[tuple[Annotated[int, Field(ge=1, le=99)], ...], Field(max_length=8)] = (50, 90)
    warn_before_seconds: Annotated[tuple[Annotated[int, Field(ge=1, le=315_360_000)], ...], Field(max_length=8)] = ()
    groups: Annotated[tuple[Name, ...], Field(max_length=32)] = ()

    @model_validator(mode="after")
    def _warns_after_it_starts(self) -> Self:
        for seconds in self.warn_before_seconds:
            if seconds >= self.target_seconds:
                raise ValueError(f"a warning {seconds} s before the target of {self.target_seconds} s comes too early")
        return self


class SlaPolicy(Data):
    """One promise. An empty condition holds for everything; the first policy that holds for a ticket counts."""

    name: Name
    tiers: Annotated[tuple[Tier, ...], Field(max_length=8)] = ()
    priorities: Annotated[tuple[Priority, ...], Field(max_length=4)] = ()
    channels: Annotated[tuple[Channel, ...], Field(max_length=7)] = ()
    contracts: Annotated[tuple[Name, ...], Field(max_length=32)] = ()
    calendar: Name = "always"
    targets: Annotated[tuple[ClockTarget, ...], Field(min_length=1, max_length=32)]


class SettingsSlaChanged(Data):
    """The ordered promises from now on."""

    type: ClassVar[str] = "settings.sla_changed"
    example: ClassVar[dict[str, Any]] = {
        "policies": [
            {
                "name": "enterprise urgent",
                "tiers": ["enterprise"],
                "priorities": ["urgent"],
                "calendar": "always",
                "targets": [{"clock": "first_response", "target_seconds": 900, "warn_percent": [50, 80]}],
            },
            {
                "name": "everyone",
                "calendar": "office",
                "targets": [
                    {"clock": "first_response", "target_seconds": 14400},
                    {"clock": "resolution", "target_seconds": 144000, "paused_on": ["pending", "on_hold"]},
                ],
            },
        ]
    }

    policies: Annotated[tuple[SlaPolicy, ...], Field(max_length=32)]


class OpeningHours(Data):
    """Open on this weekday from `start` to `end` of the calendar's zone; an end before the start is next morning."""

    weekday: Weekday
    start: TimeOfDay
    end: TimeOfDay


class Holiday(Data):
    """A date with other hours than its weekday; none means closed."""

    date: DateText
    hours: Annotated[tuple[tuple[TimeOfDay, TimeOfDay], ...], Field(max_length=8)] = ()


class SettingsCalendarChanged(Data):
    """When the tenant's experts work, under a name that policies use."""

    type: ClassVar[str] = "settings.calendar_changed"
    example: ClassVar[dict[str, Any]] = {
        "name": "office",
        "zone": "Europe/Vienna",
        "hours": [
            {"weekday": "mon", "start": "08:00", "end": "12:00"},
            {"weekday": "mon", "start": "13:00", "end": "17:30"},
        ],
        "holidays": [{"date": "2026-12-25"}],
    }

    name: Name
    zone: Name
    hours: Annotated[tuple[OpeningHours, ...], Field(max_length=64)]
    holidays: Annotated[tuple[Holiday, ...], Field(max_length=512)] = ()


class SettingsWeightsChanged(Data):
    """How much each driver group of the health score counts; they need not sum to anything."""

    type: ClassVar[str] = "settings.weights_changed"
    example: ClassVar[dict[str, Any]] = {
        "usage": 30,
        "support": 25,
        "sentiment": 20,
        "commercial": 15,
        "engagement": 10,
    }

    usage: Annotated[Count, Field(le=1000)]
    support: Annotated[Count, Field(le=1000)]
    sentiment: Annotated[Count, Field(le=1000)]
    commercial: Annotated[Count, Field(le=1000)]
    engagement: Annotated[Count, Field(le=1000)]


Points = Annotated[int, Field(ge=0, le=100)]
Missing = Literal["expected", "ignore", "neutral", "zero"]


class ScoreWeights(Data):
    """How much each driver group counts in a named score; they need not sum to anything."""

    usage: Annotated[Count, Field(le=1000)] = 0
    support: Annotated[Count, Field(le=1000)] = 0
    sentiment: Annotated[Count, Field(le=1000)] = 0
    commercial: Annotated[Count, Field(le=1000)] = 0
    engagement: Annotated[Count, Field(le=1000)] = 0

    @model_validator(mode="after")
    def _weigh_something(self) -> ScoreWeights:
        if not any(self.model_dump().values()):
            raise ValueError("at least one weight is above 0")
        return self


class ScoreBand(Data):
    """The band of scores from these points on, the edge itself included, up to the next band."""

    name: Name
    from_points: Points


DriverGroup = Literal["usage", "support", "sentiment", "commercial", "engagement"]


class SettingsScoreChanged(Data):
    """A score of the tenant's own beside `health`: what counts in it, and what where little is known.

    `missing` says what a group counts as of which nothing is known: what the default score expects (the default),
    nothing (`ignore`: the others are weighted up), 50 (`neutral`) or 0 (`zero`). A group whose latest event is older
    than its `fresh_days` fades into that within `fade_days`. A `retired` score is told no more.
    """

    type: ClassVar[str] = "settings.score_changed"
    example: ClassVar[dict[str, Any]] = {
        "name": "adoption",
        "weights": {"usage": 50, "engagement": 40, "sentiment": 10},
        "bands": [
            {"name": "thriving", "from_points": 80},
            {"name": "fair", "from_points": 50},
            {"name": "poor", "from_points": 0},
        ],
        "missing": {"sentiment": "ignore", "usage": "zero"},
        "fresh_days": {"sentiment": 60},
        "fade_days": 30,
    }

    name: Name
    weights: ScoreWeights
    bands: Annotated[tuple[ScoreBand, ...], Field(min_length=1, max_length=10)] = (
        ScoreBand(name="healthy", from_points=70),
        ScoreBand(name="watch", from_points=40),
        ScoreBand(name="at risk", from_points=0),
    )
    missing: dict[DriverGroup, Missing] = Field(default_factory=dict)
    fresh_days: dict[DriverGroup, Annotated[int, Field(ge=1, le=3_650)]] = Field(default_factory=dict)
    fade_days: Annotated[int, Field(ge=1, le=365)] = 30
    retired: bool = False

    @model_validator(mode="after")
    def _is_another_score_with_bands_for_all(self) -> SettingsScoreChanged:
        if self.name == "health":
            raise ValueError("`health` is the default score, whose weights `settings.weights_changed` says")
        edges = [band.from_points for band in self.bands]
        if edges != sorted(set(edges), reverse=True) or edges[-1] != 0:
            raise ValueError("`bands` go from the highest `from_points` down to 0, each edge once")
        if len({band.name for band in self.bands}) < len(self.bands):
            raise ValueError("each of the `bands` has a name of its own")
        return self


class SettingsPeersChanged(Data):
    """Which accounts are peers, so that scores can be compared: those of one tier, plan or region, or all of them.

    In a group of fewer than `smallest` accounts no standing is told.
    """

    type: ClassVar[str] = "settings.peers_changed"
    example: ClassVar[dict[str, Any]] = {"by": "region", "smallest": 5}

    by: Literal["tier", "plan", "region", "everyone"] = "tier"
    smallest: Annotated[int, Field(ge=2, le=1_000_000)] = 5


class SettingsTaxonomyChanged(Data):
    """The categories a ticket can have; words that hint at each serve until the tenant's model has learned."""

    type: ClassVar[str] = "settings.taxonomy_changed"
    example: ClassVar[dict[str, Any]] = {"categories": {"billing": ["invoice", "refund"], "login": ["password"]}}

    categories: Annotated[
        dict[Name, Annotated[tuple[Name, ...], Field(max_length=256)]], Field(min_length=1, max_length=512)
    ]


class SettingsLimitsChanged(Data):
    """The horizon of late truth, when a category is sure enough to be said, and how much may be taught an hour."""

    type: ClassVar[str] = "settings.limits_changed"
    example: ClassVar[dict[str, Any]] = {"horizon_days": 32, "abstain_below_percent": 50}

    horizon_days: Annotated[int, Field(ge=1, le=366)] = 32
    abstain_below_percent: Annotated[int, Field(ge=0, le=100)] = 50
    unfamiliar_percent: Annotated[int, Field(ge=0, le=100)] = 5
    unfamiliar_percent_with_meaning: Annotated[int, Field(ge=0, le=100)] = 2
    lessons_per_person_hour: Annotated[int, Field(ge=0, le=100_000)] = 60
    lessons_per_tenant_hour: Annotated[int, Field(ge=0, le=1_000_000)] = 2_000


PositiveMinor = Annotated[int, Field(ge=1, le=LARGEST_INTEGER)]
Hundredths = Annotated[int, Field(ge=1, le=10_000)]


class CreditStep(Data):
    """What the breaches of a month are worth from one of them on: an amount, or hundredths of a percent of a month's
    fee.
    """

    from_breach: Annotated[int, Field(ge=1, le=10_000)] = 1
    amount_minor: PositiveMinor | None = None
    percent_hundredths: Hundredths | None = None

    @model_validator(mode="after")
    def _is_one_of_both(self) -> CreditStep:
        if (self.amount_minor is None) == (self.percent_hundredths is None):
            raise ValueError("a step is worth either `amount_minor` or `percent_hundredths`")
        return self


class CreditRule(Data):
    """What a broken promise is worth. An empty condition holds for everything; the first rule that holds counts."""

    name: Name
    clocks: Annotated[tuple[ClockName, ...], Field(max_length=9)] = ()
    tiers: Annotated[tuple[Tier, ...], Field(max_length=8)] = ()
    steps: Annotated[tuple[CreditStep, ...], Field(min_length=1, max_length=16)]

    @model_validator(mode="after")
    def _steps_rise(self) -> CreditRule:
        starts = [step.from_breach for step in self.steps]
        if starts != sorted(set(starts)):
            raise ValueError("`steps` must be in the order of `from_breach`, each once")
        return self


class SettingsCreditsChanged(Data):
    """What broken promises cost, from the first of the month on: what is in force when a month begins holds for it.

    Of a month's credits the first ones count up to the cap (the lower one of both), and none where they are less than
    the minimum. Where a claim is needed, a breach counts that the account claimed within so many days after it.
    """

    type: ClassVar[str] = "settings.credits_changed"
    example: ClassVar[dict[str, Any]] = {
        "currency": "EUR",
        "rules": [
            {"name": "slow answers", "clocks": ["first_response"], "steps": [{"amount_minor": 2500}]},
            {
                "name": "everything else",
                "steps": [{"percent_hundredths": 100}, {"from_breach": 4, "percent_hundredths": 250}],
            },
        ],
        "cap_percent_hundredths": 3000,
        "minimum_minor": 1000,
        "claim_days": 30,
    }

    currency: Currency
    rules: Annotated[tuple[CreditRule, ...], Field(max_length=32)]
    cap_minor: Count | None = None
    cap_percent_hundredths: Hundredths | None = None
    minimum_minor: Count = 0
    claim_days: Annotated[int, Field(ge=1, le=366)] | None = None
