"""Redaction beside Microsoft Presidio's recognisers, those that need no language model."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator

import pytest
import tldextract
from presidio_analyzer import EntityRecognizer
from presidio_analyzer.predefined_recognizers import (
    CreditCardRecognizer,
    EmailRecognizer,
    IbanRecognizer,
    IpRecognizer,
    PhoneRecognizer,
)

from streams.redaction import Redactor
from tests.streams_door.labelled_messages import Message, Part, labelled_messages

REDACTOR = Redactor(b"a tenant's secret, 32 bytes long")
RECOGNISERS: dict[str, EntityRecognizer] = {
    "email": EmailRecognizer(),
    "card": CreditCardRecognizer(),
    "iban": IbanRecognizer(),
    "ip": IpRecognizer(),
    "phone": PhoneRecognizer(supported_regions=["US", "GB", "DE", "AT", "ES", "FR", "BE"]),
}


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Domains are judged by the list of suffixes in the wheel, not by a newer one from outside."""
    monkeypatch.setattr(tldextract, "extract", tldextract.TLDExtract(cache_dir=None, suffix_list_urls=()))


def found_by_presidio(kind: str, message: Message) -> Iterator[Part]:
    """The personal parts of this kind that Presidio finds whole."""
    recogniser = RECOGNISERS[kind]
    # The last argument is what a language model makes of a text; patterns and check digits do not read it.
    found = recogniser.analyze(message.text, recogniser.supported_entities, None)  # type: ignore[arg-type]
    at = 0
    for part in message.parts:
        if part.kind == kind and any(one.start <= at and at + len(part.text) <= one.end for one in found):
            yield part
        at += len(part.text)


def test_what_presidio_finds_of_what_is_personal_is_found_here() -> None:
    theirs: Counter[str] = Counter()
    missed: list[tuple[str, str]] = []
    for message in labelled_messages(2_000, seed=20_261_121):
        redacted = REDACTOR.redact(message.text).text
        for kind in RECOGNISERS:
            for part in found_by_presidio(kind, message):
                theirs[kind] += 1
                if part.text in redacted:
                    missed.append((kind, part.text))
    # `pytest -rP` shows it.
    sys.stdout.write(f"found by Presidio and personal: {dict(theirs)}\n")
    assert missed == []
    assert min(theirs[kind] for kind in RECOGNISERS) > 50, theirs
