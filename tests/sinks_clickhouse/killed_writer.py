"""A process that writes what follows the sink's position: `killed_writer.py FOLDER MIGRATIONS LAST`."""

from __future__ import annotations

import sys
from pathlib import Path

from schemas.facts import HealthChanged
from sinks.clickhouse.sink import ClickHouseSink
from sinks.contract import Statement
from tests.sinks_clickhouse.statements import NOON, Outbox, usage


def said(last: int) -> list[Statement]:
    """What an outbox holds up to the last token: a day's usage that rises, and changes that are all kept."""
    outbox = Outbox()
    for token in range(last + 1):
        if token % 3:
            outbox.say(usage(f"account {token % 50}", token))
        else:
            outbox.say(HealthChanged(account="a", event_id=f"e-{token}", before=0, after=1, terms=(), changed_at=NOON))
    return outbox.said


def main() -> None:
    folder, migrations, last = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    sink = ClickHouseSink.open(f"chdb://{folder}", migrations)
    outbox = said(last)
    position = sink.position()
    while position < last:
        sink.write(outbox[position + 1 : position + 8])
        position = sink.position()
        sys.stdout.write(f"{position}\n")
        sys.stdout.flush()
    sink.close()


if __name__ == "__main__":
    main()
