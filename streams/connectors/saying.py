"""What one request can say: events with ids that name what they say, in the words of the vocabulary."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

import orjson

from schemas.sources import SourceUnmapped
from schemas.values import Status
from streams.connectors import scales
from streams.connectors.contract import Made
from streams.connectors.reading import number, rows, table, text, word
from streams.connectors.request import Request
from streams.connectors.wording import digest_of, id_of, name_of, printable
from streams.personal_names import is_address

LARGEST_KEPT_BYTES = 900_000
_LONGEST_EVENT_ID = 200


class Saying:
    """Makes the events of one request. Ids of tickets, people and accounts that are the tool's own bear its label."""

    def __init__(self, tool: str, request: Request) -> None:
        self.tool = tool
        self.request = request
        self._setup = request.setup
        self.label = request.setup.label

    def own(self, native: str) -> str | None:
        """The tool's own id of something, told apart from other tools' ids."""
        shown = printable(native, 4_000)
        return id_of(f"{self.label}:{shown}") if shown else None

    def person(self, native: str = "", *, ours: str = "", email: str = "") -> str | None:
        """Who: our own id where the tool knows it, else the tool's, else a keyed digest of the address.

        An address that a tool uses as somebody's id is an address.
        """
        if ours:
            return self._by_address(ours) if is_address(ours) else id_of(ours)
        if native and native != "0":
            return self._by_address(native) if is_address(native) else self.own(native)
        return self._by_address(email) if email.strip() else None

    def account(self, native: str = "", *, ours: str = "") -> str | None:
        """Whose: our own id where the tool keeps it, else the tool's; the operator's list has the last word.

        A customer whom a tool knows by an address is that person.
        """
        said = id_of(ours) if ours else self.own(native) if native and native != "0" else None
        if said is None:
            return None
        told = self._setup.accounts.get(said) or (self._setup.accounts.get(native) if native else None)
        if told:
            return id_of(told)
        return self._by_address(ours or native) if is_address(ours or native) else said

    def _by_address(self, address: str) -> str:
        plain = address.strip().lower().encode("utf-8", "surrogatepass")
        return f"email:{hmac.new(self._setup.person_key, plain, 'sha256').hexdigest()[:24]}"

    def account_in(self, properties: Any) -> str:
        """Our account id out of an object of properties, by the name the operator gave."""
        said = table(properties)
        field = self._setup.account_field
        if field in said:
            return word(said, field)
        return next((word(value) for name, value in said.items() if same_name(name, field)), "")

    def account_named(self, properties: Any) -> str:
        """Our account id out of a list of {name, value}."""
        found = (row for row in rows(properties) if same_name(text(row, "name"), self._setup.account_field))
        return next((word(row, "value") for row in found), "")

    def say(self, type_: str, id_: str, at: int | None, account: str | None, **data: Any) -> Made:
        """An event; what is None or empty is left out. Without an instant it happened when it came."""
        said = {name: value for name, value in data.items() if value not in (None, "", [], {})}
        occurred_at = self.request.received_at if at is None else at
        return Made(type_, event_id(id_), self.label, occurred_at, account, said, timed=at is not None)

    def status(self, raw: str) -> Status | None:
        """What the tool's word for a status means."""
        return scales.status_of(self.tool, raw, self._setup.statuses)

    @property
    def statuses(self) -> Mapping[str, Status]:
        """The operator's own list of statuses."""
        return self._setup.statuses

    def unmapped(
        self,
        kind: str,
        *,
        id_: str = "",
        at: int | None = None,
        account: str | None = None,
        person: str | None = None,
        body: bytes | None = None,
    ) -> Made:
        """What has no event type of its own, kept as it came."""
        raw = self.request.body if body is None else body
        kept, cut = _kept(raw)
        said: dict[str, Any] = {
            "connector": self.tool,
            "kind": name_of(kind) or "unnamed",
            "person": person,
            "body": kept,
        }
        if cut:
            said["cut"] = True
        made_at = self.request.received_at if at is None else at
        # Where no instant is told, equal bytes that come again much later are another thing that happened.
        name = f"{id_ or digest_of(raw)}:{kind}" + ("" if at is not None else f":{made_at}")
        return self.say(SourceUnmapped.type, name, at, account, **said)


def same_name(name: str, field: str) -> bool:
    """Whether two names of a property differ in case and punctuation only: `Account id` is `account_id`."""
    if len(name) > 200:
        return False
    return _letters(name) == _letters(field) != ""


def is_true(value: Any) -> bool | None:
    """The truth there, also where it is written as text; None for anything else."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else None


def score_of(value: Any) -> float | None:
    """A score, whole or not, also where it is written as text."""
    if isinstance(value, float):
        return value if abs(value) <= 1_000_000 else None
    found = number(value)
    return float(found) if found is not None and abs(found) <= 1_000_000 else None


def _letters(name: str) -> str:
    return "".join(character for character in name.lower() if character.isalnum())


def event_id(id_: str) -> str:
    """The text as an event's id: a longer one is told apart by a digest."""
    shown = printable(id_, _LONGEST_EVENT_ID + 1)
    if len(shown) > _LONGEST_EVENT_ID or not shown:
        return f"{shown[:120].strip()}~{digest_of(id_)}"
    return shown


def _kept(raw: bytes) -> tuple[str, bool]:
    """A body as text that fits into one record, and whether it had to be cut."""
    words = raw.decode("utf-8", "backslashreplace")
    if len(raw) <= LARGEST_KEPT_BYTES and len(orjson.dumps(words)) <= LARGEST_KEPT_BYTES:
        return words, False
    most = len(words)
    while most and len(orjson.dumps(words[:most])) > LARGEST_KEPT_BYTES:
        most = most * 3 // 4
    return words[:most], True
