"""What the sales system and the status page say: accounts come, change, renew, grow, shrink and leave; incidents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any, Final

from infra.demo.accounts import DAYS, Account
from infra.demo.open_time import DAY_US
from infra.demo.promises import HOUR_US
from schemas.instant import format_instant

Said = tuple[int, str, dict[str, Any]]

_REASONS: Final = {
    "adoption": ("low adoption", "moved back to spreadsheets"),
    "service": ("service quality", "too many outages"),
    "price": ("price", "cheaper product"),
    "champion": ("sponsor left", "tool consolidation"),
    "": ("acquired by another company", "business closed", "budget cut"),
}
# Day, hours it lasted, severity, component, title; the last one is going on at the end.
_INCIDENTS: Final = (
    (6.4, 3.0, "minor", "exports", "Exports to PDF fail"),
    (19.55, 5.5, "major", "api", "Elevated error rates on the API"),
    (33.4, 1.2, "minor", "notifications", "Notification mails delayed"),
    (47.5, 7.0, "critical", "core", "Quillbox is not reachable"),
    (61.6, 2.5, "major", "integrations", "Sync with external tools stopped"),
    (78.45, 4.0, "major", "core", "Very slow page loads"),
    (88.3, 1.5, "minor", "mobile", "Mobile app cannot sync"),
    (89.93, 48.0, "minor", "exports", "Large exports are slow"),
)


def sales(seed: int, accounts: Sequence[Account], start: int) -> Iterator[tuple[Account, Said]]:
    """(account, what is said of it), account by account. New customers are told of when they join."""
    for number, account in enumerate(accounts):
        draw = Random(f"sales {seed} {account.id}")
        created_at = account.instant(start, account.joins_on) // 1_000 * 1_000 + 60_000_000 + number * 20_000
        yield account, (created_at, "account.created", _created(account, start, draw))
        for day, name, data in _life(account, start, draw):
            if created_at < (instant := account.instant(start, day) // 1_000 * 1_000):
                yield account, (instant, name, data)


def _created(account: Account, start: int, draw: Random) -> dict[str, Any]:
    contact = account.people[0]
    return {
        "name": account.name,
        "plan": account.plan,
        "tier": account.tier,
        "recurring_minor": account.recurring_minor,
        "currency": "USD" if account.region == "north-america" else "EUR",
        "renewal_at": _day_text(account, start, account.renews_on),
        "seats": account.seats,
        "owner": f"manager-{draw.randint(1, 6)}",
        "region": account.region,
        "contact": contact,
        "contact_email": f"{contact}@{account.name.split()[0].lower()}.example.com",
        "attributes": {
            "industry": account.industry,
            "employees": account.seats * draw.randint(2, 9),
            "tenure_months": account.tenure_months,
            "yearly_contract": draw.random() < (0.3 if account.tier in ("free", "standard") else 0.8),
            "onboarded": account.fate.cause != "adoption" or draw.random() < 0.5,
        },
    }


def _day_text(account: Account, start: int, day: float) -> str:
    return format_instant(account.instant(start, day) // DAY_US * DAY_US)


def _life(account: Account, start: int, draw: Random) -> Iterator[tuple[float, str, dict[str, Any]]]:
    """What becomes of an account between its first day and the end, with the day of each."""
    fate, seats = account.fate, account.seats
    if fate.cause == "champion":
        data = {"contact": account.people[1], "contact_email": f"{account.people[1]}@example.org"}
        if 0 < fate.turns_on + 6 < DAYS:
            yield fate.turns_on + 6, "account.updated", data
    price = account.recurring_minor / max(1, seats)
    shrinks = {"price": 0.5, "adoption": 0.35, "service": 0.15, "champion": 0.15}.get(fate.cause or "", 0.02)
    day = max(1.0, fate.turns_on + 12) if fate.cause else draw.uniform(3, 85)
    if draw.random() < shrinks and day < min(DAYS, fate.leaves_on or DAYS) - 2:
        seats = max(1, round(seats * draw.uniform(0.5, 0.85)))
        yield day, "account.contracted", {"recurring_minor": round(seats * price), "seats": seats}
    elif fate.cause is None and fate.leaves_on is None and draw.random() < 0.16:
        grown = round(seats * draw.uniform(1.1, 1.5)) + 1
        yield draw.uniform(5, 88), "account.expanded", {"recurring_minor": round(grown * price), "seats": grown}
        seats = grown
    if fate.leaves_on is not None and fate.leaves_on < DAYS:
        told = draw.random() < 0.85
        yield fate.leaves_on, "account.churned", {"reason": draw.choice(_REASONS[fate.cause or ""])} if told else {}
    elif account.renews_on < DAYS:
        renewed = {
            "renewal_at": _day_text(account, start, account.renews_on + 365),
            "recurring_minor": round(seats * price),
        }
        yield account.renews_on, "account.renewed", renewed


def incidents(start: int, end: int) -> Iterator[Said]:
    """Incidents with an update and, once over, an end."""
    for number, (day, hours, severity, component, title) in enumerate(_INCIDENTS):
        begins = start + int(day * 1_440) * 60_000_000
        incident = f"I-{number + 1}"
        first = "minor" if severity == "critical" else severity
        told: list[Said] = [
            (begins, "started", {"title": title, "severity": first, "components": [component]}),
            (begins + HOUR_US // 2, "updated", {"severity": severity}),
            (begins + int(hours * HOUR_US), "ended", {}),
        ]
        for instant, what, data in told:
            if instant <= end:
                yield instant, f"incident.{what}", {"incident": incident, **data}
