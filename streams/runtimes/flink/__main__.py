"""`python -m streams.runtimes.flink HOST PORT SETTINGS`: gives one job to a cluster, and tells what comes of it.

In lines of JSON: the first names the job; of a bounded job one for each tenant follows, when it has ended.
"""

from __future__ import annotations

import sys

import msgspec

from streams.runtimes.flink.settings import JobSettings


def main() -> None:
    """Submits."""
    # The interpreters of the task managers import this package, too, and must not start Java's gateway.
    from streams.runtimes.flink.job import submit

    host, port, said = sys.argv[1:]
    job, results = submit(msgspec.json.decode(said, type=JobSettings), host, int(port))
    _say({"job": job})
    for result in results:
        _say(result)


def _say(what: object) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(what) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
