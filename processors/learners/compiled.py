"""How does a loop over few numbers become machine code?

A text has a hundred features and its label a dozen rivals: a dozen passes of numpy over so little cost ten times what
the arithmetic does. numba compiles such loops in seconds, once, and keeps the result beside the module (or in the
user's cache where that folder cannot be written to). To load it takes half a second and 100 MB, so that is done when a
loop is first called: a process that only asks never does.

Code is kept by the date of the file that a loop stands in. So a loop uses functions and constants of its own file only,
or a change elsewhere would leave old code in place; `tests/learners/test_compiled.py` holds every file to that.

Bits are those of the same lines run by Python: without `fastmath` LLVM neither reorders nor fuses what is added.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache, update_wrapper
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar, cast

if TYPE_CHECKING:
    from types import ModuleType

Function = TypeVar("Function", bound=Callable[..., Any])

flag, uint16, uint32, uint64 = "boolean", "uint16", "uint32", "uint64"
int32, int64, float32, float64 = "int32", "int64", "float32", "float64"


class Array(NamedTuple):
    """The type of a contiguous array; what is not written may be read-only."""

    kind: str
    dimensions: int
    written: bool


def vector(kind: str, written: bool = False) -> Array:
    """The type of numbers in a row."""
    return Array(kind, 1, written)


def matrix(kind: str, written: bool = False) -> Array:
    """The type of rows of numbers, one after the other."""
    return Array(kind, 2, written)


# A number, an array, or several of them in a tuple.
Type = str | Array | tuple[str | Array, ...]


def compiled(*arguments: Type) -> Callable[[Function], Function]:
    """Has a function compiled for arguments of these types when one of its file is first called."""

    def compile_(function: Function) -> Function:
        return cast(Function, _Loop(function, arguments))

    return compile_


class _Loop:
    """What a loop is called by from other files; in its own, `_load` puts the compiled one in its place."""

    def __init__(self, function: Callable[..., Any], arguments: tuple[Type, ...]) -> None:
        update_wrapper(self, function)
        self.function: Final = function
        self.arguments: Final = arguments
        self._run: Callable[..., Any] = self._load_and_run
        _LOOPS.append(self)

    def __call__(self, *arguments: Any) -> Any:
        return self._run(*arguments)

    def _load_and_run(self, *arguments: Any) -> Any:
        _load(sys.modules[self.function.__module__])
        return self._run(*arguments)

    def compile(self) -> Callable[..., Any]:
        """The machine code, out of the cache where it is there."""
        self._run = _machine_code(self.function, self.arguments)
        return self._run


_LOOPS: Final[list[_Loop]] = []


def compile_all() -> None:
    """Compiles every loop of what is imported, and keeps it."""
    for name in dict.fromkeys(loop.function.__module__ for loop in _LOOPS):
        _load(sys.modules[name])


def _load(module: ModuleType) -> None:
    """Compiles the loops of a file in their order, so that each finds those it uses compiled; two threads may both."""
    for name, loop in list(vars(module).items()):
        if isinstance(loop, _Loop) and loop.function.__module__ == module.__name__:
            setattr(module, name, loop.compile())


def _machine_code(function: Callable[..., Any], arguments: tuple[Type, ...]) -> Callable[..., Any]:
    numba = _numba()
    types = tuple([_typed(argument) for argument in arguments])
    try:
        code = numba.njit([types], cache=True, error_model="numpy")(function)
    except RuntimeError as error:
        if "no locator available" not in str(error):
            raise
        # Nowhere to keep it: every process compiles for itself.
        code = numba.njit([types], error_model="numpy")(function)
    return cast(Callable[..., Any], code)


def _typed(argument: Type) -> Any:
    types = _numba().types
    match argument:
        case str():
            return getattr(types, argument)
        case Array(kind, dimensions, written):
            return types.Array(getattr(types, kind), dimensions, "C", readonly=not written)
        case _:
            return types.Tuple([_typed(one) for one in argument])


@cache
def _numba() -> Any:
    """The compiler, without what no loop needs: it asks scipy for a BLAS, which takes as long to load as itself."""
    blas = "scipy.linalg.cython_blas"
    if blas in sys.modules:
        return import_module("numba")
    sys.modules[blas] = None  # type: ignore[assignment]  # what an import refuses to look for
    try:
        import_module("numba.np.arraymath")
    finally:
        del sys.modules[blas]
    return import_module("numba")
