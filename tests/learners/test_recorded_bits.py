"""The same bits on every machine, in every process: recorded once, compared for ever."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from processors.learners.logistic import Logistic
from processors.learners.text_softmax import TextSoftmax
from tests.learners.invented import accounts, tickets

# A difference here means that this machine computes otherwise than the one that recorded, or that the model's
# meaning changed: then its `version` must change too, and these with it.
TEXT_DIGEST = "d7568e2058756101b6e90fe9794e6943e9bc107c8cf503d84ac93e4e37319f54"
TEXT_BITS = "0x1.fedaa745cc54ep-1"
LOGISTIC_DIGEST = "ade4f8dd80fbe34797fa993962ae89d4a4ab75bd997107056ef1e08cbe27d481"
LOGISTIC_BITS = "0x1.8605616a0c255p-1"


def computed() -> list[str]:
    text, logistic = TextSoftmax(), Logistic()
    for message, label in tickets(150, seed=31):
        text.learn_one(message, label)
    for profile, left in accounts(150, seed=32):
        logistic.learn_one(profile, left)
    chance = text.predict_proba_one("locked out, refund?")["login"]
    return [text.digest(), chance.hex(), logistic.digest(), logistic.probability({"seats": 3, "plan": "free"}).hex()]


def test_bits_are_those_recorded() -> None:
    assert computed() == [TEXT_DIGEST, TEXT_BITS, LOGISTIC_DIGEST, LOGISTIC_BITS]


# The last one runs the same lines in Python: compiled code neither reorders nor fuses.
@pytest.mark.parametrize("set_to", [{"PYTHONHASHSEED": "0"}, {"PYTHONHASHSEED": "4711"}, {"NUMBA_DISABLE_JIT": "1"}])
def test_bits_do_not_depend_on_the_process(set_to: dict[str, str]) -> None:
    script = "from tests.learners.test_recorded_bits import computed; print(*computed(), sep='\\n')"
    run = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, **set_to},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.split() == [TEXT_DIGEST, TEXT_BITS, LOGISTIC_DIGEST, LOGISTIC_BITS]
