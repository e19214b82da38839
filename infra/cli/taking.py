"""Verbs that bring records in: `init`, `append`, `import`."""

from __future__ import annotations

import sys
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer

from infra.cli import show
from infra.cli.options import AsJson, HomeFolder, LogAddress, Tenant, home_at
from infra.client import Client, connected
from infra.home import DEFAULT_HOME
from infra.settings import settings_for

_AT_ONCE = 2_000
_FAILURES_SHOWN = 20


def init(log: LogAddress = None, home: HomeFolder = DEFAULT_HOME) -> None:
    """Make a home folder with a settings file to edit."""
    folder = home_at(home, log)
    folder.create()
    if not folder.settings.exists():
        # For its owner only: secrets of webhooks will stand in it.
        folder.settings.touch(mode=0o600)
        folder.settings.write_text(settings_for(log), encoding="utf-8")
    show.console.print(f"{folder.root} is ready. Next: `millrace append FILE --tenant NAME`, or `millrace demo`.")


def append(
    file: Annotated[
        Path | None, typer.Argument(help="CloudEvents, one JSON object a line; standard input if absent.")
    ] = None,
    tenant: Tenant = None,
    as_json: AsJson = False,
    log: LogAddress = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Take records; those refused are kept as dead letters and the exit code is 1."""
    if file is not None and (not file.exists() or file.is_dir()):
        raise ValueError(f"there is no file {file}")
    totals = {"accepted": 0, "queued": 0, "duplicate": 0, "refused": 0}
    failures: list[dict[str, object]] = []
    with connected(home_at(home, log), tenant) as client:
        if file is None:
            _append(client, sys.stdin.buffer, totals, failures)
        else:
            with file.open("rb") as lines:
                _append(client, lines, totals, failures)
    if as_json:
        show.as_json({**totals, "failures": failures})
    else:
        told = {status: count for status, count in totals.items() if count or status != "queued"}
        show.console.print(", ".join(f"{count:,} {status}" for status, count in told.items()))
        for failure in failures[:_FAILURES_SHOWN]:
            show.errors.print(f"line {failure['line']}: {failure['reason']}: {failure['detail']} ({failure['remedy']})")
        if totals["accepted"]:
            show.console.print("Next: `millrace run --until-idle`, unless `millrace serve` runs.")
    if failures:
        raise typer.Exit(1)


def _append(client: Client, lines: BinaryIO, totals: dict[str, int], failures: list[dict[str, object]]) -> None:
    number = 0
    while batch := list(islice(lines, _AT_ONCE)):
        said = [(place, line) for place, line in enumerate(batch, number + 1) if line.strip()]
        number += len(batch)
        if not said:
            continue
        answer = client.events(b"\n".join(line.strip() for _, line in said))
        for status in totals:
            totals[status] += answer[status]
        for (place, _), result in zip(said, answer["results"], strict=True):
            if result["status"] == "refused":
                failures.append({"line": place, "detail": "", **result})


def import_history(
    files: Annotated[
        list[str], typer.Argument(help="CSV or JSON lines, plain or gzip; ROLE=FILE where its columns do not tell.")
    ],
    mapping: Annotated[str, typer.Option("--mapping", help="A shipped mapping's name, or a TOML file.")],
    tenant: Annotated[str, typer.Option("--tenant", envvar="MILLRACE_TENANT", help="Tenant the history belongs to.")],
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Take only the first N rows.")] = None,
    as_json: AsJson = False,
    log: LogAddress = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Bring history in by a mapping file; run again after an interruption it goes on without duplicates."""
    asked = {
        "files": [_absolute(file) for file in files],
        "mapping": _absolute(mapping),
        "tenant": tenant,
        "limit": limit,
    }
    with connected(home_at(home, log), tenant) as client, show.progress("reading") as told:
        report = client.operation("/v1/admin/import", told, asked)
    if as_json:
        show.as_json(report)
        return
    _tell_import(report)


def _absolute(argument: str) -> str:
    """A file's absolute path, with its role if it has one; what names no file is left as it is."""
    role, equals, path = argument.rpartition("=")
    return f"{role}{equals}{Path(path).resolve()}" if Path(path).is_file() else argument


def _tell_import(report: dict[str, Any]) -> None:
    if report["state"] == "ended":
        show.console.print(f"This history ({report['name']}) was brought in before: nothing is new.")
        return
    show.console.print(f"{report['rows']:,} rows, {report['events']:,} events, {report['accepted']:,} accepted")
    for name, count in report["by_type"].items():
        show.console.print(f"  {name:<24} {count:>10,}")
    if report["unmapped_rows"] or report["refused"]:
        refused = ", ".join(f"{count:,} {reason}" for reason, count in report["refused"].items())
        show.errors.print(
            f"{report['unmapped_rows']:,} rows made no event"
            + (f"; refused: {refused}" if refused else "")
            + ": see `millrace dead-letters list`"
        )
    show.console.print("Next: `millrace run --until-idle`, then `millrace accounts`.")
