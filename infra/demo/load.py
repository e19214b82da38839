"""A mixed load for measurements: 85 % usage, 12 % tickets with text, 3 % feedback, over very many accounts.

Records are filled into byte templates from numpy draws and a pool of ready texts, so that making them costs less than
anything that is measured with them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from random import Random
from typing import Final

import numpy as np
import orjson
from numpy.typing import NDArray

from infra.demo.phrases import LANGUAGES
from infra.demo.promises import settings
from infra.demo.records import record
from infra.demo.topics import TOPICS
from infra.demo.usage import NAMES
from infra.demo.words import Opening, feedback_words, follow_up_words, opening_words, reply_words
from schemas.instant import format_instant

_CHUNK: Final = 16_384
_TEXTS: Final = 4_096
_SPAN_US: Final = 86_400_000_000  # the load's event time: one day, ending at `at`
_LANGUAGE_ODDS: Final = (0.66, 0.86, 1.0)

_HEAD: Final = b'{"specversion":"1.0","id":"%s-%d","source":"load","type":"'
_TAIL: Final = b'","time":"%sZ","account":"a-%d","data":{'
_USED: Final = _HEAD + b"usage.recorded" + _TAIL + b'"name":"%s","quantity":%d,"person":"p-%d"}}'
_WORKED: Final = _HEAD + b"usage.session_ended" + _TAIL + b'"duration_seconds":%d,"person":"p-%d"}}'
_OPENED: Final = (
    _HEAD + b"ticket.opened" + _TAIL + b'"ticket":"L-%d","title":%s,"text":%s,"channel":"web","priority":"%s",'
    b'"requester":"p-%d"}}'
)
_WROTE: Final = (
    _HEAD + b"ticket.message_added" + _TAIL + b'"ticket":"L-%d","author":"customer","text":%s,"person":"p-%d"}}'
)
_REPLIED: Final = (
    _HEAD + b"expert.replied" + _TAIL + b'"ticket":"L-%d","expert":"expert-%d","text":%s,"requester":"p-%d"}}'
)
_RESOLVED: Final = _HEAD + b"ticket.resolved" + _TAIL + b'"ticket":"L-%d","by":"expert-%d","category":"%s"}}'
_ANSWERED: Final = (
    _HEAD
    + b"feedback.given"
    + _TAIL
    + b'"feedback":"F-%d","form":"survey","scale":"nps","score":%d,"text":%s,"person":"p-%d"}}'
)

# Of ticket records: opened, customer message, expert reply, resolved.
_TICKET_BOUNDS: Final = (0.34, 0.52, 0.80, 1.0)
_USAGE_SHARE: Final = 0.85
_TICKET_SHARE: Final = 0.12
_PRIORITIES: Final = (b"low", b"normal", b"normal", b"high", b"urgent")
# A record on a ticket speaks of one opened so many tickets before, so that conversations overlap.
_OVERLAP: Final = 2_000

Texts = tuple[tuple[bytes, bytes, bytes, bytes, bytes, bytes], ...]


@cache
def _texts(seed: int) -> Texts:
    """(title, opening, message, reply, topic, comment) as JSON strings, the topic bare."""
    draw = Random(f"load {seed}")
    made = []
    for _ in range(_TEXTS):
        topic, place = draw.choice(TOPICS), draw.random()
        language = next(name for name, odds in zip(LANGUAGES, _LANGUAGE_ODDS, strict=True) if place < odds)
        opening = Opening(topic, draw.choice(TOPICS), "clear", language, "normal", "web", None, "p-1")
        title, text = opening_words(opening, draw)
        message = follow_up_words("detail", topic, language, None, draw)
        reply = reply_words("solve" if draw.random() < 0.5 else "ask", topic, language, "p-1", draw)
        comment = feedback_words(draw.choice(("good", "good", "middle", "bad")), None, language, draw)
        strings = (orjson.dumps(one) for one in (title, text, message, reply))
        made.append((*strings, topic.encode(), orjson.dumps(comment)))
    return tuple(made)  # type: ignore[arg-type]  # six of them


def load_settings(at: int) -> list[bytes]:
    """The settings that such a load should run under, dated a day before its first record."""
    said = settings(at - 2 * _SPAN_US)[:-1]
    return [
        record({"id": f"s-{number}", "source": "load", "type": name, "time": format_instant(instant)}, data)
        for number, (instant, name, data) in enumerate(said)
    ]


def mixed_load(seed: int, events: int, accounts: int, at: int) -> Iterator[bytes]:
    """So many records in order of event time, the last at `at` (microseconds); ids differ between seeds."""
    texts = _texts(seed)
    prefix = b"l%d" % seed
    tickets = 0
    for first in range(0, events, _CHUNK):
        count = min(_CHUNK, events - first)
        random = np.random.Generator(np.random.PCG64([seed, 3, first]))
        kinds = _kinds(random, count)
        opened = np.cumsum(kinds == 2) + tickets
        behind = (random.random(count) ** 2 * np.minimum(opened, _OVERLAP)).astype(np.int64)
        number = np.where(kinds == 2, opened, np.maximum(opened - behind, 1))
        numbers = np.arange(first, first + count)
        columns = (
            kinds.tolist(),
            numbers.tolist(),
            _times(at - _SPAN_US + (numbers + 1) * _SPAN_US // events),
            (random.random(count) ** 1.5 * accounts).astype(np.int64).tolist(),
            number.tolist(),
            random.integers(0, _TEXTS, count).tolist(),
            random.integers(1, 900, count).tolist(),
        )
        tickets = int(opened[-1])
        yield from _filled(prefix, accounts, texts, columns)


def _kinds(random: np.random.Generator, count: int) -> NDArray[np.int64]:
    """0 usage, 1 session, 2 opened, 3 message, 4 reply, 5 resolved, 6 feedback."""
    place = random.random(count)
    ticket = 2 + np.searchsorted(_TICKET_BOUNDS, random.random(count), side="right")
    usage = (random.random(count) < 0.2).astype(np.int64)
    return np.where(place < _USAGE_SHARE, usage, np.where(place < _USAGE_SHARE + _TICKET_SHARE, ticket, 6))


def _times(instants: NDArray[np.int64]) -> list[bytes]:
    text = np.datetime_as_string(instants.astype("datetime64[us]"), unit="ms")
    stamps: list[bytes] = text.astype("S").tolist()
    return stamps


def _filled(
    prefix: bytes, accounts: int, texts: Texts, columns: tuple[list[int] | list[bytes], ...]
) -> Iterator[bytes]:
    names = tuple(name.encode() for name in NAMES)
    for kind, index, time, who, ticket, place, amount in zip(*columns, strict=True):
        if kind == 0:
            yield _USED % (prefix, index, time, who, names[place % 6], amount, place % 9)
            continue
        if kind == 1:
            yield _WORKED % (prefix, index, time, who, amount * 7, place % 9)
            continue
        # A ticket's records are all of one account, whoever was drawn.
        title, opening, message, reply, topic, comment = texts[place]
        owner = ticket * 7_919 % accounts
        if kind == 2:
            priority = _PRIORITIES[amount % 5]
            yield _OPENED % (prefix, index, time, owner, ticket, title, opening, priority, place % 9)
        elif kind == 3:
            yield _WROTE % (prefix, index, time, owner, ticket, message, place % 9)
        elif kind == 4:
            yield _REPLIED % (prefix, index, time, owner, ticket, amount % 24, reply, place % 9)
        elif kind == 5:
            yield _RESOLVED % (prefix, index, time, owner, ticket, amount % 24, topic)
        else:
            yield _ANSWERED % (prefix, index, time, who, index, amount % 11, comment, place % 9)
