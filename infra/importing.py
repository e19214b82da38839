"""History out of files on this machine, through a door into the log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from infra.service import OnProgress
from schemas.instant import format_if_known
from streams.history.door import Door
from streams.history.file_roles import given_file
from streams.history.importing import import_history
from streams.history.mapping_file import find_mapping
from streams.history.progress import Progress

MAPPINGS = Path(__file__).parent / "mappings"


def bring(
    door: Door,
    files: Sequence[str],
    mapping: str,
    tenant: str,
    *,
    limit: int | None = None,
    progress: OnProgress | None = None,
) -> dict[str, Any]:
    """Imports files (`PATH`, or `ROLE=PATH`) by a shipped mapping's name or a mapping file. Raises MappingError."""
    chosen = find_mapping(mapping, MAPPINGS)

    def told(sight: Progress) -> None:
        if progress is not None:
            progress(sight.stage, sight.done, sight.total)

    report = import_history(
        door,
        [given_file(argument, chosen) for argument in files],
        chosen,
        tenant,
        limit=limit,
        progress=told,
    )
    said = asdict(report)
    for name in ("first_at", "last_at"):
        said[name] = format_if_known(said[name])
    return said
