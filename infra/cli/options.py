"""What every verb takes: the home folder, the tenant, and whether the answer is for a program."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from infra.home import Home

HomeFolder = Annotated[Path, typer.Option("--home", envvar="MILLRACE_HOME", help="Home folder.")]
Tenant = Annotated[
    str | None,
    typer.Option("--tenant", envvar="MILLRACE_TENANT", help="Tenant; may be left out where there is exactly one."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def home_at(folder: Path) -> Home:
    """The home folder named."""
    return Home(folder)
