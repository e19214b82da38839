"""Which numbers in a text are payment cards or bank accounts, however their groups are parted?"""

from __future__ import annotations

import re
from typing import NamedTuple

from streams.telling_words import telling_word_before


class PaymentNumber(NamedTuple):
    """A number found: where it begins and ends, and its one spelling."""

    start: int
    end: int
    canonical: str


# How cards are printed and typed: all in one, in fours (with a rest of three for 19 digits), Amex, Diners, in eights.
_PARTING = r"[\s.,_/·|>*–—-]{1,6}"
_FOURS = rf"[0-9]{{4}}(?:{_PARTING}[0-9]{{4}}){{3}}"
_CARDS = tuple(
    re.compile(rf"{shape}(?![0-9])")
    for shape in (
        rf"{_FOURS}{_PARTING}[0-9]{{3}}",
        _FOURS,
        rf"[0-9]{{4}}{_PARTING}[0-9]{{6}}{_PARTING}[0-9]{{4,5}}",
        rf"[0-9]{{8}}{_PARTING}[0-9]{{8}}",
        r"(?:[0-9]{19}|[0-9]{14,16})",
    )
)
# Begins with a digit, and looks behind it, because that is searched for fastest; so does the beginning of an IBAN.
_CARD_BEGINS = re.compile(
    rf"[2-6](?<![0-9][2-6])(?=[0-9]{{3}}(?:[0-9]{{10}}|[0-9]{{4}}{_PARTING}[0-9]|{_PARTING}[0-9]))"
)
_GROUPS = re.compile(r"[0-9]+")
_PLAINLY_PARTED = frozenset(" -\xa0\u202f")
_CARD_WORD = re.compile(
    r"(?i:card|karte|tarjeta|carte|carta|cartão|kaart|visa|master|maestro|amex|american express|discover|diners|jcb"
    r"|credit|kredit|crédito|crédit|debit|(?<![^\W_])(?:cc|mc|pan|kk)(?![^\W\d_]))[^0-9]*\Z"
)
_CARD_WORD_REACH = 24  # characters before a number in which a card's word counts
# What makes a number part of something else: a path, a name of a file or thing, a decimal number.
_BELONGS_BEFORE = re.compile(r"(?:[^\W_][-_/]|[0-9]\.|(?<![0-9]{4})[0-9],|[0-9][^\W\d_]{1,8}|(?<![^\W_])[A-Z]{2,8})\Z")
_BELONGS_AFTER = re.compile(r"[.:@][0-9]|[-_](?![0-9]{3,4}(?![0-9]))\w|/[^\W\d_]|@|(?<=[0-9]{14}),[0-9]{1,2}(?![0-9/])")
_WIDEST_NEIGHBOURHOOD = 500  # between the numbers of a list
_FOUR_BEFORE = re.compile(r"(?<![0-9])[0-9]{4}([^0-9]{1,6})\Z")
_FOUR_AFTER = re.compile(r"([^0-9]{1,6})[0-9]{4}(?![0-9])")
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
_BIC = r"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?"
_IBAN_DIGITS = re.compile(
    r"[0-9](?:(?<=[A-Za-z]{2}[0-9])[0-9](?=[\s._/·–-]{0,4}[A-Za-z0-9])"
    r"|(?<=[A-Za-z]{2}[ \xa0][0-9])[0-9](?=[ \xa0-]?[A-Za-z0-9]))"
)
_IBAN_BY_LENGTH = {
    length: tuple(
        re.compile(rf"[A-Za-z0-9](?:{parting}[A-Za-z0-9]){{{length - 1}}}(?:(?![A-Za-z0-9])|(?={_BIC}(?![A-Za-z0-9])))")
        for parting in (r"[ \xa0-]?", r"[\s._/·–-]{0,4}")
    )
    for length in set(_IBAN_LENGTHS.values())
}
_NOT_ALNUM = re.compile(r"[^A-Za-z0-9]+")
_ADJOINING = re.compile(rf"(?:(?i:iban)|(?<![A-Za-z0-9]){_BIC})\Z")
_LONGEST_BIC = 11
_FEWEST_IBAN_DIGITS = 8  # Malta's have 7 at least, and more in practice; words of a sentence have none


