"""Which parts of a text are somebody's mail address?

What only looks like one is not: remotes of Git, files such as `logo@2x.png`, versions, and who is mentioned.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

_LONGEST_LOCAL_PART: Final = 64  # RFC 5321
_LOCAL_MARKS: Final = frozenset(".!#$%&'*+/=?^_`{|}~-")
_EDGE_MARKS: Final = ".'`*/=?{|}!#$%&^~"  # what stands before an address more often than in it
_DOMAIN: Final = re.compile(
    r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}(?:[^\W\d_]{2,24}|xn--[A-Za-z0-9-]{2,59})(?![^\W_]|-[^\W_])"
)
_BLANK: Final = " \t\xa0\u202f"
_WIDEST_GAP: Final = 2
_GIT_REMOTE: Final = re.compile(r":[\w.~/-]")
# No top-level domains, by IANA's list, and what images, pages and archives are called.
_FILE: Final = re.compile(r"\.(?:png|jpe?g|gif|svg|webp|avif|css|html?|json|tgz|pdf|docx|xlsx)\Z", re.IGNORECASE)
# The end of an address of a page or of an assignment; what follows it is the address of a person.
_KEY: Final = re.compile(r"(?:.*/)?(?:.*[?&](?=\w+=)\w+=|(?i:e?-?mail|user|username|login|to|cc|from|recipient)=)?")
# Words before a spaced "@" that say where: "meet us @ cafe.example".
_NO_LOCAL_PART: Final = re.compile(
    r"(?i:.|[0-9]+|am|and|are|at|be|by|come|day|find|in|is|it|live|meet|me|more|now|on|or|page|pm|see|shop|site|store|"
    r"team|them|there|today|tomorrow|us|visit|we|web|website|you|bei|der|die|im|ist|sie|uns|und|wir|en|est|la|le|les|"
    r"nous|sur|vous)"
)


class MailAddress(NamedTuple):
    """An address found: where it begins and ends, and its one spelling."""

    start: int
    end: int
    canonical: str


def find_mail_addresses(text: str) -> Iterator[MailAddress]:
    """Yield the addresses, in the order of the text."""
    end = 0
    sign = text.find("@")
    while sign != -1:
        found = _address_at(text, sign, end)
        if found is not None:
            end = found.end
            yield found
        sign = text.find("@", max(sign + 1, end))


def _address_at(text: str, sign: int, floor: int) -> MailAddress | None:
    before = sign
    while before > max(floor, sign - _WIDEST_GAP) and text[before - 1] in _BLANK:
        before -= 1
    after = sign + 1
    while after <= sign + _WIDEST_GAP and text[after : after + 1] and text[after] in _BLANK:
        after += 1
    if before < sign and after == sign + 1:
        return None  # "thanks @anna.smith" mentions somebody
    domain = _DOMAIN.match(text, after)
    start = _local_part_start(text, before, floor) if domain else before
    if domain is None or start == before:
        return None
    local_part = text[start:before]
    if after > sign + 1 and _NO_LOCAL_PART.fullmatch(local_part):
        return None
    is_git = local_part == "git" and (_GIT_REMOTE.match(text, domain.end()) or text[max(0, start - 3) : start] == "://")
    if is_git or _FILE.search(domain[0]):
        return None
    return MailAddress(start, domain.end(), f"{local_part}@{domain[0]}".lower())


def _local_part_start(text: str, end: int, floor: int) -> int:
    """Return where the part before the @ begins; `end` itself where there is none."""
    start = end
    lowest = max(floor, end - _LONGEST_LOCAL_PART)
    while start > lowest and (text[start - 1].isalnum() or text[start - 1] in _LOCAL_MARKS):
        start -= 1
    key = _KEY.match(text, start, end)
    if key is not None:
        start = key.end()
    while start < end and text[start] in _EDGE_MARKS:
        start += 1
    return start
