"""What may be written in a template, and in a pattern?"""

from __future__ import annotations

import re
from string import Formatter

_FORMATTER = Formatter()


def template_columns(template: str) -> tuple[str, ...]:
    """The columns a template names in braces. Raises ValueError when its braces do not match or say more."""
    names = []
    for _, name, form, conversion in _FORMATTER.parse(template):
        if name is None:
            continue
        if not name or form or conversion:
            raise ValueError(f"in the template {template!r}, write {{column}} and nothing else in braces")
        names.append(name)
    return tuple(names)


def compiled_pattern(pattern: str) -> re.Pattern[str]:
    """The pattern of `matches`. Raises ValueError for one that is none."""
    try:
        return re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{pattern!r} is no regular expression: {error}") from error
