"""A catalog of processors by name, for a process that is told which to step."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final, cast

from processors.contract import Processor

CATALOG: Final = "processors.catalog:PROCESSORS"


def named_catalog(name: str) -> Sequence[Processor[Any]]:
    """The catalog that `module:NAME` names. Raises what importing it raises."""
    module, _, attribute = name.partition(":")
    return cast(Sequence[Processor[Any]], getattr(import_module(module), attribute))
