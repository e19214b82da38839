"""What can be read? Every view, its columns and their types: the whole public face of the tables."""

from __future__ import annotations

from collections.abc import Mapping

from schemas.alerts import AlertRaised
from schemas.churning import AccountLost
from schemas.conduct import GamingSuspected, QualityChecked, QualityTrend
from schemas.credits import CreditEntry, CreditOwed
from schemas.escalation import TicketEscalated
from schemas.fact import Fact
from schemas.facts import (
    AccountState,
    ChurnRisk,
    DeadLetter,
    EventLate,
    FeedbackItem,
    HealthChanged,
    HealthScored,
    PredictionMade,
    SlaBreached,
    SlaClock,
    SlaWarned,
    TicketClassified,
    TicketState,
    UsageDay,
)
from schemas.forecasts import SlaForecast
from schemas.foresight import DemandForecast, DemandSpiked, HandlingForecast
from schemas.health import HealthDrivers, HealthForecast, HealthStanding, NamedScore, NamedScoreChanged, ScoreVersion
from schemas.lessons import LessonsUnlearned, LessonTaken, ModelDrifted, ModelPromoted, ModelState
from schemas.loops import FeedbackLoop, FeedbackStepMissed
from schemas.routing import ExpertLoad, RouteJudged, TeamAdvised, TicketQueued, TicketRouted
from schemas.sentiment import TicketSentiment
from schemas.voice import FeedbackRead
from sinks.clickhouse.columns import INSTANT, STATED, columns_of

RENAMED: Mapping[str, str] = {"group": "group_name", "where": "place"}
"""Fields whose names are words of SQL, and what the views call them."""

SAID: Mapping[str, str] = {"fact_id": "String", "position": "UInt64", "said_at": INSTANT}
"""What the views of one kind say of each fact besides its fields: its id, the journal position and the instant."""

_SAID_IN_ORDER: Mapping[str, str] = {
    "fact_id": "String",
    "position": "UInt64",
    "ordinal": "UInt32",
    "said_at": INSTANT,
}
"""The same of kinds that keep every statement, of which one record may say several."""

_TRIAGE: Mapping[str, str] = {
    "triage_category": "category",
    "triage_probability": "probability",
    "triage_confidence": "confidence",
    "triage_priority": "priority",
    "triage_urgency": "urgency",
    "triage_model": "model",
    "triage_version": "version",
    "triage_n": "n",
    "triaged_at": "classified_at",
}
_HEALTH: Mapping[str, str] = {
    "health": "score",
    "health_band": "band",
    "health_terms": "terms",
    "health_scored_at": "scored_at",
    "health_position": "position",
}
_CHURN: Mapping[str, str] = {
    "churn_probability_30": "probability_30",
    "churn_probability_60": "probability_60",
    "churn_probability_90": "probability_90",
    "churn_model": "model",
    "churn_version": "version",
    "churn_n": "n",
    "churn_logit": "logit",
    "churn_terms": "terms",
    "churn_predicted_at": "predicted_at",
    "churn_position": "position",
}


_KNOWN_AT_RISK = ("name", "tier", "plan", "owner", "renewal_at", "currency", "recurring_minor")


def _fields(kind: type[Fact]) -> dict[str, str]:
    return {RENAMED.get(column.name, column.name): column.sql_type for column in columns_of(kind)}


def _one(kind: type[Fact], **replaced: str) -> Mapping[str, str]:
    return {"tenant": STATED["tenant"], **SAID, **_fields(kind), **replaced}


def _history(kind: type[Fact]) -> Mapping[str, str]:
    return {"tenant": STATED["tenant"], **_SAID_IN_ORDER, **_fields(kind)}


def _perhaps(kind: type[Fact], names: Mapping[str, str] | None = None) -> dict[str, str]:
    """Columns of a kind that may have said nothing of an entity: all of them can be null."""
    fields = {**SAID, **_fields(kind)}
    taken = names if names is not None else {name: name for name in _fields(kind) if name != "account"}
    kinds = {name: fields[field] for name, field in taken.items()}
    return {name: kind if kind.startswith("Nullable") else f"Nullable({kind})" for name, kind in kinds.items()}


_WEIGHTS: Mapping[str, str] = {
    "tenant": STATED["tenant"],
    "account": "String",
    "score": "String",
    "parent": "String",
    "region": "String",
    "product": "String",
    "currency": "String",
    "recurring_minor": "Int64",
    "quarters": "Int64",
    "weighted_quarters": "Int64",
}


