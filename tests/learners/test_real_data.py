"""Floors on real data, on parts of it and below what a whole run reaches: a broken learner falls through them."""

from __future__ import annotations

from pathlib import Path

from infra.quality import churn, text


def test_bank_questions(datasets: Path) -> None:
    train, test = (text.read_examples(datasets / "banking77" / f"{part}.csv") for part in ("train", "test"))
    part = text.one_pass(train, test[::4], seed=1, limit=4_000)
    assert part.before_learning >= 0.73
    assert part.on_test >= 0.86


def test_leaving_customers(datasets: Path) -> None:
    examples = churn.telco_examples(datasets / "telco_churn" / "Telco-Customer-Churn.csv")
    measured = churn.cross_validated(examples[::2], seed=1)
    assert measured.area >= 0.82
    assert measured.brier <= 0.145


def test_noise_is_not_foreseen(datasets: Path) -> None:
    measured = churn.cross_validated(churn.ravenstack_examples(datasets / "ravenstack"), seed=1)
    assert 0.4 <= measured.area <= 0.6
