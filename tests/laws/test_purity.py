"""Law 2: a step looks at nothing but what it is given: no clock, no chance, no disk, no network, no order of sets."""

from __future__ import annotations

import ast
import builtins
import os
import random
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import pytest

from processors.catalog import PROCESSORS
from processors.contract import Context, Output
from schemas.event import Event
from schemas.instant import DAY
from streams.driver import Driver
from streams.engine import Engine
from streams.failures import StepFailed
from streams.fold_store import MemoryFoldStore
from tests.architecture.sources import REPOSITORY, modules, tree
from tests.laws.story import START, Story
from tests.laws.world import World
from tests.streams.tiny import said, scripted

CLOCKS = (
    "time",
    "time_ns",
    "monotonic",
    "monotonic_ns",
    "perf_counter",
    "perf_counter_ns",
    "localtime",
    "gmtime",
    "sleep",
)
CHANCES = ("random", "randint", "choice", "choices", "shuffle", "sample", "uniform", "randrange", "getrandbits", "seed")


class Impure(Exception):
    """Something outside of the arguments was looked at."""


@contextmanager
def guarded() -> Iterator[None]:
    """Meanwhile clock, chance, disk and network raise."""
    forbidden: list[tuple[Any, str]] = [(time, name) for name in CLOCKS]
    forbidden += [(random, name) for name in CHANCES]
    forbidden += [(os, name) for name in ("urandom", "open", "listdir", "stat", "getpid")]
    forbidden += [(builtins, "open"), (socket, "socket"), (socket, "getaddrinfo"), (Path, "open"), (Path, "read_text")]

    def forbid(name: str) -> Callable[..., NoReturn]:
        def raising(*_: object, **__: object) -> NoReturn:
            raise Impure(name)

        return raising

    with pytest.MonkeyPatch.context() as patch:
        for owner, name in forbidden:
            patch.setattr(owner, name, forbid(name))
        yield


def test_no_processor_looks_outside() -> None:
    world = World()
    for one in Story(11, tickets=14).said:
        world.arrive(one.raw, one.at)
    world.wait_until(START + 20 * DAY)
    # Folded once before, so that what is read once a process (time zones, from their pinned wheel) is read.
    records = world.journal()
    store = MemoryFoldStore()
    engine = Engine(PROCESSORS, store)
    with guarded():
        batch = engine.push("acme", records)
    store.save([batch])
    assert store.current == world.store.current


@pytest.mark.parametrize(
    "look",
    [
        time.time,
        time.time_ns,
        random.random,
        lambda: os.urandom(1),
        lambda: Path(__file__).read_text(encoding="utf-8"),
        lambda: open(__file__, encoding="utf-8").read(),  # noqa: SIM115, PTH123
        socket.socket,
    ],
    ids=["clock", "nanoseconds", "chance", "entropy", "a path", "a file", "network"],
)
def test_the_guard_catches(look: Callable[[], object]) -> None:
    name = getattr(look, "__name__", "")
    owner = {"time": time, "time_ns": time, "random": random, "socket": socket}.get(name)

    def answer(_state: list[str], _event: Event, _context: Context) -> Sequence[Output]:
        getattr(owner, name)() if owner is not None else look()
        return ()

    driver = Driver([scripted("impure", answer)])
    with guarded(), pytest.raises(StepFailed) as failed:
        driver.send(said("x"), START)
    assert failed.value.reason == "Impure"


SETS = {"set", "frozenset"}
# What takes the elements of its argument in the order in which they come.
ORDERED = {
    "list",
    "tuple",
    "enumerate",
    "iter",
    "zip",
    "map",
    "filter",
    "join",
    "fromkeys",
    "next",
    "deque",
    "chain",
    "array",
}


def set_made(node: ast.AST, names: frozenset[str]) -> bool:
    """Whether an expression is a set, as far as its text tells."""
    match node:
        case ast.Set() | ast.SetComp():
            return True
        case ast.Call(func=ast.Name(id=name)) if name in SETS:
            return True
        case ast.BinOp(left=left, op=ast.BitOr() | ast.BitAnd() | ast.Sub() | ast.BitXor(), right=right):
            return set_made(left, names) or set_made(right, names)
        case ast.Name(id=name):
            return name in names
    return False


def set_names(node: ast.AST) -> frozenset[str]:
    """Names that are given a set somewhere in a module, or are declared to hold one."""
    found: list[str] = []
    for each in ast.walk(node):
        match each:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if set_made(value, frozenset()):
                found.append(name)
            case ast.AnnAssign(target=ast.Name(id=name), annotation=kind) if ast.unparse(kind).startswith(
                ("set", "frozenset")
            ):
                found.append(name)
            case ast.arg(arg=name, annotation=kind) if kind is not None and ast.unparse(kind).startswith(
                ("set", "frozenset")
            ):
                found.append(name)
    return frozenset(found)


def iterated_sets(module: ast.Module) -> list[int]:
    """Lines on which the elements of a set are taken in whatever order it has."""
    names, lines = set_names(module), []
    for node in ast.walk(module):
        looked_at: list[ast.expr] = []
        match node:
            case ast.For(iter=source) | ast.comprehension(iter=source) | ast.Starred(value=source):
                looked_at = [source]
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=arguments) if name in ORDERED:
                looked_at = arguments
            case ast.Call(func=ast.Attribute(value=owner, attr="pop"), args=[]):
                looked_at = [owner]
        lines += [source.lineno for source in looked_at if set_made(source, names)]
    return lines


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("for x in {1, 2}: pass", True),
        ("y = [x for x in set(z)]", True),
        ("y = list({a for a in b})", True),
        ("s = set()\nfor x in s: pass", True),
        ("def f(s: set[int]):\n  return ','.join(s)", True),
        ("y = (*{1, 2},)", True),
        ("for x in set(a) | b: pass", True),
        ("s = {1}\ny = s.pop()", True),
        ("for x in sorted({1, 2}): pass", False),
        ("y = x in {1, 2}", False),
        ("s = set(a)\ny = len(s)", False),
        ("for x in {1: 2}: pass", False),
    ],
)
def test_the_look_at_sets_sees(code: str, found: bool) -> None:
    assert bool(iterated_sets(ast.parse(code))) is found


def test_no_processor_depends_on_the_order_of_a_set() -> None:
    found = [
        f"{path.relative_to(REPOSITORY)}:{line}" for path in modules("processors") for line in iterated_sets(tree(path))
    ]
    assert found == []


def test_no_processor_asks_for_today() -> None:
    found = [
        f"{path.relative_to(REPOSITORY)}:{node.lineno}"
        for path in modules("processors", "schemas")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute)
        and node.attr in ("now", "utcnow", "today")
        and ast.unparse(node.value) in ("datetime", "date", "datetime.datetime", "datetime.date")
    ]
    assert found == []
