"""How likely is each account to leave within 30, 60 and 90 days, and why?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from processors.accounts import presence_of, profile_of
from processors.churn_answer import Answer, answers_of, nested
from processors.churn_cause import cause_of
from processors.churn_features import Features, account_features
from processors.churn_rule import HORIZON_DAYS, rule_terms
from processors.contract import Alert, Context, Emit, Output, Processor, Retract, Timer
from processors.health import OBSERVED_EVERY_DAYS
from processors.presence import PASSAGES
from processors.probability import logistic, total_of
from schemas import accounts as said
from schemas.churning import AccountLost
from schemas.emitted import AccountObserved, LabelMatured, TimerFired
from schemas.event import Event, unchecked
from schemas.explanation import Term
from schemas.facts import ChurnRisk, PredictionMade
from schemas.instant import DAY, day_of

SAMPLED_EVERY_DAYS = 28
RISK_TO_ALERT = 0.3
LEFT, STAYED, LOST_FROM_VIEW = "churned", "stayed", "lost from view"


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
    longer: list[tuple[float, int]] = []  # of the horizons after the first: probability, and the labels behind it


class Said(msgspec.Struct, array_like=True, gc=False):
    """What was last said of an account before it left."""

    predicted_at: int
    probability: float
    model: str
    version: int
    n: int
    logit: float
    terms: tuple[Term, ...]
    cause: str | None
    winnable_percent: int | None


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
    heard_at: int = 0
    said: Said | None = None
    reason: str | None = None
    absences: list[tuple[int, int]] = field(default_factory=list)  # that are over: when it left, when it came back


class Churn(Processor[AccountRisk]):
    """Predicts, samples, and teaches the models once a sample's horizon has passed.

    Who leaves is known before who stays. A model that learned each as soon as it is known would see leavers only for
    as long as its horizon, so a sample teaches when its horizon is over, whatever became of the account before; one
    whose horizon is not over teaches nothing. Who pays less stayed. Who is lost from view neither left nor stayed: the
    contract ran out within the horizon, nobody told of another one, and nothing was heard since; as accounts are
    observed once a week, that is decided a week later. That somebody left or came back may become known late: what was
    taught of a shorter horizon is taught again as it was. Who comes back is predicted again, and may leave again.
    """

    name = "churn"
    version = 3  # since an account that left may come back
    consumes = (AccountObserved, said.AccountUpdated, *PASSAGES)
    facts = (ChurnRisk, AccountLost, PredictionMade)
    state = AccountRisk

    def key(self, event: Event) -> str | None:
        return event.account

    def step(self, state: AccountRisk, event: Event, context: Context) -> Sequence[Output]:
        match event.data:
            case said.AccountChurned() | said.AccountRenewed() | said.AccountCreated():
                return _pass(state, event, context)
            case TimerFired(name="labels"):
                return _mature(state, event, context)
            case AccountObserved(day=day, score=score, features=features, event_ids=event_ids, heard_at=heard_at):
                state.account, state.heard_at = event.account or "", heard_at
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
    answers = nested(answers_of(context, features, rules, state.event_ids))
    risk = _risk(state, answers, profile.now().get("recurring_minor") if profile else None, context)
    outputs: list[Output] = [risk, *_alert(state, risk, context)]
    state.stated = risk.probability_90
    if state.sampled_at is None or context.clock - state.sampled_at >= SAMPLED_EVERY_DAYS * DAY:
        outputs += _sample(state, event, features, answers, context)
    return outputs


def _risk(state: AccountRisk, answers: Sequence[Answer], revenue: object, context: Context) -> ChurnRisk:
    within_90 = answers[2]
    probability, model, version, n = within_90.probability, within_90.model, within_90.version, within_90.n
    cause, winnable_percent = cause_of(within_90.terms, state.observed)
    logit, terms, at = within_90.logit, within_90.terms, context.clock
    state.said = Said(at, probability, model, version, n, logit, terms, cause, winnable_percent)
    return ChurnRisk(
        account=state.account,
        probability_30=answers[0].probability,
        probability_60=answers[1].probability,
        probability_90=probability,
        recurring_minor=revenue if isinstance(revenue, int) else None,
        model=model,
        version=version,
        n=n,
        logit=logit,
        terms=terms,
        predicted_at=at,
        cause=cause,
        winnable_percent=winnable_percent,
    )


def _alert(state: AccountRisk, risk: ChurnRisk, context: Context) -> list[Output]:
    if risk.probability_90 < RISK_TO_ALERT or state.stated is None or state.stated >= RISK_TO_ALERT:
        return []
    summary = f"{state.account}: {risk.probability_90:.0%} likely to leave within 90 days"
    details = {"probability_90": risk.probability_90, "before": state.stated}
    occasion = f"month {day_of(context.clock) // 30}"
    return [Alert("churn.risk_risen", risk, state.account, summary, context.clock, state.account, occasion, details)]


def _sample(
    state: AccountRisk, event: Event, features: Features, answers: Sequence[Answer], context: Context
) -> Sequence[Output]:
    first, *longer = answers
    sample = Sample(
        context.clock,
        event.id,
        features,
        state.score,
        first.probability,
        first.model,
        first.version,
        first.n,
        list(HORIZON_DAYS),
        [(answer.probability, answer.n) for answer in longer],
    )
    state.samples.append(sample)
    state.sampled_at = context.clock
    told = [prediction(state.account, sample, horizon, None, None) for horizon in HORIZON_DAYS]
    return (*told, Timer("labels", _next_due(state, context.clock)))


def _next_due(state: AccountRisk, now: int) -> int:
    """When the next horizon is over; one that is over by now waits for what will be observed within a week."""
    over = [sample.at + sample.waiting[0] * DAY for sample in state.samples]
    return min([at if at > now else at + OBSERVED_EVERY_DAYS * DAY for at in over])


def _mature(state: AccountRisk, event: Event, context: Context) -> Sequence[Output]:
    """A horizon has passed: now it is known of everybody who left within it."""
    outputs: list[Output] = []
    profile = profile_of(context, state.account)
    ends_at = profile.now().get("renewal_at") if profile is not None else None
    for sample in state.samples:
        while sample.waiting and sample.at + sample.waiting[0] * DAY <= context.clock:
            over_at = sample.at + sample.waiting[0] * DAY
            is_silent = isinstance(ends_at, int) and state.heard_at < ends_at < over_at
            if is_silent and state.churned_at is None and context.clock < over_at + OBSERVED_EVERY_DAYS * DAY:
                break
            horizon = sample.waiting.pop(0)
            became = _became(sample, horizon, state.absences, state.churned_at)
            if became == STAYED and is_silent:
                became = LOST_FROM_VIEW
            outputs += _label(state, sample, horizon, became, event)
    state.samples = [sample for sample in state.samples if sample.waiting]
    if state.samples:
        outputs.append(Timer("labels", _next_due(state, context.clock)))
    return outputs


def _became(sample: Sample, horizon: int, absences: Sequence[tuple[int, int]], churned_at: int | None) -> str:
    """What became of an account within a horizon; one that was away when it was sampled was a sample of nobody."""
    left = [away[0] for away in absences] + ([] if churned_at is None else [churned_at])
    is_away = any(left_at < sample.at < back_at for left_at, back_at in absences)
    if is_away or (churned_at is not None and churned_at < sample.at):
        return LOST_FROM_VIEW
    return LEFT if any(sample.at <= left_at <= sample.at + horizon * DAY for left_at in left) else STAYED


def _pass(state: AccountRisk, event: Event, context: Context) -> list[Output]:
    """It came or left, now or as becomes known late."""
    state.account = event.account or ""
    stands = presence_of(context, event)
    before, was_gone = (state.absences, state.churned_at), state.churned_at is not None
    state.absences, state.reason = list(stands.absences), stands.reason
    state.churned_at = None if stands.gone_since is None else stands.gone_since[0]
    outputs: list[Output] = []
    if state.churned_at is not None:
        outputs.append(_lost(state, context))
        if state.stated is not None:
            state.stated = None
            outputs.append(Retract(ChurnRisk, (state.account,)))
    elif was_gone:
        outputs.append(Retract(AccountLost, (state.account,)))
    if state.churned_at is None and (was_gone or isinstance(event.data, said.AccountCreated)):
        # Context shows the profile as it was before this record.
        outputs.append(Timer("profile", context.clock))
    for sample in state.samples:
        for horizon in [horizon for horizon in HORIZON_DAYS if horizon not in sample.waiting]:
            became = _became(sample, horizon, state.absences, state.churned_at)
            if became != _became(sample, horizon, *before):
                outputs += _label(state, sample, horizon, became, event, revision=2)
    return outputs


def _lost(state: AccountRisk, context: Context) -> AccountLost:
    profile = profile_of(context, state.account)
    known = profile.now() if profile is not None else {}
    revenue, currency = known.get("recurring_minor"), known.get("currency")
    said_before = state.said or Said(0, 0.0, "churn.rule", 1, 0, 0.0, (), None, None)
    return AccountLost(
        account=state.account,
        churned_at=state.churned_at or 0,
        reason=state.reason,
        cause=said_before.cause,
        winnable_percent=said_before.winnable_percent,
        probability_90=said_before.probability if said_before.terms else None,
        recurring_minor=revenue if isinstance(revenue, int) else None,
        currency=currency if isinstance(currency, str) else None,
        model=said_before.model,
        version=said_before.version,
        n=said_before.n,
        logit=said_before.logit,
        terms=said_before.terms,
        predicted_at=said_before.predicted_at if said_before.terms else None,
    )


def _label(
    state: AccountRisk, sample: Sample, horizon: int, label: str, event: Event, revision: int = 1
) -> tuple[Output, ...]:
    """States what became of a sample, and teaches it; nobody learns of one that was lost from view."""
    stated = prediction(state.account, sample, horizon, label, event.occurred_at)
    if label == LOST_FROM_VIEW:
        return (stated,)
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
        revision=revision,
    )
    return Emit(matured, state.account), stated


def prediction(
    account: str, sample: Sample, horizon: int, label: str | None, labelled_at: int | None
) -> PredictionMade:
    """What was said of one horizon when the sample was taken, and what became of it."""
    probability, n = sample.probability, sample.n
    if horizon != HORIZON_DAYS[0] and sample.longer:
        probability, n = sample.longer[HORIZON_DAYS.index(horizon) - 1]
    answer = LEFT if probability >= 0.5 else STAYED
    return PredictionMade(
        model=f"churn.{horizon}",
        version=sample.version,
        n=n,
        entity=account,
        event_id=sample.event_id,
        answer=answer,
        probability=probability,
        made_at=sample.at,
        label=label,
        correct=label == answer if label in (LEFT, STAYED) else None,
        labelled_at=labelled_at,
    )


CHURN = Churn()
