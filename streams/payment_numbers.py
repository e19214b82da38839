"""Which numbers in a text are payment cards or bank accounts?"""

from __future__ import annotations

import re
from typing import NamedTuple

from streams.phone_numbers import Group


class PaymentNumber(NamedTuple):
    """A number found: where it ends (a card: before which group; an IBAN: at which character), its one spelling."""

    after: int
    canonical: str


# How cards are printed and typed: all in one, in fours (with a rest of three for 19 digits), Amex, Diners, in eights.
_CARD_SHAPES = frozenset({(14,), (15,), (16,), (19,), (4, 4, 4, 4), (4, 4, 4, 4, 3), (4, 6, 5), (4, 6, 4), (8, 8)})
_CARD_BEGINNINGS = frozenset(shape[0] for shape in _CARD_SHAPES)
_LONGEST_CARD_GROUPS = 5
# ISO/IEC 7812 issuer ranges by length: Diners; Amex; Mastercard, Visa, Discover, JCB, UnionPay, Maestro; the last four.
_ISSUERS = {
    14: re.compile(r"3(?:0[0-5]|[689])"),
    15: re.compile(r"3[47]"),
    16: re.compile(r"4|5[0-8]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)|6|35(?:2[89]|[3-8])"),
    19: re.compile(r"4|5[06-8]|6"),
}
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)

# ISO 13616 registry: the length of an IBAN by country.
_IBAN_LENGTHS = {
    country: length
    for length, countries in {
        15: "NO",
        16: "BE",
        18: "DK FI FO GL NL SD FK",
        19: "MK SI",
        20: "AT BA EE KZ LT LU XK MN",
        21: "CH HR LI LV",
        22: "BG BH CR DE GB GE IE ME RS VA",
        23: "AE GI IL IQ TL OM SO",
        24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "LY PT ST",
        26: "IS TR",
        27: "BI DJ FR GR IT MC MR SM",
        28: "AL AZ BY CY DO GT HU LB NI PL SV",
        29: "BR EG PS QA UA",
        30: "JO KW MU YE",
        31: "MT SC",
        32: "LC",
        33: "RU",
    }.items()
    for country in countries.split()
}
_IBAN_START = re.compile(r"(?<![A-Za-z0-9])([A-Za-z]{2})[ \xa0]?[0-9]{2}(?=[ \xa0-]?[A-Za-z0-9])")
_IBAN_BY_LENGTH = {
    length: re.compile(rf"[A-Za-z0-9](?:[ \xa0-]?[A-Za-z0-9]){{{length - 1}}}(?![A-Za-z0-9])")
    for length in set(_IBAN_LENGTHS.values())
}
_NOT_ALNUM = str.maketrans("", "", " \xa0-")
_FEWEST_IBAN_DIGITS = 8  # Malta's have 7 at least, and more in practice; words of a sentence have none


def find_card(groups: list[Group], first: int) -> PaymentNumber | None:
    """Return the card number (Luhn, known issuer) that begins with group `first`, the longest that fits, or None."""
    if len(groups[first].digits) not in _CARD_BEGINNINGS:
        return None
    for after in range(min(len(groups), first + _LONGEST_CARD_GROUPS), first, -1):
        part = groups[first:after]
        if tuple(len(group.digits) for group in part) not in _CARD_SHAPES:
            continue
        if any(group.separator not in {" ", "-", "\xa0", "\u202f"} for group in part[1:]):
            continue
        digits = "".join([group.digits for group in part])
        if _ISSUERS[len(digits)].match(digits) and _is_luhn(digits):
            return PaymentNumber(after, digits)
    return None


def find_ibans(text: str) -> list[tuple[int, PaymentNumber]]:
    """Return where each IBAN (known country and length, mod 97) begins, and the number, in the order of the text."""
    found: list[tuple[int, PaymentNumber]] = []
    end = 0
    for start in _IBAN_START.finditer(text):
        length = _IBAN_LENGTHS.get(start[1].upper())
        if length is None or start.start() < end:
            continue
        whole = _IBAN_BY_LENGTH[length].match(text, start.start())
        if whole is None:
            continue
        canonical = whole[0].translate(_NOT_ALNUM).upper()
        if sum(map(str.isdigit, canonical)) >= _FEWEST_IBAN_DIGITS and _is_mod_97(canonical):
            end = whole.end()
            found.append((whole.start(), PaymentNumber(end, canonical)))
    return found


def _is_luhn(digits: str) -> bool:
    plain = sum(map(int, digits[-1::-2]))
    return (plain + sum(_DOUBLED[int(digit)] for digit in digits[-2::-2])) % 10 == 0


def _is_mod_97(iban: str) -> bool:
    return int("".join([str(int(letter, 36)) for letter in iban[4:] + iban[:4]])) % 97 == 1
