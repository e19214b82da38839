"""Is an expert's work getting worse? The checklists of the latest tickets beside those before them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from processors.contract import Alert, Context, Output, Processor
from schemas.conduct import QualityTrend
from schemas.emitted import QualityMeasured
from schemas.event import Event
from schemas.instant import DAY

LATEST: Final = 20
BEFORE: Final = 60
_DROPPED_PERCENT: Final = 90  # of what it was before
QUALITY_ALERT: Final = "quality.dropped"


class Checked(msgspec.Struct, array_like=True, gc=False):
    """A ticket's items: passed, of those that applied."""

    ticket: str
    passed: int
    applicable: int


class ExpertQuality(msgspec.Struct, array_like=True, gc=False):
    """The latest tickets of an expert in the order in which they ended; 80 of them, mostly below 3 KB."""

    tickets: list[Checked] = msgspec.field(default_factory=list)
    has_dropped: bool = False


class QualityTrends(Processor[ExpertQuality]):
    """Follows each expert's checklists, and alerts once as their share falls by more than a tenth."""

    name = "quality.trend"
    consumes = (QualityMeasured,)
    facts = (QualityTrend,)
    state = ExpertQuality

    def key(self, event: Event) -> str | None:
        return event.data.expert if isinstance(event.data, QualityMeasured) else None

    def step(self, state: ExpertQuality, event: Event, context: Context) -> Sequence[Output]:
        said = event.data
        if not isinstance(said, QualityMeasured):
            return ()
        _take(state, Checked(said.ticket, said.passed, said.applicable))
        now, before = state.tickets[-LATEST:], state.tickets[:-LATEST]
        fact = QualityTrend(
            expert=said.expert,
            tickets=len(now),
            passed=sum([one.passed for one in now]),
            applicable=sum([one.applicable for one in now]),
            tickets_before=len(before),
            passed_before=sum([one.passed for one in before]),
            applicable_before=sum([one.applicable for one in before]),
            dropped=False,
            measured_at=event.occurred_at,
        )
        fact = msgspec.structs.replace(fact, dropped=has_dropped(fact))
        is_new = fact.dropped and not state.has_dropped
        state.has_dropped = fact.dropped
        return (fact, _alert(fact)) if is_new else (fact,)


QUALITY_TRENDS: Final = QualityTrends()


def has_dropped(fact: QualityTrend) -> bool:
    """Whether the share of the latest is below nine tenths of the share before; both of tickets enough."""
    if fact.tickets < LATEST or fact.tickets_before < LATEST:
        return False
    now, before = fact.passed * fact.applicable_before, fact.passed_before * fact.applicable
    return 100 * now < _DROPPED_PERCENT * before


def _take(state: ExpertQuality, checked: Checked) -> None:
    """A ticket that is checked again keeps its place."""
    for place, one in enumerate(state.tickets):
        if one.ticket == checked.ticket:
            state.tickets[place] = checked
            return
    state.tickets.append(checked)
    del state.tickets[: -(LATEST + BEFORE)]


def _alert(fact: QualityTrend) -> Alert:
    now, before = 100 * fact.passed // fact.applicable, 100 * fact.passed_before // fact.applicable_before
    summary = f"{fact.expert}: {now} % of the checklist in the latest {fact.tickets} tickets, {before} % before"
    occasion = f"week {fact.measured_at // (7 * DAY)}"
    details = {"percent": now, "percent_before": before}
    return Alert(QUALITY_ALERT, fact, fact.expert, summary, fact.measured_at, None, occasion, details)
