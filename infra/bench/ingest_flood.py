"""A tenant that sends far beyond its quota, in a process of its own: beside what is timed it would delay the clock.

`python -m infra.bench.ingest_flood PORT EVENTS_PER_SECOND SECONDS` reads a key from its input, says a line once its
requests are made, and sends them from the next line of its input on.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from infra.bench.ingest_load import evenly
from infra.bench.ingest_requests import usage

BATCH = 500
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
    """Sends what cannot be taken, at an even pace."""
    port, events_per_second, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    per_second = events_per_second / BATCH
    requests = list(usage(sys.stdin.readline().strip(), int(per_second * seconds), BATCH))
    sys.stdout.write("made\n")
    sys.stdout.flush()
    sys.stdin.readline()
    asyncio.run(evenly(port, iter(requests), per_second, seconds, 16))


if __name__ == "__main__":
    main()
