"""What is said of a promise: facts that changed since they were last said, and alerts for warnings and breaches."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from typing import Final, NamedTuple

import msgspec

from processors.contract import Alert, Emit, Output, Retract
from processors.sla_clock import Reached, Reading, Stretch
from processors.sla_course import AMONG_US, UNTIL_SOLVED
from processors.sla_policy import BREACH_PERCENT, Promise
from processors.sla_story import STOPPED, Story, Wait
from schemas.emitted import SlaBreachHappened, SlaClockMoved
from schemas.event import unchecked
from schemas.explanation import Term
from schemas.fact import Fact
from schemas.facts import SlaBreached, SlaClock, SlaWarned
from schemas.instant import SECOND, format_if_known, format_instant

BREACH_ALERT: Final = "sla.breached"
WARNING_ALERT: Final = "sla.warned"
WITHDRAWN: Final = "withdrawn"

_MOST_TERMS: Final = 40
_DIGEST_BYTES: Final = 8
_WORDS: Final = {
    "first_response": "first response",
    "next_response": "next response",
    "resolution": "resolution",
    "requester_wait": "requester's wait",
    "agent_work": "experts' work",
    "periodic_update": "next update",
    "pausable_update": "next update",
    "internal": "group",
    "supplier": "supplier",
}


class Said(msgspec.Struct, array_like=True, gc=False):
    """What was last said of one wait: digests of its facts (empty where there is none), by mark the instant of a
    warning and when it was then due; and when its next threshold will be reached.
    """

    clock: bytes = b""
    next_at: int | None = None
    breach: bytes = b""
    breached_at: int = 0
    warned: dict[int, tuple[int, int | None]] = msgspec.field(default_factory=dict)


class Told(NamedTuple):
    """One wait of one ticket, its promise, and its clock as read."""

    ticket: str
    account: str | None
    story: Story
    wait: Wait
    promise: Promise
    reading: Reading


class Moved(NamedTuple):
    """The ticket turned out to be another account's: everything is said once more, and breaches are told to both."""

    before: str | None


def changed_outputs(told: Told, said: Said, moved: Moved | None = None) -> list[Output]:
    """What has to be said now, given what was said before; `said` is brought up to date."""
    said.next_at = told.reading.next_at
    clock = clock_fact(told)
    digest = _digest(clock)
    outputs: list[Output] = []
    if digest != said.clock:
        said.clock = digest
        outputs += (clock, _moved(clock, told.wait.started_by))
    if not (told.reading.reached or said.warned or said.breach):
        return outputs
    reached = {one.mark: one for one in told.reading.reached}
    for mark in [mark for mark in said.warned if mark not in reached]:
        del said.warned[mark]
        outputs.append(Retract(SlaWarned, (*_identity(told.ticket, told.wait), *_marked(mark))))
    breach = reached.pop(BREACH_PERCENT, None)
    for one in reached.values():
        outputs += _warning(told, one, said, again=moved is not None)
    told_to = told.account if moved is None else moved.before
    if breach is not None:
        outputs += _breach(told, breach.at, said, told_to)
    else:
        outputs += _breach_retracted(told.ticket, told_to, told.wait.clock, told.wait.cycle, said)
    return outputs


def retracted_outputs(ticket: str, account: str | None, clock: str, cycle: int, said: Said) -> list[Output]:
    """Takes back everything said of a wait that turned out not to be one, or to be promised nothing."""
    identity = (ticket, clock, cycle)
    withdrawn = unchecked(SlaClockMoved, ticket=ticket, clock=clock, cycle=cycle, state=WITHDRAWN)
    return [
        Retract(SlaClock, identity),
        Emit(withdrawn, account),
        *[Retract(SlaWarned, (*identity, *_marked(mark))) for mark in said.warned],
        *_breach_retracted(ticket, account, clock, cycle, said),
    ]


def clock_fact(told: Told) -> SlaClock:
    """The clock as it stands."""
    ticket, account, story, wait, promise, reading = told
    fulfilled_at, breached_at = _fulfilled_at(story, wait), reading.breached_at
    target_seconds, elapsed_us = promise.target_seconds, reading.elapsed_us
    return SlaClock(
        ticket=ticket,
        account=account,
        clock=wait.clock,
        cycle=wait.cycle,
        state=_state(told, fulfilled_at, breached_at),
        policy=promise.policy,
        calendar=promise.calendar.name,
        target_seconds=target_seconds,
        started_at=wait.started_at,
        due_at=reading.due_at,
        elapsed_seconds=elapsed_us / SECOND,
        remaining_seconds=(target_seconds * SECOND - elapsed_us) / SECOND,
        fulfilled_at=fulfilled_at,
        breached_at=breached_at,
        evaluated_at=reading.read_at,
        terms=_terms(told),
    )


def _moved(clock: SlaClock, event_id: str) -> Emit:
    moved = unchecked(
        SlaClockMoved,
        ticket=clock.ticket,
        clock=clock.clock,
        cycle=clock.cycle,
        state=clock.state,
        target_seconds=clock.target_seconds,
        started_at=clock.started_at,
        due_at=clock.due_at,
        elapsed_seconds=clock.elapsed_seconds,
        event_id=event_id,
    )
    return Emit(moved, clock.account)


def _fulfilled_at(story: Story, wait: Wait) -> int | None:
    if wait.ended_at is not None or story.stopped_at is None or story.merged:
        return wait.ended_at
    return max(story.stopped_at, wait.started_at) if wait.clock in UNTIL_SOLVED else None


