"""The oracle reads the same pinned zone data through the standard library, not the system's."""

from __future__ import annotations

from tests.calendars.conftest import standard_library_uses_pinned_zones

__all__ = ["standard_library_uses_pinned_zones"]
