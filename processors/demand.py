"""How many tickets of each topic will come in the next six hours, and do more come than can be by chance?

One cell a tenant, stepped by tickets that are opened. It counts whole hours of tickets' own times; an hour that is over
is learned, by the next ticket or by a timer while tickets come. Forecasts are made on full hours; a spike is looked for
with each ticket: it begins when the latest six hours have more than the edge, and is over when they are as expected. It
is measured by what was foretold before it, so that its own tickets do not make it usual, until it has lasted a week.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Final

import msgspec

from processors.contract import Alert, Context, Output, Processor, Retract, Timer
from processors.demand_shape import EVERY_TOPIC, HOURS_OF_WEEK, WINDOW_HOURS, Shape, deviation_of, hour_of
from processors.lengths import first_of
from schemas.emitted import TicketClassified, TimerFired
from schemas.event import Event
from schemas.explanation import Term
from schemas.foresight import DemandForecast, DemandSpiked
from schemas.instant import HOUR
from schemas.tickets import TicketOpened

SPIKE_ALERT: Final = "demand.spiked"
LEAST_SPIKE: Final = 5  # tickets beyond what is expected
_DEVIATIONS: Final = 4.0  # beyond what is expected, where tickets come independently of one another
_NORMAL: Final = 128.0  # hundredths of a deviation that leave a tenth above, where they do
_USUAL_AFTER: Final = HOURS_OF_WEEK * HOUR  # a spike lasted, for then every hour of the week has seen it
_LISTEN_HOURS: Final = 24  # without a ticket, then no timer is set
_LONGEST_GAP: Final = 4 * HOURS_OF_WEEK  # of hours without a ticket; longer ones count as that long
_LEAST_TOLD: Final = 500  # thousandths; a topic of which fewer are expected is not told of
_MOST_EVIDENCE: Final = 12  # of a topic
_MOST_HELD: Final = 32  # of all topics
_MOST_HELD_BYTES: Final = 2_000
_MOST_SPIKE_BYTES: Final = 250  # of a spike's events: half a dozen ids or more
_HOURLY: Final = "hour"


class Opened(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """A ticket of the latest hours: its hour, topic and event."""

    hour: int
    topic: str
    event_id: str


class Spike(msgspec.Struct, array_like=True, gc=False):
    """A spike that is not over: as it was told, and the most tickets there were within six hours.

    `part` is how many tickets of its topic were expected before it for each that these hours of the week mostly bring.
    """

    began_at: int
    most: int
    expected: int
    edge: int
    event_ids: tuple[str, ...]
    part: float = 0.0


class Foretold(msgspec.Struct, array_like=True, gc=False):
    """Of the six hours from a full hour on: what they mostly bring, and thousandths of tickets expected.

    Those of all topics come first, then those of each, in the order in which the shape came to know them.
    """

    usual: float
    amounts: list[int]


class DemandState(msgspec.Struct, array_like=True, gc=False):
    """Some 4 KB. `latest` counts by hour and topic what came in the latest six full hours and since, `evidence` holds
    the last events of the latest six hours.

    `judged_from` is the hour from which forecasts `waiting` to be judged were made; `foretold` are those of the latest
    six full hours.
    """

    shape: Shape = msgspec.field(default_factory=Shape)
    hour: int = 0
    opened: str = ""
    latest: dict[int, dict[str, int]] = msgspec.field(default_factory=dict)
    evidence: list[Opened] = msgspec.field(default_factory=list)
    last_ticket_hour: int = 0
    waiting: dict[str, int] = msgspec.field(default_factory=dict)
    judged_from: int = 0
    told: dict[str, int] = msgspec.field(default_factory=dict)
    spikes: dict[str, Spike] = msgspec.field(default_factory=dict)
    foretold: dict[int, Foretold] = msgspec.field(default_factory=dict)


class Demand(Processor[DemandState]):
    """Forecasts of six hours by topic, and spikes."""

    name = "demand"
    version = 2  # since a spike is measured by what was foretold before it; older cells do so after six hours
    consumes = (TicketOpened, TicketClassified)
    facts = (DemandForecast, DemandSpiked)
    state = DemandState

    def key(self, event: Event) -> str:
        return "demand"

    def step(self, state: DemandState, event: Event, context: Context) -> Sequence[Output]:
        match event.data:
            case TicketOpened(ticket=ticket):
                state.opened = ticket
            case TicketClassified(ticket=ticket, category=category) if ticket == state.opened:
                # Triage speaks again with each message; only what it says at the opening counts.
                state.opened = ""
                at = min(event.occurred_at, context.clock)
                outputs = _reach(state, hour_of(at))
                return (*outputs, *_came(state, category, at, event.id), *_listen(state))
            case TimerFired():
                outputs = _reach(state, hour_of(context.clock))
                return (*outputs, *_listen(state))
        return ()


DEMAND: Final = Demand()


def _listen(state: DemandState) -> Sequence[Output]:
    if state.hour - state.last_ticket_hour > _LISTEN_HOURS and not state.spikes:
        return ()
    return (Timer(_HOURLY, (state.hour + 1) * HOUR),)


def _came(state: DemandState, category: str | None, at: int, event_id: str) -> Sequence[Output]:
    """Counts a ticket; one told late counts while its hour is among the latest six."""
    hour = hour_of(at)
    if hour <= state.hour - WINDOW_HOURS:
        return ()
    topic = state.shape.name_of(category)
    state.shape.topics.setdefault(topic, 0.0)
    counts = state.latest.setdefault(hour, {})
    counts[topic] = counts.get(topic, 0) + 1
    state.last_ticket_hour = max(state.last_ticket_hour, hour)
    state.evidence.append(Opened(hour, topic, event_id))
    _shorten(state)
    if not state.shape.knows:
        return ()
    outputs: list[Output] = []
    for each in (topic, EVERY_TOPIC):
        outputs += _looked_at(state, each, at)
    return outputs


def _shorten(state: DemandState) -> None:
    """Of each topic the latest events stay, of all so many bytes."""
    evidence = state.evidence
    mine = [one for one in evidence if one.topic == evidence[-1].topic]
    if len(mine) > _MOST_EVIDENCE:
        evidence.remove(mine[0])
    while len(evidence) > _MOST_HELD or sum([len(one.event_id) for one in evidence]) > _MOST_HELD_BYTES:
        del evidence[0]


def _came_from(state: DemandState, topic: str, first: int) -> int:
    """Tickets of a topic in the six hours from one on."""
    held = [counts for hour, counts in state.latest.items() if first <= hour < first + WINDOW_HOURS]
    if topic == EVERY_TOPIC:
        return sum([sum(counts.values()) for counts in held])
    return sum([counts.get(topic, 0) for counts in held])


def _in_window(state: DemandState, topic: str) -> int:
    """Tickets of a topic in the latest six hours, the one under way among them."""
    return _came_from(state, topic, _window_of(state))


def _window_of(state: DemandState) -> int:
    """The first of the latest six hours."""
    return state.hour - WINDOW_HOURS + 1


def _looked_at(state: DemandState, topic: str, at: int) -> Sequence[Output]:
    """Whether a topic has spiked: said once, until it is over."""
    came, spike = _in_window(state, topic), state.spikes.get(topic)
    if spike is not None:
        spike.most = max(spike.most, came)
        return ()
    foretold = state.foretold.get(_window_of(state))
    if foretold is None:
        return ()
    expected = _amount(state, foretold, topic)
    edge = _edge(state.shape, expected)
    if came <= edge:
        return ()
    ids = [one.event_id for one in state.evidence if topic in (one.topic, EVERY_TOPIC)][-_MOST_EVIDENCE:]
    latest = first_of(ids[::-1], _MOST_SPIKE_BYTES)[::-1]
    part = expected / 1_000 / foretold.usual if foretold.usual > 0.0 else 0.0
    spike = state.spikes[topic] = Spike(at, came, expected, edge, latest, part)
    fact = _spiked(topic, spike, None)
    words = "tickets" if topic == EVERY_TOPIC else f"tickets on {topic}"
    summary = (
        f"{came} {words} within six hours; {round(expected / 1_000, 1):g} were to be expected, {edge} would be much"
    )
    details = {"tickets": came, "edge": edge, "expected_thousandths": expected}
    return fact, Alert(SPIKE_ALERT, fact, topic, summary, at, details=details)


def _amount(state: DemandState, foretold: Foretold, topic: str) -> int:
    """Thousandths of tickets of a topic that were foretold; none of a topic that was not known then."""
    place = 0 if topic == EVERY_TOPIC else 1 + list(state.shape.topics).index(topic)
    return foretold.amounts[place] if place < len(foretold.amounts) else 0


def _edge(shape: Shape, amount: int) -> int:
    """Tickets in six hours beyond which a topic spikes, of which so many thousandths are expected."""
    expected = amount / 1_000
    # Where forecasts miss by more than chance would, more is needed to be beyond it.
    wide = max(1.0, shape.margins(amount)[1] / _NORMAL)
    # What few weeks say is itself by chance.
    deviation = sqrt((expected + 1.0) * (1.0 + 1.0 / shape.weeks))
    return int(expected + max(LEAST_SPIKE, _DEVIATIONS * wide * deviation))


def _spiked(topic: str, spike: Spike, over_at: int | None) -> DemandSpiked:
    return DemandSpiked(
        topic=topic,
        began_at=spike.began_at,
        over_at=over_at,
        tickets=spike.most,
        expected_thousandths=spike.expected,
        edge=spike.edge,
        event_ids=spike.event_ids,
    )


# --- full hours -----------------------------------------------------------------------------------------------------


def _reach(state: DemandState, hour: int) -> Sequence[Output]:
    """Learns every hour that is over by now, and says what is expected from here on."""
    if not state.hour:
        state.hour = state.judged_from = state.last_ticket_hour = hour
    if hour <= state.hour:
        return ()
    state.hour = max(state.hour, hour - _LONGEST_GAP)
    outputs: list[Output] = []
    while state.hour < hour:
        state.shape.learn(state.hour, state.latest.get(state.hour, {}))
        state.hour += 1
        if state.hour >= state.judged_from + WINDOW_HOURS:
            _judge(state)
        _foretell(state)
        _forget(state)
        outputs += _over(state)
    return (*outputs, *_foretold(state)) if state.shape.knows else outputs


def _foretell(state: DemandState) -> None:
    """Keeps what is expected from here on: by that the six hours to come are measured when they came."""
    if state.shape.knows:
        usual = state.shape.usual(state.hour, WINDOW_HOURS)
        state.foretold[state.hour] = Foretold(usual, [amount for _, amount in _expected(state)])


def _forget(state: DemandState) -> None:
    """What came before the latest six full hours is not asked for any more."""
    first = _window_of(state)
    for hour in [hour for hour in state.latest if hour < first - 1]:
        del state.latest[hour]
    for hour in [hour for hour in state.foretold if hour < first]:
        del state.foretold[hour]
    if state.evidence and state.evidence[0].hour < first:
        state.evidence = [one for one in state.evidence if one.hour >= first]


def _judge(state: DemandState) -> None:
    """Notes how far the forecasts of six hours ago were out, in deviations, and makes the next ones to be judged."""
    shape = state.shape
    if state.hour == state.judged_from + WINDOW_HOURS:
        for topic, expected in state.waiting.items():
            shape.judge(expected, _came_from(state, topic, state.judged_from))
    state.judged_from = state.hour
    # Few are expected of most topics: how those miss says little about how all do.
    state.waiting = (
        {topic: amount for topic, amount in _expected(state) if amount >= _LEAST_TOLD} if shape.knows else {}
    )


def _expected(state: DemandState) -> list[tuple[str, int]]:
    """Thousandths of tickets in the next six hours, of every topic and of all."""
    shape = state.shape
    total = 1_000 * shape.usual(state.hour, WINDOW_HOURS) * shape.level
    return [(topic, round(total * shape.share(topic))) for topic in (EVERY_TOPIC, *shape.topics)]


def _over(state: DemandState) -> Sequence[Output]:
    """Spikes that the latest six hours show no more: as many came as were expected then, or as these hours brought.

    Of those that lasted a week also what would be no spike by now: it has become usual.
    """
    outputs: list[Output] = []
    foretold, now = state.foretold.get(_window_of(state)), state.hour * HOUR
    for topic, spike in list(state.spikes.items()):
        before = round(1_000 * foretold.usual * spike.part) if foretold else 0
        most = max(spike.expected, before, 500)
        if foretold and now - spike.began_at >= _USUAL_AFTER:
            most = max(most, 1_000 * _edge(state.shape, _amount(state, foretold, topic)))
        if 1_000 * _in_window(state, topic) <= most:
            del state.spikes[topic]
            outputs.append(_spiked(topic, spike, now))
    return outputs


def _foretold(state: DemandState) -> Sequence[Output]:
    """The forecasts of this full hour; those of topics that hardly anything is expected of are taken back."""
    shape, from_at = state.shape, state.hour * HOUR
    usual = 1_000 * shape.usual(state.hour, WINDOW_HOURS)
    outputs: list[Output] = []
    for topic, expected in _expected(state):
        if expected < _LEAST_TOLD and topic != EVERY_TOPIC:
            if state.told.pop(topic, None) is not None:
                outputs.append(Retract(DemandForecast, (topic,)))
            continue
        state.told[topic] = expected
        mean, deviation, (low, high) = expected / 1_000, deviation_of(expected), shape.margins(expected)
        by_week = round(usual * shape.share(topic))
        outputs.append(
            DemandForecast(
                topic=topic,
                from_at=from_at,
                until_at=from_at + WINDOW_HOURS * HOUR,
                expected_thousandths=expected,
                low=max(0, round(mean + low * deviation / 100)),
                high=max(0, round(mean + high * deviation / 100)),
                came=_came_from(state, topic, state.hour - WINDOW_HOURS),
                hours_seen=shape.seen,
                terms=(
                    Term("these hours of the week so far", float(by_week)),
                    Term("how busy the latest days were", float(expected - by_week)),
                ),
                predicted_at=from_at,
            )
        )
    return outputs
