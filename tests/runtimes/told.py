"""The table of hashes: one line a runtime, one column for each thing that must be equal."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.runtimes.known import PARTS, Known


class Table:
    """Gathers lines and writes them to a file and to standard output."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lines = [f"{'runtime':<34}" + "".join(f"{part:<18}" for part in PARTS)]

    def add(self, runtime: str, known: Known) -> None:
        """One runtime's hashes; `-` where it says nothing of a part."""
        self._lines.append(f"{runtime:<34}" + "".join(f"{digest:<18}" for digest in known.hashes()))

    def write(self) -> None:
        """Tells everything."""
        told = "\n".join(self._lines) + "\n"
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text(told, encoding="utf-8")
        sys.stdout.write(f"\n{told}")
