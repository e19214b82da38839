"""Which of the digits in a text are somebody's telephone number?

A run of digit groups is read left to right. Shapes that only telephone numbers have (a country code, a bracketed area
code, French pairs …) need no more; shapes they share with order numbers are decided by the last telling word before
them ("call", "Tel.", "Bestellnummer", "ticket"). Dates, times, amounts, versions and addresses of machines are not.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import NamedTuple

from streams.telling_words import Telling, telling_word_before

_LONGEST_DIGITS = 15  # ITU-T E.164
_FEWEST_DIGITS = 7
_MOST_GROUPS = 9


class Group(NamedTuple):
    """One group of digits: where it lies in the text, and the characters between it and the group before."""

    start: int
    end: int
    digits: str
    separator: str


class PhoneNumber(NamedTuple):
    """A number found: groups `first` to before `after`, and one spelling for all its spellings."""

    after: int
    canonical: str


# ITU-T E.164 country codes: 1 and 7; those of two digits; all others have three.
_SHORT_CODES = frozenset(
    ["1", "7", "20", "27", "30", "31", "32", "33", "34", "36", "39"]
    + [str(code) for code in (*range(40, 50), *range(51, 59), *range(60, 67), 81, 82, 84, 86, *range(90, 96), 98)]
) - {"42"}
_LONG_CODE_BEGINNINGS = tuple(
    str(code) for code in (*range(21, 27), 29, 35, 37, 38, 42, 50, 59, 67, 68, 69, 80, 85, 87, 88, 96, 97, 99)
)
_FEWEST_TRUNK_DIGITS = 9

_UNIT = re.compile(
    r"[ \xa0]?(?:[%€$£¥]|(?:euros?|eur|usd|gbp|chf|dollars?|pounds?|bytes?|[kmgt]i?b|ms|km|kg|px|rows?|times|users?|"
    r"items?|units?|stück|zeilen|nutzer|mal|lignes?|fois|filas|veces|pi[eè]ces|unidades)\b)",
    re.IGNORECASE,
)
_MONEY_BEFORE = re.compile(r"(?:[€$£¥]|\b(?:eur|usd|gbp|chf))[ \xa0]?\Z", re.IGNORECASE)
LOOSE_PLUS = re.compile(r"(?<![\w)])(?<![\w)] )\+ \Z")  # "+ 49 30 …" is a number to call, "2 + 49 30 …" a sum
_CLOSE = frozenset(" \xa0\u202f")


def find_phone_number(
    text: str, groups: list[Group], first: int, after_other: bool = False, told_at: int | None = None
) -> PhoneNumber | None:
    """Return the telephone number that begins with group `first`, the longest that fits, or None.

    `after_other` says that groups of the same run, right before it, turned out to be no telephone number; `told_at`
    before which place a word may tell what the run is, if not before itself: where a list of such runs begins.
    """
    before = _Before(text, groups, first, after_other)
    if told_at is not None:
        before.told_at = told_at
    if after_other and not before.has_plus and not _may_stand_alone(groups, first):
        return None
    best = None
    for after in _ends(groups, first):
        if (best and not _begins_another(groups, after)) or not _is_cut_well(text, groups, first, after):
            continue
        part = groups[first:after]
        if before.has_plus:
            canonical = _international(part)
        else:
            canonical = _international_by_zeros(before, part) or _national(before, part)
        if canonical:
            best = PhoneNumber(after, canonical)
    return best


def _may_stand_alone(groups: list[Group], first: int) -> bool:
    """Whether a number may begin here though what is before it in the run is none: its shape alone must tell."""
    if groups[first].digits[0] == "0":
        leading = _digits(groups[first : first + 2])
        return leading[2:3] not in {"", "0"} if leading.startswith("00") else len(groups[first].digits) > 1
    return first + 1 < len(groups) and groups[first + 1].separator.startswith(")")


class _Before:
    """What stands before a number and helps to tell what it is."""

    def __init__(self, text: str, groups: list[Group], first: int, after_other: bool) -> None:
        start = groups[first].start
        self._text = text
        self._start = start
        self.told_at = groups[0].start
        self.is_after_other = after_other
        signs = text[max(0, start - 2) : start]
        self.has_bracket = signs.endswith("(")
        self.has_plus = signs.endswith(("+", "+(")) or (
            signs == "+ " and LOOSE_PLUS.search(text, start - 2, start) is not None
        )

    @cached_property
    def is_money(self) -> bool:
        return _MONEY_BEFORE.search(self._text, max(0, self._start - 5), self._start) is not None

    @cached_property
    def word(self) -> Telling | None:
        """What the telling word before the run says, if the number begins the run."""
        return None if self.is_after_other else telling_word_before(self._text, self.told_at)


def _ends(groups: list[Group], first: int) -> list[int]:
    """Return the groups before which a number from `first` may end, the farthest first."""
    ends = []
    digits = 0
    for after in range(first + 1, min(len(groups), first + _MOST_GROUPS) + 1):
        digits += len(groups[after - 1].digits)
        if digits > _LONGEST_DIGITS + 3:  # "00" and "(0)" are not counted in E.164
            break
        if digits >= _FEWEST_DIGITS:
            ends.append(after)
    ends.reverse()
    return ends


def _begins_another(groups: list[Group], first: int) -> bool:
    """Whether a number of its own, with its trunk zero, seems to begin at this group."""
    digits = groups[first].digits
    return len(digits) > 2 and digits[0] == "0" and len(_digits(groups[first : first + 5])) >= _FEWEST_TRUNK_DIGITS


def _is_cut_well(text: str, groups: list[Group], first: int, after: int) -> bool:
    """Whether a number may begin and end here, inside a run: between spaced groups, not inside of joined ones."""
    if first and groups[first].separator[-1:] not in _CLOSE and groups[first].separator[-1:] not in {"(", "/"}:
        return False
    if after < len(groups):
        following = groups[after].separator
        return following[:1] in _CLOSE or following[:1] == "/"
    if after - first > 1 and len(groups[after - 1].digits) == 1 and groups[after - 1].separator == " ":
        return False  # "030 123456 2 people"
    end = groups[after - 1].end
    return _UNIT.match(text, end) is None


def _digits(groups: list[Group]) -> str:
    return "".join([group.digits for group in groups])


def _international(groups: list[Group]) -> str | None:
    """Read groups that follow a plus sign."""
    digits = _digits(groups)
    code = _country_code(digits)
    if code is None:
        return None
    rest = digits[len(code) :]
    if len(groups) > 1 and groups[0].digits == code and groups[1].separator.endswith("(") and rest.startswith("0"):
        rest = rest[1:]  # the trunk zero of "+49 (0)30 …" is not dialled from abroad
    if code == "1":
        return f"+1{rest}" if _is_north_american(rest) else None
    if not _FEWEST_DIGITS <= len(rest) <= _LONGEST_DIGITS - len(code):
        return None
    return f"+{code}{rest}"


def _country_code(digits: str) -> str | None:
    for length in (1, 2):
        if digits[:length] in _SHORT_CODES:
            return digits[:length]
    return digits[:3] if digits.startswith(_LONG_CODE_BEGINNINGS) else None


def _international_by_zeros(before: _Before, groups: list[Group]) -> str | None:
    """Read groups that begin with 00 and a country code."""
    leading = groups[0]
    if not leading.digits.startswith("00") or leading.digits.startswith("000") or before.word == "counting":
        return None
    rest = [leading._replace(digits=leading.digits[2:]), *groups[1:]]
    if not rest[0].digits:
        rest = rest[1:]
    if not rest or not 10 <= len(_digits(rest)) <= _LONGEST_DIGITS + 1:
        return None
    return _international(rest)


def _national(before: _Before, groups: list[Group]) -> str | None:
    digits = _digits(groups)
    if not _FEWEST_DIGITS <= len(digits) <= 13 or before.is_money:
        return None
    sizes = tuple(len(group.digits) for group in groups)
    if _has_north_american_shape(before, groups, sizes):
        return f"+1{digits[-10:]}"
    if _is_machine_address(groups) or before.word == "counting":
        return None
    if _has_national_shape(before, groups, sizes) or (before.word == "calling" and _is_plausible(sizes)):
        return digits
    return None


def _is_north_american(digits: str) -> bool:
    return len(digits) == 10 and digits[0] > "1" and digits[3] > "1"


def _has_north_american_shape(before: _Before, groups: list[Group], sizes: tuple[int, ...]) -> bool:
    """Whether it is (212) 555-0123 or, unless a counting word is before it, 212-555-0123, 212 555-0123, …"""
    if sizes[0] == 1 and groups[0].digits == "1":
        groups, sizes = groups[1:], sizes[1:]
    if sizes != (3, 3, 4) or not _is_north_american(_digits(groups)):
        return False
    first, second = groups[1].separator, groups[2].separator
    if first.startswith(")"):
        return True
    if before.is_after_other:
        return False
    return (first == second or (first in _CLOSE | {"/"} and second == "-")) and before.word != "counting"


def _is_machine_address(groups: list[Group]) -> bool:
    return (
        len(groups) == 4
        and all(len(group.digits) <= 3 for group in groups)
        and all(group.separator == "." for group in groups[1:])
    )


def _has_national_shape(before: _Before, groups: list[Group], sizes: tuple[int, ...]) -> bool:
    leading = groups[0].digits
    if leading[0] == "0":
        return len(leading) > 1 and leading[1] != "0" and _has_trunk_shape(before, sizes)
    if before.is_after_other:
        return False
    # Spain: nine digits from 6 to 9, in threes, in 3-2-2-2 or 2-3-2-2; a bare one only if it is a mobile's
    if leading[0] not in "6789" or sum(sizes) != 9 or len({group.separator for group in groups[1:]}) > 1:
        return False
    if sizes == (9,):
        return leading[0] in "67"
    return sizes in {(3, 3, 3), (3, 2, 2, 2), (2, 3, 2, 2)}


def _has_trunk_shape(before: _Before, sizes: tuple[int, ...]) -> bool:
    """Whether groups that begin with the trunk zero are spaced like a number of DE, FR, UK, IT or NL."""
    total = sum(sizes)
    if before.has_bracket:
        return 8 <= total <= 12
    if sizes[0] == 2:
        return sizes == (2, 2, 2, 2, 2) or (
            _FEWEST_TRUNK_DIGITS <= total <= 11 and 2 <= len(sizes) <= 4 and sizes[1] >= 3
        )
    if len(sizes) == 1:
        return 10 <= total <= 12
    return _FEWEST_TRUNK_DIGITS <= total <= 12 and sizes[0] <= 6


def _is_plausible(sizes: tuple[int, ...]) -> bool:
    """Whether a calling word may vouch for groups of these sizes."""
    return len(sizes) <= 6 and max(sizes) >= 2
