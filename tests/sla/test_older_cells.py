"""Cells that an older version saved: they are read as they were meant, and the story goes on from them."""

from __future__ import annotations

from processors.sla import SLA, SlaState
from processors.sla_course import Course
from tests.sla.plain_story import Week, promise, promises, told

STORY = (
    "mon 08:00 open; mon 09:00 reply; mon 10:00 status pending; mon 12:00 ask; mon 15:00 status open; "
    "mon 15:00 priority urgent; mon 16:00"
)
TARGETS = ("first_response 4 h, warned at 50", "next_response 2 h", "resolution 8 h, paused on pending")
# What version 1 saved of that story.
OF_VERSION_1 = bytes.fromhex(
    "98a154a16193cf0006532ae79fb80000a26533dc0011c000c0a0a56f74686572a66e6f726d616c90c2a0c0a000c0a0a0c2c29695cf0006532a"
    "e79fb80000a26533a0a56f7468657295cf0006532bbe335c0004a26535a0a095cf0006532c94c7000005a26537a770656e64696e67a095cf00"
    "06532e41ee480002a26539a0a095cf00065330c5a9340001a3653134a6757267656e74a095cf00065330c5a9340005a3653132a46f70656ea0"
    "83aa7265736f6c7574696f6e810095c408d224eead85a187d1cf00065335cd1f0c00c4000080ae66697273745f726573706f6e7365810095c4"
    "08ccfbd1299676bc6bc0c4000080ad6e6578745f726573706f6e7365810095c4089e59a27cc18e794cc0c408e59a9cefe10206d8cf0006532f"
    "ef15900080cf00065335cd1f0c00c3"
)


def test_a_cell_of_the_first_version_is_what_the_present_one_makes_of_the_story() -> None:
    desk = told(Week(), (promises(promise("everyone", *TARGETS)),), STORY, {})
    held = SLA.decode({"": OF_VERSION_1})
    assert held == desk.cell()
    assert SLA.digest(held) == SLA.digest(desk.cell())


def test_the_other_clocks_follow_from_a_cell_of_the_first_version() -> None:
    held = SLA.decode({"": OF_VERSION_1})
    assert isinstance(held, SlaState)
    assert held.course is None
    course, story = Course(), held.before.copied()
    for entry in held.entries:
        story.advance(entry)
        course.advance(entry, story)
    clocks = [(wait.clock, wait.cycle) for wait in course.open_waits(story)]
    assert clocks == [("requester_wait", 0), ("agent_work", 0), ("periodic_update", 0), ("pausable_update", 0)]
