"""What in a text names or reaches a person, and what stands there instead?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import blake2b
from typing import NamedTuple

from streams.identity_numbers import find_identity_numbers
from streams.mail_addresses import find_mail_addresses
from streams.names_by_cue import find_names
from streams.payment_numbers import find_cards, find_ibans
from streams.phone_numbers import Group, find_phone_number
from streams.plain_spelling import plain_spelling
from streams.secret_marks import find_secrets

REDACTION_VERSION = 3  # raised when any rule changes what is replaced, or by what
KINDS = ("email", "iban", "card", "phone", "identity", "ip", "secret", "name")
_PERSON = b"millrace-redact"
_TOKEN_BYTES = 6
# Letters only: a token can neither be taken for a number nor grow one together with its neighbours.
_TOKEN_LETTERS = bytes.maketrans(b"0123456789abcdef", b"abcdefghijklmnop")
_MOST_PASSES = 4  # what stood behind a replaced part may now be readable; texts people write need two

_DIGIT = re.compile(r"[0-9]")
# What parts two numbers of one list.
_WIDEST_LISTING = 14
_LINE_START = re.compile(r"(?:\n|\A)[\s*•#–-]*\Z")
_LISTING = re.compile(r"[\s,;&|/*•#–-]{0,6}(?:(?:and|or|und|oder|sowie|y|e|o|et|ou|en|of)\s{1,2}#?)?")
_FEWEST_DIGITS = 7
_LONGEST_AREA = 6  # digits, less zeros in front: "0049 6221 / 299999" is one number; after more, " / " parts two
_SPACE = r"[ \t\xa0\u202f]"
_SEPARATOR = (
    rf"(?:{_SPACE}?[-–—‑/]{_SPACE}?|\)(?:{_SPACE}?[-/.]|{_SPACE}{{0,2}})|[-./]\(|{_SPACE}?\(|[._·]|{_SPACE}{{1,2}})"
)
# Words that say that what adjoins them is for calling.
_ADJOINED = "|".join(
    rf"(?<={word}{mark}[0-9])" for word in ("tel", "phone", "mobile", "cell", "fax", "handy") for mark in ("", "[#=_-]")
)
# Not inside of a word, a path, a query, a reference or a decimal number. What stands before is looked at from behind
# the first digit: an expression that begins with a digit is searched for fastest.
_RUN = re.compile(
    r"[0-9](?:(?<![\w#=@][0-9])(?:(?<![0-9][.,:][0-9])|(?<=[0-9]{5},[0-9]))(?<!\w[-/_][0-9])"
    rf"|(?<=[\w#=][0-9])(?i:{_ADJOINED}))[0-9]*+(?:{_SEPARATOR}[0-9]++)*+"
)
_GROUP = re.compile(rf"({_SEPARATOR})?([0-9]++)")
_SPOILED = re.compile(r"(?!x[0-9])\w|[.:@][0-9]|,[0-9]{1,3}(?![0-9])|[-_/]\w|@")  # what may not follow the last group
_PLUS = r"(?:\+|(?<![\w)])(?<![\w)] )\+ )"  # see LOOSE_PLUS
_SIGNS = (
    re.compile(rf"{_PLUS}?\Z"),
    re.compile(rf"(?:\+\(|\(\+|\(|{_PLUS})?\Z"),
)  # before a number; with an opening bracket
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


class _Listed(NamedTuple):
    """A run of digits as a member of a list, and where the list begins."""

    start: int
    end: int
    told_at: int


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
            plain = plain_spelling(text)
            spans = [_Span(*plain.original(*span[:2]), *span[2:]) for span in _find(plain.text)]
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
        spans += [_Span(*number[:2], "iban", number.canonical) for number in find_ibans(text)]
        spans += [_Span(*number[:2], "card", number.canonical) for number in find_cards(text)]
        spans += [_Span(*number) for number in find_identity_numbers(text)]
    spans += [_Span(*address[:2], "email", address.canonical) for address in find_mail_addresses(text)]
    # Of two that overlap the one that begins first holds, then the longer one.
    spans.sort(key=lambda span: (span.start, -span.end))
    clear: list[_Span] = []
    for span in spans:
        if not clear or span.start >= clear[-1].end:
            clear.append(span)
    numbers = list(_numbers(text, clear)) if has_digits else []
    return sorted(clear + numbers) if numbers else clear


def _numbers(text: str, taken: list[_Span]) -> Iterator[_Span]:
    """Yield telephone numbers in runs of digits that touch nothing taken."""
    next_taken = 0
    listed = _Listed(0, 0, 0)
    for run in _RUN.finditer(text):
        start, end = run.span()
        if end - start < _FEWEST_DIGITS:
            continue
        listed = _listed(text, start, end, listed)
        while next_taken < len(taken) and taken[next_taken].end <= start:
            next_taken += 1
        if next_taken < len(taken) and taken[next_taken].start < end:
            continue
        sizes: list[int] | None = None
        for groups in _pieces(text, start, end):
            of_piece = [len(group.digits) for group in groups]
            is_told = sizes is None or sizes == of_piece  # pieces alike are a list, too: "orders 612345678 / 612345679"
            yield from _numbers_of(text, groups, listed.told_at if is_told else None)
            sizes = of_piece


def _listed(text: str, start: int, end: int, before: _Listed) -> _Listed:
    """Return where what tells of a run is to be sought: before the first of a list of runs shaped alike."""
    is_next = (
        start - before.end <= _WIDEST_LISTING
        and _LISTING.fullmatch(text, before.end, start) is not None
        and _begins_like(text[start:end], text[before.start : before.end])
        # Lines are a list where its first number has a line of its own.
        and (
            "\n" not in text[before.end : start]
            or _LINE_START.search(text, max(0, before.told_at - _WIDEST_LISTING), before.told_at) is not None
        )
    )
    return _Listed(start, end, before.told_at if is_next else start)


def _begins_like(run: str, before: str) -> bool:
    """Whether its digits are grouped and parted as those before; more may follow."""
    shape, shape_before = _DIGIT.sub("0", run), _DIGIT.sub("0", before)
    return shape.startswith(shape_before) and shape[len(shape_before) :][:1] != "0"


def _pieces(text: str, start: int, end: int) -> Iterator[list[Group]]:
    """Yield the groups of a run, in pieces between its dates, without a last group that something spoils."""
    groups = [
        Group(found.start(2), found.end(2), found[2], found[1] or "") for found in _GROUP.finditer(text, start, end)
    ]
    if _SPOILED.match(text, end):
        groups.pop()
        while groups and text[groups[-1].end] not in " \t\xa0\u202f":
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


def _numbers_of(text: str, groups: list[Group], told_at: int | None) -> Iterator[_Span]:
    first = 0
    after_other = False
    while first < len(groups):
        start = groups[first].start
        if phone := find_phone_number(text, groups, first, after_other, told_at):
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
