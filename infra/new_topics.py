"""What do tickets ask that triage has no category for?

Groups of the latest tickets whose category was held back, by what customers wrote. Worked out when asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from infra.service import Service
from infra.ticket_words import own_words_on
from infra.view_rows import Row, rows_of
from processors.learners.text_groups import Group, groups_of

HELD_BACK: Final = 400  # of the latest
_EXAMPLES: Final = 3

_TICKETS = """
SELECT t.ticket AS ticket, t.account AS account, t.title AS title, t.category AS filed_as, g.candidates AS candidates,
    g.classified_at AS classified_at
FROM triage AS g JOIN tickets AS t ON g.tenant = t.tenant AND g.ticket = t.ticket
WHERE g.tenant = {tenant:String} AND g.category IS NULL
ORDER BY g.classified_at DESC, t.ticket LIMIT {limit:UInt32}
"""


def new_topics(service: Service, tenant: str, limit: int) -> Row:
    """How many tickets were looked at, and groups of like ones, the largest first.

    Of each: its words, how many tickets and accounts, since when, the category that came nearest, what people filed
    them as, and its most typical tickets.
    """
    rows = rows_of(service, _TICKETS, {"tenant": tenant, "limit": HELD_BACK})
    groups = groups_of(own_words_on(service, tenant, rows))
    return {"held_back": len(rows), "topics": [_told(group, rows) for group in groups[:limit]]}


def _told(group: Group, rows: Sequence[Row]) -> Row:
    own = [rows[place] for place in group.places]
    at = sorted([row["classified_at"] for row in own])
    nearest = most_of([str(row["candidates"][0][0]) for row in own if row["candidates"]])
    return {
        "words": list(group.words),
        "tickets": len(own),
        "accounts": len(dict.fromkeys(row["account"] for row in own if row["account"])),
        "first_at": at[0],
        "last_at": at[-1],
        "nearest": nearest[0][0] if nearest else None,
        "filed_as": most_of([row["filed_as"] for row in own if row["filed_as"]]),
        "examples": [{"ticket": row["ticket"], "title": row["title"]} for row in own[:_EXAMPLES]],
    }


def most_of(names: Sequence[str]) -> list[tuple[str, int]]:
    """Each name with how often it is there, the most frequent first, of equals the one first by name."""
    return sorted(Counter(names).items(), key=lambda one: (-one[1], one[0]))
