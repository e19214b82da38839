"""At the door: what do the words of customers mean together? Told by a model of sentences, and kept in the record.

A model's numbers differ from machine to machine and from version to version, so no fold may ask it: it is asked once,
when a record is taken, of words that are redacted already. Whatever goes wrong with it costs nobody a record.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Final, Protocol

import structlog

from processors.learners.directions import direction
from schemas.event import Data, Event
from schemas.feedback import FeedbackGiven
from schemas.tickets import TicketMessageAdded, TicketOpened

MOST_CHARACTERS: Final = 1_500  # of a text: what comes later hardly turns its direction, and models read no further

_log = structlog.get_logger(__name__)


class Embedder(Protocol):
    """A model of sentences; `name` tells two apart."""

    @property
    def name(self) -> str: ...
    def embed_documents(self, texts: Sequence[str]) -> list[list[float]]: ...


class Meanings:
    """Tells meanings by a model that is loaded when it is first needed. `untold` counts texts it failed on."""

    def __init__(self, load: Callable[[], Embedder]) -> None:
        self._load = load
        self._loading = Lock()
        self._embedder: Embedder | None = None
        self.untold = 0

    def ready(self) -> Embedder:
        """The model, loaded. Raises what loading it raises."""
        with self._loading:
            if self._embedder is None:
                self._embedder = self._load()
            return self._embedder

    def tell(self, events: Sequence[Event]) -> None:
        """Stamps those of the events in which a customer speaks."""
        said = [(event, text[:MOST_CHARACTERS]) for event in events if (text := _said(event.data).strip())]
        if not said:
            return
        try:
            embedder = self.ready()
            vectors = embedder.embed_documents([text for _, text in said])
            meanings = [direction(embedder.name, vector) for vector in vectors]
        except Exception as error:  # noqa: BLE001 - whatever it is: the records are worth keeping
            self.untold += len(said)
            _log.warning("meaning_untold", texts=len(said), error=f"{type(error).__name__}: {error}")
            return
        for (event, _), meaning in zip(said, meanings, strict=True):
            if meaning is not None:
                event.stamped(meaning=meaning.said())


def _said(data: Data) -> str:
    match data:
        case TicketOpened():
            return f"{data.title}\n{data.text}"
        case TicketMessageAdded(author="customer") | FeedbackGiven():
            return data.text
    return ""
