"""The checklist of a ticket: what each item asks, and how what was kept of the ticket answers it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from processors.word_beginnings import Beginnings

MOST_KEPT: Final = 8
LEAST_LETTERS: Final = 40
# An answer of fewer letters is an empty one.
EMPTY_LETTERS: Final = 10

_GREETINGS: Final = Beginnings(
    (
        *(
            "hello",
            "hi",
            "dear",
            "hey",
            "good morning",
            "good afternoon",
            "good evening",
            "thanks for",
            "thank you for",
        ),
        *("hallo", "guten", "liebe", "sehr geehrte", "servus", "grüß", "moin", "vielen dank"),
        *("hola", "buenos", "buenas", "estimad", "gracias por", "bonjour", "bonsoir", "cher", "merci"),
    )
)


class Answer(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A public answer: by which event, how many letters it has, and whether it greets."""

    event_id: str
    letters: int
    greets: bool


class Course(msgspec.Struct, array_like=True, gc=False):
    """What is kept of how a ticket was handled: event ids by what they tell. Mostly below 700 bytes."""

    account: str | None = None
    opened_by: str = ""
    expert: str | None = None
    group: str | None = None
    first: Answer | None = None
    empty: list[str] = msgspec.field(default_factory=list)
    waiting: list[str] = msgspec.field(default_factory=list)
    asked_twice: list[str] = msgspec.field(default_factory=list)
    breaches: dict[str, str] = msgspec.field(default_factory=dict)
    reopened: list[str] = msgspec.field(default_factory=list)
    groups: dict[str, str] = msgspec.field(default_factory=dict)
    experts: dict[str, str] = msgspec.field(default_factory=dict)
    last: tuple[str, str] = ("", "")
    closing: tuple[str, str] = ("", "")
    ended_by: str = ""
    category: str | None = None
    is_over: bool = False
    is_said: bool = False
    said: tuple[str, ...] = ()


class Item(NamedTuple):
    """One item as it applies to a ticket: whether it was passed, and the events that tell."""

    name: str
    passed: bool
    event_ids: tuple[str, ...]


def answer(event_id: str, text: str) -> Answer:
    """What the checklist looks at in an answer."""
    words = text.lower().replace(",", " ").split()[:4]
    return Answer(event_id, letters_of(text), bool(_GREETINGS.found_in(words)))


def letters_of(text: str) -> int:
    """How many letters and digits a text has, as far as it matters."""
    return sum(map(str.isalnum, text[: 4 * LEAST_LETTERS]))


def items_of(course: Course) -> list[Item]:
    """Every item that applies, in the order in which it is shown."""
    first = course.first
    found = [Item("somebody answered", first is not None, _ids(first.event_id if first else course.ended_by))]
    if first is not None:
        found += [
            Item("the first answer greets", first.greets, _ids(first.event_id)),
            Item(f"the first answer has {LEAST_LETTERS} letters", first.letters >= LEAST_LETTERS, _ids(first.event_id)),
            Item("no answer is empty", not course.empty, tuple(course.empty)),
            Item("one expert answered", len(course.experts) <= 1, tuple(course.experts.values())),
            Item("the last word before its end is ours", course.closing[0] == "expert", _ids(course.closing[1])),
        ]
    late = [id_ for promise, id_ in course.breaches.items() if promise.startswith("first_response")]
    found += [
        Item("nobody had to ask twice", not course.asked_twice, tuple(course.asked_twice)),
        Item("the first answer was in time", not late, tuple(late)),
        Item("every promise was kept", not course.breaches, tuple(course.breaches.values())),
        Item("it was not opened again", not course.reopened, tuple(course.reopened)),
        Item("its category was named", course.category is not None, _ids(course.ended_by)),
    ]
    if course.groups:
        found.append(Item("it stayed with one group", len(course.groups) == 1, tuple(course.groups.values())))
    return found


def keep(ids: list[str], event_id: str) -> None:
    """Adds an event once, up to as many as are kept."""
    if event_id not in ids and len(ids) < MOST_KEPT:
        ids.append(event_id)


def _ids(*event_ids: str) -> tuple[str, ...]:
    return tuple([one for one in event_ids if one])


def passed(items: Sequence[Item]) -> int:
    """How many were passed."""
    return sum([item.passed for item in items])
