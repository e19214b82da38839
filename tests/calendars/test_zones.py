"""Zones come from the pinned data, all of them, without touching the disk later."""

from __future__ import annotations

import subprocess
import sys
import zoneinfo
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from processors.zones import ZoneError, pinned_zone, zone_names


def test_every_pinned_zone_can_be_used() -> None:
    assert len(zone_names()) > 500
    for name in zone_names():
        assert isinstance(pinned_zone(name).utcoffset(datetime(2024, 7, 1, tzinfo=UTC)), timedelta)


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(ZoneError, match=r"'Europe/Berln': did you mean Europe/Berlin"):
        pinned_zone("Europe/Berln")


@pytest.mark.parametrize("name", ["", "../etc/passwd", "europe/berlin", "Mars/Olympus", "tzdata.zi"])
def test_what_is_no_zone_is_refused(name: str) -> None:
    with pytest.raises(ZoneError):
        pinned_zone(name)


def test_a_zone_is_one_object() -> None:
    assert pinned_zone("Asia/Kolkata") is pinned_zone("Asia/Kolkata")


def test_pinned_zones_agree_with_the_standard_library() -> None:
    for name in ("Europe/Berlin", "America/St_Johns", "Pacific/Apia", "Australia/Lord_Howe", "Africa/Casablanca"):
        theirs, ours = zoneinfo.ZoneInfo(name), pinned_zone(name)
        for day in range(0, 30_000, 17):
            for fold in (0, 1):
                wall = (datetime(1972, 1, 1, 2, 30, tzinfo=UTC) + timedelta(days=day)).replace(fold=fold)
                assert ours.utcoffset(wall) == theirs.utcoffset(wall)


def test_no_file_is_opened_once_zones_are_imported() -> None:
    program = """
import sys
from processors.calendars import add_business_us, calendar_from_values
opened = []
sys.addaudithook(lambda event, args: opened.append(args) if event == "open" else None)
calendar = calendar_from_values("office", "Asia/Kathmandu", [("mon", "09:00", "17:00")])
add_business_us(calendar, 1_700_000_000_000_000, 10**12)
sys.exit(f"opened {opened}" if opened else 0)
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60, cwd=Path(__file__).parents[2])
