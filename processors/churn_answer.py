"""Which probability is said: the tenant's own model's, one drawn out of a shorter horizon's, or the rule's?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from processors.churn_features import Features
from processors.churn_model import CHURN_MODEL, ChurnKnowledge
from processors.churn_rule import HORIZON_DAYS
from processors.contract import Context
from processors.model_terms import model_terms
from processors.probability import log_odds, logistic, total_of
from schemas.explanation import Term

MOST_TERMS = 8
_LEAST = 1e-9


class Answer(NamedTuple):
    """One horizon's probability with who gives it and the signed log-odds that sum to `logit`."""

    probability: float
    logit: float
    model: str
    version: int
    n: int
    terms: tuple[Term, ...]


def answers_of(
    context: Context, features: Features, rules: Mapping[int, tuple[Term, ...]], event_ids: Mapping[str, str]
) -> list[Answer]:
    """An answer a horizon, shortest first.

    A model answers once it has proved better than the rule. Before that, the answer of the next shorter horizon that
    has a proven model is drawn out at a constant rate of leaving; without one, the rule answers.
    """
    answers: list[Answer] = []
    proven: tuple[int, Answer] | None = None
    for horizon in HORIZON_DAYS:
        knowledge = context.read(CHURN_MODEL, str(horizon))
        if knowledge is not None and knowledge.is_better:
            proven = horizon, _by_model(horizon, knowledge, features, event_ids)
            answers.append(proven[1])
        elif proven is not None:
            answers.append(_drawn_out(proven[1], proven[0], horizon))
        else:
            answers.append(_by_rule(rules[horizon], knowledge))
    return answers


def nested(answers: Sequence[Answer]) -> list[Answer]:
    """The same, where no shorter horizon says more than a longer one: models that learn apart might contradict that.

    Who leaves within 30 days also leaves within 60. Only the probabilities of the shorter ones are changed.
    """
    most, found = 1.0, list[Answer]()
    for answer in reversed(answers):
        most = min(most, answer.probability)
        found.insert(0, answer._replace(probability=most))
    return found


def _by_rule(rule: tuple[Term, ...], knowledge: ChurnKnowledge | None) -> Answer:
    logit = total_of(rule)
    return Answer(logistic(logit), logit, "churn.rule", 1, knowledge.learner.n if knowledge else 0, rule)


def _by_model(horizon_days: int, knowledge: ChurnKnowledge, features: Features, event_ids: Mapping[str, str]) -> Answer:
    learner = knowledge.learner
    logit, terms = model_terms(learner, features, event_ids, how_common="how common leaving is", most=MOST_TERMS)
    return Answer(logistic(logit), logit, f"churn.model {horizon_days} days", learner.version, learner.n, terms)


def _drawn_out(answer: Answer, from_days: int, to_days: int) -> Answer:
    """Staying for twice as long is staying twice, at the same rate (a constant hazard)."""
    staying = stays = 1.0 - answer.probability
    for _ in range(to_days // from_days - 1):
        stays *= staying
    if to_days % from_days:
        stays *= 1.0 - answer.probability * (to_days % from_days) / from_days
    probability = min(max(1.0 - stays, _LEAST), 1.0 - _LEAST)
    longer = log_odds(probability) - answer.logit
    terms = (*answer.terms, Term(f"{to_days} days instead of {from_days}", longer))
    return answer._replace(probability=probability, logit=total_of(terms), terms=terms)
