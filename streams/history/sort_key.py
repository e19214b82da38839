"""Bytes whose order is the order of what they stand for."""

from __future__ import annotations

import struct

_SIGN = 1 << 63


def instant_key(instant: int) -> bytes:
    """Eight bytes that sort as the instants do. Raises OverflowError beyond 64 bits."""
    return (instant + _SIGN).to_bytes(8, "big")


def instant_of(key: bytes) -> int:
    """The instant that `instant_key` made these eight bytes of."""
    return int.from_bytes(key, "big") - _SIGN


def text_key(text: str) -> bytes:
    """Bytes that sort as the text's code points do and end where it ends, whatever follows."""
    return text.encode("utf-8", "surrogatepass").replace(b"\0", b"\0\xff") + b"\0\0"


def value_key(value: str | None) -> bytes:
    """Bytes for a tie-break: what is missing first, then numbers by amount, then texts."""
    if value is None:
        return b"\0"
    try:
        number = float(value)
    except ValueError:
        return b"\2" + text_key(value)
    if number != number:  # noqa: PLR0124 - NaN has no place among numbers
        return b"\2" + text_key(value)
    (bits,) = struct.unpack(">Q", struct.pack(">d", number + 0.0))
    ordered = bits ^ (0xFFFF_FFFF_FFFF_FFFF if bits & _SIGN else _SIGN)
    # Whole numbers beyond 2**53 share a double: their digits decide.
    digits = value.lstrip("0") if value.isdigit() else ""
    return b"\1" + struct.pack(">Q", ordered) + len(digits).to_bytes(2, "big") + text_key(digits or value)
