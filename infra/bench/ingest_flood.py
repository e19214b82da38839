"""A tenant that sends far beyond its quota, in a process of its own: beside what is timed it would delay the clock.

`python -m infra.bench.ingest_flood PORT EVENTS_PER_SECOND SECONDS` reads a key from its input, says a line once its
requests are made, and sends them from the next line of its input on; 0 events a second are as many as are answered.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import cycle

from infra.bench.ingest_load import at_once, evenly
from infra.bench.ingest_requests import usage

BATCH = 500
_CONNECTIONS = 16
_KINDS = 1_000  # requests that are sent again and again
_LONGEST_SECONDS = 60.0


@contextmanager
def flooded(port: int, key: str, events_per_second: int, seconds: float) -> Iterator[None]:
    """The flood begins with the block and lasts for so many seconds; the block's end waits for it."""
    command = [sys.executable, "-m", "infra.bench.ingest_flood", str(port), str(events_per_second), str(seconds)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None  # noqa: S101 - they are pipes
        assert process.stdout is not None  # noqa: S101
        try:
            process.stdin.write(f"{key}\n")
            process.stdin.flush()
            if not process.stdout.readline():
                raise RuntimeError("the flood could not be made")
            process.stdin.write("now\n")
            process.stdin.flush()
            yield
            if process.wait(_LONGEST_SECONDS):
                raise RuntimeError("the flood ended with an error")
        finally:
            process.kill()


def main() -> None:
    """Sends what cannot be taken over a few connections that each wait for an answer before they send again."""
    port, events_per_second, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    per_second = events_per_second / BATCH
    number = int(per_second * seconds) or _KINDS
    requests = list(usage(sys.stdin.readline().strip(), number, BATCH))
    sys.stdout.write("made\n")
    sys.stdout.flush()
    sys.stdin.readline()
    asyncio.run(_flood(port, requests, per_second, seconds))


async def _flood(port: int, requests: Sequence[bytes], per_second: float, seconds: float) -> None:
    """Answers come ever later; what has none when the time is over is not waited for."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            if per_second:
                await evenly(port, iter(requests), per_second, seconds, _CONNECTIONS)
            else:
                await at_once(port, cycle(requests), _CONNECTIONS, seconds)


if __name__ == "__main__":
    main()
