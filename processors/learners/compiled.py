"""How does a loop over few numbers become machine code?

A text has a hundred features and its label a dozen rivals: a dozen passes of numpy over so little cost ten times what
the arithmetic does. numba compiles such loops when their module is first imported, which takes seconds, and keeps the
result beside the module (or in the user's cache where that folder cannot be written to).

It is kept by the date of the file that a loop stands in. So a loop uses functions and constants of its own file only,
or a change elsewhere would leave old code in place; `tests/learners/test_compiled.py` holds every file to that.

Bits are those of the same lines run by Python: without `fastmath` LLVM neither reorders nor fuses what is added.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
from numba import types

# numba asks scipy for a BLAS, which no loop here needs, and to load that takes as long as numba itself.
_BLAS = "scipy.linalg.cython_blas"
if _BLAS not in sys.modules:
    sys.modules[_BLAS] = None  # type: ignore[assignment]  # what an import refuses to look for
    import numba.np.arraymath

    del sys.modules[_BLAS]

Loop = TypeVar("Loop", bound=Callable[..., Any])

flag, uint16, uint32, uint64 = types.boolean, types.uint16, types.uint32, types.uint64
int32, int64, float32, float64 = types.int32, types.int64, types.float32, types.float64


def vector(kind: Any, written: bool = False) -> Any:
    """The type of a contiguous array of one dimension; what is not written may be read-only."""
    return types.Array(kind, 1, "C", readonly=not written)


def matrix(kind: Any, written: bool = False) -> Any:
    """The same of an array of contiguous rows."""
    return types.Array(kind, 2, "C", readonly=not written)


def compiled(*arguments: Any) -> Callable[[Loop], Loop]:
    """Compiles a function for arguments of these types, when its module is imported."""

    def compile_(loop: Loop) -> Loop:
        try:
            return cast(Loop, numba.njit([arguments], cache=True, error_model="numpy")(loop))
        except RuntimeError as error:
            if "no locator available" not in str(error):
                raise
            # Nowhere to keep it: every process compiles for itself.
            return cast(Loop, numba.njit([arguments], error_model="numpy")(loop))

    return compile_
