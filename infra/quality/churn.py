"""How well is leaving foreseen from what is known of an account?

Data: `telco_churn` (7,043 customers, one snapshot, 26.5 % left) and `ravenstack` (500 invented accounts whose labels
are noise: a score that looks good there is leaking). Five folds; one seeded pass over the other four, then the fold.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median

from infra.quality.foresight import area, brier, calibration_error
from infra.quality.row import Row
from processors.learners.columns import Profile, Value
from processors.learners.logistic import Logistic

FOLDS = 5
Examples = list[tuple[Profile, bool]]


@dataclass(frozen=True)
class Foresight:
    """Ranking (area under the ROC curve), mean squared error of the probability (Brier), and calibration error."""

    area: float
    brier: float
    calibration_error: float


def measure(datasets: Path, seeds: int) -> list[Row]:
    """Medians over seeds of five-fold figures, beside the constant rate; FileNotFoundError without the data sets."""
    telco = telco_examples(datasets / "telco_churn" / "Telco-Customer-Churn.csv")
    raven = ravenstack_examples(datasets / "ravenstack")
    ours = [cross_validated(telco, seed) for seed in range(seeds)]
    rate = fmean(left for _, left in telco)
    constant = "constant rate"
    noise = [cross_validated(raven, seed).area for seed in range(seeds)]
    shuffled = [cross_validated(with_labels_of_others(telco, seed), seed).area for seed in range(min(seeds, 3))]
    return [
        Row("telco_churn area under ROC", median(f.area for f in ours), "AUC", 0.835, 0.5, constant),
        Row("telco_churn Brier score", median(f.brier for f in ours), "Brier", 0.137, rate * (1 - rate), constant),
        Row("telco_churn calibration error", median(f.calibration_error for f in ours), "ECE"),
        Row("telco_churn area under ROC, labels shuffled", median(shuffled), "AUC", None, 0.5, "chance"),
        Row("ravenstack area under ROC (its labels are noise)", median(noise), "AUC", None, 0.5, constant),
    ]


def cross_validated(examples: Examples, seed: int) -> Foresight:
    """Means over the folds of one seeded shuffle."""
    order = random.Random(seed).sample(examples, len(examples))  # noqa: S311 (an order to repeat, no secret)
    folds = [_fold(order, fold) for fold in range(FOLDS)]
    return Foresight(*(fmean(values) for values in zip(*folds, strict=True)))


def with_labels_of_others(examples: Examples, seed: int) -> Examples:
    """The same profiles with labels that say nothing of them: what looks good on these is leaking."""
    labels = random.Random(f"labels {seed}").sample([left for _, left in examples], len(examples))  # noqa: S311 (an order to repeat, no secret)
    return [(profile, left) for (profile, _), left in zip(examples, labels, strict=True)]


def telco_examples(path: Path) -> Examples:
    """Attributes as an account would have them: three numbers, the rest words; an empty number is missing."""
    numbers = {"tenure", "MonthlyCharges", "TotalCharges"}

    def value(name: str, text: str) -> Value:
        if name not in numbers:
            return text
        return float(text) if text.strip() else None

    rows = _rows(path)
    attributes = [name for name in rows[0] if name not in ("customerID", "Churn")]
    return [({name: value(name, row[name]) for name in attributes}, row["Churn"] == "Yes") for row in rows]


def ravenstack_examples(folder: Path) -> Examples:
    """Per account: plan and origin, sums over its subscriptions and their usage, and its tickets."""
    totals: dict[str, dict[str, float]] = {}
    owner: dict[str, str] = {}
    for row in _rows(folder / "ravenstack_subscriptions.csv"):
        owner[row["subscription_id"]] = row["account_id"]
        flags = {name: row[f"{name}_flag"] == "TRUE" for name in ("upgrade", "downgrade", "auto_renew")}
        _add(totals, row["account_id"], {"subscriptions": 1.0, "revenue": row["mrr_amount"], **flags})
    for row in _rows(folder / "ravenstack_feature_usage.csv"):
        counted = {"uses": row["usage_count"], "use_seconds": row["usage_duration_secs"], "errors": row["error_count"]}
        if row["subscription_id"] in owner:
            _add(totals, owner[row["subscription_id"]], counted)
    for row in _rows(folder / "ravenstack_support_tickets.csv"):
        escalated = row["escalation_flag"] == "TRUE"
        _add(totals, row["account_id"], {"tickets": 1.0, "hours": row["resolution_time_hours"], "escalated": escalated})
    examples: Examples = []
    for row in _rows(folder / "ravenstack_accounts.csv"):
        words: dict[str, Value] = {name: row[name] for name in ("industry", "country", "referral_source", "plan_tier")}
        profile: Profile = {**words, "seats": float(row["seats"]), **totals.get(row["account_id"], {})}
        examples.append((profile, row["churn_flag"] == "TRUE"))
    return examples


def _fold(order: Examples, fold: int) -> tuple[float, float, float]:
    model = Logistic()
    for position, (profile, left) in enumerate(order):
        if position % FOLDS != fold:
            model.learn_one(profile, left)
    answers = [(model.probability(profile), left) for profile, left in order[fold::FOLDS]]
    return area(answers), brier(answers), calibration_error(answers)


def _add(totals: dict[str, dict[str, float]], account: str, amounts: Mapping[str, str | float | bool]) -> None:
    sums = totals.setdefault(account, {})
    for name, amount in amounts.items():
        sums[name] = sums.get(name, 0.0) + float(amount or 0.0)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
