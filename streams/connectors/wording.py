"""What tools wrote, made fit for events: ids, names, titles, texts and attributes that hold their schemas."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from html import unescape
from typing import Any

from schemas.values import LARGEST_INTEGER

LONGEST_ID = 128
LONGEST_TITLE = 1_024
LONGEST_TEXT = 65_536
LONGEST_VALUE = 512
MOST_ATTRIBUTES = 128
MOST_TAGS = 64

# A tag's name ends here. `<ada@x.example>`, `<p.jones@x.example>` and `<https://x.example>` are no tags.
_NAMED = r"(?=\s|/?>)"
_GONE = re.compile(rf"<!--.*?(?:-->|\Z)|<(script|style)(?:{_NAMED}|\Z).*?(?:</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE)
_BREAKS = re.compile(
    rf"<(?:br|hr|/?(?:p|div|li|tr|td|th|dt|dd|h[1-6]|section|article|blockquote)){_NAMED}[^<>]*>", re.IGNORECASE
)
_TAG = re.compile(rf"</?[a-zA-Z][\w:-]*+{_NAMED}[^<>]*>|<![a-zA-Z\[][^<>]*>", re.ASCII)
# HTML that was cut within a tag. After a name and a space only an attribute tells a tag from `a <b 5 c`.
_CUT_TAG = re.compile(r"<(?:/?[a-zA-Z][\w:-]*+(?:\s++[\w:-]++\s*+=\s*+[\"'][^<>]*+)?+|![a-zA-Z\[][^<>]*+)\Z", re.ASCII)
_ATTRIBUTE = r"\s++[\w:-]++\s*+=\s*+(?:\"[^\"<>]*+\"|'[^'<>]*+'|[^\s\"'<>=]++)"
_LOOKS_LIKE_HTML = re.compile(
    rf"<(?:/?(?:p|div|span|b|i|a|ul|li|strong|em|table|html|body)(?:{_ATTRIBUTE})*+|br)\s*+/?>",
    re.IGNORECASE | re.ASCII,
)
_BLANK_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")


def printable(text: str, most: int) -> str:
    """The text without control and formatting characters, trimmed and cut."""
    kept = text if text.isascii() and text.isprintable() else "".join(each for each in text if _is_shown(each))
    return " ".join(kept[: most + 200].split(" ")).strip()[:most].strip()


def id_of(text: str) -> str | None:
    """The text as an id: a longer one is told apart by a digest. None where nothing is left."""
    shown = printable(text, LONGEST_ID + 1)
    if len(shown) > LONGEST_ID or len(text) > LONGEST_ID + 200:
        shown = f"{shown[:90].strip()}~{digest_of(text)}"
    return shown or None


def name_of(text: str) -> str | None:
    """The text as a name, cut where it is too long; None where nothing is left."""
    return printable(text, LONGEST_ID) or None


def title_of(text: str) -> str:
    """The first line as a title."""
    line = next((line.strip() for line in text[:20_000].splitlines() if line.strip()), "")
    return line[:LONGEST_TITLE]


def text_of(text: str) -> str:
    """The text, cut where it is longer than an event holds."""
    return text.strip()[:LONGEST_TEXT]


def plain(html: str) -> str:
    """The words of HTML: tags become nothing or line breaks, entities what they stand for. Linear in its length."""
    text = _GONE.sub(" ", html)
    text = _CUT_TAG.sub("", _TAG.sub("", _BREAKS.sub("\n", text)))
    text = unescape(text).replace("\r\n", "\n").replace("\xa0", " ")
    return spaced(text)


def spaced(text: str) -> str:
    """The text with one blank line where there are several, cut where it is longer than an event holds."""
    return text_of(_BLANK_LINES.sub("\n\n", text))


def plain_if_html(text: str) -> str:
    """The words of a text that may be HTML, though nobody says so."""
    return plain(text) if _LOOKS_LIKE_HTML.search(text) else text_of(text.replace("\r\n", "\n"))


def tags_of(texts: Iterable[str]) -> list[str]:
    """Tags, each once, in order."""
    return list(dict.fromkeys(name for text in texts if (name := name_of(text))))[:MOST_TAGS]


def attributes_of(said: Mapping[str, Any]) -> dict[str, Any]:
    """What of an object can be kept as attributes: texts, numbers and truths under their names."""
    kept: dict[str, Any] = {}
    for key, value in said.items():
        name = name_of(key)
        if name is not None and len(kept) < MOST_ATTRIBUTES and _is_kept(value):
            kept[name] = value[:LONGEST_VALUE] if isinstance(value, str) else value
    return kept


def digest_of(*parts: str | bytes) -> str:
    """A short digest that tells texts apart."""
    joined = b"\0".join(part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part for part in parts)
    return blake2b(joined, digest_size=12).hexdigest()


def _is_kept(value: Any) -> bool:
    if isinstance(value, int) and not isinstance(value, bool):
        return -LARGEST_INTEGER <= value <= LARGEST_INTEGER
    # Whole numbers beyond what events hold come as fractions out of JSON.
    return isinstance(value, bool | str | float) and value != ""


def _is_shown(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] != "C" and (category[0] != "Z" or character == " ")
