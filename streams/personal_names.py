"""Is what an attribute of this name tells about a person, rather than about a company or a ticket?

People name attributes as they like, so this knows the usual English names and what an address looks like; of values
under other names the parts are replaced that redaction finds.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

WITHHELD = "<WITHHELD>"
_ADDRESS = re.compile(r"[^\s@<>]+@[^\s@<>]+\.[^\s@<>.]+")
_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_REACHED = frozenset({"phone", "telephone", "tel", "mobile", "cell", "cellphone", "mobilephone", "fax", "whatsapp"})
_ALWAYS = frozenset({"street", "birth", "birthdate", "birthday", "dob", "ssn", "passport"})
_PAIRS = frozenset(
    {
        *((which, "name") for which in ("first", "last", "middle", "given", "family", "full", "contact", "person")),
        *((which, "address") for which in ("billing", "shipping", "mailing", "home", "postal", "other", "ip")),
        ("address", "line"),
        ("national", "id"),
    }
)
_WHOLE = frozenset({"firstname", "lastname", "fullname", "surname", "address", "dateofbirth", "ip", "ipaddress"})
_LEAST_DIGITS = 6
_LONGEST = 512  # what is kept of a value


def is_address(value: str) -> bool:
    """Whether all of it is an e-mail address."""
    return len(value) <= 320 and _ADDRESS.fullmatch(value.strip()) is not None


def shown_value(name: str, value: str | float | bool, redact: Callable[[str], str]) -> str | float | bool:
    """What of an attribute may be seen by all who read answers: the value itself where nothing in it is personal."""
    if is_personal(name, value):
        return WITHHELD
    if not isinstance(value, str) or not value:
        return value
    # The name is read with the value: numbers of orders are spelt like those for calling.
    spoken = "".join(f"{part.lower()} " for part in _PARTS.findall(name))
    shown = redact(spoken + value)
    return shown[len(spoken) :][:_LONGEST] if shown.startswith(spoken) else WITHHELD


def is_personal(name: str, value: str | float | bool) -> bool:
    """Whether a field of this name and value tells how to reach a person, who they are or where they live."""
    if isinstance(value, bool):
        return False
    said = str(value)
    if "@" in said and _ADDRESS.search(said[:_LONGEST]):
        return True
    parts = [part.lower() for part in _PARTS.findall(name[:200])]
    if not _REACHED.isdisjoint(parts):
        return sum(character.isdigit() for character in said[:200]) >= _LEAST_DIGITS
    if not isinstance(value, str):
        return False
    pairs = pairwise(parts)
    return "".join(parts) in _WHOLE or not _ALWAYS.isdisjoint(parts) or not _PAIRS.isdisjoint(pairs)
