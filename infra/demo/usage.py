"""What the demo's customers do with the product: weekly seasons, growth, and decline before some of them leave."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from infra.demo.accounts import DAYS, Account
from infra.demo.open_time import DAY_US

# Name, events per account and weekday, mean quantity; seats and sessions are types of their own.
_NAMED: Final = (
    ("dashboard.viewed", 1.5, 3.0),
    ("workflow.run", 1.1, 6.0),
    ("api.called", 0.95, 140.0),
    ("report.exported", 0.5, 1.6),
    ("file.uploaded", 0.6, 2.2),
    ("user.invited", 0.04, 1.0),
)
_SESSIONS_PER_DAY: Final = 1.85
SESSION: Final = len(_NAMED)
SEATS: Final = SESSION + 1
_API: Final = 2
NAMES: Final = tuple(name for name, _, _ in _NAMED)

# How much is left of an account's usage when its trouble shows fully.
_DEPTH: Final = {"adoption": 0.9, "service": 0.5, "price": 0.4, "champion": 0.7}
_WEEKDAY: Final = (1.0, 1.08, 1.05, 1.0, 0.82, 0.16, 0.12)
# Share of a day's work by UTC hour, Europe and the Americas together.
_HOURLY: Final = (1, 1, 1, 1, 1, 2, 5, 9, 12, 12, 11, 9, 10, 13, 14, 14, 13, 11, 9, 7, 6, 4, 3, 2)

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Usage:
    """Usage events in order of time.

    `kind` indexes NAMES or is SESSION or SEATS, `number` counts within the account.
    """

    occurred_at: Integers
    account: Integers
    kind: Integers
    person: Integers
    quantity: Integers
    number: Integers

    def __len__(self) -> int:
        return len(self.occurred_at)

    def rows(self, part: slice) -> Iterator[tuple[int, int, int, int, int]]:
        """(account, kind, person, quantity, number) of some of the events."""
        columns = (self.account, self.kind, self.person, self.quantity, self.number)
        return zip(*(column[part].tolist() for column in columns), strict=True)


def usage(seed: int, accounts: Sequence[Account], start: int, end: int) -> Usage:
    """All usage from `start` to `end`; days are UTC days, so that weekends are real ones."""
    random = np.random.Generator(np.random.PCG64([seed, 7]))
    first_day = start // DAY_US
    days = np.arange(first_day, end // DAY_US + 1)
    level = _levels(random, accounts, (days * DAY_US + DAY_US // 2 - start) / DAY_US)
    weekday = (days + 3) % 7  # 1970-01-01 was a Thursday
    season = np.asarray(_WEEKDAY)[weekday]
    parts = [_seat_counts(random, accounts, level, weekday, days)]
    for kind, rate, mean in [*((i, r, m) for i, (_, r, m) in enumerate(_NAMED)), (SESSION, _SESSIONS_PER_DAY, 900.0)]:
        daily = level * rate * (0.3 + 0.7 * season if kind == _API else season)
        parts.append(_drawn(random, accounts, (kind, mean), random.poisson(daily), days, start))
    joined = [np.concatenate(columns) for columns in zip(*parts, strict=True)]
    kept = (joined[0] >= start) & (joined[0] <= end) & _lives(accounts, joined[0], joined[1], start)
    return _ordered([column[kept] for column in joined], len(accounts))


def _levels(
    random: np.random.Generator, accounts: Sequence[Account], middays: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Activity of each account on each day: its size, growth, weekly luck and what its trouble takes away."""
    levels = np.empty((len(accounts), len(middays)))
    for row, account in enumerate(accounts):
        depth = _DEPTH.get(account.fate.cause or "", 0.0)
        kept = np.array([1.0 - depth * account.fate.pressure(day) for day in middays])
        growth = np.exp(account.growth * (middays - DAYS / 2))
        levels[row] = account.activity * growth * kept
    weeks = random.lognormal(0.0, 0.18, (len(accounts), len(middays) // 7 + 2))
    return levels * weeks[:, np.arange(len(middays)) // 7] * random.lognormal(0.0, 0.25, levels.shape)


def _drawn(
    random: np.random.Generator,
    accounts: Sequence[Account],
    kind_and_mean: tuple[int, float],
    counts: Integers,
    days: Integers,
    start: int,
) -> tuple[Integers, ...]:
    kind, mean = kind_and_mean
    rows, columns = np.nonzero(counts)
    times = counts[rows, columns]
    account, day = np.repeat(rows, times), np.repeat(days[columns], times)
    total = len(account)
    hourly = np.cumsum(_HOURLY) / sum(_HOURLY)
    hour = np.searchsorted(hourly, random.random(total), side="right")
    occurred_at = day * DAY_US + hour * 3_600_000_000 + random.integers(0, 3_600_000, total) * 1_000
    people = np.array([len(one.people) for one in accounts])[account]
    person = np.minimum((random.random(total) ** 1.7 * people).astype(np.int64), people - 1)
    person = np.where(_champion_left(accounts, occurred_at - start, account) & (person == 0), 1, person)
    quantity = 1 + (random.exponential(mean, total)).astype(np.int64) if mean > 1 else np.ones(total, np.int64)
    return occurred_at, account, np.full(total, kind), person, quantity


def _champion_left(accounts: Sequence[Account], since_start: Integers, account: Integers) -> NDArray[np.bool_]:
    """Whether the account's first person is no longer there."""
    turns = np.array([one.fate.turns_on if one.fate.cause == "champion" else 1e9 for one in accounts])
    return np.asarray(since_start / DAY_US > turns[account])


def _seat_counts(
    random: np.random.Generator,
    accounts: Sequence[Account],
    level: NDArray[np.float64],
    weekday: Integers,
    days: Integers,
) -> tuple[Integers, ...]:
    """Seats in use, counted every weekday evening; `quantity` is the share in use in per mille."""
    rows, columns = np.nonzero(np.broadcast_to(weekday < 5, level.shape))
    activity = np.array([one.activity for one in accounts])[rows]
    share = 0.78 * np.minimum(1.0, (level[rows, columns] / activity) ** 0.6) * random.uniform(0.93, 1.0, len(rows))
    occurred_at = days[columns] * DAY_US + 72_000_000_000 + random.integers(0, 600_000, len(rows)) * 1_000
    zero = np.zeros(len(rows), np.int64)
    return occurred_at, rows, np.full(len(rows), SEATS), zero, (1_000 * share).astype(np.int64)


def _lives(accounts: Sequence[Account], occurred_at: Integers, account: Integers, start: int) -> NDArray[np.bool_]:
    """Whether the account is a customer at that instant: nobody uses what it has left."""
    day = (occurred_at - start) / DAY_US
    joins = np.array([one.joins_on for one in accounts])[account]
    leaves = np.array([1e9 if one.fate.leaves_on is None else one.fate.leaves_on for one in accounts])[account]
    # The first minutes belong to the settings and the accounts' own records.
    return np.asarray((day > joins + 0.02) & (day < leaves))


def _ordered(columns: list[Integers], accounts: int) -> Usage:
    order = np.lexsort((columns[2], columns[1], columns[0]))
    occurred_at, account, kind, person, quantity = (column[order].astype(np.int64) for column in columns)
    number = np.empty(len(order), np.int64)
    for one in range(accounts):
        mine = account == one
        number[mine] = np.arange(int(mine.sum()))
    return Usage(occurred_at, account, kind, person, quantity, number)


def usage_data(row: tuple[int, int, int], account: Account) -> tuple[str, dict[str, object]]:
    """(type, data) of one usage event of (kind, person, quantity)."""
    kind, person, quantity = row
    if kind == SEATS:
        used = min(account.seats, max(1, round(account.seats * quantity / 1_000)))
        return "usage.seats_counted", {"used": used, "licensed": account.seats}
    if kind == SESSION:
        return "usage.session_ended", {"duration_seconds": 60 + quantity, "person": account.people[person]}
    return "usage.recorded", {"name": NAMES[kind], "quantity": quantity, "person": account.people[person]}


def time_texts(instants: Integers) -> Iterator[str]:
    """RFC 3339 texts of instants in microseconds, to the millisecond."""
    stamps = np.datetime_as_string(instants.astype("datetime64[us]"), unit="ms")
    return (f"{stamp}Z" for stamp in stamps.tolist())
