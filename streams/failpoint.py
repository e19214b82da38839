"""Named places where a test may end the process, to prove that a crash there costs nothing."""

from __future__ import annotations

import os
import signal
from collections import Counter

# `MILLRACE_FAILPOINT=name:nth` kills the process the nth time it comes by. Unset, a failpoint is one lookup.
_NAME, _, _NTH = os.environ.get("MILLRACE_FAILPOINT", "").partition(":")
_HITS: Counter[str] = Counter()


def failpoint(name: str) -> None:
    """Ends this process with SIGKILL if the environment asks for it here."""
    if name != _NAME:
        return
    _HITS[name] += 1
    if _HITS[name] == int(_NTH or "1"):
        os.kill(os.getpid(), signal.SIGKILL)
