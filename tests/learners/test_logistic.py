"""The churn learner: its bits, its reasons, few labels, gaps and outliers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from processors.learners.columns import MOST_WAITING, SIGHTS_FOR_A_COLUMN, Moments, Profile
from processors.learners.container import DamagedModel
from processors.learners.logistic import Logistic
from tests.learners.invented import accounts


def taught(count: int, seed: int = 1) -> Logistic:
    model = Logistic()
    for profile, left in accounts(count, seed):
        model.learn_one(profile, left)
    return model


def test_it_ranks_and_is_calibrated() -> None:
    model, fresh = taught(600), accounts(600, seed=2)
    chances = [model.probability(profile) for profile, _ in fresh]
    assert sum((chance > 0.5) == left for chance, (_, left) in zip(chances, fresh, strict=True)) >= 480
    assert abs(sum(chances) - sum(left for _, left in fresh)) < 30


def test_few_labels_help_and_none_mean_one_half() -> None:
    fresh = accounts(400, seed=3)
    assert Logistic().predict_proba_one(fresh[0][0]) == {False: 0.5, True: 0.5}
    model = taught(25)
    assert sum(model.predict_one(profile) == left for profile, left in fresh) >= 260


def test_single_batched_decoded_and_reordered_answers_have_the_same_bits() -> None:
    model = taught(200)
    again = Logistic.decode(model.encode())
    profiles = [profile for profile, _ in accounts(30, seed=4)]
    for profile, batched in zip(profiles, model.predict_proba_many(profiles), strict=True):
        backwards = dict(reversed(list(profile.items())))
        assert batched == model.predict_proba_one(profile) == again.predict_proba_one(backwards)
    for profile, left in accounts(30, seed=5):
        model.learn_one(profile, left)
        again.learn_one(profile, left)
    assert again.digest() == model.digest()


def test_reasons_add_up_to_the_logit_exactly() -> None:
    model = taught(300)
    for profile, _ in accounts(30, seed=6):
        explanation = model.explain_one(profile)
        assert explanation.total() == explanation.logit
    names = {term.name for profile, _ in accounts(30, seed=6) for term in model.explain_one(profile).terms}
    assert names == {"seats", "tickets", "revenue", "revenue missing", "plan=free", "plan=pro", "plan=team"}


def test_a_missing_number_counts_as_the_mean_and_says_so() -> None:
    model = taught(300)
    mean = model.state.columns.moments["seats"].mean
    without: Profile = {"tickets": 1.0, "plan": "pro", "revenue": 90.0}
    present, absent = (model.explain_one(x) for x in ({**without, "seats": mean}, without))
    assert {term.name: term.contribution for term in present.terms} == {
        term.name: term.contribution for term in absent.terms if term.name != "seats missing"
    }


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_refused_and_changes_nothing(value: float) -> None:
    model = taught(10)
    before = model.digest()
    for act in (lambda x: model.learn_one(x, True), model.predict_proba_one):
        with pytest.raises(ValueError, match=r"'seats' is .* must be finite"):
            act({"seats": value})
    with pytest.raises(ValueError, match="weight"):
        model.learn_one({"seats": 1}, True, weight=-1.0)
    assert model.digest() == before


def test_columns_are_bounded_and_absent_words_cost_nothing() -> None:
    model = Logistic(max_columns=20)
    for number in range(3_000):
        model.learn_one(
            {"name": f"customer {number}", "country": f"c{number % 40}", "seats": number % 7}, number % 2 == 0
        )
    columns = model.state.columns
    assert len(columns.names) == 20
    assert len(columns.waiting) <= MOST_WAITING
    assert model.size_bytes <= 8 * (24 * 24 + 24)
    assert not any(name.startswith("name=") for name in columns.names)


def test_a_word_gets_its_column_at_its_third_sight() -> None:
    model = Logistic()
    for sights in range(1, SIGHTS_FOR_A_COLUMN + 1):
        model.learn_one({"plan": "rare"}, True)
        assert ("plan=rare" in model.state.columns.names) == (sights >= SIGHTS_FOR_A_COLUMN)


def test_one_outlier_moves_mean_and_deviation_little() -> None:
    moments = Moments()
    for number in range(100):
        moments.update(10.0 + number % 3)
    before = (moments.mean, moments.deviation)
    moments.update(1e12)
    assert moments.mean < before[0] + before[1]
    assert moments.standardise(1e12) == 4.0


def test_moments_are_those_of_the_values() -> None:
    values = np.random.default_rng(7).normal(3.0, 2.0, 500)
    moments = Moments()
    for value in values.tolist():
        moments.update(value)
    assert moments.mean == pytest.approx(values.mean(), rel=1e-9)
    assert moments.deviation == pytest.approx(values.std(), rel=1e-9)


def test_the_covariance_stays_symmetric_and_positive() -> None:
    covariance = taught(2_000).state.covariance
    assert (covariance == covariance.T).all()
    opened = taught(10).state.opened
    assert np.linalg.eigvalsh(covariance[:opened, :opened]).min() > 0.0


def test_changed_bytes_are_noticed() -> None:
    data = taught(20).encode()
    for position in range(0, len(data), 41):
        with pytest.raises(DamagedModel):
            Logistic.decode(data[:position] + bytes([data[position] ^ 8]) + data[position + 1 :])


@pytest.mark.parametrize("parameters", [{"prior_variance": 0.0}, {"bias_variance": math.inf}, {"max_columns": 0}])
def test_senseless_parameters_are_refused(parameters: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        Logistic(**parameters)  # type: ignore[arg-type]
