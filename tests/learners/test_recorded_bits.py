"""The same bits on every machine, in every process: recorded once, compared for ever."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from processors.learners.logistic import Logistic
from processors.learners.text_softmax import TextSoftmax
from tests.learners.invented import accounts, passages, tickets

# A difference here means that this machine computes otherwise than the one that recorded, or that the model's
# meaning changed: then its `version` must change too, and these with it.
TEXT_DIGEST = "d7568e2058756101b6e90fe9794e6943e9bc107c8cf503d84ac93e4e37319f54"
TEXT_BITS = "0x1.fedaa745cc54ep-1"
MEANING_DIGEST = "262f8865ea49734b6b838981ad5b1b169c9a6c982ac4b9dafa4dab7d301e0a01"
MEANING_BITS = "0x1.ffffffffe3824p-1"
LOGISTIC_DIGEST = "ade4f8dd80fbe34797fa993962ae89d4a4ab75bd997107056ef1e08cbe27d481"
LOGISTIC_BITS = "0x1.8605616a0c255p-1"

RECORDED = [TEXT_DIGEST, TEXT_BITS, MEANING_DIGEST, MEANING_BITS, LOGISTIC_DIGEST, LOGISTIC_BITS]


def computed() -> list[str]:
    text, logistic = TextSoftmax(), Logistic()
    for message, label in tickets(150, seed=31):
        text.learn_one(message, label)
    for profile, left in accounts(150, seed=32):
        logistic.learn_one(profile, left)
    meaning = TextSoftmax()
    for passage, label in passages(200, seed=5):
        meaning.learn_one(passage, label)
    meaning_chance = meaning.predict_proba_one(passages(1, seed=77)[0][0])["login"]
    chance = text.predict_proba_one("locked out, refund?")["login"]
    left_chance = logistic.probability({"seats": 3, "plan": "free"})
    said = [text.digest(), chance.hex(), meaning.digest(), meaning_chance.hex()]
    return [*said, logistic.digest(), left_chance.hex()]


def test_bits_are_those_recorded() -> None:
    assert computed() == RECORDED


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
    assert run.stdout.split() == RECORDED
