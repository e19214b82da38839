"""What every processor of the catalog promises, whatever it answers."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import pytest

from processors.catalog import PROCESSORS
from processors.contract import LARGEST_CELL_BYTES, Context, Emit, Output, Processor, Retract
from schemas.event import Event
from schemas.fact import Fact
from schemas.facts import BY_KIND
from schemas.instant import DAY
from tests.architecture.sources import REPOSITORY, modules
from tests.laws.story import START, Story
from tests.laws.world import World

# Names stand in states, metrics and dead letters: one that was in use is never used for something else, nor changed.
EVER_USED = {
    "accounts",
    "breach.forecast",
    "breach.model",
    "category.drift",
    "category.model",
    "churn",
    "churn.model",
    "credit.claims",
    "credits",
    "demand",
    "documents",
    "escalation",
    "feedback",
    "feedback.loop",
    "gaming",
    "feedback.model",
    "feedback.reading",
    "handling",
    "handling.model",
    "health",
    "health.course",
    "health.course.model",
    "health.peers",
    "health.scores",
    "health.standing",
    "health.versions",
    "quality",
    "quality.trend",
    "routing",
    "sentiment",
    "sentiment.model",
    "settings",
    "sla",
    "snapshots",
    "team",
    "team.model",
    "tickets",
    "triage",
    "usage",
}


class Watched(Processor[Any]):
    """A processor of the catalog, with everything it answers written down."""

    def __init__(self, inner: Processor[Any], answered: list[tuple[Any, Output]]) -> None:
        self._inner = inner
        self._answered = answered

    def key(self, event: Event) -> Any:
        return self._inner.key(event)

    def start(self) -> Any:
        return self._inner.start()

    def step(self, state: Any, event: Event, context: Context) -> Sequence[Output]:
        outputs = list(self._inner.step(state, event, context))
        self._answered += [(self._inner, output) for output in outputs]
        return outputs

    def encode(self, state: Any) -> Mapping[str, bytes]:
        return self._inner.encode(state)

    def decode(self, parts: Mapping[str, bytes]) -> Any:
        return self._inner.decode(parts)

    def digest(self, state: Any) -> bytes:
        return self._inner.digest(state)


def watched(inner: Processor[Any], answered: list[tuple[Any, Output]]) -> Processor[Any]:
    """The same by name, with its answers written down."""
    members = {name: getattr(inner, name) for name in ("name", "version", "consumes", "facts", "provides_context")}
    made: Processor[Any] = type(f"Watched {inner.name}", (Watched,), members)(inner, answered)
    return made


@cache
def answers() -> list[tuple[Processor[Any], Output]]:
    """Everything that every processor answered to a few stories, late truth among them."""
    answered: list[tuple[Processor[Any], Output]] = []
    catalog = [watched(processor, answered) for processor in PROCESSORS]
    for seed in range(3):
        world = World(catalog)
        said = Story(seed, days=70, tickets=60, usage_a_day=1).said
        arrivals = [(one.at + (place % 5 == 0) * 3 * DAY, place) for place, one in enumerate(said)]
        for now, place in sorted(arrivals):
            world.arrive(said[place].raw, now)
        # Long after: what was said then comes too late.
        world.arrive(said[len(said) // 3].raw.replace(b'"id":"e-', b'"id":"late-'), START + 170 * DAY)
        world.wait_until(START + 180 * DAY)
    return answered


def test_names_are_unique_and_stay() -> None:
    names = [processor.name for processor in PROCESSORS]
    assert len(names) == len(set(names))
    assert set(names) == EVER_USED, "a new processor's name is added here; one that was in use stays here for ever"


@pytest.mark.parametrize("processor", PROCESSORS, ids=lambda each: each.name)
def test_each_says_what_it_is(processor: Processor[Any]) -> None:
    assert type(processor.version) is int
    assert processor.version >= 1
    assert processor.consumes
    assert len(set(processor.consumes)) == len(processor.consumes)
    assert type(processor).__doc__
    assert processor.state.__doc__
    assert importlib.import_module(type(processor).__module__).__doc__
    assert type(processor.start()) is processor.state
    assert {kind.kind for kind in processor.facts} <= set(BY_KIND)


def test_every_processor_there_is_stands_in_the_catalog() -> None:
    """Whatever a module of processors defines that has a name of its own; what several share has none."""
    named = [one for one in _kinds_of(Processor) if one.__module__.startswith("processors.") and "name" in vars(one)]
    assert sorted(one.__name__ for one in named) == sorted(type(one).__name__ for one in PROCESSORS)


def _kinds_of(kind: type[Any]) -> list[type[Any]]:
    for path in modules("processors"):
        importlib.import_module(".".join(path.relative_to(REPOSITORY).with_suffix("").parts))
    found = kind.__subclasses__()
    return [each for one in found for each in (one, *_kinds_of(one))]


@pytest.mark.parametrize("processor", PROCESSORS, ids=lambda each: each.name)
def test_each_says_only_facts_that_it_declares(processor: Processor[Any]) -> None:
    said = {type(output) for each, output in answers() if each is processor and isinstance(output, Fact)}
    said |= {output.fact for each, output in answers() if each is processor and isinstance(output, Retract)}
    assert said <= set(processor.facts)
    declared = {kind for kind in processor.facts if kind.kind != "event.late"}
    assert declared <= said, f"declared and never said: {[kind.kind for kind in declared - said]}"


def test_who_provides_context_emits_nothing() -> None:
    emitting = {each.name for each, output in answers() if isinstance(output, Emit)}
    assert emitting
    assert not emitting & {each.name for each in PROCESSORS if each.provides_context}


def test_identities_are_of_one_kind_and_never_of_nothing() -> None:
    for _, output in answers():
        if isinstance(output, Fact):
            assert all(isinstance(getattr(output, name), str | int) for name in output.identity), output


# Models, and the desk of a tenant, keep what they know in as many parts as it takes.
MODELS = {"breach.model", "category.model", "churn.model", "feedback.model", "routing", "sentiment.model", "team.model"}


@pytest.mark.parametrize("processor", PROCESSORS, ids=lambda each: each.name)
def test_cells_are_read_back_as_they_were_written(processor: Processor[Any]) -> None:
    world = World()
    for one in Story(5, days=12, tickets=20).said:
        world.arrive(one.raw, one.at)
    world.wait_until(START + 45 * DAY)
    found = [parts for cell, parts in world.store.cells("acme") if cell.processor == processor.name]
    assert found
    for parts in found:
        state = processor.decode(parts)
        assert type(state) is processor.state
        again = processor.decode(processor.encode(processor.decode(parts)) if processor.name not in MODELS else parts)
        assert processor.digest(again) == processor.digest(state)
        if processor.name not in MODELS:
            assert again == state
            assert processor.encode(state) == parts
            assert sum(map(len, parts.values())) <= LARGEST_CELL_BYTES
