"""What in a text names or reaches a person, and what stands there instead?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import blake2b
from typing import NamedTuple

from streams.identity_numbers import find_identity_numbers
from streams.names_by_cue import find_names
from streams.payment_numbers import find_card, find_ibans
from streams.phone_numbers import Group, find_phone_number
from streams.secret_marks import find_secrets

REDACTION_VERSION = 2  # raised when any rule changes what is replaced, or by what
KINDS = ("email", "iban", "card", "phone", "identity", "ip", "secret", "name")
_PERSON = b"millrace-redact"
_TOKEN_BYTES = 6
# Letters only: a token can neither be taken for a number nor grow one together with its neighbours.
_TOKEN_LETTERS = bytes.maketrans(b"0123456789abcdef", b"abcdefghijklmnop")
_MOST_PASSES = 4  # what stood behind a replaced part may now be readable; texts people write need two

_DIGIT = re.compile(r"[0-9]")
_LONGEST_LOCAL_PART = 64  # RFC 5321
_LOCAL_MARKS = frozenset(".!#$%&'*+/=?^_`{|}~-")
_EDGE_MARKS = ".'`*/=?{|}!#$%&^~"  # what stands before an address more often than in it
_DOMAIN = re.compile(
    r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}(?:[^\W\d_]{2,24}|xn--[A-Za-z0-9-]{2,59})(?![^\W_]|-[^\W_])"
)

_FEWEST_DIGITS = 7
_LONGEST_AREA = 6  # digits, less zeros in front: "0049 6221 / 299999" is one number; after more, " / " parts two
_SPACE = r"[ \xa0\u202f]"
_SEPARATOR = rf"(?:{_SPACE}?[-–‑/]{_SPACE}?|\)(?:{_SPACE}?[-/]|{_SPACE}{{0,2}})|{_SPACE}?\(|\.|{_SPACE}{{1,2}})"
# Not inside of a word, a path, a query, a reference or a decimal number.
_RUN = re.compile(rf"(?<![\w#=@])(?:(?<![0-9][.,:])|(?<=[0-9]{{5}},))(?<!\w[-/_])[0-9]++(?:{_SEPARATOR}[0-9]++)*+")
_GROUP = re.compile(rf"({_SEPARATOR})?([0-9]++)")
_SPOILED = re.compile(r"(?!x[0-9])\w|[.:@][0-9]|,[0-9]{1,3}(?![0-9])|[-_/]\w|@")  # what may not follow the last group
_SIGNS = (re.compile(r"\+?\Z"), re.compile(r"(?:\+\(|\(\+|[+(])?\Z"))  # before a number; with an opening bracket
_DATE = re.compile(
    r"(?<![0-9])(?<![0-9][-/.])(?:(?:19|20)[0-9]{2}([-/.])(?:0?[1-9]|1[0-2])\1(?:[0-2]?[0-9]|3[01])"
    r"|(?:[0-2]?[0-9]|3[01])([-/.])(?:[0-2]?[0-9]|3[01])\2(?:(?:19|20)?[0-9]{2}))(?![0-9]|[-/.][0-9])"
)


class Redaction(NamedTuple):
    """A text without what was found in it, and how many of each kind (see KINDS; absent means none)."""

    text: str
    counts: dict[str, int]


class _Span(NamedTuple):
    start: int
    end: int
    kind: str
    canonical: str


class Redactor:
    """Replaces what reaches, names or opens (see KINDS) by tokens like `<EMAIL_abcdefghijkl>`.

    The same address gets the same token within a tenant, however it is spelled, so texts still join; without the
    secret a token says nothing. Time is linear in the text. Redacting twice changes nothing more.
    """

    def __init__(self, secret: bytes) -> None:
        """Take the tenant's secret (1 to 64 bytes); raises ValueError for another length."""
        if not secret:
            raise ValueError("a Redactor needs the tenant's secret, got an empty one; take SubjectKeys.tenant_secret")
        self._keyed = blake2b(digest_size=_TOKEN_BYTES, key=secret, person=_PERSON)

    def redact(self, text: str) -> Redaction:
        """Return the text with tokens in place of what was found."""
        counts: dict[str, int] = {}
        for _ in range(_MOST_PASSES):
            spans = _find(text)
            if not spans:
                break
            text = self._replace(text, spans, counts)
        return Redaction(text, counts)

    def _replace(self, text: str, spans: list[_Span], counts: dict[str, int]) -> str:
        parts = []
        at = 0
        for span in spans:
            parts += [text[at : span.start], self._token(span.kind, span.canonical)]
            at = span.end
            counts[span.kind] = counts.get(span.kind, 0) + 1
        parts.append(text[at:])
        return "".join(parts)

    def _token(self, kind: str, canonical: str) -> str:
        keyed = self._keyed.copy()
        keyed.update(f"{kind}:{canonical}".encode(errors="surrogatepass"))
        return f"<{kind.upper()}_{keyed.hexdigest().encode().translate(_TOKEN_LETTERS).decode()}>"


