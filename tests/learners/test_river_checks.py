"""River's own checks of an estimator, where they apply."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from river import datasets
from river.checks import clf, common

from processors.learners.drift import Adwin
from processors.learners.logistic import Logistic
from processors.learners.text_softmax import TextSoftmax
from tests.learners.invented import tickets

GENERAL: list[Callable[[Any], None]] = [
    common.check_repr,
    common.check_str,
    common.check_clone_same_class,
    common.check_clone_is_idempotent,
    common.check_init_has_default_params_for_tests,
    common.check_init_default_params_are_not_mutable,
    common.check_doc,
    common.check_clone_changes_memory_addresses,
    common.check_mutate_can_be_idempotent,
]
ANY_INPUT: list[Callable[..., None]] = [common.check_learn_one, common.check_pickling, clf.check_predict_proba_one]
PROFILES: list[Callable[..., None]] = [
    *ANY_INPUT,
    common.check_shuffle_features_no_impact,
    common.check_emerging_features,
    common.check_disappearing_features,
    common.check_radically_disappearing_features,
    clf.check_predict_proba_one_binary,
]


class Tickets:
    """Texts as River's checks want a data set: iterable again and again."""

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(tickets(60, seed=41))


@pytest.mark.parametrize("check", GENERAL, ids=lambda check: check.__name__)
@pytest.mark.parametrize("learner", [TextSoftmax, Logistic, Adwin])
def test_general_checks(learner: type[TextSoftmax | Logistic | Adwin], check: Callable[[Any], None]) -> None:
    check(learner())


@pytest.mark.parametrize("check", ANY_INPUT, ids=lambda check: check.__name__)
def test_checks_on_texts(check: Callable[..., None]) -> None:
    check(TextSoftmax(), Tickets())


@pytest.mark.parametrize("check", PROFILES, ids=lambda check: check.__name__)
def test_checks_on_profiles(check: Callable[..., None]) -> None:
    check(Logistic(), datasets.Phishing().take(200))
