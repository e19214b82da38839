"""How a wording becomes words: templates with alternatives and slots, filled by a seeded draw."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any, Final

LANGUAGES: Final = ("en", "de", "es")
CUSTOMER: Final = "\x01"  # stands for the writer's name, which is the same in all of a conversation

# A template is a run of literal text, slots (functions of the draw) and alternatives (tuples of templates).
Slot = Callable[[Random], str]
Part = str | Slot | tuple["Template", ...]
Template = tuple[Part, ...]

_MARKS: Final = re.compile(r"\[([^\]]*)\]|\{(\w+)\}")

# Words that are the same in every language.
_WORDS: Final[Mapping[str, Sequence[str]]] = {
    "plan": ("Starter", "Team", "Business", "Scale"),
    "tool": ("Slack", "Jira", "Outlook", "Salesforce", "SAP", "HubSpot", "Trello", "Google Drive"),
    "sso": ("Okta", "Entra ID", "Google", "Keycloak"),
    "browser": ("Chrome", "Firefox", "Edge", "Safari"),
    "device": ("iPhone", "iPad", "Android", "Galaxy", "Pixel"),
    "error": ("500", "502", "504", "403", "429", "401"),
    "expert": ("Anna", "Marek", "Sofia", "Tariq", "Ines", "Felix"),
    "file": ("contacts.csv", "orders_2026.csv", "export.xlsx", "kunden_neu.csv", "projects.json", "tasks.csv"),
    "email": tuple(
        f"{name}@example.{ending}"
        for name in ("j.meier", "accounts", "claire.dupont", "ops.team", "m.ortega", "it-admin", "ruth.k", "finance")
        for ending in ("com", "org", "net")
    ),
    # Numbers kept free for films: North America 555-01xx, London 7946 0xxx, Berlin 23125 xxx.
    "phone": (
        "+1 212 555 0147",
        "(415) 555-0123",
        "+44 20 7946 0958",
        "020 7946 0321",
        "+49 30 23125 117",
        "030 23125-442",
        "+1 646-555-0199",
    ),
    # Published test numbers of the card networks; no such card exists.
    "card": (
        "4111 1111 1111 1111",
        "5555-5555-5555-4444",
        "378282246310005",
        "4242 4242 4242 4242",
        "6011111111111117",
    ),
    # Sample numbers of the IBAN registry.
    "iban": (
        "DE89 3704 0044 0532 0130 00",
        "GB29 NWBK 6016 1331 9268 19",
        "ES91 2100 0418 4502 0005 1332",
        "AT61 1904 3002 3457 3201",
        "FR14 2004 1010 0505 0001 3M02 606",
    ),
}


def _amount(draw: Random) -> str:
    return f"{10 * int(5 + 900 * draw.random() ** 2)},{int(100 * draw.random()):02d} EUR"


_NUMBERS: Final[Mapping[str, Slot]] = {
    "number": lambda draw: str(100 + int(99_900 * draw.random())),
    "few": lambda draw: str(2 + int(5 * draw.random())),
    "seats": lambda draw: str(5 + int(120 * draw.random())),
    "percent": lambda draw: str(1 + int(99 * draw.random())),
    "amount": _amount,
}


def chooser(words: Sequence[str]) -> Slot:
    """A slot that takes one of the words."""
    count = len(words)
    return lambda draw: words[int(count * draw.random())]


def parse(text: str, slots: Mapping[str, Slot]) -> Template:
    """The template of a wording; raises KeyError for a slot that nothing fills."""
    parts: list[Part] = []
    done = 0
    for mark in _MARKS.finditer(text):
        if mark.start() > done:
            parts.append(text[done : mark.start()])
        alternatives, slot = mark.groups()
        if slot is not None:
            parts.append(slots[slot])
        else:
            parts.append(tuple(parse(one, slots) for one in alternatives.split("|")))
        done = mark.end()
    if done < len(text):
        parts.append(text[done:])
    return tuple(parts)


def say(template: Template, draw: Random) -> str:
    """One wording of the template."""
    words: list[str] = []
    for part in template:
        if isinstance(part, str):
            words.append(part)
        elif isinstance(part, tuple):
            words.append(say(part[int(len(part) * draw.random())], draw))
        else:
            words.append(part(draw))
    return "".join(words)


class Phrasebook:
    """All wordings of one language by their path, such as `topics.billing.problems`."""

    def __init__(self, tree: Mapping[str, Any]) -> None:
        own = {name: chooser(words) for name, words in tree["words"].items()}
        slots = {name: chooser(words) for name, words in _WORDS.items()} | dict(_NUMBERS) | own
        slots["customer"] = lambda _: CUSTOMER
        self._customers: tuple[str, ...] = tuple(tree["words"]["customer"])
        self._wordings: dict[str, tuple[Template, ...]] = {}
        self._collect("", {name: branch for name, branch in tree.items() if name != "words"}, slots)

    def _collect(self, path: str, branch: Mapping[str, Any], slots: Mapping[str, Slot]) -> None:
        for name, value in branch.items():
            if isinstance(value, dict):
                self._collect(f"{path}{name}.", value, slots)
            else:
                self._wordings[path + name] = tuple(parse(text, slots) for text in value)

    def say(self, path: str, draw: Random) -> str:
        """One of the wordings under this path."""
        wordings = self._wordings[path]
        return say(wordings[int(len(wordings) * draw.random())], draw)

    def named(self, text: str, person: str) -> str:
        """The text with the writer's name in it; each person has one in a language."""
        if CUSTOMER not in text:
            return text
        return text.replace(CUSTOMER, self._customers[sum(person.encode()) % len(self._customers)])

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(self._wordings)


@cache
def phrasebook(language: str) -> Phrasebook:
    """The wordings of a language out of LANGUAGES."""
    text = files("infra.demo").joinpath(f"words_{language}.toml").read_text(encoding="utf-8")
    return Phrasebook(tomllib.loads(text))
