"""Our ADWIN against River's, step by step."""

from __future__ import annotations

import random

import pytest
from river import drift

from processors.learners.container import DamagedModel
from processors.learners.drift import Adwin


def stream(kind: str, length: int) -> list[float]:
    chance = random.Random(kind)
    if kind == "heavy":
        return [chance.paretovariate(1.5) * (1 + 3 * (at > length // 3)) for at in range(length)]
    if kind == "constant":
        return [5.0] * length
    if kind == "negative":
        return [chance.gauss(-3.0 if at % 2_000 < 1_000 else 4.0, 1.0) for at in range(length)]
    rate = {"still": [0.3] * length, "step": [0.2 + 0.4 * (at > length // 2) for at in range(length)]}
    rate["slope"] = [at / length for at in range(length)]
    return [float(chance.random() < rate[kind][at]) for at in range(length)]


@pytest.mark.parametrize("kind", ["still", "step", "slope", "heavy", "constant", "negative"])
@pytest.mark.parametrize(
    "parameters",
    [{}, {"delta": 0.1, "clock": 1}, {"delta": 1e-6, "clock": 7, "max_buckets": 3, "min_window_length": 2}],
    ids=["defaults", "quick", "strict"],
)
def test_every_step_is_as_in_river(kind: str, parameters: dict[str, float]) -> None:
    ours, oracle = Adwin(**parameters), drift.ADWIN(**parameters)  # type: ignore[arg-type, no-untyped-call]
    for position, value in enumerate(stream(kind, 3_000)):
        if position % 500 == 0:
            ours = Adwin.decode(ours.encode())
        ours.update(value)
        oracle.update(value)  # type: ignore[no-untyped-call]
        assert (ours.drift_detected, ours.width, ours.n_detections) == (
            oracle.drift_detected,
            oracle.width,
            oracle.n_detections,
        )
        assert ours.estimation == pytest.approx(oracle.estimation, rel=1e-12, abs=1e-12)
        assert ours.variance == pytest.approx(oracle.variance, rel=1e-9, abs=1e-9)


def test_a_step_is_found_and_stillness_raises_no_alarm() -> None:
    found: dict[str, int] = {}
    for kind in ("step", "still"):
        adwin = Adwin()
        for value in stream(kind, 4_000):
            adwin.update(value)
            found[kind] = found.get(kind, 0) + adwin.drift_detected
    assert found == {"step": 1, "still": 0}


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_not_finite_is_refused(value: float) -> None:
    adwin = Adwin()
    with pytest.raises(ValueError, match="finite"):
        adwin.update(value)
    assert adwin.width == 0


@pytest.mark.parametrize("damaged", ["", "{}", '{"parameters": [], "state": {"levels": 1, "x": 2}}', "[1]"])
def test_a_damaged_state_is_refused(damaged: str) -> None:
    with pytest.raises(DamagedModel):
        Adwin.decode(damaged)


@pytest.mark.parametrize("parameters", [{"delta": 0.0}, {"clock": 0}, {"max_buckets": 1}, {"grace_period": 0}])
def test_senseless_parameters_are_refused(parameters: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        Adwin(**parameters)  # type: ignore[arg-type]