def _find(text: str) -> list[_Span]:
    """Return what is to be replaced, in the order of the text, none overlapping another."""
    spans = [_Span(*secret[:2], "secret", secret.canonical) for secret in find_secrets(text)]
    spans += [_Span(*person[:2], "name", person.canonical) for person in find_names(text)]
    has_digits = _DIGIT.search(text) is not None
    if has_digits:
        spans += _ibans(text)
        spans += [_Span(*number) for number in find_identity_numbers(text)]
    spans += _emails(text)
    # Of two that overlap the one that begins first holds, then the longer one.
    spans.sort(key=lambda span: (span.start, -span.end))
    clear: list[_Span] = []
    for span in spans:
        if not clear or span.start >= clear[-1].end:
            clear.append(span)
    numbers = list(_numbers(text, clear)) if has_digits else []
    return sorted(clear + numbers) if numbers else clear


def _emails(text: str) -> Iterator[_Span]:
    end = 0
    sign = text.find("@")
    while sign != -1:
        domain = _DOMAIN.match(text, sign + 1)
        start = _local_part_start(text, sign, end) if domain else sign
        if domain and start < sign:
            end = domain.end()
            yield _Span(start, end, "email", text[start:end].lower())
        sign = text.find("@", max(sign + 1, end))


def _local_part_start(text: str, sign: int, floor: int) -> int:
    """Return where the part before the @ begins; `sign` itself where there is none."""
    start = sign
    lowest = max(floor, sign - _LONGEST_LOCAL_PART)
    while start > lowest and (text[start - 1].isalnum() or text[start - 1] in _LOCAL_MARKS):
        start -= 1
    while start < sign and text[start] in _EDGE_MARKS:
        start += 1
    return start


def _ibans(text: str) -> Iterator[_Span]:
    for start, number in find_ibans(text):
        yield _Span(start, number.after, "iban", number.canonical)


def _numbers(text: str, taken: list[_Span]) -> Iterator[_Span]:
    """Yield cards and telephone numbers in runs of digits that touch nothing taken."""
    next_taken = 0
    for run in _RUN.finditer(text):
        start, end = run.span()
        if end - start < _FEWEST_DIGITS:
            continue
        while next_taken < len(taken) and taken[next_taken].end <= start:
            next_taken += 1
        if next_taken < len(taken) and taken[next_taken].start < end:
            continue
        for groups in _pieces(text, start, end):
            yield from _numbers_of(text, groups)


def _pieces(text: str, start: int, end: int) -> Iterator[list[Group]]:
    """Yield the groups of a run, in pieces between its dates, without a last group that something spoils."""
    groups = [
        Group(found.start(2), found.end(2), found[2], found[1] or "") for found in _GROUP.finditer(text, start, end)
    ]
    if _SPOILED.match(text, end):
        groups.pop()
        while groups and text[groups[-1].end] not in " \xa0\u202f":
            groups.pop()
    piece: list[Group] = []
    dates = [(date.start(), date.end()) for date in _DATE.finditer(text, start, end)]
    for group in groups:
        while dates and dates[0][1] <= group.start:
            dates.pop(0)
        if len(group.separator) > 2 and sum(len(part.digits.lstrip("0")) for part in piece) > _LONGEST_AREA:
            yield piece
            piece = []
        if dates and dates[0][0] <= group.start:
            yield piece
            piece = []
        else:
            piece.append(group)
    yield piece


def _numbers_of(text: str, groups: list[Group]) -> Iterator[_Span]:
    first = 0
    after_other = False
    while first < len(groups):
        start = groups[first].start
        if card := find_card(groups, first):
            yield _Span(start, groups[card.after - 1].end, "card", card.canonical)
            first, after_other = card.after, False
        elif phone := find_phone_number(text, groups, first, after_other):
            start = _phone_start(text, groups, first, phone.after)
            yield _Span(start, groups[phone.after - 1].end, "phone", phone.canonical)
            first, after_other = phone.after, False
        else:
            first, after_other = first + 1, True


def _phone_start(text: str, groups: list[Group], first: int, after: int) -> int:
    """Return where the number begins with its plus sign and opening bracket."""
    start = groups[first].start
    is_bracketed = after - first > 1 and groups[first + 1].separator.startswith(")")
    signs = _SIGNS[is_bracketed].search(text, max(0, start - 2), start)
    return signs.start() if signs else start
