"""Named places where a test may end the process, to prove that a crash there costs nothing."""

from __future__ import annotations

import os
import signal

# `MILLRACE_FAILPOINT=name:nth` kills the process the nth time it comes by. Unset, a failpoint is one comparison.
FAILPOINTS = ("appending", "appended", "folding", "folded", "refused")
# Of the sequencer on Kafka: between what it sends, what it has heard to be there, and what it has written down.
SEQUENCER_FAILPOINTS = ("began", "letters_kept", "journal_sent", "journaled", "noted")

_name = ""
_left = 0


def arm(where: str) -> None:
    """Asks for an end at `name:nth` (the first time where no number is given); nowhere when empty."""
    global _name, _left
    name, _, nth = where.partition(":")
    known = (*FAILPOINTS, *SEQUENCER_FAILPOINTS)
    if name and name not in known:
        raise ValueError(f"no failpoint is called {name!r}; there are {', '.join(known)}")
    _name, _left = name, int(nth or "1")


def failpoint(name: str) -> None:
    """Ends this process with SIGKILL if that was asked for here."""
    global _left  # noqa: PLW0603
    if name == _name:
        _left -= 1
        if not _left:
            os.kill(os.getpid(), signal.SIGKILL)


arm(os.environ.get("MILLRACE_FAILPOINT", ""))
