"""A process whose state was damaged and is rebuilt, twice: prints what each rebuild said and what the journal holds."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from infra.application import Application
from infra.home import Home
from infra.operations import Operations
from schemas.instant import SECOND
from schemas.system import GenerationSwitched
from streams.failures import FoldBroken
from tests.application.alert_story import record


def switches(application: Application, tenant: str) -> list[dict[str, Any]]:
    """What the tenant's journal says of generations."""
    events = application.runtime.log.read(tenant, 0, 1_000)
    return [event.data.model_dump(mode="json") for event in events if isinstance(event.data, GenerationSwitched)]


def play(application: Application) -> dict[str, Any]:
    runtime, operations = application.runtime, Operations(application)
    now = application.clock()
    for tenant in ("acme", "beta"):
        runtime.take(tenant, [record(2, "ticket.opened", now - SECOND, ticket="T-1", title="The export fails")])
    operations.run_until_idle()
    sound = operations.rebuild()
    quiet = switches(application, "acme") + switches(application, "beta")
    with runtime.database.transaction() as connection:
        connection.execute("DELETE FROM cells WHERE tenant = 'acme' AND processor = 'tickets'")
    runtime.engine.forget("acme")
    damaged = operations.rebuild()
    operations.run_until_idle()
    again = operations.rebuild()
    acme, beta = switches(application, "acme"), switches(application, "beta")
    older = written_by_another_version(application)
    return {
        "sound": sound.equal,
        "quiet": quiet,
        "damaged": damaged.equal,
        "hash": damaged.old_hash != damaged.new_hash,
        "acme": acme,
        "beta": beta,
        "again": again.equal,
        "older": older,
        "tickets": application.clickhouse.read("SELECT tenant, ticket FROM tickets ORDER BY tenant").rows,
    }


def written_by_another_version(application: Application) -> dict[str, Any]:
    """What folding says over state that it cannot read, and what a rebuild makes of it."""
    runtime, operations = application.runtime, Operations(application)
    with runtime.database.transaction() as connection:
        connection.execute("UPDATE cells SET value = x'93c0c0c0' WHERE tenant = 'acme' AND processor = 'tickets'")
    runtime.engine.forget("acme")
    runtime.take("acme", [record(3, "ticket.resolved", application.clock(), ticket="T-1")])
    try:
        operations.run_until_idle()
        said = "nothing"
    except FoldBroken as error:
        said = str(error)
    rebuilt = operations.rebuild()
    operations.run_until_idle()
    rows = application.clickhouse.read("SELECT status FROM tickets WHERE tenant = 'acme'").rows
    return {
        "said": said,
        "old": rebuilt.old_hash,
        "status": rows,
        "letters": len(runtime.log.letters("acme")),
    }


def main() -> None:
    home = Home(Path(sys.argv[1]))
    home.create()
    application = Application.open(home)
    application.start(fold=False)
    try:
        outcome = play(application)
    finally:
        application.stop()
        application.close()
    sys.stdout.write(json.dumps(outcome))


if __name__ == "__main__":
    main()
