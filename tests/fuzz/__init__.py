"""Whatever comes: what should never be an error of ours is given what nobody thought of."""

from __future__ import annotations
