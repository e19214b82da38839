"""Are amounts written exactly?"""

from __future__ import annotations

import pytest

from infra.cli.money import money


@pytest.mark.parametrize(
    ("minor", "currency", "written"),
    [
        (123_450, "EUR", "1,234.50 EUR"),
        (-5, "EUR", "-0.05 EUR"),
        (0, None, "0.00"),
        (5_000, "JPY", "5,000 JPY"),
        (1_234_567, "KWD", "1,234.567 KWD"),
        (9_007_199_254_740_993, "USD", "90,071,992,547,409.93 USD"),
        (None, "EUR", "–"),
    ],
)
def test_amounts(minor: int | None, currency: str | None, written: str) -> None:
    assert money(minor, currency) == written
