"""What people write: openings, follow-ups, answers and comments, with typos, other languages and personal data."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final, Literal

from infra.demo.phrases import phrasebook
from infra.demo.topics import FAMILY_OF

Clarity = Literal["clear", "family", "vague", "astray"]
PERSONAL_KINDS: Final = ("email", "phone", "card", "iban")

_TYPO_SHARE: Final = 0.14
_ASIDE_SHARE: Final = 0.05
_MIXED_SHARE: Final = 0.05
_FAMILY_PHRASE_SHARE: Final = 0.35
_LOWER_SHARE: Final = 0.08
_PERSONAL_HERE: Final = "\x00"


@dataclass(frozen=True, slots=True)
class Opening:
    """What a ticket's first message has to say: `spoken` is the topic its words are drawn from."""

    spoken: str
    aside: str
    clarity: Clarity
    language: str
    priority: str
    channel: str
    personal: str | None
    person: str


def opening_words(opening: Opening, draw: Random) -> tuple[str, str]:
    """(title, text) of a ticket."""
    book = phrasebook(opening.language)
    chance = draw.random
    sentences = [_core(opening, draw)]
    if chance() < 0.35:
        sentences.insert(0, book.say("contexts", draw))
    if opening.clarity in ("clear", "astray"):
        sentences += _elaboration(opening, draw)
    if opening.priority == "urgent" or (opening.priority == "high" and chance() < 0.5):
        sentences.insert(0 if chance() < 0.3 else len(sentences), book.say("urgent", draw))
    if opening.personal is not None:
        sentences.append(_PERSONAL_HERE)
    if chance() < 0.5:
        sentences.append(book.say("asks", draw))
    text = " ".join(sentences)
    if opening.channel in ("email", "web") and chance() < 0.8:
        text = (
            f"{_phrase(opening.language, 'greetings', draw)}\n\n{text}\n\n{_phrase(opening.language, 'closings', draw)}"
        )
    elif opening.channel == "chat" and chance() < 0.5:
        text = text.lower()
    return _title(opening, draw), _finished(_mistyped(text, draw), opening, draw)


def _core(opening: Opening, draw: Random) -> str:
    if opening.clarity == "vague":
        return phrasebook(opening.language).say("vague", draw)
    if opening.clarity == "family":
        return phrasebook(opening.language).say(f"families.{FAMILY_OF[opening.spoken]}", draw)
    return _phrase(opening.language, f"topics.{opening.spoken}.problems", draw)


def _elaboration(opening: Opening, draw: Random) -> list[str]:
    book = phrasebook(opening.language)
    sentences = []
    if draw.random() < 0.45:
        sentences.append(book.say(f"topics.{opening.spoken}.details", draw))
    if draw.random() < _FAMILY_PHRASE_SHARE:
        sentences.append(book.say(f"families.{FAMILY_OF[opening.spoken]}", draw))
    if draw.random() < _ASIDE_SHARE:
        aside = book.say(f"topics.{opening.aside}.details", draw)
        sentences.append(book.say("asides", draw) + aside[0].lower() + aside[1:])
    return sentences


def _title(opening: Opening, draw: Random) -> str:
    book = phrasebook(opening.language)
    if opening.channel in ("chat", "phone"):
        return ""
    if opening.clarity in ("vague", "family") or draw.random() < 0.25:
        return book.say("vague_titles", draw)
    return _mistyped(book.say(f"topics.{opening.spoken}.titles", draw), draw)


def _phrase(language: str, path: str, draw: Random) -> str:
    """A wording in the writer's language, now and then in English."""
    if language != "en" and draw.random() < _MIXED_SHARE:
        language = "en"
    return phrasebook(language).say(path, draw)


def _mistyped(text: str, draw: Random) -> str:
    """The text with a few typos, or without capitals, as people write; mostly as it was."""
    chance = draw.random()
    if chance > _TYPO_SHARE + _LOWER_SHARE or len(text) < 8:
        return text
    if chance > _TYPO_SHARE:
        return text.lower()
    for _ in range(1 if len(text) < 40 else 1 + int(3 * draw.random())):
        place = 1 + int((len(text) - 3) * draw.random())
        first, second = text[place], text[place + 1]
        if not (first.isalpha() and second.isalpha()):
            continue
        kind = draw.random()
        if kind < 0.45:
            text = text[:place] + second + first + text[place + 2 :]
        elif kind < 0.8:
            text = text[:place] + text[place + 1 :]
        else:
            text = text[:place] + first + text[place:]
    return text


def follow_up_words(role: str, spoken: str, language: str, personal: str | None, draw: Random) -> str:
    """A later message of the customer: `detail` is on the topic, the roles chase, thanks and reopen are not."""
    book = phrasebook(language)
    if role == "detail":
        words = book.say(f"topics.{spoken}.details", draw)
        if draw.random() < 0.6:
            words += " " + book.say(f"topics.{spoken}.problems", draw)
    else:
        words = book.say({"chase": "chases", "thanks": "thanks", "reopen": "reopens"}[role], draw)
    if personal is not None:
        words += f" {_PERSONAL_HERE}"
    return _with_personal(_mistyped(words, draw), personal, language, draw)


def _finished(text: str, opening: Opening, draw: Random) -> str:
    named = phrasebook(opening.language).named(text, opening.person)
    return _with_personal(named, opening.personal, opening.language, draw)


def _with_personal(text: str, personal: str | None, language: str, draw: Random) -> str:
    """The text with its personal data, which nobody mistypes, where it belongs."""
    if personal is None:
        return text
    return text.replace(_PERSONAL_HERE, phrasebook(language).say(f"personal.{personal}", draw))


def reply_words(role: str, topic: str, language: str, person: str, draw: Random) -> str:
    """An expert's or bot's answer: ask, update, solve, glad, internal or acknowledged."""
    book = phrasebook(language)
    path = f"topics.{topic}.solutions" if role == "solve" else f"replies.{role}"
    return book.named(book.say(path, draw), person)


def csat_words(percent: int, language: str, draw: Random) -> str:
    """A comment beside a rating, empty for most."""
    if draw.random() < 0.6:
        return ""
    mood = "good" if percent >= 75 else "middle" if percent >= 50 else "bad"
    return phrasebook(language).say(f"csat.{mood}", draw)


def feedback_words(mood: str, cause: str | None, language: str, draw: Random) -> str:
    """What somebody says in a survey or review; whoever has a cause to be unhappy often names it."""
    book = phrasebook(language)
    if mood == "bad" and cause is not None and draw.random() < 0.7:
        return _mistyped(book.say(f"feedback.{cause}", draw), draw)
    return _mistyped(book.say(f"feedback.{mood}", draw), draw)
