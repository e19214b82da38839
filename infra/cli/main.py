"""The command line: one verb a function, every error a sentence on standard error and an exit code that is not 0."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import httpx
import typer

from infra.cli import (
    alerting,
    asking,
    auditing,
    connecting,
    demanding,
    feedback,
    flink,
    health,
    kafka,
    keeping,
    past,
    pulling,
    routing,
    running,
    sequencing,
    show,
    sink,
    sla,
    taking,
    teaching,
    transfer,
    worker,
)
from infra.cli.demo import demo

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="One log of everything your customers say and do, and live, explainable answers folded from it.",
)

_OURS = ("schemas", "processors", "sinks", "streams", "replay", "infra")
_VERBS: tuple[Callable[..., None], ...] = (
    demo,
    taking.init,
    taking.append,
    running.run,
    running.serve,
    asking.accounts,
    asking.account,
    asking.ticket,
    asking.why,
    asking.replies,
    routing.queue,
    routing.experts,
    routing.escalations,
    feedback.feedback,
    demanding.demand,
    asking.search,
    asking.sql,
    teaching.teach,
    running.rebuild,
    keeping.doctor,
    connecting.connectors,
    pulling.pull,
    sequencing.sequencer,
    transfer.export,
    worker.worker,
    sink.sink,
)
for verb in _VERBS:
    app.command()(verb)
app.command("import")(taking.import_history)
app.command("import-log")(transfer.import_log)
app.command("state-hash")(running.state_hash)
app.command("as-of")(past.as_of)
app.add_typer(keeping.dead_letters, name="dead-letters")
app.add_typer(keeping.keys, name="keys")
app.add_typer(auditing.audit, name="audit")
app.add_typer(alerting.webhooks, name="webhooks")
app.add_typer(keeping.schemas, name="schemas")
app.add_typer(connecting.connect, name="connect")
app.add_typer(kafka.topics, name="topics")
app.add_typer(kafka.kafka, name="kafka")
app.add_typer(flink.flink, name="flink")
app.add_typer(sla.sla, name="sla")
app.add_typer(teaching.models, name="models")
app.add_typer(health.health, name="health")


@app.callback()
def everywhere(
    home: Annotated[Path | None, typer.Option("--home", help="Home folder (or MILLRACE_HOME).")] = None,
    tenant: Annotated[str | None, typer.Option("--tenant", help="Tenant (or MILLRACE_TENANT).")] = None,
    log: Annotated[str | None, typer.Option("--log", help="Address of the log (or MILLRACE_LOG).")] = None,
) -> None:
    """Options may stand before the verb, too."""
    if home is not None:
        os.environ["MILLRACE_HOME"] = str(home)
    if tenant is not None:
        os.environ["MILLRACE_TENANT"] = tenant
    if log is not None:
        os.environ["MILLRACE_LOG"] = log


def main() -> None:
    """Runs the command line."""
    try:
        _require_text(sys.argv[1:])
        app()
    except httpx.HTTPError as error:
        show.errors.print(f"millrace: the serving process did not answer: {error}", markup=False)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        # What our own layers raise is written for people; anything else is a fault that its trace explains better.
        if type(error).__module__.partition(".")[0] not in _OURS and not isinstance(error, ValueError):
            raise
        show.errors.print(f"millrace: {error}", markup=False)
        sys.exit(1)


def _require_text(arguments: Sequence[str]) -> None:
    """Raises ValueError for bytes that are no UTF-8: nothing that is asked for or answered could name them."""
    for argument in arguments:
        try:
            argument.encode()
        except UnicodeEncodeError:
            raise ValueError(
                f"{os.fsencode(argument)!r} is not UTF-8: write it so, or give the file another name"
            ) from None


if __name__ == "__main__":
    main()
