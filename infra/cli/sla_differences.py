"""How a comparison of promises looks on a terminal."""

from __future__ import annotations

from typing import Any

from infra.cli import show
from infra.cli.money import money

_PROMISES = (
    "ticket",
    "account",
    "clock",
    "cycle",
    "before",
    "after",
    "due_at_before",
    "due_at_after",
    "policy_before",
    "policy_after",
)
_TOTALS = ("tickets_changed", "promises_changed", "newly_broken", "no_longer_broken", "due_otherwise")
_LEDGER = ("currency", "ledger", "before", "after", "change")


def show_differences(found: dict[str, Any]) -> None:
    """Totals first, then the promises and credits that change, and what is probably not meant."""
    totals = found["totals"]
    title = f"{found['tenant']} up to {found['until']}, {found['records']:,} records folded twice"
    show.fields(title, totals, _TOTALS)
    show.table("promises by clock", found["clocks"], ("clock", "outcome", "before", "after"))
    show.table("promises that change", found["promises"], _PROMISES)
    untold = totals["promises_changed"] + totals["due_otherwise"] - len(found["promises"])
    if untold > 0:
        show.console.print(f"and {untold:,} more: --limit shows them")
    show.table("credits that change", [_owed(row) for row in found["credits"]], ("account", "month", "before", "after"))
    if any(row["change_minor"] for row in found["ledger"]):
        show.table("both ledgers", [_booked(row) for row in found["ledger"]], _LEDGER)
    for words in (*found["warnings"], *found["refusals"]):
        show.errors.print(f"millrace: {words}", markup=False)


def _owed(row: dict[str, Any]) -> dict[str, Any]:
    return row | {name: money(row[f"{name}_minor"], row["currency"]) for name in ("before", "after")}


def _booked(row: dict[str, Any]) -> dict[str, Any]:
    return row | {name: money(row[f"{name}_minor"], row["currency"]) for name in ("before", "after", "change")}
