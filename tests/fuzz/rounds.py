"""How long is something tried? A moment in every test run, minutes where they are given (`make fuzz`)."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import timedelta
from random import SystemRandom
from typing import Any

import hypothesis
from hypothesis import HealthCheck, settings

# Whatever takes this long hangs.
LONGEST = timedelta(seconds=10)
SECONDS = float(os.environ.get("MILLRACE_FUZZ_SECONDS", "0"))
SEED = int(os.environ.get("MILLRACE_FUZZ_SEED") or SystemRandom().randrange(1 << 32))


def tried(examples: int = 100, part: float = 1.0) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """So many examples in an ordinary run; round after round, each from a seed of its own, while there is time.

    `part` is what one of several trials gets of the time that they share. What fails prints the example, and the seed
    to give to `make fuzz SEED=`.
    """

    def decorate(test: Callable[..., Any]) -> Callable[..., Any]:
        repeated = settings(
            max_examples=examples,
            deadline=LONGEST,
            database=None,
            suppress_health_check=list(HealthCheck),
        )(test)
        number = 0

        def run() -> None:
            nonlocal number
            until = time.monotonic() + SECONDS * part
            while True:
                try:
                    hypothesis.seed(SEED + number)(repeated)()
                except BaseException as error:
                    error.add_note(f"seed {SEED + number}")
                    raise
                number += 1
                if time.monotonic() >= until:
                    return

        return run

    return decorate
