"""Verbs about models: `models`, `models topics`, `models advice`, `models undo`, `teach`."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import quote
from uuid import uuid4

import orjson
import typer

from infra.cli import show
from infra.cli.options import AsJson, HomeFolder, LogAddress, Tenant, home_at
from infra.client import Client, connected
from infra.home import DEFAULT_HOME
from schemas.instant import format_instant, parse_instant

_WAIT_SECONDS = 10.0
_LOOK_SECONDS = 0.2
_SUGGESTED = 20
_NEXT = "Next: `millrace run --until-idle`, unless `millrace serve` runs; then `millrace models`."

models = typer.Typer(invoke_without_command=True, help="How good the models are, who taught them; take lessons back.")


@models.callback()
def told(
    context: typer.Context,
    tenant: Tenant = None,
    as_json: AsJson = False,
    log: LogAddress = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """How good the models are (asked before each label came), who answers and since when, and who taught what."""
    if context.invoked_subcommand is not None:
        return
    with connected(home_at(home, log), tenant) as client:
        said = client.get("/v1/models")
    if as_json:
        show.as_json(said)
        return
    show.table("models", said["models"], _FIGURES)
    for one in said["models"]:
        if one.get("state"):
            show.fields(f"model {one['model']}: lately", one["state"], _STATE)
    show.table(
        "who taught",
        said["teachers"],
        ("model", "person", "said", "learned", "corrections", "held", "labels", "last_at"),
    )
    show.table("who answers", said["promotions"], _PROMOTIONS)
    show.table("answers got worse", said["drifts"], _DRIFTS)
    show.table("taken back", said["unlearned"], _UNLEARNED)


@models.command("topics")
def topics(
    tenant: Tenant = None, as_json: AsJson = False, log: LogAddress = None, home: HomeFolder = DEFAULT_HOME
) -> None:
    """What the latest tickets ask that triage has no category for: groups of like ones, with examples."""
    with connected(home_at(home, log), tenant) as client:
        found = client.get("/v1/models/topics")
    if as_json:
        show.as_json(found)
        return
    rows = [
        row
        | {
            "words": ", ".join(row["words"]),
            "filed as": ", ".join(f"{name} ({count})" for name, count in row["filed_as"]),
            "for example": ", ".join(one["ticket"] for one in row["examples"]),
        }
        for row in found["topics"]
    ]
    show.table(f"of {found['held_back']} tickets held back", rows, _TOPICS)


@models.command("advice")
def advised(
    tenant: Tenant = None, as_json: AsJson = False, log: LogAddress = None, home: HomeFolder = DEFAULT_HOME
) -> None:
    """Categories to merge, to tell apart or to split: what is taken for what more often than by chance."""
    with connected(home_at(home, log), tenant) as client:
        found = client.get("/v1/models/advice")
    if as_json:
        show.as_json(found)
        return
    share = (
        f"{found['right'] / found['judged']:.1%} right of {found['judged']}" if found["judged"] else "nothing judged"
    )
    pairs = [row | {"between": " and ".join(row["categories"]), **_told_of(row)} for row in found["pairs"]]
    show.table(f"taken for each other ({share})", pairs, _PAIRS)
    splits = [row | {"part with": ", ".join(row["words"]), **_told_of(row)} for row in found["splits"]]
    show.table("perhaps two categories", splits, _SPLITS)


def _told_of(row: dict[str, Any]) -> dict[str, str]:
    return {"gain": f"+{row['gain']:.1%}", "for example": ", ".join(one["ticket"] for one in row["examples"])}


@models.command("undo")
def undo(  # noqa: PLR0913, PLR0917 - one for each option
    by: Annotated[str, typer.Option("--by", help="Whose lessons: the person as `millrace models` shows it.")],
    model: Annotated[str, typer.Option("--model", help="Of which model: `category` or `team`.")] = "category",
    since: Annotated[str, typer.Option("--since", help="Instant from which on; all if absent.")] = "",
    reason: Annotated[str, typer.Option("--reason", help="Why, for the journal.")] = "",
    tenant: Tenant = None,
    as_json: AsJson = False,
    log: LogAddress = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Take back what a person taught: an event in the journal, so a rebuild says the same; shows what it changed."""
    times = {"since": format_instant(parse_instant(since))} if since else {}
    at_home = home_at(home, log)
    with connected(at_home, tenant) as client:
        id_ = _say(client, "model.lessons_withdrawn", {"model": model, "by": by, "reason": reason, **times})
        found = _unlearned(client, id_, _WAIT_SECONDS if at_home.serving() is not None else 0.0)
    if as_json:
        show.as_json({"event_id": id_, "effect": found})
    elif found is None:
        show.console.print(f"said as {id_}. {_NEXT}", markup=False)
    else:
        show.fields(f"lessons of {by} were taken back", found, _UNLEARNED)


