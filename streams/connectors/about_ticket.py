"""What can be said of one ticket of a helpdesk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from schemas.tickets import TicketSnapshot
from schemas.values import Status
from streams.connectors import scales
from streams.connectors.contract import Made
from streams.connectors.saying import Saying, event_id
from streams.connectors.wording import digest_of, name_of, tags_of, title_of


@dataclass(frozen=True, slots=True)
class Picture:
    """How a ticket stands, as far as it was told. `status` says what `status_raw` means where no table knows it."""

    status_raw: str = ""
    status: Status | None = None
    priority_raw: str = ""
    assigned: bool = False
    group: str = ""
    assignee: str | None = None
    tags: list[str] | None = None


class AboutTicket:
    """Makes events about a ticket. `native` is the tool's id of it; `account` whose it is, if that was told."""

    def __init__(self, saying: Saying, native: str, account: str | None) -> None:
        self._saying = saying
        self._native = native
        self.account = account
        self.ticket = saying.own(native) or f"{saying.label}:unnamed"

    def opened(self, at: int | None, *, title: str = "", text: str = "", **data: Any) -> Made:
        """It was opened: only what does not change later belongs here, the rest into a snapshot."""
        said = {"title": title_of(title or text), "text": text}
        return self._say("ticket.opened", f"opened:{self._native}", at, **said, **data)

    def customer_wrote(self, id_: str, at: int | None, *, person: str | None, text: str) -> Made:
        """A customer wrote."""
        return self._say("ticket.message_added", id_, at, author="customer", person=person, text=text)

    def bot_wrote(self, id_: str, at: int | None, text: str) -> Made:
        """A machine wrote."""
        return self._say("ticket.message_added", id_, at, author="bot", text=text)

    def expert_wrote(
        self, id_: str, at: int | None, *, expert: str | None, public: bool, requester: str | None, text: str
    ) -> Made:
        """Staff answered the customer, or left a note for colleagues."""
        if expert is None:
            return self._say("ticket.message_added", id_, at, author="expert", public=public, text=text)
        kind = "expert.replied" if public else "expert.noted"
        return self._say(kind, id_, at, expert=expert, requester=requester, text=text)

    def status_changed(
        self, id_: str, at: int | None, raw: str, *, by: str | None = None, status: Status | None = None
    ) -> Made:
        """It moved to another status; where nobody knows what that means, only its word is kept."""
        meant = status or self._saying.status(raw)
        if meant is None:
            return self._say(TicketSnapshot.type, id_, at, status_raw=name_of(raw))
        return self._say("ticket.status_changed", id_, at, status=meant, status_raw=name_of(raw), by=by)

    def priority_changed(self, id_: str, at: int | None, raw: str, *, by: str | None = None) -> Made:
        """It was given another priority; where nobody knows what that means, only its word is kept."""
        meant = scales.priority_of(self._saying.tool, raw)
        if meant is None:
            return self._say(TicketSnapshot.type, id_, at, priority_raw=name_of(raw))
        return self._say("ticket.priority_changed", id_, at, priority=meant, priority_raw=name_of(raw), by=by)

    def assigned(self, id_: str, at: int | None, *, group: str = "", assignee: str | None = None) -> Made:
        """It was given to a group, a person or both, or to nobody."""
        return self._say("ticket.assigned", id_, at, group=name_of(group), assignee=assignee)

    def tagged(self, id_: str, at: int | None, *, added: list[str], removed: list[str]) -> Made:
        """Tags were put on or taken off."""
        return self._say("ticket.tagged", id_, at, added=tags_of(added), removed=tags_of(removed))

    def rated(self, id_: str, at: int | None, rating: scales.Rating, *, person: str | None, comment: str) -> Made:
        """A customer rated how it was handled."""
        said = {"score": rating.score, "scale": rating.scale, "person": person, "comment": comment}
        return self._say("ticket.csat_answered", id_, at, **said)

    def snapshot(self, at: int | None, picture: Picture) -> Made:
        """How it stands. The same picture of the same instant is the same event, whatever brought it."""
        said: dict[str, Any] = {"ticket": self.ticket}
        if picture.status_raw:
            said["status"] = picture.status or self._saying.status(picture.status_raw)
            said["status_raw"] = name_of(picture.status_raw)
        if picture.priority_raw:
            said["priority"] = scales.priority_of(self._saying.tool, picture.priority_raw)
            said["priority_raw"] = name_of(picture.priority_raw)
        if picture.assigned:
            said |= {"assigned": True, "group": name_of(picture.group), "assignee": picture.assignee}
        said = {name: value for name, value in said.items() if value is not None}
        if picture.tags is not None:
            said["tags"] = tags_of(picture.tags)
        occurred_at = self._saying.request.received_at if at is None else at
        id_ = event_id(f"snapshot:{self._native}:{occurred_at}:{digest_of(orjson.dumps(said))[:12]}")
        label = self._saying.label
        return Made(TicketSnapshot.type, id_, label, occurred_at, self.account, said, timed=at is not None)

    def _say(self, type_: str, id_: str, at: int | None, **data: Any) -> Made:
        return self._saying.say(type_, id_, at, self.account, ticket=self.ticket, **data)
