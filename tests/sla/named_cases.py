"""Who waits, and what pauses: cases that other helpdesks were reported to get wrong.

Weeks begin on Monday, 1 June 2026 in Vienna, where Thursday is a holiday, unless a case says otherwise. What is used is
told as of the last event that bears on a clock, or of its last warning or breach. Links lead to reports of the like.
"""

from __future__ import annotations

from typing import Final

from tests.sla.plain_story import Case, calendar, promise, promises

FIRST, NEXT, SOLVED = "first_response 4 h", "next_response 4 h", "resolution 8 h, paused on pending on_hold"
OFFICE: Final = calendar("office", "Europe/Vienna", "08:00-17:00", holidays={"2026-06-04": ""})
ALL: Final = (OFFICE, promises(promise("everyone", FIRST, NEXT, SOLVED, calendar="office")))
ONLY_FIRST: Final = (OFFICE, promises(promise("everyone", FIRST, calendar="office")))
ONLY_NEXT: Final = (OFFICE, promises(promise("everyone", NEXT, calendar="office")))
ONLY_SOLVED: Final = (OFFICE, promises(promise("everyone", SOLVED, calendar="office")))
FIRST_BY_PRIORITY: Final = (
    promises(promise("urgent", "first_response 1 h", priorities=("urgent",)), promise("others", "first_response 4 h")),
)
SOLVED_BY_PRIORITY: Final = (
    promises(
        promise("urgent", "resolution 4 h, paused on pending", priorities=("urgent",)),
        promise("others", "resolution 8 h, paused on pending"),
    ),
)
SOLVED_BY_TIER: Final = (
    promises(
        promise("enterprise", "resolution 4 h, paused on pending", tiers=("enterprise",)),
        promise("others", "resolution 24 h, paused on pending"),
    ),
)
SOLVED_BY_CONTRACT: Final = (
    promises(
        promise("gold", "resolution 4 h, paused on pending", contracts=("gold", "platinum")),
        promise("others", "resolution 24 h, paused on pending"),
    ),
)
SOLVED_BY_CALENDAR: Final = (
    OFFICE,
    promises(
        promise("urgent", "resolution 4 h, paused on pending", priorities=("urgent",)),
        promise("others", "resolution 8 h, paused on pending", calendar="office"),
    ),
)
SOLVED_UNPAUSED: Final = (
    promises(
        promise("urgent", "resolution 4 h", priorities=("urgent",)),
        promise("others", "resolution 8 h, paused on pending"),
    ),
)
ROUND_THE_CLOCK: Final = (promises(promise("everyone", "first_response 8 h", "resolution 48 h")),)
PAUSES: Final = (
    # github.com/glpi-project/glpi/issues/6902
    Case(
        "a pause is kept when a higher priority brings another promise",
        SOLVED_BY_PRIORITY,
        "mon 08:00 open; mon 09:00 status pending; tue 08:00 priority urgent; tue 09:00 status open; tue 10:00",
        "resolution: running, 1 h, due tue 12:00",
    ),
    # github.com/glpi-project/glpi/issues/15605
    Case(
        "a pause is kept when a better tier brings another promise",
        SOLVED_BY_TIER,
        "mon 08:00 open; mon 09:00 status pending; mon 11:00 tier enterprise; mon 12:00 status open; mon 13:00",
        "resolution: running, 1 h, due mon 15:00",
    ),
    Case(
        "a pause is kept when a contract brings another promise",
        SOLVED_BY_CONTRACT,
        "mon 08:00 open; mon 09:00 status pending; mon 11:00 contract gold; mon 12:00 status open; mon 13:00",
        "resolution: running, 1 h, due mon 15:00",
    ),
    Case(
        "a clock stands still while it is the vendor's turn, and goes on while it is the caller's",
        (promises(promise("everyone", "resolution 8 h, paused for vendor")),),
        "mon 08:00 open; mon 09:00 status on_hold|vendor; mon 12:00 status on_hold|caller; mon 14:00 status open",
        "resolution: running, 3 h, due mon 19:00",
    ),
    Case(
        "a status that pauses does so for whatever reason",
        (promises(promise("everyone", "resolution 8 h, paused on pending")),),
        "mon 08:00 open; mon 09:00 status pending|caller; mon 12:00 status pending|vendor; mon 14:00",
        "resolution: paused, 1 h, no due",
    ),
    Case(
        "a contract that ran out does not promise any more",
        SOLVED_BY_CONTRACT,
        "mon 06:00 contract gold; mon 08:00 open; mon 09:00 contract silver; mon 13:00",
        "resolution: running, 0 h, due tue 08:00",
    ),
    # github.com/glpi-project/glpi/issues/6902
    Case(
        "a pause is kept when a priority brings another calendar",
        SOLVED_BY_CALENDAR,
        "mon 08:00 open; mon 09:00 status pending; mon 15:00 priority urgent; mon 20:00 status open; mon 21:00",
        "resolution: running, 1 h, due mon 23:00",
    ),
    Case(
        "a pause is kept when a promise that held all along is known late",
        ONLY_SOLVED,
        "mon 08:00 open; mon 09:00 status pending; mon 11:00 say four-to-solve dated mon 07:00; mon 12:00 status open",
        "resolution: running, 1 h, due mon 15:00",
    ),
    Case(
        "a pause is kept when other promises begin while it lasts",
        ONLY_SOLVED,
        "mon 08:00 open; mon 09:00 status pending; mon 10:00 say four-to-solve; mon 12:00 status open; mon 13:00",
        "resolution: running, 1 h, due tue 10:00",
    ),
    Case(
        "a pause is kept when a holiday that held all along is known late",
        ONLY_SOLVED,
        "fri 15:00 open; fri 15:30 status pending; fri 16:00 say closed-monday dated mon 00:00; tue2 08:00 status open",
        "resolution: running, 0.5 h, due tue2 15:30",
    ),
    Case(
        "a pause that another promise does not know counts under it",
        SOLVED_UNPAUSED,
        "mon 08:00 open; mon 09:00 status pending; mon 10:00 priority urgent; mon 10:30",
        "resolution: running, 2 h, due mon 12:00",
    ),
    Case(
        "a pause is found again when the priority is set back",
        SOLVED_UNPAUSED,
        "mon 08:00 open; mon 09:00 status pending; mon 10:00 priority urgent; mon 11:00 priority normal; "
        "mon 12:00 status open; mon 13:00",
        "resolution: running, 1 h, due mon 19:00",
    ),
    # github.com/glpi-project/glpi/issues/1911
    Case(
        "a pause is kept when the ticket is given to another group",
        ONLY_SOLVED,
        "mon 08:00 open; mon 09:00 status pending; mon 10:00 assign second-line; mon 15:00 status open; mon 16:00",
        "resolution: running, 1 h, due tue 13:00",
    ),
    # github.com/glpi-project/glpi/issues/10594
    Case(
        "a pause over a weekend leaves exactly the hours that were left",
        ONLY_SOLVED,
        "fri 16:00 open; fri 16:30 status pending; mon2 09:00 status open; mon2 10:00",
        "resolution: running, 0.5 h, due mon2 16:30",
    ),
    # github.com/glpi-project/glpi/issues/24481
    Case(
        "nothing is broken while it is paused",
        ONLY_SOLVED,
        "mon 08:00 open; mon 12:00 status pending; wed 12:00",
        "resolution: paused, 4 h, no due",
    ),
    # github.com/glpi-project/glpi/pull/15948
    Case(
        "percentages stand still while it is paused",
        (OFFICE, promises(promise("all", "resolution 8 h, paused on pending, warned at 50 75", calendar="office"))),
        "mon 08:00 open; mon 11:00 status pending; tue 11:00 status open; tue 13:00",
        "resolution: running, 4 h, due tue 16:00, warned 50 tue 12:00",
    ),
    # github.com/frappe/helpdesk/issues/1554
    Case(
        "a paused clock goes on from where it stood",
        ONLY_SOLVED,
        "mon 08:00 open; mon 09:00 status pending; wed 09:00 status open; wed 10:00",
        "resolution: running, 1 h, due wed 16:00",
    ),
    # github.com/frappe/erpnext/pull/49414
    Case(
        "a ticket that waits from its first moment has used nothing",
        (OFFICE, promises(promise("everyone", "resolution 8 h, paused on new", calendar="office"))),
        "mon 08:00 open; mon 12:00 status open; mon 13:00",
        "resolution: running, 0 h, due tue 11:00",
    ),
    # github.com/osTicket/osTicket/issues/3034
    Case(
        "on hold pauses as pending does, in one piece",
        ONLY_SOLVED,
        "mon 08:00 open; mon 09:00 status pending; mon 10:00 status on_hold; mon 12:00 status open; mon 13:00",
        "resolution: running, 1 h, due tue 10:00",
    ),
    # github.com/frappe/helpdesk/issues/1675
    Case(
        "a pause outside opening hours neither gives nor takes",
        ONLY_SOLVED,
        "mon 16:00 open; mon 18:00 status pending; tue 07:00 status open; tue 09:00",
        "resolution: running, 1 h, due tue 15:00",
    ),
    Case(
        "flapping between statuses counts each minute once",
        ONLY_SOLVED,
        (
            "mon 08:00 open; mon 08:10 status pending; mon 08:20 status open; mon 08:30 status pending; mon 08:40 "
            "status open; mon 09:00"
        ),
        "resolution: running, 0.3333333 h, due mon 16:20",
    ),
)
ANSWERS: Final = (
    # github.com/zammad/zammad/issues/3140
    Case(
        "after an answer nobody waits until the customer writes",
        ONLY_NEXT,
        "mon 08:00 open; mon 09:00 reply; fri 09:00",
        "",
    ),
    # github.com/osTicket/osTicket/issues/1684
    Case(
        "an answered ticket is not overdue for an answer",
        ONLY_FIRST,
        "mon 08:00 open; mon 09:00 reply; fri 09:00",
        "first_response: fulfilled, 1 h, due mon 12:00",
    ),
    # github.com/zammad/zammad/issues/5177
    Case(
        "a shorter promise for later answers does not cut the first",
        (OFFICE, promises(promise("everyone", "first_response 8 h", "next_response 1 h", calendar="office"))),
        "mon 08:00 open; mon 08:30 ask; mon 12:00",
        "first_response: running, 0 h, due mon 16:00",
    ),
    # github.com/zammad/zammad/issues/1322
    Case(
        "a customer who writes by a note waits as well, also while pending",
        ONLY_NEXT,
        "mon 08:00 open; mon 09:00 reply; mon 10:00 status pending; mon 11:00 ask-by-note; mon 12:00",
        "next_response: running, 0 h, due mon 15:00",
    ),
    # github.com/fivetran/dbt_zendesk/issues/35
    Case(
        "an internal note answers nobody",
        ONLY_FIRST,
        "mon 08:00 open; mon 09:00 note; mon 13:00",
        "first_response: breached, 4 h, due mon 12:00",
    ),
    # github.com/zammad/zammad/issues/1620
    Case(
        "a public note answers",
        ONLY_FIRST,
        "mon 08:00 open; mon 09:00 comment; mon 13:00",
        "first_response: fulfilled, 1 h, due mon 12:00",
    ),
    # github.com/zammad/zammad/issues/3551
    Case(
        "an answer that sets the ticket to pending is an answer first",
        (OFFICE, promises(promise("everyone", "first_response 4 h, paused on pending", calendar="office"))),
        "mon 08:00 open; mon 09:00 status pending; mon 09:00 reply; tue 09:00",
        "first_response: fulfilled, 1 h, due mon 12:00",
    ),
    # github.com/zammad/zammad/issues/2082
    Case(
        "the first answer is enough, and the resolution goes on",
        ALL,
        "mon 08:00 open; mon 09:00 reply; mon 10:00",
        "first_response: fulfilled, 1 h, due mon 12:00\nresolution: running, 0 h, due mon 16:00",
    ),
    # github.com/frappe/helpdesk/issues/1542
    Case(
        "an answer that sets the ticket to pending does not solve it",
        ALL,
        "mon 08:00 open; mon 09:00 reply; mon 09:00 status pending; wed 09:00",
        "first_response: fulfilled, 1 h, due mon 12:00\nresolution: paused, 1 h, no due",
    ),
    Case(
        "a customer who writes again waits since the first message",
        ONLY_NEXT,
        "mon 08:00 open; mon 09:00 reply; mon 10:00 ask; mon 12:00 ask; mon 13:00",
        "next_response: running, 0 h, due mon 14:00",
    ),
    Case(
        "every answer ends one wait and the next message begins another",
        ONLY_NEXT,
        "mon 08:00 open; mon 09:00 reply; mon 10:00 ask; mon 12:00 reply; mon 13:00 ask; mon 14:00",
        "next_response: fulfilled, 2 h, due mon 14:00\nnext_response 2: running, 0 h, due mon 17:00",
    ),
    # github.com/znuny/Znuny/issues/514
    Case(
        "an expert who opens the ticket has answered it",
        ONLY_FIRST,
        "mon 08:00 open; mon 08:00 reply; mon 13:00",
        "first_response: fulfilled, 0 h, no due",
    ),
    Case(
        "whoever writes back to an expert who opened the ticket waits",
        ONLY_NEXT,
        "mon 08:00 open; mon 08:00 reply; mon 09:00 ask; mon 10:00",
        "next_response: running, 0 h, due mon 13:00",
    ),
    # github.com/chatwoot/chatwoot/issues/6548
    Case(
        "a bot answers nobody",
        ONLY_FIRST,
        "mon 08:00 open; mon 08:01 bot; mon 13:00",
        "first_response: breached, 4 h, due mon 12:00",
    ),
    # github.com/chatwoot/chatwoot/pull/13392
    Case(
        "an answer that came too late stays too late",
        ONLY_FIRST,
        "mon 08:00 open; tue 09:00 reply; tue 10:00",
        "first_response: breached, 10 h, due mon 12:00",
    ),
    # github.com/chatwoot/chatwoot/pull/9133
    Case(
        "an answer a second too late is too late, whoever looks when",
        ONLY_FIRST,
        "mon 08:00 open; mon 12:00:01 reply; mon 12:00:02",
        "first_response: breached, 4.000278 h, due mon 12:00",
    ),
    Case(
        "an answer at the very instant is in time",
        ONLY_FIRST,
        "mon 08:00 open; mon 12:00 reply; mon 13:00",
        "first_response: fulfilled, 4 h, due mon 12:00",
    ),
    # github.com/fivetran/dbt_zendesk/issues/142
    Case(
        "each wait is broken at its own instant",
        ONLY_NEXT,
        "mon 08:00 open; mon 09:00 reply; mon 10:00 ask; mon 15:00 reply; tue 08:00 ask; tue 13:00",
        "next_response: breached, 5 h, due mon 14:00\nnext_response 2: breached, 4 h, due tue 12:00",
    ),
    Case(
        "an answer that is known late takes the breach back",
        ONLY_FIRST,
        "mon 08:00 open; mon 11:00 reply known tue 09:00; tue 10:00",
        "first_response: fulfilled, 3 h, due mon 12:00",
    ),
    # github.com/fivetran/dbt_zendesk/issues/131
    Case(
        "an answer outside opening hours ends the wait",
        ONLY_FIRST,
        "fri 16:00 open; sat 10:00 reply; mon2 09:00",
        "first_response: fulfilled, 1 h, due mon2 11:00",
    ),
    # github.com/fivetran/dbt_zendesk/pull/136
    Case(
        "seconds are not rounded away",
        ONLY_FIRST,
        "mon 08:00:10 open; mon 08:01:40 reply; mon 09:00",
        "first_response: fulfilled, 0.025 h, due mon 12:00:10",
    ),
)
