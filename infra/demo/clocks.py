"""Which promises a ticket's moves keep and break: interval sums by the rules below, sharing nothing with processors.

- `first_response` runs from the opening to the first public answer of an expert.
- `next_response` runs from a customer's message, once an expert has answered, to the next public answer; messages in
  between start nothing new. Each run is a cycle of its own.
- `resolution` runs from the opening until the ticket is solved, standing still while its status is pending or on
  hold. Reopening lets it go on from where it stood.
- A merged or closed ticket waits for nothing. All clocks count the open time of the promise's desk; whoever answers
  exactly at the due instant is in time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from infra.demo.open_time import OpenTime
from infra.demo.promises import PAUSED_ON, Promise
from infra.demo.ticket_plan import Move, Ticket

# (start, end) of a stretch that counts; one without an end is still running.
Stretch = tuple[int, int | None]


@dataclass(frozen=True, slots=True)
class ExpectedClock:
    """One run of one clock.

    `due_at` is when it broke, or will break if nothing happens; None where it was kept or stands still.
    """

    ticket: str
    clock: str
    cycle: int
    policy: str
    started_at: int
    due_at: int | None

    def breached_at(self, until: int) -> int | None:
        """The instant of the breach, if there is one by `until`."""
        return None if self.due_at is None or self.due_at > until else self.due_at


def expected_clocks(ticket: Ticket, desks: Mapping[str, OpenTime]) -> list[ExpectedClock]:
    """Every clock that the ticket's moves start."""
    return clocks_of(ticket.id, ticket.moves, ticket.promise, desks[ticket.promise.desk])


def clocks_of(ticket: str, moves: Sequence[Move], promise: Promise, desk: OpenTime) -> list[ExpectedClock]:
    """Every clock of one ticket under one promise; moves in order of time."""
    runs = [("first_response", 0, [_first_response(moves)])]
    runs += [("next_response", cycle, [run]) for cycle, run in enumerate(_next_responses(moves))]
    runs.append(("resolution", 0, _resolution(moves)))
    clocks = []
    for name, cycle, stretches in runs:
        target = promise.target_us(name)
        if target is not None:
            due_at = _due(stretches, target, desk)
            clocks.append(ExpectedClock(ticket, name, cycle, promise.name, stretches[0][0], due_at))
    return clocks


def _first_response(moves: Sequence[Move]) -> Stretch:
    ends = (move.at for move in moves if move.kind in ("replied", "merged", "closed"))
    return moves[0].at, next(ends, None)


def _next_responses(moves: Sequence[Move]) -> list[Stretch]:
    runs: list[Stretch] = []
    answered, waiting_since = False, None
    for move in moves:
        if move.kind == "wrote" and answered and waiting_since is None:
            waiting_since = move.at
        elif move.kind in ("replied", "merged", "closed"):
            answered = answered or move.kind == "replied"
            if waiting_since is not None:
                runs.append((waiting_since, move.at))
                waiting_since = None
    if waiting_since is not None:
        runs.append((waiting_since, None))
    return runs


def _resolution(moves: Sequence[Move]) -> list[Stretch]:
    """The stretches that count; the last one has no end while the clock runs."""
    stretches: list[Stretch] = []
    since: int | None = moves[0].at
    solved = False
    for move in moves:
        status = move.value if move.kind == "status" else ""
        ends = move.kind in ("resolved", "merged", "closed") or status == "solved"
        if (ends or status in PAUSED_ON) and since is not None:
            stretches.append((since, move.at))
            since = None
        solved = (solved or ends) and move.kind != "reopened"
        if since is None and not solved and (move.kind == "reopened" or status == "open"):
            since = move.at
    if since is not None:
        stretches.append((since, None))
    return stretches


def _due(stretches: Sequence[Stretch], target: int, desk: OpenTime) -> int | None:
    """The instant at which the counted time reaches the target; None where it ended or stands still below it."""
    left = target
    for start, end in stretches:
        if end is None:
            return desk.after(start, left)
        counted = desk.amount(start, end)
        due_at = desk.after(start, left) if counted >= left else end
        if due_at < end:
            return due_at
        left -= counted
    return None
