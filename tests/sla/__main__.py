"""The fold beside the oracle on many tickets: `python -m tests.sla [--cases N] [--seed S] [--parts A-B]`."""

from __future__ import annotations

import argparse
import sys
import zoneinfo

from tests.sla.test_oracle import CASES_OF_CHAOS, PARTS, SEED, compare


def main() -> int:
    """Prints each part's seed and count; ends with 1 at the first difference, which pytest shows by that seed."""
    parser = argparse.ArgumentParser(prog="python -m tests.sla", description=__doc__)
    parser.add_argument("--cases", type=int, default=CASES_OF_CHAOS, help="tickets of all parts together")
    parser.add_argument("--seed", default=SEED)
    parser.add_argument("--parts", default=f"0-{PARTS - 1}", help="the first and the last part to read")
    asked = parser.parse_args()
    first, _, last = asked.parts.partition("-")
    # Not the machine's zones, which may be older, but those of the wheel, as `conftest.py` has it.
    zoneinfo.reset_tzpath(to=())
    cases = asked.cases // PARTS
    for part in range(int(first), int(last or first) + 1):
        seed = f"{asked.seed}/{part}"
        clocks = compare(seed, cases)
        sys.stdout.write(f"seed {seed!r}: {cases:,} tickets, {clocks:,} clocks, 0 differences\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
