"""What did the tenant decide, and when did it begin to hold?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from processors.contract import Context, Output, Processor
from processors.escalation_terms import DEFAULT_ESCALATION, EscalationTerms
from processors.feedback_terms import DEFAULT_FEEDBACK, DEFAULT_TARGETS, FeedbackTerms
from processors.history import Dated, as_of, dated_as_of, insert_dated
from processors.routing_terms import DEFAULT_ROUTING, RoutingTerms
from schemas import settings as said
from schemas.event import Data, Event
from schemas.instant import DAY
from schemas.settings_escalation import SettingsEscalationChanged
from schemas.settings_feedback import SettingsFeedbackChanged
from schemas.settings_routing import SettingsRoutingChanged


@dataclass(frozen=True, slots=True)
class Target:
    """How long one clock of a policy may run, in which statuses and for which reasons it stands still, whose it is."""

    clock: str
    target_seconds: int
    paused_on: tuple[str, ...] = ()
    warn_percent: tuple[int, ...] = ()
    warn_before_seconds: tuple[int, ...] = ()
    paused_reasons: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """A promise; empty conditions hold for everything."""

    name: str
    targets: tuple[Target, ...]
    tiers: tuple[str, ...] = ()
    priorities: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    contracts: tuple[str, ...] = ()
    calendar: str = "always"


@dataclass(frozen=True, slots=True)
class CalendarHours:
    """Opening hours of one weekday (mon … sun), as local times HH:MM."""

    weekday: str
    start: str
    end: str


@dataclass(frozen=True, slots=True)
class CalendarHoliday:
    """A local date with other hours; none means closed."""

    date: str
    hours: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class CalendarSetting:
    """A business calendar as the tenant wrote it."""

    name: str
    zone: str
    hours: tuple[CalendarHours, ...]
    holidays: tuple[CalendarHoliday, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """The horizon of late truth, the percentage below which triage abstains, and how much may be taught an hour."""

    horizon_days: int = 32
    abstain_below_percent: int = 50
    unfamiliar_percent: int = 5
    unfamiliar_percent_with_meaning: int = 2
    lessons_per_person_hour: int = 60
    lessons_per_tenant_hour: int = 2_000

    @property
    def horizon(self) -> int:
        """The horizon in microseconds."""
        return self.horizon_days * DAY

    def unfamiliar(self, has_meaning: bool) -> int:
        """Of answers that became known, the percentage that stood out least and would count as unfamiliar."""
        return self.unfamiliar_percent_with_meaning if has_meaning else self.unfamiliar_percent


@dataclass(frozen=True, slots=True)
class CreditStep:
    """What each breach of a month is worth from one of them on: one of both."""

    from_breach: int = 1
    amount_minor: int | None = None
    percent_hundredths: int | None = None


@dataclass(frozen=True, slots=True)
class CreditRule:
    """What a broken promise is worth; empty conditions hold for everything."""

    name: str
    steps: tuple[CreditStep, ...]
    clocks: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CreditTerms:
    """What broken promises cost, as the tenant wrote it."""

    currency: str
    rules: tuple[CreditRule, ...]
    cap_minor: int | None = None
    cap_percent_hundredths: int | None = None
    minimum_minor: int = 0
    claim_days: int | None = None


@dataclass(frozen=True, slots=True)
class ScoreBand:
    """Scores from these points on, the edge included."""

    name: str
    from_points: int


@dataclass(frozen=True, slots=True)
class ScoreRule:
    """How driver groups make a score; see `schemas.settings.SettingsScoreChanged`."""

    name: str
    weights: dict[str, int]
    bands: tuple[ScoreBand, ...]
    missing: dict[str, str] = field(default_factory=dict)
    fresh_days: dict[str, int] = field(default_factory=dict)
    fade_days: int = 30
    retired: bool = False


@dataclass(frozen=True, slots=True)
class PeerRule:
    """Which accounts are peers, and how many there must be for a standing among them."""

    by: str = "tier"
    smallest: int = 5


DEFAULT_PEERS = PeerRule()

# Calendars and scores of a tenant, each.
MOST_NAMES = 256
# Scores of a tenant's own: of more, the first ones by name are told.
MOST_SCORES = 8

DEFAULT_LIMITS = Limits()
NO_TAXONOMY: Mapping[str, tuple[str, ...]] = {}  # one and the same, so that what is made of it is made once
NO_SCORES: Mapping[str, Dated[ScoreRule]] = {}
DEFAULT_WEIGHTS: Mapping[str, int] = {
    "usage": 30,
    "support": 25,
    "sentiment": 20,
    "commercial": 15,
    "engagement": 10,
}
DEFAULT_POLICIES: tuple[Policy, ...] = (
    Policy(
        name="default",
        targets=(
            Target("first_response", 8 * 3600, (), (50, 90)),
            Target("next_response", 24 * 3600, (), (50, 90)),
            Target("resolution", 5 * 86_400, ("pending", "on_hold"), (50, 90)),
        ),
    ),
)


@dataclass(slots=True)
class SettingsState:
    """Every setting with its history."""

    policies: list[Dated[tuple[Policy, ...]]] = field(default_factory=list)
    calendars: dict[str, list[Dated[CalendarSetting]]] = field(default_factory=dict)
    weights: list[Dated[dict[str, int]]] = field(default_factory=list)
    taxonomy: list[Dated[dict[str, tuple[str, ...]]]] = field(default_factory=list)
    limits: list[Dated[Limits]] = field(default_factory=list)
    credits: list[Dated[CreditTerms]] = field(default_factory=list)
    scores: dict[str, list[Dated[ScoreRule]]] = field(default_factory=dict)
    routing: list[Dated[RoutingTerms]] = field(default_factory=list)
    peers: list[Dated[PeerRule]] = field(default_factory=list)
    escalation: list[Dated[EscalationTerms]] = field(default_factory=list)
    feedback: list[Dated[FeedbackTerms]] = field(default_factory=list)


class Settings(Processor[SettingsState]):
    """Keeps the tenant's settings by the instant they began to hold."""

    name = "settings"
    consumes = (
        said.SettingsSlaChanged,
        said.SettingsCalendarChanged,
        said.SettingsWeightsChanged,
        said.SettingsScoreChanged,
        said.SettingsPeersChanged,
        said.SettingsTaxonomyChanged,
        said.SettingsLimitsChanged,
        said.SettingsCreditsChanged,
        SettingsRoutingChanged,
        SettingsEscalationChanged,
        SettingsFeedbackChanged,
    )
    provides_context = True
    looked_up = True
    state = SettingsState

    def key(self, event: Event) -> str:
        return "settings"

    def step(self, state: SettingsState, event: Event, context: Context) -> Sequence[Output]:
        at, event_id, plain = event.occurred_at, event.id, event.data.model_dump()
        field_name, made = _KEPT[type(event.data)]
        kept = getattr(state, field_name)
        history = _named(kept, plain["name"]) if isinstance(kept, dict) else kept
        insert_dated(history, at, event_id, made(plain))
        return ()


