"""A worker with one processor more, which raises on usage of one name."""

from __future__ import annotations

import sys

from streams.runtimes.faust.worker import main
from tests.laws.crash_worker import CATALOG

if __name__ == "__main__":
    sys.exit(main(CATALOG))
