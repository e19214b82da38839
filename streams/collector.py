"""How often does the interpreter look for cycles among objects that live as long as the process?"""

from __future__ import annotations

import gc
from typing import Final

# A fold makes many objects that stay and hardly any cycles: with the interpreter's own thresholds a fifth of its time
# went into walking all of them again and again, with these a twentieth. A walk over few of them is short: those over
# twenty times as many took no less of the time, and held a ticket up for 14 ms where these do for 2.
_NEW_OBJECTS: Final = 500
_YOUNG_RUNS: Final = 0
_OLD_RUNS: Final = 12_000


def look_for_cycles_seldom() -> None:
    """For a process that folds; what cycles there are is still found, only later."""
    gc.set_threshold(_NEW_OBJECTS, _YOUNG_RUNS, _OLD_RUNS)


def keep_what_is_loaded() -> None:
    """For a process that has started: what is loaded by now stays, and is never walked again."""
    gc.collect()
    gc.freeze()