def _named(kept: dict[str, list[Any]], name: str) -> list[Any]:
    """The history under a name. Of more than can be kept the first by name stay, whatever came when."""
    history: list[Any] = kept.setdefault(name, [])
    if len(kept) > MOST_NAMES:
        del kept[max(kept)]
    return history


def _escalation(plain: dict[str, Any]) -> EscalationTerms:
    """The terms said; where no matrix was, the default one holds."""
    said_terms = plain if plain["matrix"] else {**plain, "matrix": DEFAULT_ESCALATION.matrix}
    return msgspec.convert(said_terms, EscalationTerms)


def _feedback(plain: dict[str, Any]) -> FeedbackTerms:
    """The terms said; where no targets were, the default ones hold."""
    said_terms = plain if plain["targets"] is not None else {**plain, "targets": DEFAULT_TARGETS}
    return msgspec.convert(said_terms, FeedbackTerms)


# Where each type's values are kept (under their name, where there are several), and what is made of what was said.
_KEPT: Mapping[type[Data], tuple[str, Callable[[dict[str, Any]], object]]] = {
    said.SettingsSlaChanged: ("policies", lambda plain: msgspec.convert(plain["policies"], tuple[Policy, ...])),
    said.SettingsCalendarChanged: ("calendars", lambda plain: msgspec.convert(plain, CalendarSetting)),
    said.SettingsWeightsChanged: ("weights", lambda plain: plain),
    said.SettingsScoreChanged: ("scores", lambda plain: msgspec.convert(plain, ScoreRule)),
    said.SettingsPeersChanged: ("peers", lambda plain: PeerRule(**plain)),
    said.SettingsTaxonomyChanged: ("taxonomy", lambda plain: plain["categories"]),
    said.SettingsLimitsChanged: ("limits", lambda plain: Limits(**plain)),
    said.SettingsCreditsChanged: ("credits", lambda plain: msgspec.convert(plain, CreditTerms)),
    SettingsRoutingChanged: ("routing", lambda plain: msgspec.convert(plain, RoutingTerms)),
    SettingsEscalationChanged: ("escalation", _escalation),
    SettingsFeedbackChanged: ("feedback", _feedback),
}


SETTINGS = Settings()


def _state(context: Context) -> SettingsState | None:
    return context.read(SETTINGS, "settings")


