"""The lists of requirements say one version of each, and those that are installed beside each other share nothing."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

_LISTS = Path(__file__).parents[2] / "requirements"
_PINNED = re.compile(r"^([a-z0-9.-]+)(?:\[.*\])?==(\S+)", re.MULTILINE)


def test_what_is_installed_at_once_shares_nothing() -> None:
    base, dev = pinned("base"), pinned("dev")
    assert base
    assert dev
    assert base.keys().isdisjoint(dev)


def test_all_of_it_is_of_one_resolution() -> None:
    everything = pinned("all")
    for name, versions in (pinned("base") | pinned("dev")).items():
        if name in everything:
            assert versions <= everything[name]


def test_what_is_installed_has_what_it_needs() -> None:
    """Nothing is resolved at installation, so a list that lacks something is only seen here."""
    asked = [sys.executable, "-m", "pip", "check"] if find_spec("pip") else ["uv", "pip", "check", "-p", sys.executable]
    checked = subprocess.run(asked, capture_output=True, text=True, timeout=60, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_each_file_has_a_hash_and_names_no_registry() -> None:
    for path in _LISTS.glob("*.txt"):
        text = path.read_text(encoding="ascii")
        assert len(_PINNED.findall(text)) == len(re.findall(r"^[a-z]", text, re.MULTILINE)), path.name
        assert len(re.findall(r"\\\n    --hash=sha256:[0-9a-f]{64}", text)) >= len(_PINNED.findall(text)), path.name
        assert "://" not in text


def pinned(name: str) -> dict[str, set[str]]:
    """Every package of a list, with the versions that it may have on some Python."""
    found: dict[str, set[str]] = {}
    for package, version in _PINNED.findall((_LISTS / f"{name}.txt").read_text(encoding="ascii")):
        found.setdefault(package, set()).add(version)
    return found
