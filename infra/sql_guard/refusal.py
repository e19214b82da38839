"""Why a text is not asked of the views, and where in it the reason stands."""

from __future__ import annotations

from sqlglot import exp


class SqlRefused(Exception):
    """SQL that is not asked: `reason`, `position` (0-based, in the text) and `hint` (what to write instead)."""

    def __init__(self, reason: str, position: int = 0, hint: str = "") -> None:
        self.reason = reason
        self.position = position
        self.hint = hint
        super().__init__(f"{reason} (character {position})" + (f": {hint}" if hint else ""))


def position_of(node: exp.Expr) -> int:
    """The first character of the text that belongs to `node`; 0 where the parser kept none."""
    starts = [each.meta["start"] for each in node.walk() if "start" in each.meta]
    return min(starts, default=0)


def refuse(reason: str, node: exp.Expr, hint: str = "") -> SqlRefused:
    """The refusal of `node`, ready to be raised."""
    return SqlRefused(reason, position_of(node), hint)


def check_arguments(node: exp.Expr, allowed: tuple[str, ...]) -> None:
    """Raises SqlRefused when the node carries a clause or flag that is not in `allowed`."""
    for name, value in node.args.items():
        if value not in (None, False, [], "") and name not in allowed:
            said = name.strip("_").replace("_", " ").upper()
            raise refuse(f"{said} is not taken here", value if isinstance(value, exp.Expr) else node, "leave it out")
