"""`python -m streams.runtimes.faust SETTINGS`: one worker with every processor there is."""

from __future__ import annotations

import sys

from processors.catalog import PROCESSORS
from streams.runtimes.faust.worker import main

sys.exit(main(PROCESSORS))
