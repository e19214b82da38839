"""Processors of a few lines, which do what a test scripts, and the events that set them off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from processors.contract import Context, Everyone, Output, Processor
from schemas.emitted import TicketClassified, TimerFired
from schemas.event import Data, Event
from schemas.fact import Fact
from schemas.instant import parse_instant
from schemas.usage import UsageRecorded

START = parse_instant("2026-03-02T09:00:00Z")

Answer = Callable[[list[str], Event, Context], Sequence[Output]]
Key = Callable[[Event], str | Everyone | None]


class Noted(Fact, frozen=True, kw_only=True):
    """What a processor noted under a name."""

    kind: ClassVar[str] = "noted"
    identity: ClassVar[tuple[str, ...]] = ("name",)
    alerted: ClassVar[bool] = True

    name: str
    value: str = ""


class Logged(Fact, frozen=True, kw_only=True):
    """The same, never replaced."""

    kind: ClassVar[str] = "logged"
    identity: ClassVar[tuple[str, ...]] = ("name",)
    history: ClassVar[bool] = True

    name: str
    value: str = ""


class Scripted(Processor[list[str]]):
    """Answers as its script says; its state is whatever the script puts there."""

    state = list[str]

    def __init__(self, answer: Answer, key: Key) -> None:
        self._answer = answer
        self._key = key

    def key(self, event: Event) -> str | Everyone | None:
        return self._key(event)

    def start(self) -> list[str]:
        return []

    def step(self, state: list[str], event: Event, context: Context) -> Sequence[Output]:
        return self._answer(state, event, context)


def scripted(
    name: str,
    answer: Answer,
    *,
    key: Key = lambda _: "one",
    consumes: tuple[type[Data], ...] = (UsageRecorded,),
    context: bool = False,
    version: int = 1,
) -> Processor[Any]:
    """A processor of this name."""
    members = {"name": name, "consumes": consumes, "provides_context": context, "version": version}
    made: Processor[Any] = type(name, (Scripted,), members)(answer, key)
    return made


def said(name: str, quantity: int = 1) -> UsageRecorded:
    """A record that scripts tell apart by its name."""
    return UsageRecorded(name=name, quantity=quantity)


def passed_on(name: str) -> TicketClassified:
    """An event to emit."""
    return TicketClassified.model_construct(ticket=name, category=None, probability=0.0, priority="normal")


def word(event: Event) -> str:
    """What an event is called in a trace."""
    match event.data:
        case TimerFired(name=name):
            return f"timer {name}"
        case TicketClassified(ticket=ticket):
            return f"emitted {ticket}"
        case UsageRecorded(name=name):
            return name
        case data:
            return data.type
