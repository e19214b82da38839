"""Are tickets' categories predicted worse than before?

What was predicted is judged when its label becomes known, however late that is, and by what was said then: the rule,
the tenant's model or a correction of a ticket like it. Each ticket counts once, with its first label.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

import msgspec

from processors.contract import Alert, Context, Output, Processor
from processors.learners.drift import Adwin, AdwinState
from processors.probability import added
from schemas.emitted import LabelMatured
from schemas.event import Event
from schemas.lessons import ModelDrifted

MODEL: Final = "category"
DRIFT_ALERT: Final = "model.drifted"
# Of two parts of the labels: how likely they lie this far apart by chance. Over a million invented labels of answers
# that stayed as good as they were there was no alarm (`make quality`).
SIGNIFICANCE: Final = 0.002
MOST_MISSES: Final = 24
MOST_MISSED: Final = 3


class Miss(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A label that had not been predicted: the how-manieth it was, who said it and in which event."""

    number: int
    label: str
    person: str
    event_id: str


class Watched(msgspec.Struct, array_like=True):
    """What was wrong lately: a window as counts of its parts, and the latest misses. Mostly below 3 KB."""

    window: AdwinState = msgspec.field(default_factory=AdwinState)
    labels: int = 0
    misses: list[Miss] = msgspec.field(default_factory=list)


class CategoryDrift(Processor[Watched]):
    """Alerts when answers have become worse; one that became better is taken for the new measure."""

    name = "category.drift"
    consumes = (LabelMatured,)
    facts = (ModelDrifted,)
    state = Watched

    def key(self, event: Event) -> str | None:
        label = event.data
        if not isinstance(label, LabelMatured) or label.model != MODEL:
            return None
        # Once a ticket: a correction of what was known comes again, and so does who confirms one.
        return MODEL if label.revision == 1 and label.how != "confirmation" else None

    def step(self, state: Watched, event: Event, context: Context) -> Sequence[Output]:
        label = event.data
        if not isinstance(label, LabelMatured) or not label.answer:
            return ()
        wrong = label.answer != label.label
        state.labels += 1
        if wrong:
            state.misses.append(Miss(state.labels, label.label, label.said_by, event.id))
            del state.misses[:-MOST_MISSES]
        fact = _watch(state, wrong, event)
        return () if fact is None else (fact, _alert(fact))


CATEGORY_DRIFT: Final = CategoryDrift()


def _watch(state: Watched, wrong: bool, event: Event) -> ModelDrifted | None:
    """Takes in whether an answer was wrong; what is said of it where that shows that answers have become worse."""
    adwin = Adwin(SIGNIFICANCE)
    adwin.state = state.window
    is_examined = state.window.ticks % adwin.clock == adwin.clock - 1 and not adwin.drift_detected
    parts = [*_parts(state.window), (1, float(wrong))] if is_examined else []
    adwin.update(float(wrong))
    state.window = adwin.state
    if not adwin.drift_detected:
        return None
    before, wrong_before, since, wrong_since = _divided(parts)
    if wrong_since * before <= wrong_before * since:
        return None
    misses = [miss for miss in state.misses if miss.number > state.labels - since]
    return ModelDrifted(
        model=MODEL,
        accuracy_before=1.0 - wrong_before / before,
        accuracy_after=1.0 - wrong_since / since,
        labels_before=before,
        labels_after=since,
        missed=tuple([label for label, _ in Counter([miss.label for miss in misses]).most_common(MOST_MISSED)]),
        people=len(dict.fromkeys([miss.person for miss in misses])),
        event_ids=tuple([miss.event_id for miss in misses]),
        event_id=event.id,
        drifted_at=event.occurred_at,
    )


def _parts(window: AdwinState) -> list[tuple[int, float]]:
    """How many labels are in each part of the window and how many of them were wrong, oldest first."""
    levels = range(len(window.levels) - 1, -1, -1)
    return [(2**level, total) for level in levels for total, _ in window.levels[level]]


def _divided(parts: list[tuple[int, float]]) -> tuple[int, float, int, float]:
    """Labels and wrong ones before and since the instant at which the change shows most.

    The window itself still holds some of what was before: it is cut no further than what cannot be chance.
    """
    labels, wrong = sum([count for count, _ in parts]), added([total for _, total in parts])
    most, found = -1.0, (0, 0.0, labels, wrong)
    before, wrong_before = 0, 0.0
    for count, total in parts[:-1]:
        before, wrong_before = before + count, wrong_before + total
        since, wrong_since = labels - before, wrong - wrong_before
        apart = wrong_before / before - wrong_since / since
        contrast = apart * apart * before * since
        if contrast > most:
            most, found = contrast, (before, wrong_before, since, wrong_since)
    return found


def _alert(fact: ModelDrifted) -> Alert:
    summary = (
        f"categories were right {fact.accuracy_after:.0%} of the latest {fact.labels_after} times, "
        f"{fact.accuracy_before:.0%} before; most missed: {', '.join(fact.missed)}"
    )
    details = {"accuracy_before": fact.accuracy_before, "accuracy_after": fact.accuracy_after}
    return Alert(DRIFT_ALERT, fact, fact.model, summary, fact.drifted_at, None, "", details)
