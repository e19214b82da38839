"""One measurement, in a process of its own: `python -m infra.bench.one NAME SCALE FILE` writes its rows as JSON."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import msgspec
import structlog

from infra.bench.catalog import MEASUREMENTS
from infra.bench.scale import SCALES
from streams.collector import look_for_cycles_seldom


def main() -> None:
    """Measures; standard output is left to the engines, which may speak there."""
    name, scale, into = sys.argv[1:]
    look_for_cycles_seldom()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    Path(into).write_bytes(msgspec.json.encode(MEASUREMENTS[name](SCALES[scale])))


if __name__ == "__main__":
    main()
