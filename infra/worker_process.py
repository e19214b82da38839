"""`python -m infra.worker_process SETTINGS`: one Faust worker with every processor there is."""

from __future__ import annotations

import sys

from processors.catalog import PROCESSORS
from streams.collector import look_for_cycles_seldom
from streams.runtimes.faust.worker import main

if __name__ == "__main__":
    look_for_cycles_seldom()
    sys.exit(main(PROCESSORS))
