"""Which numbers in a text name one person to a state, or one machine to the network?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final, NamedTuple

from stdnum.br import cpf
from stdnum.de import idnr
from stdnum.es import dni, nie
from stdnum.fr import nir
from stdnum.it import codicefiscale
from stdnum.nl import bsn
from stdnum.pl import pesel
from stdnum.us import ssn


class _National(NamedTuple):
    """A state's number: how it is written, what proves it, and the words without which bare digits prove nothing."""

    written: re.Pattern[str]
    is_valid: Callable[[str], bool]
    cue: re.Pattern[str] | None = None


def _written(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.,/+-]){pattern}(?![\w]|[.,/-][0-9])")


def _cue(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?i:{words})[^0-9\n]{{0,24}}\Z")


def _is_nino(number: str) -> bool:
    """United Kingdom: HMRC's rules; prefixes that are never given are left out."""
    return number[:2].upper() not in ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ")


# The check digits are python-stdnum's to know.
_NATIONAL: Final = (
    _National(_written(r"[0-9]{3}-[0-9]{2}-[0-9]{4}"), ssn.is_valid),
    _National(
        _written(r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D]"),
        _is_nino,
    ),
    _National(_written(r"[0-9]{8}[ -]?[A-HJ-NP-TV-Za-hj-np-tv-z]"), dni.is_valid),
    _National(_written(r"[XYZxyz][ -]?[0-9]{7}[ -]?[A-HJ-NP-TV-Za-hj-np-tv-z]"), nie.is_valid),
    _National(_written(r"[12] ?[0-9]{2} ?[0-9]{2} ?[0-9][0-9ABab] ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}"), nir.is_valid),
    _National(
        _written(r"[A-Za-z]{6}[0-9]{2}[A-EHLMPR-Ta-ehlmpr-t][0-9]{2}[A-Za-z][0-9]{3}[A-Za-z]"), codicefiscale.is_valid
    ),
    _National(_written(r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}"), cpf.is_valid),
    _National(
        _written(r"[0-9]{2} ?[0-9]{3} ?[0-9]{3} ?[0-9]{3}"), idnr.is_valid, _cue(r"steuer|idnr|id-nr|\btin\b|tax id")
    ),
    _National(_written(r"[0-9]{4}\.?[0-9]{2}\.?[0-9]{3}"), bsn.is_valid, _cue(r"bsn|burgerservicenummer|sofinummer")),
    _National(_written(r"[0-9]{11}"), pesel.is_valid, _cue(r"pesel")),
)  # fmt: skip
_REACH: Final = 48  # characters before a number in which its cue stands
# Where a number of a state may begin; digits alone do not, which spares most texts the patterns.
_BEGINS: Final = re.compile(r"(?<![\w.,/+-])(?=[0-9]{2,}[ .-]?[0-9]|[A-Za-z]{1,6}[ -]?[0-9]{2}|[12] [0-9]{2} )")
_IPV4: Final = re.compile(r"(?<![\w.:/-])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![\w-]|\.[0-9])")
_IPV6: Final = re.compile(r"(?<![\w:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![\w:])")
_VERSION: Final = re.compile(r"(?i:(?:version|versión|release|build|firmware)[^0-9\n]{0,12}|\bv[. ]?)\Z")


class IdentityNumber(NamedTuple):
    """A number found: where it begins and ends, its kind, and its one spelling."""

    start: int
    end: int
    kind: str
    canonical: str


def find_identity_numbers(text: str) -> Iterator[IdentityNumber]:
    """Yield national identity numbers and public addresses of machines; they may overlap."""
    for begin in _BEGINS.finditer(text):
        for national in _NATIONAL:
            yield from _national(text, begin.start(), national)
    if "." in text or ":" in text:
        yield from _addresses(text)


def _national(text: str, start: int, national: _National) -> Iterator[IdentityNumber]:
    found = national.written.match(text, start)
    if found is None:
        return
    if national.cue is not None and national.cue.search(text, max(0, start - _REACH), start) is None:
        return
    if national.is_valid(found[0]):
        canonical = "".join(letter for letter in found[0].upper() if letter.isalnum())
        yield IdentityNumber(start, found.end(), "identity", canonical)


def _addresses(text: str) -> Iterator[IdentityNumber]:
    for found in _IPV4.finditer(text):
        try:
            four = IPv4Address(found[0])
        except AddressValueError:
            continue
        # A private address is in every other home, and names nobody.
        if four.is_global and _VERSION.search(text, max(0, found.start() - 20), found.start()) is None:
            yield IdentityNumber(found.start(), found.end(), "ip", str(four))
    for found in _IPV6.finditer(text):
        try:
            six = IPv6Address(found[0])
        except AddressValueError:
            continue
        if six.is_global:
            yield IdentityNumber(found.start(), found.end(), "ip", str(six))
