"""Chatwoot's history: conversations, those with the latest activity first, and of each its messages.

https://developers.chatwoot.com/api-reference/conversations/conversations-list
https://developers.chatwoot.com/api-reference/messages/get-messages
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from schemas.instant import SECOND
from streams.connectors.chatwoot import of_conversation, of_message
from streams.connectors.contract import Made
from streams.connectors.pulling import Ask, Details, Page, Puller, listed, mark, marked
from streams.connectors.reading import at, number, rows, text, word
from streams.connectors.saying import Saying

_CONVERSATIONS_AT_ONCE = 25
_MESSAGES_AT_ONCE = 20
_MESSAGE_TYPES = {0: "incoming", 1: "outgoing", 2: "activity", 3: "template"}


def _headers(_: str, token: str) -> Mapping[str, str]:
    return {"api_access_token": token}


def _begin(since: int | None) -> str:
    return mark(f"{0 if since is None else since // SECOND}/", 1)


def _ask(cursor: str) -> Ask:
    query = (
        ("status", "all"),
        ("assignee_type", "all"),
        ("sort_by", "last_activity_at_desc"),
        ("page", str(marked(cursor)[1])),
    )
    return Ask("/conversations", query)


def _page(cursor: str, body: Any) -> Page:
    """Latest first: what moves meanwhile moves to pages that were read, so others come twice.

    So after the last page those are read that are later than the latest of the first page was, until one page holds
    them all. A cursor is `since/latest|page`.
    """
    found = listed(body, "data", "payload")
    said, place = marked(cursor)
    since, _, latest = said.partition("/")
    latest = str(_activity(found[0])) if place == 1 and found else latest or since
    ended = len(found) < _CONVERSATIONS_AT_ONCE or _activity(found[-1]) < int(since)
    whole = ended and place == 1
    following = mark(f"{latest}/", 1) if ended else mark(f"{since}/{latest}", place + 1)
    news = [convo for convo in found if _activity(convo) >= int(since)]
    return Page(news, "" if whole else following, whole, number(body, "data", "meta", "all_count"))


def _activity(convo: dict[str, Any]) -> int:
    return number(convo, "last_activity_at") or number(convo, "timestamp") or 0


def _detail(convo: dict[str, Any]) -> Ask | None:
    id_ = quote(word(convo, "id"), safe="")
    return Ask(f"/conversations/{id_}/messages") if id_ else None


def _more(_: dict[str, Any], asked: Ask, body: Any) -> Ask | None:
    """The messages before the oldest of these."""
    found = listed(body, "payload")
    ids = [id_ for message in found if (id_ := number(message, "id")) is not None]
    return Ask(asked.path, (("before", str(min(ids))),)) if ids and len(found) >= _MESSAGES_AT_ONCE else None


def _events(say: Saying, convo: dict[str, Any], details: Details) -> Sequence[Made]:
    if not word(convo, "id"):
        return ()
    messages = [message for body in details for message in rows(body, "payload") if number(message, "id") is not None]
    messages.sort(key=lambda message: number(message, "id") or 0)
    written = [message for message in messages if number(message, "message_type") in (0, 1)]
    shown = convo | {
        "channel": text(convo, "channel") or text(convo, "meta", "channel"),
        "messages": written[:1],
        # Older installations do not tell when a conversation changed.
        "updated_at": at(convo, "updated_at") or _activity(convo),
    }
    made = list(of_conversation(say, "conversation_created", shown))
    for message in messages:
        kind = _MESSAGE_TYPES.get(number(message, "message_type") or 0, "")
        told = message | {"message_type": kind, "conversation": shown}
        made += of_message(say, "message_created", told)
        if text(message, "content_type") == "input_csat":
            made += of_message(say, "message_updated", told)
    return made


PULL = Puller(
    source="chatwoot",
    address="https://HOST/api/v1/accounts/NUMBER",
    brings="the access token of an administrator (Profile settings → Access token)",
    headers=_headers,
    begin=_begin,
    ask=_ask,
    page=_page,
    events=_events,
    detail=_detail,
    more=_more,
    pages_a_minute=60,
)
