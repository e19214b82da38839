"""Slack: support channels. A thread is a ticket; who answers from the workspace itself is staff."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import unescape
from typing import Any

import orjson

from streams.connectors import moments
from streams.connectors.about_ticket import AboutTicket
from streams.connectors.contract import Answer, Connector, Made
from streams.connectors.reading import at, parsed, table, text, word
from streams.connectors.request import Request
from streams.connectors.saying import Saying
from streams.connectors.signatures import Scheme, slack
from streams.connectors.wording import text_of

_MARK = re.compile(r"<([^<>]{1,3000})>")
_IGNORED = ("bot_message", "message_changed", "message_deleted", "channel_join", "channel_leave")


def events(request: Request) -> Sequence[Made]:
    """A new thread, or a message in one. What bots say, and edits, say nothing."""
    say, body = Saying("slack", request), parsed(request.body)
    if text(body, "type") == "url_verification":
        return ()
    event, id_ = table(body, "event"), word(body, "event_id")
    told_at = moments.seconds_text(event.get("ts")) or moments.seconds(at(body, "event_time"))
    kind = text(event, "type")
    if kind in ("message", "app_mention") and word(event, "channel") and text(event, "ts"):
        if text(event, "bot_id") or text(event, "subtype") in _IGNORED:
            return ()
        said = _message(say, body, event, told_at)
        if said is not None:
            return (said,)
    person = say.person(word(event, "user"))
    return (say.unmapped(kind or text(body, "type") or "unknown", id_=id_, at=told_at, person=person),)


def _message(say: Saying, body: Any, event: dict[str, Any], told_at: int | None) -> Made | None:
    stamp, thread = text(event, "ts"), text(event, "thread_ts") or text(event, "ts")
    # In a channel shared with a customer, whoever is of our own workspace is staff; elsewhere nobody tells them apart.
    team = text(event, "team") or text(event, "user_team")
    staff = at(body, "is_ext_shared_channel") is True and team == text(body, "team_id")
    account = None if staff else say.account(team if team != text(body, "team_id") else "")
    about = AboutTicket(say, f"{word(event, 'channel')}:{thread}", account)
    person, words = say.person(word(event, "user")), _words(text(event, "text"))
    if thread == stamp:
        return None if staff else about.opened(told_at, text=words, channel="chat", requester=person)
    id_ = f"message:{word(event, 'channel')}:{stamp}"
    if staff:
        return about.expert_wrote(id_, told_at, expert=person, public=True, requester=None, text=words)
    return about.customer_wrote(id_, told_at, person=person, text=words)


def _words(written: str) -> str:
    """The words without Slack's marks: mentions of people go, links and channels keep what is shown of them."""
    return text_of(unescape(_MARK.sub(_shown, written)))


def _shown(mark: re.Match[str]) -> str:
    target, _, label = mark[1].partition("|")
    if target[:1] in ("@", "!"):
        return ""
    return f"#{label}" if target[:1] == "#" else label or target


def _greet(request: Request) -> Answer | None:
    """Echoes the challenge of the handshake."""
    body = parsed(request.body)
    if text(body, "type") != "url_verification":
        return None
    return Answer(200, orjson.dumps({"challenge": text(body, "challenge")}), "application/json")


SLACK = Connector(
    name="slack",
    title="Slack",
    schemes=(Scheme("slack", "HMAC-SHA256 of version, timestamp and body, hex, at most 5 minutes old", slack),),
    keyed_by="tool",
    dedupes="channel and `ts` of the message",
    event_time="`event.ts`",
    ordering="`event.ts`",
    handshake="`url_verification` is echoed",
    limit_seconds=3.0,
    steps=(
        (
            "api.slack.com/apps → your app → Basic information → Signing secret: "
            "`millrace connect rotate {id} --secret -` takes it from standard input. Do this first."
        ),
        "Event subscriptions → Enable. Request URL: {url}",
        "Subscribe to bot events: message.channels, message.groups. Invite the app to the support channels.",
    ),
    events=events,
    greet=_greet,
)