def _state(told: Told, fulfilled_at: int | None, breached_at: int | None) -> str:
    if breached_at is not None:
        return "breached"
    if fulfilled_at is not None:
        return "fulfilled"
    if told.story.stopped_at is not None:
        return "cancelled"
    return "paused" if told.promise.pauses(told.story.status) else "running"


def _warning(told: Told, reached: Reached, said: Said, *, again: bool) -> Iterator[Output]:
    mark, before = reached.mark, said.warned.get(reached.mark)
    if before == (reached.at, reached.due_at) and not again:
        return
    said.warned[mark] = reached.at, reached.due_at
    percent, before_seconds = _marked(mark)
    fact = SlaWarned(
        ticket=told.ticket,
        account=told.account,
        clock=told.wait.clock,
        cycle=told.wait.cycle,
        percent=percent,
        before_seconds=before_seconds,
        warned_at=reached.at,
        due_at=reached.due_at,
    )
    yield fact
    if before is None:
        due = "no known instant" if reached.due_at is None else format_instant(reached.due_at)
        words = _WORDS[told.wait.clock]
        left = f"{percent} % of the time for its {words} is used up" if percent else f"its {words} is close"
        summary = f"Ticket {told.ticket}: {left}, due at {due}"
        yield _alert(WARNING_ALERT, told, fact, summary, reached.at)


def _marked(mark: int) -> tuple[int, int]:
    """The percentage used up and the seconds left of a warning: one of them, the other 0."""
    return (mark, 0) if mark > 0 else (0, -mark)


def _breach(told: Told, breached_at: int, said: Said, told_to: str | None) -> Iterator[Output]:
    wait, promise = told.wait, told.promise
    fact = SlaBreached(
        ticket=told.ticket,
        account=told.account,
        clock=wait.clock,
        cycle=wait.cycle,
        policy=promise.policy,
        target_seconds=promise.target_seconds,
        breached_at=breached_at,
    )
    digest = _digest(fact)
    if digest == said.breach:
        return
    is_new = not said.breach
    is_another = said.breached_at != breached_at or told_to != told.account
    yield fact
    if is_new:
        summary = f"Ticket {told.ticket}: its {_WORDS[wait.clock]} was due at {format_instant(breached_at)}"
        yield _alert(BREACH_ALERT, told, fact, summary, breached_at)
    elif is_another and wait.clock not in AMONG_US:
        yield _unhappened(told.ticket, told_to, wait.clock, wait.cycle, said.breached_at)
    if (is_new or is_another) and wait.clock not in AMONG_US:
        happened = SlaBreachHappened(
            ticket=told.ticket, clock=wait.clock, cycle=wait.cycle, breached_at=breached_at, event_id=wait.started_by
        )
        yield Emit(happened, told.account)
    said.breach, said.breached_at = digest, breached_at


def _breach_retracted(ticket: str, account: str | None, clock: str, cycle: int, said: Said) -> Iterator[Output]:
    if not said.breach:
        return
    yield Retract(SlaBreached, (ticket, clock, cycle))
    if clock not in AMONG_US:
        yield _unhappened(ticket, account, clock, cycle, said.breached_at)
    said.breach, said.breached_at = b"", 0


def _alert(kind: str, told: Told, fact: Fact, summary: str, happened_at: int) -> Alert:
    return Alert(
        kind=kind,
        about=fact,
        subject=told.ticket,
        summary=summary,
        happened_at=happened_at,
        account=told.account,
        # The instant makes a breach that was withdrawn and came again at another one a new alert.
        occasion=format_instant(happened_at),
        details={
            "clock": told.wait.clock,
            "cycle": told.wait.cycle,
            "policy": told.promise.policy,
            "calendar": told.promise.calendar.name,
            "target_seconds": told.promise.target_seconds,
            "due_at": format_if_known(told.reading.due_at),
        },
    )


def _unhappened(ticket: str, account: str | None, clock: str, cycle: int, breached_at: int) -> Emit:
    happened = SlaBreachHappened(ticket=ticket, clock=clock, cycle=cycle, breached_at=breached_at, retracted=True)
    return Emit(happened, account)


def _terms(told: Told) -> tuple[Term, ...]:
    stretches, wait = told.reading.stretches, told.wait
    terms = [_term(stretch, wait) for stretch in stretches[-_MOST_TERMS:]]
    if wait.ended_by and terms:
        last = terms[-1]
        terms[-1] = Term(last.label, last.amount, (*last.event_ids, wait.ended_by))
    if len(stretches) > _MOST_TERMS:
        earlier = stretches[:-_MOST_TERMS]
        counted_us = sum([stretch.counted_us for stretch in earlier])
        terms.insert(0, Term(f"{len(earlier)} earlier stretches", counted_us / SECOND, (wait.started_by,)))
    return tuple(terms)


def _term(stretch: Stretch, wait: Wait) -> Term:
    started_at, _, status, runs, counted_us, event_id = stretch
    rule = "counted" if runs else "stopped" if status in STOPPED else "paused"
    begun_here = started_at == wait.started_at and event_id != wait.started_by
    event_ids = (event_id, wait.started_by) if begun_here else (event_id,)
    return Term(f"{status}: {rule}", counted_us / SECOND, event_ids)


def _identity(ticket: str, wait: Wait) -> tuple[str, str, int]:
    return ticket, wait.clock, wait.cycle


def _digest(fact: Fact) -> bytes:
    return blake2b(_ENCODER.encode(fact), digest_size=_DIGEST_BYTES).digest()


_ENCODER: Final[msgspec.msgpack.Encoder] = msgspec.msgpack.Encoder()
