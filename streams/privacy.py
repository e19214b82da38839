"""At the door: personal words are redacted, their language and meaning told, the originals sealed for their subject."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import Protocol, get_args

import orjson

from schemas.event import Data, Event
from schemas.personal import Personal, personal_fields
from schemas.values import Attribute
from streams.language import LANGUAGE_VERSION, detect_many
from streams.meanings import Meanings
from streams.personal_names import shown_value
from streams.redaction import REDACTION_VERSION, Redaction, Redactor
from streams.subject_keys import SubjectErased, SubjectKeys

DOOR_VERSION = f"redaction {REDACTION_VERSION}, language {LANGUAGE_VERSION}"


class Redacting(Protocol):
    """What finds and replaces personal parts of a text."""

    def redact(self, text: str) -> Redaction: ...


class Privacy:
    """Protects events before anything else sees them; opens sealed originals for those who may read them."""

    def __init__(self, keys: SubjectKeys, redactor: Callable[[bytes], Redacting] = Redactor) -> None:
        """`redactor` makes one out of a tenant's secret; `redactor_of` is which one each tenant has."""
        self._keys = keys
        self.meanings: Meanings | None = None  # what tells meanings, where anything does
        self.redactor_of: Callable[[str], Redacting] = lru_cache(maxsize=4_096)(
            lambda tenant: redactor(keys.tenant_secret(tenant))
        )
        self.withheld = 0  # texts whose redaction failed
        self._impersonal: set[tuple[str, Attribute]] = set()  # attributes in which nothing is: they repeat

    def secret(self, tenant: str) -> bytes:
        """The tenant's secret, under which contents are compared."""
        return self._keys.tenant_secret(tenant)

    def protect(self, tenant: str, events: Sequence[Event]) -> None:
        """Redacts, tells language and meaning, and seals, in place; events without personal fields are left alone."""
        personal = [event for event in events if personal_fields(type(event.data))]
        if not personal:
            return
        for event, language in zip(personal, detect_many([_words(event.data) for event in personal]), strict=True):
            stamps: dict[str, object] = {"redaction": DOOR_VERSION}
            if language != "und":
                stamps["language"] = language
            sealed, clean = self._clean(tenant, event)
            if clean:
                stamps["data"] = event.data.model_copy(update=clean)
            if sealed:
                stamps["sealed"] = orjson.dumps(sealed).decode()
            event.stamped(**stamps)
        if self.meanings is not None:
            self.meanings.tell(personal)

    def flush(self) -> None:
        """Makes new subjects' keys durable; before the records they sealed are."""
        self._keys.flush()

    def close(self) -> None:
        self._keys.close()

    def originals(self, event: Event) -> dict[str, str | None]:
        """The sealed fields as they were written; None for one whose subject was erased."""
        if event.sealed is None:
            return {}
        marks = dict(personal_fields(type(event.data)))
        opened: dict[str, str | None] = {}
        for name, sealed in orjson.loads(event.sealed).items():
            subject = _subject(event, marks[name])
            plain = self._keys.decrypt(event.tenant, subject, name, event.id, b64decode(sealed))
            opened[name] = None if plain is None else plain.decode()
        return opened

    def seal_letter(self, tenant: str, letter: str, raw: bytes) -> bytes:
        """The bytes of a dead letter, which may hold anything, encrypted under the tenant's key for dead letters."""
        return self._keys.encrypt(tenant, _LETTERS, "raw", letter, raw)

    def open_letter(self, tenant: str, letter: str, sealed: bytes) -> bytes | None:
        """The bytes of a dead letter as they came."""
        return self._keys.decrypt(tenant, _LETTERS, "raw", letter, sealed)

    def _clean(self, tenant: str, event: Event) -> tuple[dict[str, str], dict[str, object]]:
        redactor = self.redactor_of(tenant)
        sealed: dict[str, str] = {}
        clean: dict[str, object] = {}
        for name, mark in personal_fields(type(event.data)):
            value = getattr(event.data, name)
            if not value:
                continue
            shown: object
            if isinstance(value, dict):
                original, shown = self._named(redactor, name, value)
            else:
                original, shown = value, self._shown(redactor, type(event.data), name, mark, value)
            # Words in which nothing personal was found are no secret: they stand in the event as they are.
            if shown == value:
                continue
            clean[name] = shown
            try:
                cipher = self._keys.encrypt(tenant, _subject(event, mark), name, event.id, original.encode())
                sealed[name] = b64encode(cipher).decode()
            except SubjectErased:
                continue
        return sealed, clean

    def _shown(self, redactor: Redacting, data: type[Data], name: str, mark: Personal, value: str) -> str:
        shown = f"<WITHHELD_{name.upper()}>" if mark.whole else self._redacted(redactor, name, value)
        longest = _longest(data, name)
        # Tokens may be longer than what they stand for; the original is kept whole.
        return shown if longest is None or len(shown) <= longest else shown[:longest].rstrip()

    def _named(self, redactor: Redacting, field: str, values: dict[str, Attribute]) -> tuple[str, dict[str, Attribute]]:
        """The originals of what is personal among named values, as JSON, and what all of them show."""
        shown = dict(values)
        for name, value in values.items():
            if (name, value) in self._impersonal:
                continue
            shown[name] = shown_value(name, value, lambda text: self._redacted(redactor, field, text))
            if shown[name] == value:
                self._remember(name, value)
        originals = {name: value for name, value in values.items() if shown[name] != value}
        return orjson.dumps(originals).decode(), shown

    def _remember(self, name: str, value: Attribute) -> None:
        if len(self._impersonal) >= _MOST_REMEMBERED:
            self._impersonal.clear()
        self._impersonal.add((name, value))

    def _redacted(self, redactor: Redacting, name: str, value: str) -> str:
        try:
            return redactor.redact(value).text
        except Exception:  # noqa: BLE001 - whatever it is: the event is worth keeping, and its text is not shown
            self.withheld += 1
            return f"<WITHHELD_{name.upper()}>"


@cache
def _longest(data: type[Data], name: str) -> int | None:
    """How many characters a field may have, None for any number."""
    field = data.model_fields[name]
    within = (bound for part in get_args(field.annotation) for bound in getattr(part, "__metadata__", ()))
    bounds = (getattr(bound, "max_length", None) for bound in (*field.metadata, *within))
    return min((bound for bound in bounds if bound is not None), default=None)


_LETTERS = "millrace:dead-letters"
_MOST_REMEMBERED = 65_536


def _subject(event: Event, mark: Personal) -> str:
    """Whose words they are: the person named beside them, else whoever speaks for the account."""
    named = None if mark.subject is None else getattr(event.data, mark.subject, None)
    return named or f"account:{event.account or 'unknown'}"


def _words(data: Data) -> str:
    return " ".join(str(getattr(data, name) or "") for name, mark in personal_fields(type(data)) if mark.prose).strip()