def find_cards(text: str) -> list[PaymentNumber]:
    """Return the card numbers (Luhn, known issuer), the longest that fits at each place, in the order of the text."""
    found: list[PaymentNumber] = []
    end = 0
    for begin in _CARD_BEGINS.finditer(text):
        start = begin.start()
        if start < end:
            continue
        for shape in _CARDS:
            whole = shape.match(text, start)
            if whole is not None and _is_card(text, start, whole.end()):
                end = whole.end()
                found.append(PaymentNumber(start, end, "".join(_GROUPS.findall(whole[0]))))
                break
    return found


def _is_card(text: str, start: int, end: int) -> bool:
    written = text[start:end]
    digits = "".join(_GROUPS.findall(written))
    if not (_ISSUERS[len(digits)].match(digits) and _is_luhn(digits)):
        return False
    if _CARD_WORD.search(text, max(0, start - _CARD_WORD_REACH), start):
        return True
    if _BELONGS_BEFORE.search(text, max(0, start - 12), start) or _BELONGS_AFTER.match(text, end):
        return False
    partings = _GROUPS.split(written)[1:-1]
    before = text[start - 1 : start]
    if all(parting in _PLAINLY_PARTED for parting in partings) and not (before.isalpha() or before in {"#", "="}):
        return True
    # Four numbers of four digits may be four of a list.
    return telling_word_before(text, start) != "counting" and not (partings and _is_of_list(text, start, end, partings))


def _is_of_list(text: str, start: int, end: int, partings: list[str]) -> bool:
    """Whether marks differ, the numbers are neighbours, or more of four digits stand beside them, parted alike."""
    numbers = [int(digits) for digits in _GROUPS.findall(text, start, end)]
    if len(set(numbers)) == len(numbers) and max(numbers) - min(numbers) < _WIDEST_NEIGHBOURHOOD:
        return True
    if len({parting.strip() for parting in partings} - {""}) > 1:
        return True
    if len(partings) != 3:
        return False
    before = _FOUR_BEFORE.search(text, max(0, start - 12), start)
    after = _FOUR_AFTER.match(text, end)
    return any(beside is not None and beside[1] == partings[0] for beside in (before, after))


def find_ibans(text: str) -> list[PaymentNumber]:
    """Return the IBANs (known country and length, mod 97), in the order of the text."""
    found: list[PaymentNumber] = []
    end = 0
    for check_digits in _IBAN_DIGITS.finditer(text):
        is_joined = text[check_digits.start() - 1] not in " \xa0"
        start = check_digits.start() - (2 if is_joined else 3)
        length = _IBAN_LENGTHS.get(text[start : start + 2].upper())
        if length is None or start < end or not _may_begin_iban(text, start):
            continue
        # What is parted oddly has its country and check digits in one, else sentences would be tried.
        for shape in _IBAN_BY_LENGTH[length][: 2 if is_joined else 1]:
            whole = shape.match(text, start)
            canonical = _NOT_ALNUM.sub("", whole[0]).upper() if whole else ""
            if whole and sum(map(str.isdigit, canonical)) >= _FEWEST_IBAN_DIGITS and _is_mod_97(canonical):
                end = whole.end()
                found.append(PaymentNumber(start, end, canonical))
                break
    return found


def _may_begin_iban(text: str, start: int) -> bool:
    """Whether it begins a word, or adjoins the word IBAN or a BIC before it."""
    before = text[start - 1 : start]
    return not (before.isascii() and before.isalnum()) or (
        _ADJOINING.search(text, max(0, start - _LONGEST_BIC - 1), start) is not None
    )


def _is_luhn(digits: str) -> bool:
    plain = sum(map(int, digits[-1::-2]))
    return (plain + sum(_DOUBLED[int(digit)] for digit in digits[-2::-2])) % 10 == 0


def _is_mod_97(iban: str) -> bool:
    return int("".join([str(int(letter, 36)) for letter in iban[4:] + iban[:4]])) % 97 == 1