def teach(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="TICKET CATEGORY", help="What to correct, and to what.")
    ] = None,
    suggest: Annotated[bool, typer.Option("--suggest", help="List the tickets that would teach most.")] = False,
    by: Annotated[str, typer.Option("--by", help="Who says so.")] = "operator",
    tenant: Tenant = None,
    as_json: AsJson = False,
    log: LogAddress = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Correct a ticket's category, or list the tickets whose category would teach the model most."""
    if len(words or ()) != (0 if suggest else 2):
        raise ValueError("write either `millrace teach TICKET CATEGORY` or `millrace teach --suggest`")
    with connected(home_at(home, log), tenant) as client:
        if words:
            ticket, category = words
            client.get(f"/v1/tickets/{quote(ticket, safe='')}")  # a slip in the name would teach nobody, silently
            data = {"ticket": ticket, "expert": by, "field": "category", "value": category}
            _tell_said(_say(client, "expert.corrected", data), as_json=as_json)
            return
        rows = client.get("/v1/teach/suggested", limit=_SUGGESTED)["tickets"]
    if as_json:
        show.as_json(rows)
        return
    shown = [row | {"perhaps": " or ".join(name for name, _ in row["candidates"][:2])} for row in rows]
    show.table("worth a look", shown, ("ticket", "title", "perhaps", "margin", "account"))


def _tell_said(id_: str, *, as_json: bool) -> None:
    if as_json:
        show.as_json({"event_id": id_})
    else:
        show.console.print(f"said as {id_}. {_NEXT}", markup=False)


def _say(client: Client, type_: str, data: dict[str, Any]) -> str:
    """Takes one event of now; its id. Raises ValueError where it was refused."""
    id_ = f"cli-{uuid4()}"
    at = format_instant(parse_instant(datetime.now(UTC).isoformat()))
    event = {"specversion": "1.0", "id": id_, "source": "millrace.cli", "type": type_, "time": at, "data": data}
    (result,) = client.events(orjson.dumps(event))["results"]
    if result["status"] == "refused":
        raise ValueError(f"{type_} was refused: {result['reason']}: {result.get('detail', '')}")
    return id_


def _unlearned(client: Client, id_: str, seconds: float) -> dict[str, Any] | None:
    """What taking back has changed, once it is known; None if that takes longer."""
    until = time.monotonic() + seconds
    while True:
        found = [row for row in client.get("/v1/models")["unlearned"] if row["event_id"] == id_]
        if found or time.monotonic() >= until:
            return dict(found[0]) if found else None
        time.sleep(_LOOK_SECONDS)


_FIGURES = (
    "model",
    "predictions",
    "judged",
    "accuracy",
    "accuracy_of_answers",
    "abstained",
    "calibration_error",
    "median_label_delay_seconds",
    "lessons",
)
_STATE = (
    "serving",
    "n",
    "labels",
    "judged",
    "accuracy_model",
    "accuracy_rule",
    "accuracy_settled",
    "calibration_error",
    "held",
    "remembered",
    "withdrawn",
    "features",
)
_TEACHERS = ("model", "person", "said", "learned", "corrections", "held", "labels", "last_at")
_PROMOTIONS = (
    "promoted_at",
    "model",
    "before",
    "after",
    "accuracy_before",
    "accuracy_after",
    "judged",
    "n",
    "event_id",
)
_TOPICS = ("tickets", "words", "nearest", "filed as", "accounts", "for example", "last_at")
_PAIRS = ("advice", "between", "taken", "by_chance", "labels", "gain", "for example")
_SPLITS = ("category", "part with", "tickets", "missed", "rest", "rest_missed", "taken_for", "gain", "for example")
_DRIFTS = (
    "drifted_at",
    "model",
    "accuracy_before",
    "accuracy_after",
    "labels_before",
    "labels_after",
    "missed",
    "people",
    "event_id",
)
_UNLEARNED = (
    "person",
    "lessons",
    "remembered",
    "beyond_reach",
    "asked",
    "answers_changed",
    "largest_move",
    "unlearned_at",
    "reason",
    "event_id",
)
