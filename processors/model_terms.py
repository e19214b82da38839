"""What a logistic model says, as signed reasons that sum to the log-odds of its probability."""

from __future__ import annotations

from collections.abc import Mapping

from processors.learners.columns import Profile
from processors.learners.logistic import Logistic
from processors.probability import shown_terms, total_of
from schemas.explanation import Term

UNSURE = "what is not yet sure"


def model_terms(
    learner: Logistic, profile: Profile, event_ids: Mapping[str, str], *, how_common: str, most: int
) -> tuple[float, tuple[Term, ...]]:
    """The logit of the probability that is said, and the reasons that sum to it: the largest, and the rest in one.

    A model that has learned little draws its answer towards one half; that is a reason like any other. `event_ids`
    are by feature, whatever its value.
    """
    explained, moderated = learner.answer_one(profile)
    reasons: list[Term] = []
    for term in explained.terms:
        if term.contribution:
            event_id = event_ids.get(term.name.partition("=")[0])
            reasons.append(Term(term.name, term.contribution, () if event_id is None else (event_id,)))
    unsure = Term(UNSURE, moderated - explained.logit)
    terms = (Term(how_common, explained.bias), *shown_terms(reasons, most), unsure)
    return total_of(terms), terms
