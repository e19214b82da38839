"""Does the alarm about answers that became worse stay quiet while they are not, and how soon does it come?

Invented labels: each answer is wrong with a chance that stays, or rises once. Real ones: one pass over `banking77`,
each text classified when it comes and judged and learned when its label does, so many texts later; once the pass has
settled, what a fifth of the intents are called is moved on by one.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

from river import drift

from infra.quality.row import Row
from infra.quality.text import read_examples, shuffled
from processors.category_drift import CATEGORY_DRIFT, MODEL, SIGNIFICANCE
from processors.learners.drift import Adwin
from processors.learners.text_softmax import TextSoftmax
from schemas.emitted import LabelMatured
from schemas.event import Event, unchecked

STILL = 100_000  # labels of one stream
RATES = (0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5)
FALLS = (0.15, 0.35)
BEFORE, SINCE = 2_000, 4_000
LATER = 200  # texts until a label comes
SETTLED = 6_000
MOVED = 15  # intents
_PLAIN = "River's DDM"


def measure(datasets: Path, seeds: int) -> list[Row]:
    """Alarms on streams that stay as they are, and labels until an alarm where they do not, beside River's DDM."""
    # River's detectors take time; a tenth of the streams is enough to see what they do.
    ours = sum(len(_alarms(_adwin(), _wrong(rate, (STILL, rate)))) for rate in RATES)
    plain = sum(len(_alarms(_ddm(), _wrong(rate, (STILL, rate)))) for rate in RATES[::5])
    found, missed = _delays(_adwin, 4 * seeds)
    theirs, _ = _delays(_ddm, 4 * seeds)
    passes = [_on_banking(datasets, seed) for seed in range(min(seeds, 3))]
    fall = f"{FALLS[0]:.0%} to {FALLS[1]:.0%} wrong"
    return [
        Row("drift: false alarms in 100000 labels", ours / len(RATES), "alarms", 1.0, plain / len(RATES[::5]), _PLAIN),
        Row(f"drift: labels until a change from {fall} is found", found, "labels", None, theirs, _PLAIN),
        Row(f"drift: changes from {fall} that are not found", missed, "share", 0.0),
        Row(
            "banking77 drift: alarms while intents mean what they did",
            sum(early for early, _ in passes),
            "alarms",
            0,
        ),
        Row("banking77 drift: labels until the alarm after it", median(delay for _, delay in passes), "labels"),
    ]


def _adwin() -> Callable[[bool], bool]:
    adwin = Adwin(SIGNIFICANCE)

    def is_worse(wrong: bool) -> bool:
        before = adwin.estimation
        adwin.update(float(wrong))
        return adwin.drift_detected and adwin.estimation > before

    return is_worse


def _ddm() -> Callable[[bool], bool]:
    ddm: Any = drift.binary.DDM()

    def is_worse(wrong: bool) -> bool:
        ddm.update(wrong)
        return bool(ddm.drift_detected)

    return is_worse


def _wrong(seed: object, *parts: tuple[int, float]) -> Iterator[bool]:
    chance = random.Random(repr(seed))  # noqa: S311 (a stream to repeat, no secret)
    return (chance.random() < rate for count, rate in parts for _ in range(count))


def _alarms(is_worse: Callable[[bool], bool], wrongs: Iterator[bool]) -> list[int]:
    return [place for place, wrong in enumerate(wrongs, 1) if is_worse(wrong)]


def _delays(detector: Callable[[], Callable[[bool], bool]], seeds: int) -> tuple[float, float]:
    """The median of labels between a change and its alarm, and the share of changes without one."""
    found = []
    for seed in range(seeds):
        alarms = _alarms(detector(), _wrong((seed, "fall"), (BEFORE, FALLS[0]), (SINCE, FALLS[1])))
        found += [place - BEFORE for place in alarms if place > BEFORE][:1]
    return (median(found) if found else float(SINCE)), 1.0 - len(found) / seeds


def _on_banking(datasets: Path, seed: int) -> tuple[int, int]:
    """Alarms before the change, and labels from the change to the first alarm after it."""
    examples = shuffled(read_examples(datasets / "banking77" / "train.csv"), seed)
    names = sorted(dict.fromkeys(label for _, label in examples))[:MOVED]
    moved = dict(zip(names, [*names[1:], names[0]], strict=True))
    model, state, waiting = TextSoftmax(), CATEGORY_DRIFT.start(), deque[tuple[str, str, str]]()
    early = 0
    for place, (text, label) in enumerate(examples):
        truth = moved.get(label, label) if place >= SETTLED else label
        waiting.append((text, str(model.predict_one(text) or ""), truth))
        if len(waiting) <= LATER:
            continue
        known, answer, told = waiting.popleft()
        matured = unchecked(
            LabelMatured, model=MODEL, entity="", text="", label=told, answer=answer, said_by="", revision=1
        )
        event = Event.model_construct(id=str(place), source="", type="", occurred_at=place, data=matured)
        if CATEGORY_DRIFT.step(state, event, None):  # type: ignore[arg-type]  # it looks at no context
            if place - LATER >= SETTLED:
                return early, place - LATER - SETTLED + 1
            early += 1
        model.learn_one(known, told)
    return early, len(examples) - LATER - SETTLED
