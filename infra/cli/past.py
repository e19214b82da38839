"""The verb `as-of`: a home folder as it stood at an instant."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from infra.cli import show
from infra.cli.options import AsJson, HomeFolder, LogAddress, home_at
from infra.home import DEFAULT_HOME
from schemas.instant import parse_instant


def as_of(
    instant: Annotated[str, typer.Argument(metavar="INSTANT", help="Such as 2026-11-03T14:30:00Z.")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to be made; it must not be there.")],
    tenant: Annotated[
        str | None, typer.Option("--tenant", envvar="MILLRACE_TENANT", help="Only this one; all if left out.")
    ] = None,
    as_json: AsJson = False,
    log: LogAddress = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Make a folder in which everything stands as it stood then: every verb and the console answer as of that instant.

    The journal is read as far as it was known by then and folded anew. The home folder itself is only read, also while
    it is served. Nothing can be added to the folder that is made, nobody is alerted from it, and it holds no keys.
    """
    at = parse_instant(instant)
    # Loading the engines takes seconds, which a wrong instant is spared.
    from infra.as_of import make_as_of

    source = home_at(home, log)
    if source.log is None:
        source.require()
    target, chosen = folder.expanduser().absolute(), () if tenant is None else (tenant,)
    with show.progress("copying") as told:
        made = make_as_of(source, at, target, chosen, lambda stage, done, total: told(done, total, stage))
    if as_json:
        show.as_json(made._asdict())
        return
    total = sum(made.records.values())
    show.console.print(f"{total:,} records were known by {made.as_of}; everything in {made.folder} stands as of then.")
    show.console.print("\nNext:")
    for verb in ("why ID", "serve"):
        show.console.print(f"  millrace --home {quote(str(made.folder))} {verb}", markup=False)
