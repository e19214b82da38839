"""What the door does with personal words when its own tools fail."""

from __future__ import annotations

from pathlib import Path

from schemas.event import Event
from schemas.tickets import TicketOpened
from streams.privacy import Privacy
from streams.redaction import Redaction, Redactor
from streams.subject_keys import SubjectKeys


class Stumbling:
    """A redactor that cannot cope with one word."""

    def __init__(self, secret: bytes) -> None:
        self._redactor = Redactor(secret)

    def redact(self, text: str) -> Redaction:
        if "abracadabra" in text:
            raise RecursionError(text)
        return self._redactor.redact(text)


def opened(title: str, text: str) -> Event:
    data = TicketOpened(ticket="T-1", title=title, text=text)
    return Event.model_construct(
        id="e-1", source="test", type=data.type, occurred_at=0, tenant="acme", account="a-1", data=data
    )


def test_a_text_whose_redaction_fails_is_withheld_counted_and_kept_sealed(tmp_path: Path) -> None:
    privacy = Privacy(SubjectKeys.open(tmp_path), Stumbling)
    event = opened("Export", "abracadabra joe@mail.example")
    privacy.protect("acme", [event])
    said = event.data
    assert isinstance(said, TicketOpened)
    assert (said.title, said.text) == ("Export", "<WITHHELD_TEXT>")
    assert privacy.withheld == 1
    assert privacy.originals(event) == {"text": "abracadabra joe@mail.example"}
    privacy.close()
