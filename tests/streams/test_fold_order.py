"""The order in which one record's steps happen, and what each of them sees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from processors.contract import Alert, Cancel, Close, Context, Emit, Everyone, Open, Output, Processor, Retract, Timer
from schemas.alerts import AlertRaised
from schemas.emitted import TicketClassified
from schemas.event import Event
from schemas.usage import UsageRecorded
from streams.driver import Driver
from streams.failures import FoldBroken, JournalGap, StepFailed
from tests.streams.tiny import START, Logged, Noted, passed_on, said, scripted, word

BOTH = (UsageRecorded, TicketClassified)
Trace = list[str]


def tracing(
    trace: Trace, name: str, script: Mapping[str, Sequence[Output]] | None = None, *, context: bool = False
) -> Processor[list[str]]:
    """A processor that writes down its steps and answers by the word of the event."""

    def answer(_state: list[str], event: Event, _context: Context) -> Sequence[Output]:
        trace.append(f"{name}: {word(event)}")
        return (script or {}).get(word(event), ())

    return scripted(name, answer, consumes=BOTH, context=context)


def test_timers_then_the_record_then_what_was_emitted_then_context() -> None:
    trace: Trace = []
    counter = tracing(trace, "counter", context=True)
    driver = Driver(
        [
            counter,
            tracing(
                trace,
                "b",
                {"set": [Timer("t", START + 10)], "go": [Emit(passed_on("1")), Emit(passed_on("2"))]},
            ),
            tracing(
                trace,
                "a",
                {
                    "set": [Timer("u", START + 10), Timer("t", START + 5)],
                    "go": [Emit(passed_on("3"))],
                    "emitted 1": [Emit(passed_on("4"))],
                },
            ),
        ]
    )
    driver.send(said("set"), START)
    trace.clear()
    driver.send(said("go"), START + 20)
    assert trace == [
        *("a: timer t", "a: timer u", "b: timer t"),
        *("b: go", "a: go"),
        *("b: emitted 1", "a: emitted 1", "b: emitted 2", "a: emitted 2"),
        *("b: emitted 3", "a: emitted 3", "b: emitted 4", "a: emitted 4"),
        *("counter: go", "counter: emitted 1", "counter: emitted 2", "counter: emitted 3", "counter: emitted 4"),
    ]


def test_context_is_seen_as_it_was_before_the_record() -> None:
    def count(state: list[str], event: Event, context: Context) -> Sequence[Output]:
        state.append(word(event))
        return (Timer("soon", context.clock + 1),) if word(event) == "a" else ()

    counter = scripted("counter", count, context=True)
    seen: list[str] = []

    def look(state: list[str], event: Event, context: Context) -> Sequence[Output]:
        seen.append(f"{word(event)} sees {' '.join(context.read(counter, 'one') or ['nothing'])}")
        return (Emit(passed_on(word(event))),) if isinstance(event.data, UsageRecorded) else ()

    driver = Driver([counter, scripted("looker", look, consumes=BOTH)])
    for number, name in enumerate("abc"):
        driver.send(said(name), START + 10 * number)
    assert seen == [
        *("a sees nothing", "emitted a sees nothing"),
        *("b sees a", "emitted b sees a"),
        *("c sees a timer soon b", "emitted c sees a timer soon b"),
    ]


@pytest.mark.parametrize(
    ("word_said", "account", "reached"),
    [
        ("everyone of account", "A", ["a", "m", "z"]),
        ("everyone of account", "B", ["k"]),
        ("everyone of account", "C", []),
        ("everyone of account", None, []),
        ("everyone of tenant", None, ["a", "k", "m", "z"]),
    ],
)
def test_everyone_is_every_open_cell_in_order_of_keys(word_said: str, account: str | None, reached: list[str]) -> None:
    trace: Trace = []

    def answer(state: list[str], event: Event, context: Context) -> Sequence[Output]:
        if word(event).startswith("everyone"):
            trace.append(state[0])
            return ()
        state[:] = [word(event)]
        return (Close(),) if event.account is None else (Open(event.account),)

    def key(event: Event) -> str | Everyone:
        if word(event).startswith("everyone"):
            return Everyone("account" if word(event).endswith("account") else "tenant")
        return word(event)

    driver = Driver([scripted("cells", answer, key=key)])
    for name, owner in (("z", "A"), ("m", "B"), ("a", "A"), ("k", "B"), ("m", "A"), ("q", "A"), ("q", None)):
        driver.send(said(name), START, account=owner)
    for again in (False, True):
        trace.clear()
        driver.send(said(word_said), START, account=account)
        assert trace == reached
        if not again:
            driver.restart()


@pytest.mark.parametrize(
    ("outputs", "fired"),
    [
        ([Timer("t", START + 10)], ["timer t"]),
        ([Timer("t", START + 10), Timer("t", START + 10)], ["timer t"]),
        ([Timer("t", START + 10), Timer("t", START + 1_000)], []),
        ([Timer("t", START + 1_000), Timer("t", START + 10)], ["timer t"]),
        ([Timer("t", START + 10), Cancel("t")], []),
        ([Timer("t", START + 10), Cancel("t"), Timer("t", START + 11)], ["timer t"]),
        ([Cancel("t")], []),
        ([Timer("b", START + 10), Timer("a", START + 10), Timer("c", START + 5)], ["timer c", "timer a", "timer b"]),
        ([Timer("t", START + 101)], []),
        ([Timer("t", START + 100)], ["timer t"]),
        ([Timer("t", START - 100)], ["timer t"]),
    ],
)
@pytest.mark.parametrize("restart", [False, True])
def test_timers_fire_once_at_their_last_instant(outputs: list[Output], fired: list[str], restart: bool) -> None:
    trace: Trace = []
    driver = Driver([tracing(trace, "p", {"go": outputs})])
    driver.send(said("go"), START)
    if restart:
        driver.restart()
    trace.clear()
    driver.send(said("later"), START + 100)
    assert trace == [*(f"p: {name}" for name in fired), "p: later"]
    trace.clear()
    driver.send(said("later"), START + 100)
    assert trace == ["p: later"]


def test_a_timer_set_by_a_timer_fires_in_the_same_record_only_if_it_is_due_later() -> None:
    trace: Trace = []
    script: dict[str, Sequence[Output]] = {
        "go": [Timer("first", START + 10)],
        "timer first": [Timer("second", START + 20), Timer("again", START + 10), Timer("far", START + 500)],
        "timer second": [Timer("early", START + 15)],
    }
    driver = Driver([tracing(trace, "p", script)])
    driver.send(said("go"), START)
    driver.send(said("x"), START + 100)
    driver.send(said("y"), START + 101)
    assert trace == ["p: go", "p: timer first", "p: timer second", "p: x", "p: timer again", "p: timer early", "p: y"]


def test_a_timer_sees_its_own_instant_and_never_an_earlier_clock() -> None:
    clocks: list[tuple[str, int]] = []

    def answer(state: list[str], event: Event, context: Context) -> Sequence[Output]:
        clocks.append((word(event), context.clock - START))
        past = [Timer("past", START - 50)] if word(event) == "go" else []
        return [Timer("t", START + 10), *past] if word(event) == "go" else ()

    driver = Driver([scripted("p", answer)])
    driver.send(said("go"), START)
    driver.send(said("x"), START + 100)
    assert clocks == [("go", 0), ("timer past", 0), ("timer t", 10), ("x", 100)]


def test_of_several_facts_of_one_id_in_a_batch_the_last_is_said_and_history_all() -> None:
    def answer(state: list[str], event: Event, context: Context) -> Sequence[Output]:
        name = word(event)
        if name == "gone":
            return (Retract(Noted, ("n",)),)
        return (Noted(name="n", value=name), Logged(name="n", value=name), Noted(name=f"n {name}"))

    driver = Driver([scripted("p", answer)])
    driver.fold([driver.event(said(name), START, id=name) for name in ("a", "b", "gone", "c")])
    assert [fact.value for fact in driver.facts(Noted) if fact.name == "n"] == ["c"]
    assert [fact.value for fact in driver.facts(Logged)] == ["a", "b", "c"]
    driver.send(said("gone"), START)
    assert [fact.name for fact in driver.facts(Noted)] == ["n a", "n b", "n c"]


def test_revisions_rise_with_position_and_output() -> None:
    driver = Driver([scripted("p", lambda _state, event, _context: [Noted(name=word(event)), Logged(name="l")])])
    events = [driver.event(said(name), START, id=name) for name in ("a", "b")]
    for position, event in enumerate(events, 1):
        event.stamped(position=position)
    batch = driver.engine.push("acme", events)
    assert [(one.kind, one.revision >> 20, one.revision & 0xFFFFF) for one in batch.said] == [
        ("noted", 1, 1),
        ("logged", 1, 2),
        ("noted", 2, 1),
        ("logged", 2, 2),
    ]


def test_the_same_alert_is_told_once_as_first_said() -> None:
    def answer(state: list[str], event: Event, context: Context) -> Sequence[Output]:
        return (Alert("health.dropped", Noted(name="n"), "n", f"because of {word(event)}", context.clock),)

    together, apart = (Driver([scripted("p", answer)]) for _ in range(2))
    together.fold([together.event(said(name), START + number, id=name) for number, name in enumerate("ab")])
    for number, name in enumerate("ab"):
        apart.send(said(name), START + number, id=name)
    assert together.alerts == apart.alerts
    assert [b"because of a" in alert.body for alert in apart.alerts] == [True]


@pytest.mark.parametrize("at_once", [1, 4])
def test_an_alert_is_withdrawn_with_its_fact_and_stands_again_with_it(at_once: int) -> None:
    def answer(_state: list[str], event: Event, context: Context) -> Sequence[Output]:
        if word(event) == "untrue":
            return (Retract(Noted, ("n",)),)
        return Noted(name="n"), Alert("health.dropped", Noted(name="n"), "n", "it rose", context.clock)

    driver = Driver([scripted("p", answer)])
    for name, stands in (("first", [True]), ("untrue", [False]), ("again", [True])):
        for place in range(0, 4, at_once):
            events = [
                driver.event(said(name), START + number, id=f"{name} {number}")
                for number in range(place, place + at_once)
            ]
            driver.fold(events)
        assert [not alert.withdrawn for alert in driver.alerts] == stands
        assert [not fact.withdrawn for fact in driver.facts(AlertRaised)] == stands
    assert len(driver.alerts) == 1


def test_only_what_can_be_withdrawn_may_alert() -> None:
    def answer(_state: list[str], _event: Event, context: Context) -> Sequence[Output]:
        return (Alert("health.dropped", Logged(name="n"), "n", "it rose", context.clock),)

    with pytest.raises(StepFailed) as failed:
        Driver([scripted("p", answer)]).send(said("x"), START)
    assert "declared `alerted`" in str(failed.value.__cause__)


def test_an_alert_is_of_a_kind_that_endpoints_can_ask_for() -> None:
    def answer(_state: list[str], _event: Event, context: Context) -> Sequence[Output]:
        return (Alert("risen", Noted(name="n"), "n", "it rose", context.clock),)

    with pytest.raises(StepFailed) as failed:
        Driver([scripted("p", answer)]).send(said("x"), START)
    assert "schemas.alerts" in str(failed.value.__cause__)


def test_a_record_that_is_not_the_next_is_a_gap() -> None:
    driver = Driver([])
    driver.send(said("a"), START)
    for position in (1, 3):
        event = driver.event(said("b"), START).stamped(position=position)
        with pytest.raises(JournalGap):
            driver.engine.push("acme", [event])


@pytest.mark.parametrize(
    "processor",
    [
        scripted("p", lambda *_: ["no output"]),
        scripted("p", lambda *_: [Emit(passed_on("x"))], context=True),
        scripted("p", lambda *_: [Noted(name=str(int("x")))]),
        scripted("p", lambda *_: (), key=lambda _: str(int("x"))),
    ],
    ids=["no output", "context emits", "raises", "key raises"],
)
def test_a_step_that_fails_names_itself(processor: Processor[list[str]]) -> None:
    driver = Driver([processor])
    with pytest.raises(StepFailed) as failed:
        driver.send(said("a"), START)
    assert failed.value.position == 1
    assert failed.value.step.processor == "p"
    assert failed.value.step.stepped == "usage.recorded"
    assert failed.value.event.data == said("a")


def test_processors_that_set_each_other_off_for_ever_are_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.fold.MOST_STEPS", 100)
    driver = Driver([scripted("p", lambda *_: [Emit(passed_on("x"))], consumes=BOTH)])
    with pytest.raises(FoldBroken, match="endless"):
        driver.send(said("a"), START)
