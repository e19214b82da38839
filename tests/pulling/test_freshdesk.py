"""Is a reply that a rule tells of, and that is pulled, one reply, although the rule does not say which one it is?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import permutations

import pytest

from infra.pull_heard import HEARD_WITHIN
from schemas.instant import HOUR, MINUTE, SECOND, format_instant
from tests.pulling.desk import NOW, TENANT, Desk
from tests.pulling.freshdesk_api import Freshdesk, rule, said, ticket
from tests.pulling.tool import Answers, Tool

Serve = Callable[[Answers], Tool]

OPENED, REPLIED = NOW - 2 * HOUR, NOW - HOUR


def api(replies: Sequence[int], *, private: bool = False) -> Freshdesk:
    played = Freshdesk()
    at = [format_instant(instant) for instant in replies]
    played.tickets = [ticket(7, format_instant(OPENED), max([format_instant(OPENED), *at]))]
    played.conversations = {
        7: [said(70 + place, instant, incoming=False, private=private) for place, instant in enumerate(at)]
    }
    return played


def answered(desk: Desk) -> tuple[int, int]:
    """How often staff answered, and how much they wrote."""
    written = desk.said("ticket.message_added", "expert.replied", "expert.noted")
    return desk.tickets()["freshdesk:7"].expert_messages, len(written)


def hear(desk: Desk, at: int, trigger: str) -> None:
    desk.now = at
    hook = rule(trigger, 7, "Open")
    # Rules of one kind say the same bytes: what else their template holds differs.
    hook["freshdesk_webhook"]["ticket_subject"] += f" ({at})"
    assert "refused" not in desk.hear("freshdesk", hook)


@pytest.mark.parametrize("order", list(permutations(["hear", "pull", "pull again"])), ids="-".join)
def test_a_reply_is_one_whichever_way_it_came_first(desk: Desk, serve: Serve, order: tuple[str, ...]) -> None:
    tool = serve(api([REPLIED]))
    hear(desk, OPENED, "{reply_received:received}")
    now = REPLIED
    for step in order:
        now = max(now + MINUTE, desk.now)
        if step == "hear":
            hear(desk, now, "{reply_sent:sent}")
        else:
            desk.now = now
            assert desk.pull(tool, "freshdesk")["refused"] == 0
    desk.now = now + HEARD_WITHIN + MINUTE
    assert desk.pull(tool, "freshdesk")["refused"] == 0
    # What the customer wrote before is one, the reply another.
    assert answered(desk) == (1, 2)


def test_a_webhook_that_was_lost_is_found_beside_those_that_came(desk: Desk, serve: Serve) -> None:
    replies = [REPLIED, REPLIED + MINUTE, REPLIED + 2 * MINUTE]
    hear(desk, replies[0] + 10 * SECOND, "{reply_sent:sent}")
    hear(desk, replies[2] + 10 * SECOND, "{reply_sent:sent}")
    desk.now = NOW
    desk.pull(serve(api(replies)), "freshdesk")
    assert answered(desk) == (3, 3)
    desk.pull(serve(api(replies)), "freshdesk")
    assert answered(desk) == (3, 3)


def test_a_note_is_no_reply(desk: Desk, serve: Serve) -> None:
    hear(desk, REPLIED + SECOND, "{reply_sent:sent}")
    desk.now = NOW
    desk.pull(serve(api([REPLIED], private=True)), "freshdesk")
    assert answered(desk) == (1, 2)
    assert desk.embedded.log.letters(TENANT) == []


def test_without_rules_for_replies_the_newest_is_read_at_once(desk: Desk, serve: Serve) -> None:
    desk.now = REPLIED + SECOND
    desk.pull(serve(api([REPLIED])), "freshdesk")
    assert answered(desk) == (1, 1)
