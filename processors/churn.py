"""How likely is each account to leave within 30, 60 and 90 days, and why?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from processors.accounts import profile_of
from processors.churn_answer import Answer, answers_of
from processors.churn_features import Features, account_features
from processors.churn_rule import HORIZON_DAYS, rule_terms
from processors.contract import Alert, Context, Emit, Output, Processor, Retract, Timer
from processors.probability import logistic, total_of
from schemas import accounts as said
from schemas.emitted import AccountObserved, LabelMatured, TimerFired
from schemas.event import Event, unchecked
from schemas.facts import ChurnRisk, PredictionMade
from schemas.instant import DAY, day_of

SAMPLED_EVERY_DAYS = 28
RISK_TO_ALERT = 0.3
JUDGED_DAYS = 30
LEFT, STAYED = "churned", "stayed"


class Sample(msgspec.Struct, array_like=True):
    """One account as it was at an instant, waiting for what became of it at each horizon."""

    at: int
    event_id: str
    features: Features
    score: float | None
    probability: float
    model: str
    version: int
    n: int
    waiting: list[int]


@dataclass(slots=True)
class AccountRisk:
    """The last observation of an account and the samples whose labels are not yet known."""

    account: str = ""
    day: int = 0
    score: float | None = None
    observed: dict[str, float] = field(default_factory=dict)
    event_ids: dict[str, str] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list)
    sampled_at: int | None = None
    churned_at: int | None = None
    stated: float | None = None


class Churn(Processor[AccountRisk]):
    """Predicts, samples, and teaches the models once a sample's horizon has passed.

    Who leaves is known before who stays. A model that learned each as soon as it is known would see leavers only for
    as long as its horizon, so a sample teaches when its horizon is over, whatever became of the account before.
    """

    name = "churn"
    consumes = (AccountObserved, said.AccountCreated, said.AccountUpdated, said.AccountChurned)
    facts = (ChurnRisk, PredictionMade)
    state = AccountRisk

    def key(self, event: Event) -> str | None:
        return event.account

    def step(self, state: AccountRisk, event: Event, context: Context) -> Sequence[Output]:
        match event.data:
            case said.AccountChurned():
                return _left(state, event)
            case TimerFired(name="labels"):
                return _mature(state, event, context.clock)
            case AccountObserved(day=day, score=score, features=features, event_ids=event_ids):
                state.account = event.account or ""
                state.day, state.score = day, score
                state.observed, state.event_ids = dict(features), dict(event_ids)
            case TimerFired():
                pass
            case _:
                # Context shows the profile as it was before this record.
                state.account = event.account or ""
                return (Timer("profile", context.clock),)
        return () if state.churned_at is not None else _predict(state, event, context)


def _predict(state: AccountRisk, event: Event, context: Context) -> Sequence[Output]:
    observed = unchecked(
        AccountObserved, day=state.day, score=state.score or 0.0, features=state.observed, event_ids=state.event_ids
    )
    profile = profile_of(context, state.account)
    features = account_features(profile, observed if state.day else None, context.clock)
    ids = tuple(sorted(set(state.event_ids.values())))[:5]
    rules = {horizon: rule_terms(horizon, state.score, ids) for horizon in HORIZON_DAYS}
    answers = answers_of(context, features, rules, state.event_ids)
    risk = _risk(state, answers, profile.now().get("recurring_minor") if profile else None, context)
    outputs: list[Output] = [risk, *_alert(state, risk, context)]
    state.stated = risk.probability_90
    if state.sampled_at is None or context.clock - state.sampled_at >= SAMPLED_EVERY_DAYS * DAY:
        outputs += _sample(state, event, features, risk, context)
    return outputs


def _risk(state: AccountRisk, answers: Sequence[Answer], revenue: object, context: Context) -> ChurnRisk:
    within_30, within_60, within_90 = answers
    last = within_90.probability
    return ChurnRisk(
        account=state.account,
        # Who leaves within 30 days also leaves within 60: models that learn apart must not contradict that.
        probability_30=min(within_30.probability, within_60.probability, last),
        probability_60=min(within_60.probability, last),
        probability_90=last,
        recurring_minor=revenue if isinstance(revenue, int) else None,
        model=within_90.model,
        version=within_90.version,
        n=within_90.n,
        logit=within_90.logit,
        terms=within_90.terms,
        predicted_at=context.clock,
    )


def _alert(state: AccountRisk, risk: ChurnRisk, context: Context) -> list[Output]:
    if risk.probability_90 < RISK_TO_ALERT or state.stated is None or state.stated >= RISK_TO_ALERT:
        return []
    summary = f"{state.account}: {risk.probability_90:.0%} likely to leave within 90 days"
    details = {"probability_90": risk.probability_90, "before": state.stated}
    occasion = f"month {day_of(context.clock) // 30}"
    return [Alert("churn.risk_risen", risk, state.account, summary, context.clock, state.account, occasion, details)]


def _sample(
    state: AccountRisk, event: Event, features: Features, risk: ChurnRisk, context: Context
) -> Sequence[Output]:
    sample = Sample(
        context.clock,
        event.id,
        features,
        state.score,
        risk.probability_30,
        risk.model,
        risk.version,
        risk.n,
        list(HORIZON_DAYS),
    )
    state.samples.append(sample)
    state.sampled_at = context.clock
    return (_prediction(state, sample, None, None), Timer("labels", _next_due(state)))


def _next_due(state: AccountRisk) -> int:
    return min(sample.at + sample.waiting[0] * DAY for sample in state.samples)


def _mature(state: AccountRisk, event: Event, clock: int) -> Sequence[Output]:
    """A horizon has passed: now it is known of everybody who left within it."""
    outputs: list[Output] = []
    for sample in state.samples:
        while sample.waiting and sample.at + sample.waiting[0] * DAY <= clock:
            horizon = sample.waiting.pop(0)
            left = state.churned_at is not None and sample.at <= state.churned_at <= sample.at + horizon * DAY
            outputs += _label(state, sample, horizon, LEFT if left else STAYED, event)
    state.samples = [sample for sample in state.samples if sample.waiting]
    if state.samples:
        outputs.append(Timer("labels", _next_due(state)))
    return outputs


def _left(state: AccountRisk, event: Event) -> Sequence[Output]:
    state.account = event.account or ""
    state.churned_at = event.occurred_at if state.churned_at is None else min(state.churned_at, event.occurred_at)
    if state.stated is None:
        return ()
    state.stated = None
    return (Retract(ChurnRisk, (state.account,)),)


def _label(state: AccountRisk, sample: Sample, horizon: int, label: str, event: Event) -> list[Output]:
    rule = logistic(total_of(rule_terms(horizon, sample.score, ())))
    matured = unchecked(
        LabelMatured,
        model=f"churn.{horizon}",
        entity=state.account,
        text="",
        features=sample.features,
        rule_answer=LEFT,
        rule_probability=rule,
        label=label,
        weight=1.0,
        said_by="outcome",
        revision=1,
    )
    outputs: list[Output] = [Emit(matured, state.account)]
    if horizon == JUDGED_DAYS:
        outputs.append(_prediction(state, sample, label, event.occurred_at))
    return outputs


def _prediction(state: AccountRisk, sample: Sample, label: str | None, labelled_at: int | None) -> PredictionMade:
    answer = LEFT if sample.probability >= 0.5 else STAYED
    return PredictionMade(
        model=f"churn.{JUDGED_DAYS}",
        version=sample.version,
        n=sample.n,
        entity=state.account,
        event_id=sample.event_id,
        answer=answer,
        probability=sample.probability,
        made_at=sample.at,
        label=label,
        correct=None if label is None else label == answer,
        labelled_at=labelled_at,
    )


CHURN = Churn()
