"""How is an amount in minor units written? Exactly: no float is involved."""

from __future__ import annotations

# Currencies whose minor unit is not a hundredth (ISO 4217).
_DIGITS = dict.fromkeys(("CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF"), 0)
_DIGITS |= dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3)


def money(minor: int | None, currency: str | None) -> str:
    """An amount as people write it, such as `1,234.50 EUR`.

    >>> money(123_450, "EUR"), money(-5, "EUR"), money(5_000, "JPY"), money(1_234_567, "KWD"), money(None, None)
    ('1,234.50 EUR', '-0.05 EUR', '5,000 JPY', '1,234.567 KWD', '–')
    """
    if minor is None:
        return "–"
    digits = _DIGITS.get(currency or "", 2)
    whole, rest = divmod(abs(minor), 10**digits)
    part = f".{rest:0{digits}}" if digits else ""
    return f"{'-' if minor < 0 else ''}{whole:,}{part} {currency or ''}".rstrip()
