"""Verbs about promises: `sla why`, `sla events`, `sla diff`, `sla calendar`."""

from __future__ import annotations

import shlex
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote
from uuid import uuid4

import orjson
import typer

from infra.calendar_words import calendar_said
from infra.cli import show, sla_differences
from infra.cli.options import AsJson, HomeFolder, LogAddress, Tenant, home_at
from infra.client import connected
from infra.home import DEFAULT_HOME
from schemas.instant import SECOND, format_instant, parse_instant

sla = typer.Typer(no_args_is_help=True, help="Promises and how their time was counted.")


@sla.callback()
def _group() -> None:
    """Promises and how their time was counted."""


@sla.command("why")
def why(
    ticket: Annotated[str, typer.Argument(metavar="TICKET")],
    tenant: Tenant = None,
    as_json: AsJson = False,
    log: LogAddress = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Every clock of a ticket, segment by segment: what counted, what did not, by which rule and event."""
    with connected(home_at(home, log), tenant) as client:
        clocks = client.get(f"/v1/sla/{quote(ticket, safe='')}")["clocks"]
    if as_json:
        show.as_json(clocks)
        return
    if not clocks:
        settled = f"`millrace ticket {shlex.quote(ticket)}` shows what came of promises that are settled"
        show.console.print(f"ticket {ticket}: nothing is promised that could still change; {settled}", markup=False)
    for one in clocks:
        show.fields(f"{one['clock']} {one['cycle'] + 1}: {one['state']}", one | _summed(one), _FIELDS)
        show.table("segments", [_segment(segment) for segment in one["segments"]], _COLUMNS)


@sla.command("events")
def events(
    ticket: Annotated[str, typer.Argument(metavar="TICKET")],
    tenant: Tenant = None,
    as_json: AsJson = False,
    log: LogAddress = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """What happened to the clocks of a ticket: started, paused, broken, kept, as Zendesk's metric events tell it."""
    with connected(home_at(home, log), tenant) as client:
        found = client.get(f"/v1/sla-events/{quote(ticket, safe='')}")["ticket_metric_events"]
    told = [one | {"tells": _tells(one)} for one in found]
    show.rows(f"events of {ticket}", found if as_json else told, _EVENT_COLUMNS, for_programs=as_json)


def _tells(event: dict[str, Any]) -> str:
    if "sla" in event:
        return f"{event['sla']['policy']['title']}: {event['sla']['target_in_seconds']} s"
    if "status" in event:
        return f"{event['status']['business']} min of business, {event['status']['calendar']} on the wall"
    return ""


@sla.command("diff")
def diff(  # noqa: PLR0913, PLR0917 - one for each option
    files: Annotated[
        list[str], typer.Argument(metavar="FILE…", help="CloudEvents as JSON lines; - reads standard input.")
    ],
    since: Annotated[str, typer.Option("--from", help="Instant from which they would hold; if absent, always.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=0, max=100_000, help="So many promises and credits.")] = 100,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="End with 3 where anything would change.")] = False,
    tenant: Tenant = None,
    as_json: AsJson = False,
    log: LogAddress = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """What other promises, calendars, tiers or credits would have changed. Nothing is written.

    The journal is folded twice, as it is and with these settings instead of those of the same name.
    """
    events = [line for file in files for line in _lines(file) if line.strip()]
    if not events:
        raise ValueError(f"{', '.join(files)}: no event in there; `millrace sla calendar` shows what one looks like")
    asked = {"events": events, "since": since or None, "most": limit}
    with connected(home_at(home, log), tenant) as client, show.progress("folding twice") as told:
        found = client.operation("/v1/admin/sla-diff", told, asked)
    if as_json:
        show.as_json(found)
    else:
        sla_differences.show_differences(found)
    if exit_code and found["differs"]:
        raise typer.Exit(3)


def _lines(file: str) -> list[str]:
    return (sys.stdin.read() if file == "-" else _text(Path(file))).split("\n")


@sla.command("calendar")
def calendar(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What policies call it.")],
    hours: Annotated[
        list[str], typer.Option("--hours", help="Days and times: 'mon-fri 08:00-12:00 13:00-17:30'; may be repeated.")
    ],
    zone: Annotated[str, typer.Option("--zone", help="IANA time zone, such as Europe/Vienna.")],
    holidays: Annotated[
        list[Path] | None, typer.Option("--holidays", help="iCalendar file (.ics) of days off; may be repeated.")
    ] = None,
    years: Annotated[
        str, typer.Option("--years", help="Years to take holidays of, such as 2026-2031; last year to five ahead.")
    ] = "",
    since: Annotated[str, typer.Option("--from", help="Instant from which it holds; now if absent.")] = "",
) -> None:
    """Write the event that says when experts work, for `millrace append`: a new version of the calendar.

    It holds for the tickets that are opened from then on. What the files call each day off goes to standard error.
    """
    # What reads calendar files takes a fifth of a second to load, which the other verbs need not wait for.
    from infra.holiday_file import days_off

    now = datetime.now(UTC)
    first, _, last = (years or f"{now.year - 1}-{now.year + 5}").partition("-")
    if not (first.isdigit() and (last or first).isdigit()):
        raise ValueError(f"--years is {years!r}; write two years such as 2026-2031")
    if int(last or first) < int(first):
        raise ValueError(f"--years is {years!r}, which ends before it begins; write the earlier year first")
    named = [one for file in holidays or () for one in days_off(_text(file), int(first), int(last or first))]
    data = calendar_said(name, zone, hours, [one.on for one in named])
    at = format_instant(parse_instant(since or now.isoformat()))
    event = {"specversion": "1.0", "id": f"calendar-{uuid4()}", "source": "millrace.cli", "time": at}
    typer.echo(orjson.dumps(event | {"type": "settings.calendar_changed", "data": data}))
    for one in named:
        show.errors.print(f"closed {one.on.isoformat()} {one.name}", markup=False)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{file} cannot be read as UTF-8 text: {error}") from error


_FIELDS = (
    "group",
    "policy",
    "policy_by",
    "calendar",
    "calendar_by",
    "calendar_undefined",
    "target_seconds",
    "counted_seconds",
    "due_at",
    "breached_at",
    "evaluated_at",
)
_EVENT_COLUMNS = ("time", "metric", "instance_id", "type", "tells", "event_id")
_COLUMNS = ("from", "until", "counted_seconds", "skipped_seconds", "rule", "event_id")


def _summed(clock: dict[str, Any]) -> dict[str, Any]:
    return {"counted_seconds": f"{clock['elapsed_us'] / SECOND:.6f}"}


def _segment(segment: dict[str, Any]) -> dict[str, Any]:
    counted = segment["counted_us"] / SECOND
    skipped = 0.0 if segment["counted_us"] else segment["seconds"]
    return segment | {"counted_seconds": f"{counted:.6f}", "skipped_seconds": f"{skipped:.6f}"}
