"""How often the interpreter looks for cycles, for the processes that begin here."""

from __future__ import annotations

from streams.collector import look_for_cycles_seldom

__all__ = ["look_for_cycles_seldom"]
