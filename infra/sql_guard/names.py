"""What do the names in one SELECT mean: which sources, columns, aliases and lambda arguments are in sight?"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from infra.sql_guard.refusal import refuse

# Every name that we give begins so, and no name of the text may: none can stand for one of ours.
RESERVED = "_guarded"

_NAME = re.compile(r"[^\W\d][\w %()/+:,#&?!<>=-]{0,99}")


@dataclass(frozen=True)
class Source:
    """One thing in a FROM: what it is called there and what columns it offers."""

    name: str
    columns: tuple[str, ...]


@dataclass
class Scope:
    """The names in sight inside one SELECT."""

    sources: list[Source] = field(default_factory=list)
    aliases: list[str] = field(default_factory=list)
    arguments: list[str] = field(default_factory=list)

    def columns(self) -> list[str]:
        """The columns of all sources in their order, each once."""
        return list(dict.fromkeys(column for source in self.sources for column in source.columns))

    def source(self, qualifier: exp.Identifier) -> Source:
        """The source that is called so here; raises SqlRefused when none is."""
        for source in self.sources:
            if source.name == qualifier.name:
                return source
        known = ", ".join(source.name for source in self.sources)
        raise refuse(f"there is no {qualifier.name!r} in this FROM", qualifier, f"there is: {known}" if known else "")


def quoted(name: str) -> str:
    """The name as an identifier that ends where it should; only for names that `checked_name` let through."""
    return f"`{name}`"


def checked_name(identifier: exp.Expr) -> str:
    """The identifier's name; raises SqlRefused when it could break out of its quotes or pass for one of ours."""
    name = identifier.name
    if not isinstance(identifier, exp.Identifier) or not _NAME.fullmatch(name):
        raise refuse(f"{name[:40]!r} cannot be a name here", identifier, "use letters, digits, spaces and underscores")
    if name.lower().startswith(RESERVED):
        raise refuse(f"names that begin with {RESERVED} are reserved", identifier, "choose another")
    return name


def similar(name: str, known: Iterable[str]) -> str:
    """A hint that names what is spelt much like `name`, else what there is."""
    names = sorted(known)
    close: Sequence[str] = difflib.get_close_matches(name, names, n=3, cutoff=0.6)
    if close:
        return f"did you mean {' or '.join(close)}?"
    return f"there is: {', '.join(names[:30])}" if names else ""
