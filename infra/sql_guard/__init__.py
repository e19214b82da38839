"""May this text be asked of the views, and what exactly is asked instead of it?"""

from __future__ import annotations

from infra.sql_guard.guard import GuardedQuery, guard
from infra.sql_guard.refusal import SqlRefused

__all__ = ["GuardedQuery", "SqlRefused", "guard"]
