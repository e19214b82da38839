"""Does a promise stand still for what a helpdesk says a ticket waits for, also where it tells states and no changes?"""

from __future__ import annotations

import pytest

from processors.accounts import ACCOUNTS
from processors.settings import SETTINGS
from processors.sla import SLA
from processors.snapshots import SNAPSHOTS
from schemas.facts import SlaClock
from schemas.instant import HOUR, MINUTE, parse_instant
from schemas.settings import SettingsSlaChanged
from schemas.tickets import TicketOpened, TicketSnapshot, TicketStatusChanged
from schemas.values import Status
from streams.driver import Driver

START = parse_instant("2026-06-01T08:00:00Z")
PROMISED = SettingsSlaChanged.model_validate(
    {
        "policies": (
            {
                "name": "all",
                "targets": ({"clock": "resolution", "target_seconds": 7_200, "paused_reasons": ("Awaiting vendor",)},),
            },
        )
    }
)


def test_what_a_snapshot_repeats_of_a_reason_goes_on_pausing() -> None:
    desk = Driver([SETTINGS, ACCOUNTS, SNAPSHOTS, SLA])
    desk.send(PROMISED, START - HOUR)
    desk.send(TicketOpened(ticket="T"), START)
    desk.send(TicketStatusChanged(ticket="T", status="on_hold", status_raw="Awaiting vendor"), START + HOUR)
    repeated = TicketSnapshot(ticket="T", status="on_hold", status_raw="Awaiting vendor", priority="high")
    desk.send(repeated, START + 2 * HOUR)
    desk.tick(START + 9 * HOUR)
    (clock,) = [one for one in desk.facts(SlaClock) if one.clock == "resolution"]
    assert clock.state == "paused"
    desk.send(TicketSnapshot(ticket="T", status="on_hold", status_raw="Waits for us"), START + 10 * HOUR)
    desk.tick(START + 11 * HOUR + MINUTE)
    (clock,) = [one for one in desk.facts(SlaClock) if one.clock == "resolution"]
    assert clock.breached_at == START + 11 * HOUR


@pytest.mark.parametrize(
    ("status", "told", "promised", "state"),
    [
        ("on_hold", "awaiting VENDOR", "Awaiting vendor", "paused"),
        ("on_hold", "On hold", "On hold", "paused"),
        ("pending", "Pending", "pending", "paused"),
        ("pending", "Awaiting customer", "Pending", "running"),
        ("open", "Open", "Open", "running"),
    ],
)
def test_a_reason_is_compared_as_people_do(status: Status, told: str, promised: str, state: str) -> None:
    desk = Driver([SETTINGS, ACCOUNTS, SLA])
    target = {"clock": "resolution", "target_seconds": 7_200, "paused_reasons": (promised,)}
    desk.send(SettingsSlaChanged.model_validate({"policies": ({"name": "all", "targets": (target,)},)}), START - HOUR)
    desk.send(TicketOpened(ticket="T"), START)
    desk.send(TicketStatusChanged(ticket="T", status=status, status_raw=told), START + HOUR)
    (clock,) = [one for one in desk.facts(SlaClock) if one.clock == "resolution"]
    assert clock.state == state
