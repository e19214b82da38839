"""The demo: an invented company's ninety days go through the log, and what was learned stands beside the truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from infra.application import Application
from infra.demo.company import Arrival, Company, company
from infra.demo.names import SEED, TENANT
from infra.demo.truth import Truth
from schemas.system import BackfillEnded, BackfillStarted

_AT_ONCE = 2_000
# The fold keeps pace with the door: more than this is not let wait in memory.
_MOST_BACKLOG = 20_000

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Learned:
    """One line of the outcome: what Millrace found, and what the generator knows."""

    question: str
    found: str
    truth: str


@dataclass(slots=True)
class Played:
    """What the door said while the company was played."""

    statuses: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)


def play(
    application: Application, at: int, progress: Progress, seed: int = SEED, scale: float = 1.0
) -> tuple[Company, Played]:
    """Takes the whole company: its history as a backfill in order of time, its last day as it arrived."""
    invented = company(seed, at, scale)
    arrivals = list(invented.arrivals())
    history = sorted(
        (arrival for arrival in arrivals if arrival.phase == "history"),
        key=lambda arrival: (arrival.occurred_at, arrival.arrived_at),
    )
    live = [arrival for arrival in arrivals if arrival.phase == "live"]
    played = Played()
    total = len(arrivals)
    runtime = application.runtime
    first_at, last_at = history[0].occurred_at, history[-1].occurred_at
    runtime.record(TENANT, BackfillStarted(name="demo"), id="demo-history-began", occurred_at=first_at)
    taken = _take(application, history, played, lambda done: progress(done, total), backfill=True)
    ended = BackfillEnded(name="demo", records=len(history))
    runtime.record(TENANT, ended, id="demo-history-ended", occurred_at=last_at)
    _take(application, live, played, lambda done: progress(taken + done, total), backfill=False)
    return invented, played


def _take(
    application: Application,
    arrivals: Sequence[Arrival],
    played: Played,
    told: Callable[[int], None],
    *,
    backfill: bool,
) -> int:
    done = 0
    for batch in _batches(arrivals):
        application.wait_for_backlog(_MOST_BACKLOG)
        for one in application.runtime.take(
            TENANT, [arrival.raw for arrival in batch], origin="demo", backfill=backfill
        ):
            played.statuses[one.status] += 1
            if one.reason is not None:
                played.reasons[one.reason] += 1
        done += len(batch)
        told(done)
    return done


def _batches(arrivals: Iterable[Arrival]) -> Iterator[list[Arrival]]:
    waiting = iter(arrivals)
    while batch := list(islice(waiting, _AT_ONCE)):
        yield batch


def learned(application: Application, invented: Company, played: Played) -> list[Learned]:
    """What was found out beside the generator's hidden truth."""
    truth = invented.truth
    return [
        *_categories(application, truth),
        _breaches(application, truth),
        *_churn(application, truth),
        *_refused(truth, played),
    ]


def _categories(application: Application, truth: Truth) -> list[Learned]:
    # A ticket about which nothing was said counts as one that was answered wrongly.
    rows = _rows(
        application,
        "SELECT t.ticket AS ticket, p.answer AS answer, p.abstained AS abstained FROM tickets AS t LEFT JOIN ("
        "SELECT entity, argMin(answer, made_at) AS answer, argMin(abstained, made_at) AS abstained FROM predictions "
        "WHERE tenant = {tenant:String} AND model = 'category' GROUP BY entity) AS p ON p.entity = t.ticket "
        "WHERE t.tenant = {tenant:String} AND t.opened_at IS NOT NULL ORDER BY t.opened_at, t.ticket",
    )
    right = [truth.tickets[ticket].topic == answer for ticket, answer, _ in rows]
    said = [ok for ok, (_, answer, abstained) in zip(right, rows, strict=True) if answer and not abstained]
    half = right[len(right) // 2 :]
    ideal = f"ideal {truth.ceiling:.3f}"
    return [
        Learned("first answers right, from nothing learned on", f"{_share(right):.3f} of {len(right):,}", ideal),
        Learned("  in the second half", f"{_share(half):.3f} of {len(half):,}", ideal),
        Learned("  where it did not abstain", f"{_share(said):.3f} of {len(said):,}", ""),
    ]


def _breaches(application: Application, truth: Truth) -> Learned:
    header = application.runtime.store.header(TENANT)
    clock = 0 if header is None else header.clock
    rows = _rows(
        application,
        "SELECT ticket, clock, cycle FROM sla_breaches WHERE tenant = {tenant:String} ORDER BY ticket, clock",
    )
    found = dict.fromkeys(rows)
    expected = truth.breaches(clock)
    both = sum(key in found for key in expected)
    return Learned("broken promises", f"{len(found):,} found, {both:,} of them expected", f"{len(expected):,} expected")


def _churn(application: Application, truth: Truth) -> list[Learned]:
    rows = _rows(
        application,
        "SELECT account FROM accounts WHERE tenant = {tenant:String} AND churned_at IS NULL "
        "ORDER BY churn_probability_90 DESC NULLS LAST, account",
    )
    ranked = [account for (account,) in rows]
    fifth = ranked[: max(1, len(ranked) // 5)]
    named = sum(account in truth.leaving for account in fifth)
    judged = _rows(
        application,
        "SELECT probability, label = 'churned' FROM predictions WHERE tenant = {tenant:String} "
        "AND model = 'churn.30' AND label IS NOT NULL",
    )
    auc = ranking(judged)
    return [
        Learned(
            "accounts about to leave, among the fifth ranked first",
            f"{named} of {len(truth.leaving)}",
            f"by chance {len(truth.leaving) / 5:.1f}",
        ),
        Learned(
            "who left within 30 days, ranked before it was known (AUC)",
            "–" if auc is None else f"{auc:.3f} over {len(judged):,} predictions",
            f"{len(truth.churned)} left",
        ),
    ]


def _refused(truth: Truth, played: Played) -> list[Learned]:
    expected = Counter(truth.refused) + Counter({"conflict": truth.conflicts})
    listed = ", ".join(f"{count} {reason}" for reason, count in sorted(played.reasons.items()))
    return [
        Learned("refused records", f"{sum(played.reasons.values())} ({listed})", f"{sum(expected.values())}"),
        Learned("repeats dropped", f"{played.statuses['duplicate']:,}", f"{truth.duplicates:,}"),
    ]


def ranking(judged: Sequence[tuple[float, int]]) -> float | None:
    """Area under the ROC curve of (probability, happened), ties counted half; None where one side is empty."""
    ordered = sorted(judged)
    happened = sum(1 for _, hit in ordered if hit)
    others = len(ordered) - happened
    if not happened or not others:
        return None
    total, place = 0.0, 0
    while place < len(ordered):
        end = place
        while end < len(ordered) and ordered[end][0] == ordered[place][0]:
            end += 1
        hits = sum(1 for _, hit in ordered[place:end] if hit)
        total += hits * (place + end + 1) / 2
        place = end
    return (total - happened * (happened + 1) / 2) / (happened * others)


def _share(values: Sequence[bool]) -> float:
    return sum(values) / len(values) if values else 0.0


def _rows(application: Application, sql: str) -> Sequence[tuple[Any, ...]]:
    return application.clickhouse.read(sql, {"tenant": TENANT}).rows
