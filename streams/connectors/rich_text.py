"""The words of an Atlassian document: the tree of nodes that Jira's newest API has in place of text.

https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/
"""

from __future__ import annotations

from typing import Any

from schemas.instant import format_if_known
from streams.connectors import moments
from streams.connectors.reading import number, rows, text
from streams.connectors.wording import plain_if_html, spaced

# Nodes that stand within a line; every other one ends it, as a cell of a table and an item of a list do.
_IN_LINE = frozenset(
    {"text", "mention", "emoji", "hardBreak", "inlineCard", "status", "date", "mediaInline", "inlineExtension"}
)
# The attributes in which a node keeps words that people see; the first that is there counts.
_ATTRIBUTES = {
    "mention": ("text",),
    "status": ("text",),
    "emoji": ("text", "shortName"),
    "inlineCard": ("url",),
    "blockCard": ("url",),
    "embedCard": ("url",),
    "media": ("alt",),
    "mediaInline": ("alt",),
    "extension": ("text",),
    "inlineExtension": ("text",),
}


def words_of(written: Any) -> str:
    """The words of a document, or of a text that may be HTML; none for anything else."""
    if isinstance(written, str):
        return plain_if_html(written)
    if text(written, "type") != "doc":
        return ""
    said: list[str] = []
    _collect(written, said)
    return spaced("".join(said))


def _collect(node: dict[str, Any], said: list[str]) -> None:
    """What a node says, and all that is in it; a kind that is not known says what is in it."""
    kind = text(node, "type")
    said.append(_own(node, kind))
    for inner in rows(node, "content"):
        _collect(inner, said)
    if kind not in _IN_LINE:
        said.append("\n")


def _own(node: dict[str, Any], kind: str) -> str:
    match kind:
        case "text":
            return text(node, "text")
        case "hardBreak":
            return "\n"
        case "date":
            day = format_if_known(moments.milliseconds(number(node, "attrs", "timestamp")))
            return day[:10] if day else ""
        case "expand" | "nestedExpand":
            return f"{text(node, 'attrs', 'title')}\n"
    return next((found for name in _ATTRIBUTES.get(kind, ()) if (found := text(node, "attrs", name))), "")
