"""What other promises, calendars, tiers or credits would have made of a tenant's history, told for people."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

from infra.application import Application
from infra.home import HomeError
from infra.service import NotOnThisLog, Service
from infra.supposed import supposed
from processors.contract import Context
from processors.settings import calendar_at
from replay.sla_diff import BROKEN, Changed, Diff, Journal, Outcome, outcome_of, sla_diff
from replay.supposing import Supposition
from schemas.event import Event
from schemas.instant import format_if_known, format_instant
from schemas.settings import SettingsSlaChanged, SlaPolicy

_CONDITIONS = ("tiers", "priorities", "channels", "contracts")
_ALWAYS = "always"
_at_work = threading.Lock()


def sla_what_if(
    service: Service,
    tenant: str,
    lines: Sequence[str],
    *,
    since: int | None = None,
    most: int = 1_000,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """What changes, in totals and by promise (at most `most` of them, those that turn out otherwise first).

    Raises NotSupposable for a wrong line, ValueError where `since` is never reached, HomeError while another one runs.
    """
    said = supposed(lines, tenant)
    now, is_live = service.records.now(tenant, service.clock())
    supposition = Supposition(said, since)
    with _alone(), _journal_of(service) as journal:
        diff = sla_diff(journal, tenant, supposition, now if is_live else None, progress)
    context = diff.after.context(tenant)
    changed = diff.changed()
    owed = diff.owed()
    return {
        "tenant": tenant,
        "records": diff.records,
        "until": format_instant(context.header.clock),
        "since": format_if_known(since),
        "supposed": len(said),
        "left_out": supposition.left_out,
        "differs": bool(changed or owed),
        "totals": _totals(diff, changed),
        "clocks": _by_clock(diff),
        "promises": [_shown(one) for one in sorted(changed, key=_order)[:most]],
        "credits": [
            {"account": account, "month": month, "currency": currency, "before_minor": was, "after_minor": would_be}
            for (account, month, currency), was, would_be in owed[:most]
        ],
        "ledger": _ledger(diff),
        "warnings": _warnings(said, context),
        "refusals": diff.after.refusals,
    }


@contextmanager
def _journal_of(service: Service) -> Iterator[Journal]:
    if isinstance(service, Application):
        yield service.runtime.log
        return
    # Loading Kafka's client is for those who have a log there.
    from infra.kafka.service import KafkaService
    from streams.kafka.log import KafkaLog

    if not isinstance(service, KafkaService):
        raise NotOnThisLog("`sla diff` needs a log that it can read")
    with closing(KafkaLog(service.address)) as log:
        yield log


@contextmanager
def _alone() -> Iterator[None]:
    # Two of them hold two histories in memory.
    if not _at_work.acquire(blocking=False):
        raise HomeError("another `sla diff` is under way here: try again when it is done")
    try:
        yield
    finally:
        _at_work.release()


def _totals(diff: Diff, changed: Sequence[Changed]) -> dict[str, int]:
    otherwise = [one for one in changed if one.turns_out_otherwise]
    return {
        "tickets_changed": len(dict.fromkeys(one.ticket for one in otherwise)),
        "promises_changed": len(otherwise),
        "due_otherwise": len(changed) - len(otherwise),
        "newly_broken": sum(outcome_of(one.after) == BROKEN for one in otherwise),
        "no_longer_broken": sum(outcome_of(one.before) == BROKEN for one in otherwise),
        "promises_before": len(diff.before.outcomes),
        "promises_after": len(diff.after.outcomes),
    }


def _by_clock(diff: Diff) -> list[dict[str, Any]]:
    counts: Counter[tuple[str, str, str]] = Counter()
    for side, outcomes in (("before", diff.before.outcomes), ("after", diff.after.outcomes)):
        counts.update((clock, found.outcome, side) for (_, clock, _), found in outcomes.items())
    rows = sorted({(clock, outcome): None for clock, outcome, _ in counts})
    return [
        {
            "clock": clock,
            "outcome": outcome,
            "before": counts[clock, outcome, "before"],
            "after": counts[clock, outcome, "after"],
        }
        for clock, outcome in rows
    ]


def _ledger(diff: Diff) -> list[dict[str, Any]]:
    """Each currency's two ledgers: what they gain or lose sums to zero."""
    sides = diff.before, diff.after
    currencies = sorted({key[2]: None for side in sides for key in (*side.owed_minor, *side.granted_minor)})
    rows = []
    for currency in currencies:
        for ledger in ("owed", "granted"):
            before, after = (_sum(getattr(side, f"{ledger}_minor"), currency) for side in sides)
            rows.append(
                {
                    "currency": currency,
                    "ledger": ledger,
                    "before_minor": before,
                    "after_minor": after,
                    "change_minor": after - before,
                }
            )
    return rows


def _sum(amounts: dict[tuple[str, str, str], int], currency: str) -> int:
    return sum(amount for (_, _, of), amount in amounts.items() if of == currency)


def _order(one: Changed) -> tuple[bool, str, str, int]:
    return not one.turns_out_otherwise, one.ticket, one.clock, one.cycle


def _shown(one: Changed) -> dict[str, Any]:
    known = one.after or one.before
    return {
        "ticket": one.ticket,
        "account": None if known is None else known.account,
        "clock": one.clock,
        "cycle": one.cycle,
        "before": outcome_of(one.before),
        "after": outcome_of(one.after),
        **{f"{name}_before": value for name, value in _said(one.before).items()},
        **{f"{name}_after": value for name, value in _said(one.after).items()},
    }


def _said(found: Outcome | None) -> dict[str, str | None]:
    if found is None:
        return {"policy": None, "due_at": None, "breached_at": None}
    return {
        "policy": found.policy,
        "due_at": format_if_known(found.due_at),
        "breached_at": format_if_known(found.breached_at),
    }


# --- what is probably not meant ------------------------------------------------------------------------------------


def _warnings(said: Sequence[Event], context: Context) -> list[str]:
    found: list[str] = []
    for event in said:
        if isinstance(event.data, SettingsSlaChanged):
            policies = event.data.policies
            for place, policy in enumerate(policies):
                if policy.calendar != _ALWAYS and calendar_at(context, policy.calendar, event.occurred_at) is None:
                    found.append(
                        f"{event.id}: {policy.name!r} names the calendar {policy.calendar!r}, which nobody defined"
                    )
                earlier = next((one for one in policies[:place] if _covers(one, policy)), None)
                if earlier is not None:
                    found.append(
                        f"{event.id}: {policy.name!r} never holds, for {earlier.name!r} before it fits all it fits"
                    )
    return found


def _covers(one: SlaPolicy, other: SlaPolicy) -> bool:
    pairs = [(getattr(one, name), getattr(other, name)) for name in _CONDITIONS]
    return all(not mine or (bool(theirs) and all(each in mine for each in theirs)) for mine, theirs in pairs)
