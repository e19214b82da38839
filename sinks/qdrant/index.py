"""How a search index keeps its contract over a store of points: revisions, checks, similar tickets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from threading import RLock
from typing import Final

from schemas.values import OVER
from sinks.qdrant.contract import FilterValue
from sinks.qdrant.dense import Embedder, require_vector
from sinks.qdrant.document import (
    Document,
    DocumentRefused,
    Hit,
    Key,
    Kind,
    require_name,
    require_text,
    restored,
    stored,
)
from sinks.qdrant.points import FoundPoint, NewPoint, Points, Vectors
from sinks.qdrant.scope import Scope, scope_of
from sinks.qdrant.sparse import LONGEST_QUERY, document_words, query_words, require_words

MOST_HITS: Final = 1_000

# The embedded shard keeps the interpreter while it writes: 20 µs a point, so other threads wait about 5 ms.
_POINTS_AT_ONCE: Final = 256


class TenantIndex:
    """A `SearchIndex` over any `Points`. Threads may share it; one process writes a tenant."""

    def __init__(self, points: Points, embedder: Embedder | None = None) -> None:
        self._points = points
        self._embedder = embedder
        self._writing = RLock()  # reading a revision and writing the next one is one step

    @property
    def identity(self) -> str:
        """See `SearchIndex`."""
        return self._points.identity

    def upsert(self, documents: Sequence[Document]) -> None:
        """See `SearchIndex`."""
        newest = _newest(documents)
        ids = list(newest)
        for start in range(0, len(ids), _POINTS_AT_ONCE):
            some = ids[start : start + _POINTS_AT_ONCE]
            with self._writing:
                there = self._points.read(some, ("revision",))
                fresh = [
                    (point_id, newest[point_id])
                    for point_id in some
                    if point_id not in there or there[point_id]["revision"] <= newest[point_id].revision
                ]
                if fresh:
                    self._points.write(self._new_points(fresh))

    def delete(self, tenant: str, keys: Sequence[Key]) -> None:
        """See `SearchIndex`."""
        ids = [key.point_id for key in _keys_of(tenant, keys)]
        with self._writing:
            if ids:
                self._points.remove(ids)

    def delete_subject(self, tenant: str, subject: str) -> int:
        """See `SearchIndex`."""
        require_name("subject", subject)
        scope = Scope(tenant, any_of=(("subject", (subject,)),))
        with self._writing:
            found = self._points.count(scope)
            # Purged even when nothing is found: an erasure that broke off may have left text in the files.
            self._points.purge(scope)
        return found

    def revisions(self, tenant: str, keys: Sequence[Key]) -> dict[Key, int]:
        """See `SearchIndex`."""
        by_id = {key.point_id: key for key in _keys_of(tenant, keys)}
        there = self._points.read(list(by_id), ("revision",))
        return {key: there[point_id]["revision"] for point_id, key in by_id.items() if point_id in there}

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
        """See `SearchIndex`."""
        require_text("text", text)
        _require_limit(limit)
        scope = scope_of(tenant, kinds=kinds, filters=filters, before_us=before_us)
        return _hits(self._find(scope, text, limit))

    def similar(
        self, tenant: str, key: Key, *, only_solved: bool = True, limit: int = 5, before_us: int | None = None
    ) -> list[Hit]:
        """See `SearchIndex`."""
        _require_limit(limit)
        (own,) = _keys_of(tenant, (key,))
        filters: dict[str, FilterValue] = {"status": OVER} if only_solved else {}
        scope = scope_of(tenant, kinds=("ticket",), filters=filters, before_us=before_us)
        there = self._points.read([own.point_id], None).get(own.point_id)
        if there is None:
            return []
        others = replace(scope, without_id=own.point_id)
        wanted = limit * 4  # most customers appear once among so many
        while True:
            found = self._find(others, there["text"], wanted)
            hits = _one_per_customer(_hits(found))
            if len(hits) >= limit or len(found) < wanted or wanted >= MOST_HITS:
                return hits[:limit]
            wanted = min(wanted * 4, MOST_HITS)

    def count(self, tenant: str | None = None) -> int:
        """See `SearchIndex`."""
        return self._points.count(None if tenant is None else Scope(tenant))

    def flush(self) -> None:
        """See `SearchIndex`."""
        with self._writing:
            self._points.flush()

    def close(self) -> None:
        """See `SearchIndex`."""
        with self._writing:
            self._points.close()

    def _find(self, scope: Scope, text: str, limit: int) -> list[FoundPoint]:
        words = query_words(text)
        if words is None or any(not values for _, values in scope.any_of):
            return []
        require_words(words)
        meaning = None
        if self._embedder is not None:
            meaning = self._embedder.embed_query(text[:LONGEST_QUERY])
            require_vector(meaning, self._embedder.dimension)
        return self._points.query(scope, words, meaning, limit)

    def _new_points(self, documents: Sequence[tuple[str, Document]]) -> list[NewPoint]:
        meanings: list[list[float] | None] = [None] * len(documents)
        if self._embedder is not None:
            # A text without words has no meaning either; some models answer it with zeros.
            spoken = [number for number, (_, document) in enumerate(documents) if document.text.strip()]
            texts = [documents[number][1].text for number in spoken]
            for number, meaning in zip(spoken, self._embedder.embed_documents(texts), strict=True):
                require_vector(meaning, self._embedder.dimension)
                meanings[number] = meaning
        points = []
        for (point_id, document), meaning_or_none in zip(documents, meanings, strict=True):
            words = document_words(document.text, document.language)
            if words is not None:
                require_words(words)
            points.append(NewPoint(point_id, Vectors(words, meaning_or_none), stored(document)))
        return points


def _newest(documents: Iterable[Document]) -> dict[str, Document]:
    """The last of the highest revisions of each document, by point id."""
    newest: dict[str, Document] = {}
    for document in documents:
        point_id = document.key.point_id
        before = newest.get(point_id)
        if before is None or before.revision <= document.revision:
            newest[point_id] = document
    return newest


def _keys_of(tenant: str, keys: Sequence[Key]) -> Sequence[Key]:
    require_name("tenant", tenant)
    for key in keys:
        if key.tenant != tenant:
            raise DocumentRefused("a key names another tenant than the request")
    return keys


def _require_limit(limit: object) -> None:
    if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= MOST_HITS:
        raise DocumentRefused(f"limit must be an integer from 1 to {MOST_HITS}")


def _hits(found: Iterable[FoundPoint]) -> list[Hit]:
    ranked = sorted(found, key=lambda point: (-point.score, point.point_id))
    return [Hit(point.score, restored(point.payload)) for point in ranked]


def _one_per_customer(hits: Sequence[Hit]) -> list[Hit]:
    """The best hit of each account, or of each person where there is no account."""
    best: dict[tuple[str, str], Hit] = {}
    for hit in hits:
        document = hit.document
        if document.account is not None:
            customer = ("account", document.account)
        elif document.subject is not None:
            customer = ("subject", document.subject)
        else:
            customer = ("entity", document.key.entity)
        best.setdefault(customer, hit)
    return list(best.values())
