"""Is the share of fitting reply candidates counted by what was answered, and chance by what there is to draw from?"""

from __future__ import annotations

import csv
from pathlib import Path
from random import Random

import pytest

from infra.quality.replies import measure

_WORDS = {
    "card": ("card", "stolen", "blocked", "pin", "magnet", "swallowed", "terminal"),
    "refund": ("refund", "money", "return", "order", "parcel", "back", "cancelled"),
    "login": ("password", "login", "code", "reset", "account", "locked", "device"),
}
_SHARES = {"card": 0.5, "refund": 0.25, "login": 0.25}


def write(path: Path, count: int, draw: Random) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["text", "category"])
        for category, share in _SHARES.items():
            table.writerows([" ".join(draw.sample(_WORDS[category], 4)), category] for _ in range(int(share * count)))


def test_candidates_are_of_the_category_that_the_words_tell(tmp_path: Path) -> None:
    draw = Random(11)
    (tmp_path / "banking77").mkdir()
    write(tmp_path / "banking77" / "train.csv", 80, draw)
    write(tmp_path / "banking77" / "test.csv", 16, draw)
    same, one_of_five = measure(tmp_path, solved=80, asked=16)
    assert (same.value, one_of_five.value) == (1.0, 1.0)
    # Half of the questions meet half of the tickets, and each other quarter its quarter.
    assert same.baseline == pytest.approx(0.5 * 0.5 + 2 * 0.25 * 0.25)
    assert one_of_five.baseline == pytest.approx(0.5 * (1 - 0.5**5) + 0.5 * (1 - 0.75**5))
    assert "80 solved tickets" in same.name


def test_words_that_tell_nothing_are_no_better_than_chance(tmp_path: Path) -> None:
    draw = Random(12)
    (tmp_path / "banking77").mkdir()
    for part, count in (("train", 160), ("test", 40)):
        with (tmp_path / "banking77" / f"{part}.csv").open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(["text", "category"])
            everything = sorted(word for words in _WORDS.values() for word in words)
            for place in range(count):
                table.writerow([" ".join(draw.sample(everything, 4)), ("card", "refund")[place % 2]])
    same, _ = measure(tmp_path, solved=160, asked=40)
    assert same.value == pytest.approx(0.5, abs=0.1)
    assert same.baseline == pytest.approx(0.5)
