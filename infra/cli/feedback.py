"""The verb about feedback that asks for something: `feedback`."""

from __future__ import annotations

from typing import Annotated

import typer

from infra.cli import show
from infra.cli.options import AsJson, HomeFolder, LogAddress, Tenant, home_at
from infra.client import connected
from infra.home import DEFAULT_HOME

_LOOPS = ("feedback", "account", "reason", "score", "scale", "text", "started_at", "step", "due_at", "owner", "missed")
_STEPS = ("step", "in_time", "too_late", "overdue", "not_yet")
_SHOWN_TEXT = 60


def feedback(
    only_open: Annotated[
        bool, typer.Option("--open", help="Only what is not closed, the most severe and oldest first.")
    ] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many.")] = 20,
    tenant: Tenant = None,
    as_json: AsJson = False,
    log: LogAddress = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Feedback that asks for something: which step of its answer is next, when it is due, and what came too late."""
    with connected(home_at(home, log), tenant) as client:
        said = client.get("/v1/feedback", limit=limit, open="true" if only_open else "false")
    if as_json:
        show.as_json(said)
        return
    rows = [row | {"text": _short(row["text"]), "missed": ", ".join(row["missed"])} for row in said["loops"]]
    show.table("open feedback" if only_open else "feedback that asks for something", rows, _LOOPS)
    show.table("steps", said["steps"], _STEPS)


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN_TEXT else text[: _SHOWN_TEXT - 1].rstrip() + "…"
