"""A row that makes no event, and why."""

from __future__ import annotations


class RowRefused(Exception):
    """The mapping makes no event of this row; the message says what is wrong with it."""