def _rolled_up(by: str) -> Mapping[str, str]:
    return {
        "tenant": STATED["tenant"],
        by: "String",
        "score": "String",
        "currency": "String",
        "accounts": "UInt64",
        "without_revenue": "UInt64",
        "recurring_minor": "Int64",
        "weighted_quarters": "Int64",
        "value": "Nullable(Float64)",
    }


VIEWS: Mapping[str, Mapping[str, str]] = {
    "tickets": {**_one(TicketState), **_perhaps(TicketClassified, _TRIAGE)},
    "triage": _one(TicketClassified),
    "predictions": _one(PredictionMade),
    "models": _one(ModelState),
    "model_promotions": _one(ModelPromoted),
    "model_drifts": _one(ModelDrifted),
    "lessons": _one(LessonTaken),
    "lessons_unlearned": _one(LessonsUnlearned),
    "sla": {**_one(SlaClock), "calendar_seconds": "Float64"},
    "sla_breaches": _one(SlaBreached),
    "sla_warnings": _one(SlaWarned),
    "sla_forecasts": _one(SlaForecast),
    "credits": _one(CreditOwed),
    "credit_ledger": _one(CreditEntry),
    "accounts": {
        "tenant": STATED["tenant"],
        "account": "String",
        **_perhaps(AccountState),
        **_perhaps(HealthScored, _HEALTH),
        **_perhaps(ChurnRisk, _CHURN),
    },
    "team_advice": _one(TeamAdvised),
    "routes": _one(TicketRouted),
    "handling": _one(HandlingForecast),
    "demand": _one(DemandForecast),
    "demand_spikes": _one(DemandSpiked),
    "queue": _one(TicketQueued),
    "route_verdicts": _one(RouteJudged),
    "experts": _one(ExpertLoad),
    "teams": {
        "tenant": STATED["tenant"],
        "team": "String",
        "experts": "UInt64",
        "online": "UInt64",
        "tickets": "Int64",
        "capacity": "Int64",
        "fatigue_percent": "Nullable(Int64)",
        "waiting": "UInt64",
        "due_at": f"Nullable({INSTANT})",
    },
    "escalations": _one(TicketEscalated),
    "sentiment": _one(TicketSentiment),
    "quality": _one(QualityChecked),
    "quality_trends": _one(QualityTrend),
    "gaming": _one(GamingSuspected),
    "at_risk": {
        "tenant": STATED["tenant"],
        "account": "String",
        **_perhaps(AccountState, {name: name for name in _KNOWN_AT_RISK}),
        **{f"probability_{days}": "Float64" for days in (30, 60, 90)},
        "at_risk_minor": "Int64",
        "cause": "Nullable(String)",
        "winnable_percent": "Nullable(Int64)",
        "winnable_minor": "Int64",
        "model": "String",
        "terms": "String",
        "predicted_at": INSTANT,
    },
    "lost_accounts": _one(AccountLost),
    "calibration": {
        "tenant": STATED["tenant"],
        "model": "String",
        "tenth": "Int64",
        "predictions": "Int64",
        "said": "Float64",
        "happened": "Float64",
    },
    "health_history": _history(HealthChanged),
    "health_drivers": _history(HealthDrivers),
    "health_forecasts": _one(HealthForecast),
    "health_standing": _one(HealthStanding),
    "health_weights": _WEIGHTS,
    "health_by_parent": _rolled_up("parent"),
    "health_by_product": _rolled_up("product"),
    "health_by_region": _rolled_up("region"),
    "health_versions": _one(ScoreVersion),
    "scores": _one(NamedScore),
    "score_history": _history(NamedScoreChanged),
    "feedback": _one(FeedbackItem),
    "feedback_read": _one(FeedbackRead),
    "feedback_loops": _one(FeedbackLoop),
    "feedback_missed": _one(FeedbackStepMissed),
    "feedback_scores": {
        "tenant": STATED["tenant"],
        "account": "String",
        "scale": "String",
        "month": "Date",
        "answers": "UInt64",
        "low": "UInt64",
        "middle": "UInt64",
        "high": "UInt64",
        "value": "Float64",
    },
    "feedback_themes": {
        "tenant": STATED["tenant"],
        "topic": "String",
        "currency": "String",
        "accounts": "UInt64",
        "answers": "UInt64",
        "severe": "UInt64",
        "recurring_minor": "Int64",
    },
    "usage_daily": _one(UsageDay, day="Date32"),
    "late_events": _one(EventLate),
    "alerts": _one(AlertRaised),
    "dead_letters": _one(DeadLetter),
}
"""View, column, type as ClickHouse writes it. Each shows current facts of each tenant's active generation only."""
