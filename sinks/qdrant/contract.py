"""What a search index promises, wherever it runs, and how it says that it cannot keep it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from sinks.qdrant.document import Document, Hit, Key, Kind

FilterValue = str | tuple[str, ...]


class SearchIndexError(Exception):
    """An index could not do what it was asked; the message says what to do about it."""


class IndexLocked(SearchIndexError):
    """The directory is open in another process."""


class IndexMismatch(SearchIndexError):
    """The index was built in another way than it is asked to be read: remove it and send the documents again."""


class IndexBroken(SearchIndexError):
    """The files cannot be opened: remove the directory and send the documents again."""


class IndexClosed(SearchIndexError):
    """The index was closed, or the process that holds it has ended."""


class ExtraMissing(SearchIndexError):
    """An optional library is not installed; the message names the extra."""


class SearchIndex(Protocol):
    """A cache of documents by words. Every read and every deletion is of one tenant.

    Requests are refused with `DocumentRefused` (a ValueError) when a name, filter or limit makes no sense.
    """

    @property
    def identity(self) -> str:
        """Drawn when the index was made; a position recorded for another identity says nothing about this one."""
        ...

    def upsert(self, documents: Sequence[Document]) -> None:
        """Writes what is not older than what is there. Doing it again changes nothing. Durable after `flush`."""
        ...

    def delete(self, tenant: str, keys: Sequence[Key]) -> None:
        """Forgets these documents of the tenant."""
        ...

    def delete_subject(self, tenant: str, subject: str) -> int:
        """Forgets every document about a person, durably, and returns how many there were."""
        ...

    def revisions(self, tenant: str, keys: Sequence[Key]) -> dict[Key, int]:
        """The revision of each of these documents that is there."""
        ...

    def search(
        self,
        tenant: str,
        text: str,
        *,
        kinds: Sequence[Kind] = (),
        filters: Mapping[str, FilterValue] | None = None,
        limit: int = 10,
        before_us: int | None = None,
    ) -> list[Hit]:
        """The tenant's documents nearest to a text, best first; none for a text without words.

        `kinds` empty means all. A filter names one of `OWN_FILTERS` or `PAYLOAD_FILTERS` and a value, or a tuple of
        which any will do (an empty one finds none). Only what happened before `before_us` is seen and counted.
        """
        ...

    def similar(
        self, tenant: str, key: Key, *, only_solved: bool = True, limit: int = 5, before_us: int | None = None
    ) -> list[Hit]:
        """Tickets like this document, at most one per customer, never itself; none when it is not indexed.

        `only_solved` keeps those of status solved or closed: their payload tells the outcome.
        """
        ...

    def count(self, tenant: str | None = None) -> int:
        """How many documents there are, of one tenant or of all."""
        ...

    def flush(self) -> None:
        """Returns when everything written before is on disk."""
        ...

    def close(self) -> None:
        """Flushes and gives the files back. Closing again does nothing."""
        ...
