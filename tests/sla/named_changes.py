"""Ends, changes under way and calendars: cases that other helpdesks were reported to get wrong.

Weeks begin on Monday, 1 June 2026 in Vienna, where Thursday is a holiday, unless a case says otherwise. What is used is
told as of the last event that bears on a clock, or of its last warning or breach. Links lead to reports of the like.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from schemas.event import Data
from tests.sla.named_cases import (
    ALL,
    FIRST,
    FIRST_BY_PRIORITY,
    OFFICE,
    ONLY_FIRST,
    ONLY_NEXT,
    ONLY_SOLVED,
    ROUND_THE_CLOCK,
)
from tests.sla.plain_story import DAYS, Case, Week, calendar, promise, promises

CHANGES: Final[Mapping[str, Data]] = {
    "nothing": promises(),
    "two-hours": promises(promise("everyone", "first_response 2 h", calendar="office")),
    "eight-hours": promises(promise("everyone", "first_response 8 h", calendar="office")),
    "four-to-solve": promises(promise("everyone", "resolution 4 h, paused on pending", calendar="office")),
    "closed-monday": calendar("office", "Europe/Vienna", "08:00-17:00", holidays={"2026-06-04": "", "2026-06-08": ""}),
}


HOLIDAY: Final = {"2026-06-04": ""}
LONG: Final = calendar("long", "Europe/Vienna", "09:00-21:00", days=DAYS, holidays={**HOLIDAY, "2026-06-07": ""})


def first_in(name: str, hours: float, said: Data) -> tuple[Data, ...]:
    """A first response within so many hours of a calendar."""
    return said, promises(promise("everyone", f"first_response {hours} h", calendar=name))


ENDS: Final = (
    # github.com/zammad/zammad/issues/188
    Case(
        "a reopened ticket goes on from where it was solved",
        ONLY_SOLVED,
        "mon 08:00 open; mon 12:00 solve; wed 12:00 reopen; wed 14:00",
        "resolution: running, 4 h, due wed 16:00",
    ),
    # github.com/osTicket/osTicket/issues/5955
    Case(
        "a ticket reopened long after it was due is not overdue at once",
        ONLY_SOLVED,
        "mon 08:00 open; mon 10:00 solve; fri 09:00 reopen; fri 09:01",
        "resolution: running, 2 h, due fri 15:00",
    ),
    # github.com/zammad/zammad/issues/4777
    Case(
        "a ticket solved again is kept again",
        ONLY_SOLVED,
        "mon 08:00 open; mon 09:00 solve; mon 10:00 reopen; mon 11:00 solve; fri 09:00",
        "resolution: fulfilled, 2 h, due mon 17:00",
    ),
    # github.com/glpi-project/glpi/issues/23359
    Case(
        "time between solved and reopened is no pause that moves the rest",
        ONLY_SOLVED,
        (
            "mon 08:00 open; mon 09:00 status pending; mon 10:00 status open; mon 11:00 solve; tue 09:00 reopen; "
            "tue 10:00"
        ),
        "resolution: running, 2 h, due tue 15:00",
    ),
    # github.com/zammad/zammad/issues/904
    Case(
        "a merged ticket is late for nothing",
        ALL,
        "mon 08:00 open; mon 09:00 merge; fri 09:00",
        "first_response: cancelled, 1 h, due mon 12:00\nresolution: cancelled, 1 h, due mon 16:00",
    ),
    Case(
        "what happens on a merged ticket wakes no clock",
        ALL,
        "mon 08:00 open; mon 09:00 merge; mon 10:00 ask; mon 11:00 reopen; fri 09:00",
        "first_response: cancelled, 1 h, due mon 12:00\nresolution: cancelled, 1 h, due mon 16:00",
    ),
    # github.com/frappe/helpdesk/issues/1607
    Case(
        "a ticket solved without a word owes no first answer",
        ALL,
        "mon 08:00 open; mon 09:00 solve; fri 09:00",
        "first_response: cancelled, 1 h, due mon 12:00\nresolution: fulfilled, 1 h, due mon 16:00",
    ),
    # github.com/chatwoot/chatwoot/issues/10178
    Case(
        "a solved ticket owes no answer to the last thanks",
        ONLY_NEXT,
        "mon 08:00 open; mon 09:00 reply; mon 10:00 ask; mon 11:00 solve; fri 09:00",
        "next_response: cancelled, 1 h, due mon 14:00",
    ),
    # github.com/chatwoot/chatwoot/pull/15024
    Case(
        "what was used stands still once it is solved",
        ONLY_SOLVED,
        "mon 08:00 open; tue 12:00 solve; fri 09:00",
        "resolution: breached, 13 h, due mon 16:00",
    ),
    Case(
        "closing a solved ticket changes nothing",
        ONLY_SOLVED,
        "mon 08:00 open; mon 09:00 solve; wed 09:00 close; fri 09:00",
        "resolution: fulfilled, 1 h, due mon 16:00",
    ),
    Case(
        "a customer who reopens by writing waits for an answer again",
        ONLY_NEXT,
        "mon 08:00 open; mon 09:00 reply; mon 10:00 solve; mon 11:00 ask; mon 11:00 reopen; mon 12:00",
        "next_response: running, 0 h, due mon 15:00",
    ),
    Case(
        "solving outside opening hours costs only the open ones",
        ONLY_SOLVED,
        "mon 16:00 open; mon 22:00 solve; tue 09:00",
        "resolution: fulfilled, 1 h, due tue 15:00",
    ),
    Case(
        "a ticket that is opened twice was opened once",
        ONLY_FIRST,
        "mon 08:00 open; mon 10:00 open; mon 11:00",
        "first_response: running, 2 h, due mon 12:00",
    ),
)
CHANGES_UNDER_WAY: Final = (
    Case(
        "a priority raised after the answer judges it no more",
        FIRST_BY_PRIORITY,
        "mon 08:00 open; mon 11:00 reply; mon 12:00 priority urgent; mon 13:00",
        "first_response: fulfilled, 3 h, due mon 12:00",
    ),
    Case(
        "a priority raised while somebody waits counts from the beginning",
        FIRST_BY_PRIORITY,
        "mon 08:00 open; mon 10:00 priority urgent; mon 10:01",
        "first_response: breached, 2 h, due mon 09:00",
    ),
    # github.com/osTicket/osTicket/issues/5160
    Case(
        "a priority lowered after the breach takes it back",
        FIRST_BY_PRIORITY,
        "mon 08:00 open urgent; mon 09:30; mon 10:00 priority low; mon 10:01",
        "first_response: running, 2 h, due mon 12:00",
    ),
    # github.com/zammad/zammad/issues/4353
    Case(
        "promises that never held are taken back with their breaches",
        ONLY_FIRST,
        "mon 08:00 open; mon 13:00; mon 14:00 say nothing dated mon 07:00; mon 14:01",
        "",
    ),
    # github.com/osTicket/osTicket-1.7/issues/686
    Case(
        "a longer promise that held all along takes a breach back",
        ONLY_FIRST,
        "mon 08:00 open; mon 13:00; mon 14:00 say eight-hours dated mon 07:00; mon 14:01",
        "first_response: running, 0 h, due mon 16:00",
    ),
    Case(
        "new promises leave open tickets with those they were opened under",
        ONLY_FIRST,
        "mon 08:00 open; mon 09:00 say two-hours; mon 11:00",
        "first_response: running, 0 h, due mon 12:00",
    ),
    # github.com/zammad/zammad/issues/534
    Case(
        "a holiday that held when the ticket was opened moves what is due",
        ONLY_FIRST,
        "fri 15:00 open; fri 16:00 say closed-monday dated mon 00:00; fri 16:30",
        "first_response: running, 0 h, due tue2 10:00",
    ),
    Case(
        "a holiday made up later leaves open tickets as they were",
        ONLY_FIRST,
        "fri 15:00 open; fri 16:00 say closed-monday; fri 16:30",
        "first_response: running, 0 h, due mon2 10:00",
    ),
    # github.com/fivetran/dbt_zendesk/pull/262
    Case(
        "a calendar that takes the place of a missing one counts from the opening",
        first_in("office", 4, ROUND_THE_CLOCK[0]),
        "sat 12:00 open; sat 13:00 say closed-monday dated mon 00:00; sat 14:00",
        "first_response: running, 0 h, due tue2 12:00",
    ),
    Case(
        "the first promise that holds counts, also where it has no such clock",
        (promises(promise("low", "resolution 8 h", priorities=("low",)), promise("others", "first_response 4 h")),),
        "mon 08:00 open low; mon 09:00",
        "resolution: running, 0 h, due mon 16:00",
    ),
)


def beyond(*targets: str) -> tuple[Data, ...]:
    """Promises round the clock."""
    return (promises(promise("everyone", *targets)),)


OTHER_CLOCKS: Final = (
    Case(
        "a requester waits unless asked, also while somebody else is waited for",
        beyond("requester_wait 8 h"),
        "mon 08:00 open; mon 09:00 status on_hold; mon 11:00 status pending; mon 15:00 status open; mon 16:00 solve",
        "requester_wait: fulfilled, 4 h, due mon 20:00",
    ),
    Case(
        "experts work while a ticket is new or open",
        beyond("agent_work 8 h"),
        "mon 08:00 open; mon 09:00 status on_hold; mon 11:00 status pending; mon 15:00 status open; mon 16:00 solve",
        "agent_work: fulfilled, 2 h, due mon 22:00",
    ),
    # github.com/osTicket/osTicket/issues/407 and 657
    Case(
        "an update is due after each update",
        beyond("periodic_update 4 h"),
        "mon 08:00 open; mon 09:00 reply; mon 10:00 status pending; mon 12:00 reply; mon 17:00",
        "periodic_update: fulfilled, 3 h, due mon 13:00\nperiodic_update 2: breached, 4 h, due mon 16:00",
    ),
    Case(
        "an update that pauses is not due while the customer is asked",
        beyond("pausable_update 4 h"),
        "mon 08:00 open; mon 09:00 reply; mon 10:00 status pending; mon 20:00 ask; mon 20:00 status open; mon 21:00",
        "pausable_update: running, 1 h, due mon 23:00",
    ),
    Case(
        "no update is due before the first word of an expert",
        beyond("periodic_update 4 h"),
        "mon 08:00 open; mon 09:00 note; tue 09:00",
        "",
    ),
    # github.com/glpi-project/glpi/issues/1911
    Case(
        "each group has its own time from when it was given the ticket",
        beyond("internal 2 h"),
        "mon 08:00 open; mon 09:00 assign first-line; mon 10:30 assign second-line; mon 12:00 solve",
        "internal: fulfilled, 1.5 h, due mon 11:00\ninternal 2: fulfilled, 1.5 h, due mon 12:30",
    ),
    # github.com/chatwoot/chatwoot/issues/13515
    Case(
        "a group that is given the ticket again without having lost it goes on",
        beyond("internal 2 h"),
        "mon 08:00 open; mon 09:00 assign first-line; mon 10:00 assign first-line; mon 11:30",
        "internal: breached, 2 h, due mon 11:00",
    ),
    Case(
        "a ticket that comes back to a group begins another time of its own",
        beyond("internal 2 h"),
        "mon 08:00 open; mon 09:00 assign a; mon 09:30 assign b; mon 10:00 assign a; mon 10:30",
        "internal: fulfilled, 0.5 h, due mon 11:00\ninternal 2: fulfilled, 0.5 h, due mon 11:30"
        "\ninternal 3: running, 0 h, due mon 12:00",
    ),
    Case(
        "a supplier's time runs on hold only, in one sum",
        beyond("supplier 4 h"),
        "mon 08:00 open; mon 09:00 status on_hold; mon 10:00 status open; mon 14:00 status on_hold; mon 15:00",
        "supplier: running, 1 h, due mon 17:00",
    ),
    Case(
        "who was never waited for owes nothing",
        beyond("supplier 4 h"),
        "mon 08:00 open; mon 09:00 status pending; tue 09:00",
        "",
    ),
    Case(
        "a merge cancels every clock",
        beyond("requester_wait 8 h", "supplier 4 h", "internal 2 h"),
        "mon 08:00 open; mon 08:00 assign a; mon 09:00 status on_hold; mon 09:30 merge; tue 09:00",
        "internal: cancelled, 1.5 h, due mon 10:00\nrequester_wait: cancelled, 1.5 h, due mon 16:00"
        "\nsupplier: cancelled, 0.5 h, due mon 13:00",
    ),
)
CALENDARS: Final = (
    # github.com/glpi-project/glpi/issues/687
    Case(
        "a ticket opened on a weekend is due by the hours of Monday",
        ALL,
        "sat 12:00 open; mon2 09:00",
        "first_response: running, 0 h, due mon2 12:00\nresolution: running, 0 h, due mon2 16:00",
    ),
    # github.com/zammad/zammad/issues/4432
    Case(
        "a warning comes in opening hours, not at midnight",
        (OFFICE, promises(promise("everyone", "first_response 4 h, warned at 50", calendar="office"))),
        "fri 16:00 open; mon2 10:00",
        "first_response: running, 2 h, due mon2 11:00, warned 50 mon2 09:00",
    ),
    Case(
        "so long before it is due is counted in opening hours, too",
        (OFFICE, promises(promise("everyone", "first_response 4 h, warned at 50 90m", calendar="office"))),
        "fri 14:00 open; mon2 08:30",
        "first_response: running, 2.5 h, due mon2 09:00, warned 90m fri 16:30, warned 50 fri 16:00",
    ),
    # github.com/zammad/zammad/issues/390
    Case(
        "hours are opening hours, and holidays have none",
        first_in("long", 48, LONG),
        "mon 23:00 open; tue 09:00",
        "first_response: running, 0 h, due sat 21:00",
    ),
    # github.com/frappe/helpdesk/issues/2212
    Case(
        "a lunch break does not count",
        first_in("lunch", 4, calendar("lunch", "Europe/Vienna", "08:00-12:00", "13:00-17:00")),
        "mon 11:00 open; mon 15:00",
        "first_response: running, 0 h, due mon 16:00",
    ),
    Case(
        "a ticket opened at lunch is due by the hours of the afternoon",
        first_in("lunch", 4, calendar("lunch", "Europe/Vienna", "08:00-12:00", "13:00-17:00")),
        "mon 12:30 open; mon 15:00",
        "first_response: running, 0 h, due mon 17:00",
    ),
    # github.com/glpi-project/glpi/issues/6835
    Case(
        "half a day off is half a day",
        first_in("half", 4, calendar("half", "Europe/Vienna", "08:00-17:00", holidays={"2026-06-03": "08:00-12:00"})),
        "wed 10:00 open; wed 15:00",
        "first_response: running, 0 h, due thu 10:00",
    ),
    # github.com/osTicket/osTicket/issues/1107
    Case(
        "round the clock is round the clock, also on weekends",
        ROUND_THE_CLOCK,
        "fri 20:00 open; sat 03:00",
        "first_response: running, 0 h, due sat 04:00\nresolution: running, 0 h, due sun 20:00",
    ),
    # github.com/glpi-project/glpi/issues/15429
    Case(
        "hours are those of the calendar's zone, not of the machine's",
        first_in("india", 4, calendar("india", "Asia/Kolkata", "09:00-18:00")),
        "mon 09:00 open; mon 12:00",
        "first_response: running, 0 h, due mon 13:00",
        Week(zone="Asia/Kolkata"),
    ),
    Case(
        "a night shift ends where a holiday begins",
        first_in("nights", 4, calendar("nights", "Europe/Vienna", "22:00-06:00", days=DAYS, holidays=HOLIDAY)),
        "wed 22:00 open; thu 12:00",
        "first_response: running, 0 h, due sat 00:00",
    ),
    # github.com/osTicket/osTicket/pull/4807
    Case(
        "where nobody ever works nothing is ever due",
        first_in("never", 4, calendar("never", "Europe/Vienna")),
        "mon 08:00 open; fri 09:00",
        "first_response: running, 0 h, no due",
    ),
    Case(
        "a misspelt calendar counts as always open",
        (OFFICE, promises(promise("everyone", FIRST, calendar="ofice"))),
        "sat 12:00 open; sat 13:00",
        "first_response: running, 0 h, due sat 16:00",
    ),
    # github.com/fivetran/dbt_zendesk/issues/25
    Case(
        "the hour that spring skips is not worked",
        ROUND_THE_CLOCK,
        "sat 22:00 open; sun 05:00",
        "first_response: running, 0 h, due sun 07:00\nresolution: running, 0 h, due mon2 23:00",
        Week("2026-03-23"),
    ),
    # github.com/MicrosoftDocs/azure-devops-docs/issues/8675
    Case(
        "the hour that autumn repeats is worked twice",
        first_in("nights", 8, calendar("nights", "Europe/Vienna", "22:00-06:00", days=DAYS)),
        "sat 22:00 open; sun 04:00",
        "first_response: running, 0 h, due sun 05:00",
        Week("2026-10-19"),
    ),
    Case(
        "offices open at the same hour of the day after the clocks change",
        ONLY_FIRST,
        "fri 16:00 open; mon2 09:00",
        "first_response: running, 0 h, due mon2 11:00",
        Week("2026-10-19"),
    ),
)