def policies_at(context: Context, at: int) -> tuple[Policy, ...]:
    """The ordered promises in force at an instant; a tenant that said an empty list promises nothing."""
    state = _state(context)
    said_policies = as_of(state.policies, at) if state else None
    return DEFAULT_POLICIES if said_policies is None else said_policies


def every_policies(context: Context) -> Iterator[tuple[Policy, ...]]:
    """The promises ever said, those of other times too; none for a tenant that said nothing."""
    state = _state(context)
    return (dated.value for dated in state.policies) if state else iter(())


def calendar_at(context: Context, name: str, at: int) -> CalendarSetting | None:
    """The calendar of this name in force at an instant; None for `always` and names nobody defined."""
    state = _state(context)
    return as_of(state.calendars.get(name, []), at) if state else None


def policies_said_by(context: Context, at: int) -> str:
    """The id of the event that said the promises in force at an instant; empty for the default ones."""
    state = _state(context)
    dated = dated_as_of(state.policies, at) if state else None
    return dated.event_id if dated else ""


def calendar_said_by(context: Context, name: str, at: int) -> str:
    """The id of the event that said this version of a calendar; empty where nobody said one."""
    state = _state(context)
    dated = dated_as_of(state.calendars.get(name, []), at) if state else None
    return dated.event_id if dated else ""


def weights_at(context: Context, at: int) -> Mapping[str, int]:
    """The weight of each driver group of the health score in force at an instant."""
    state = _state(context)
    return (as_of(state.weights, at) if state else None) or DEFAULT_WEIGHTS


def weights_said_by(context: Context, at: int) -> str:
    """The id of the event that said the default score's weights in force at an instant; empty for the default ones."""
    state = _state(context)
    dated = dated_as_of(state.weights, at) if state else None
    return dated.event_id if dated else ""


def score_rules_at(context: Context, at: int) -> Mapping[str, Dated[ScoreRule]]:
    """The tenant's own scores that are told at an instant, by name in the order of their names.

    A score begins when it was first said to: unlike other settings, it does not hold before.
    """
    state = _state(context)
    if state is None or not state.scores:
        return NO_SCORES
    found = [(name, dated_as_of(state.scores[name], at)) for name in sorted(state.scores)]
    told = [(name, dated) for name, dated in found if dated and dated.at <= at and not dated.value.retired]
    return dict(told[:MOST_SCORES])


def has_own_scores(context: Context) -> bool:
    """Whether the tenant ever said a score of its own."""
    state = _state(context)
    return state is not None and bool(state.scores)


def next_score_rule_at(context: Context, at: int) -> int | None:
    """When the next rule of a score comes into force that was said ahead of its time; None where none was."""
    state = _state(context)
    every = state.scores.values() if state else ()
    return min([dated.at for history in every for dated in history if dated.at > at], default=None)


def peers_at(context: Context, at: int) -> PeerRule:
    """Which accounts are peers at an instant."""
    state = _state(context)
    return (as_of(state.peers, at) if state else None) or DEFAULT_PEERS


def taxonomy_at(context: Context, at: int) -> Mapping[str, tuple[str, ...]]:
    """Categories and the words that hint at them in force at an instant; empty when nobody said."""
    state = _state(context)
    return (as_of(state.taxonomy, at) if state else None) or NO_TAXONOMY


def limits_at(context: Context, at: int) -> Limits:
    """The limits in force at an instant."""
    state = _state(context)
    return (as_of(state.limits, at) if state else None) or DEFAULT_LIMITS


def credits_at(context: Context, month_at: int, next_month_at: int) -> CreditTerms | None:
    """What the broken promises of a month cost, by the terms in force as it began; None where none were.

    The first terms hold for the month in which they were said, too, and, unlike promises, for none before it.
    """
    state = _state(context)
    dated = dated_as_of(state.credits, month_at) if state else None
    return dated.value if dated and dated.at < next_month_at else None


def routing_at(context: Context, at: int) -> RoutingTerms:
    """How tickets find their expert at an instant."""
    state = _state(context)
    return (as_of(state.routing, at) if state else None) or DEFAULT_ROUTING


def escalation_at(context: Context, at: int) -> EscalationTerms:
    """What escalates a ticket at an instant."""
    state = _state(context)
    return (as_of(state.escalation, at) if state else None) or DEFAULT_ESCALATION


def feedback_at(context: Context, at: int) -> Dated[FeedbackTerms]:
    """What is promised about feedback at an instant, with the event that said it; empty for the default terms."""
    state = _state(context)
    return (dated_as_of(state.feedback, at) if state else None) or _DEFAULT_FEEDBACK


_DEFAULT_FEEDBACK = Dated(0, "", DEFAULT_FEEDBACK)
