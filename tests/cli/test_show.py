"""Are numbers printed as people read them?"""

from __future__ import annotations

import pytest

from infra.cli import show


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (0.12345678, "0.1235"),
        (44.5, "44.5"),
        (999.96, "1000"),
        (9_999.7, "10000"),
        (28_800.0, "28800"),
        (432_000.0, "432000"),
        (-2_592_000.4, "-2592000"),
        (7, "7"),
        (True, "yes"),
        (["billing", "mobile"], "billing,mobile"),
        (None, "–"),
    ],
)
def test_a_cell_has_four_digits_and_all_before_the_point(
    value: object, printed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    show.fields("promise", {"seconds": value, "clock": "resolution"}, ["clock", "seconds"])
    told = capsys.readouterr().out.partition("seconds")[2]
    assert "".join(told.split()) == (printed if value is not None else "")


def test_a_total_of_seconds_is_whole(capsys: pytest.CaptureFixture[str]) -> None:
    said = {
        "subject": "T-1",
        "kind": "sla",
        "total": 2_592_000.0,
        "unit": "s",
        "basis": "p",
        "position": 1,
        "terms": [],
    }
    show.explanation(said)
    assert "= 2592000 s" in capsys.readouterr().out
