"""What is installed here, what would not work, and why."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal, NamedTuple

from infra.home import Home, HomeError
from infra.settings import EmbeddingSettings, read_settings
from schemas.instant import format_instant

State = Literal["ok", "absent", "broken"]

_BASE = ("pydantic", "river", "chdb-core", "clickhouse-connect", "qdrant-edge-py", "starlette", "tzdata")
_EXTRAS = {
    "kafka": ("confluent_kafka", "faust", "rocksdict"),
    "flink": ("pyflink",),
    "server": ("qdrant_client",),
    "embeddings": ("fastembed",),
}
_LEAST_FREE_BYTES = 1 << 30


class Finding(NamedTuple):
    """One thing looked at; `broken` is what keeps Millrace from working."""

    part: str
    state: State
    detail: str


def examine(home: Home) -> list[Finding]:
    """Looks at the interpreter, the packages, the extras and the home folder."""
    return [
        _python(),
        *map(_package, _BASE),
        *(_extra(name, modules) for name, modules in _EXTRAS.items()),
        *_home(home),
    ]


def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    flink = "" if sys.version_info < (3, 12) else "; the extra `flink` needs 3.11"
    return Finding("python", "ok", found + flink)


def _package(name: str) -> Finding:
    try:
        return Finding(name, "ok", version(name))
    except PackageNotFoundError:
        return Finding(name, "broken", "not installed: run `make setup`")


def _extra(name: str, modules: tuple[str, ...]) -> Finding:
    # One that is loaded is there, whatever it says of itself: Faust has no `__spec__` then.
    missing = [module for module in modules if module not in sys.modules and importlib.util.find_spec(module) is None]
    if missing:
        return Finding(
            f"extra {name}", "absent", f"without {', '.join(missing)}; `pip install millrace[{name}]` adds it"
        )
    return Finding(f"extra {name}", "ok", "installed")


def _embedding(named: EmbeddingSettings) -> list[Finding]:
    if not named.model:
        return []
    if importlib.util.find_spec("fastembed") is None:
        return [Finding("meaning", "broken", f"{named.model} needs `pip install millrace[embeddings]`")]
    if named.folder and not Path(named.folder).is_dir():
        return [Finding("meaning", "broken", f"{named.folder}, where {named.model} should lie, is not there")]
    return [Finding("meaning", "ok", f"{named.model}{f' in {named.folder}' if named.folder else ', downloaded once'}")]


def _home(home: Home) -> list[Finding]:
    if not home.root.is_dir():
        return [Finding("home", "absent", f"{home.root} is not there: run `millrace init`")]
    findings = [Finding("home", "ok", str(home.root))]
    if not os.access(home.root, os.W_OK):
        findings.append(Finding("home", "broken", f"{home.root} cannot be written"))
    free = shutil.disk_usage(home.root).free
    if free < _LEAST_FREE_BYTES:
        findings.append(Finding("disk", "broken", f"{free / 1e9:.1f} GB are free; at least 1 GB is needed"))
    try:
        settings = read_settings(home.settings)
        serving, stands_at = home.serving(), home.stands_at()
    except HomeError as error:
        return [*findings, Finding("settings", "broken", str(error))]
    findings.append(Finding("settings", "ok", str(home.settings)))
    findings += _embedding(settings.embedding)
    if stands_at is not None:
        findings.append(Finding("past", "ok", f"it stands as of {format_instant(stands_at)}, and takes nothing"))
    findings.append(
        Finding("serve", "ok" if serving else "absent", serving.address if serving else "nobody serves it now")
    )
    return findings
