"""The embedded index: a Qdrant Edge shard in a directory of its own. The one file that opens a shard.

Measured with qdrant-edge-py 0.9.0: update, query and flush keep Python's interpreter lock, a flush for 100 to 250 ms;
in a process that must answer within that, use `EdgeProcess`. Deleted text stays in the shard's files, hence `purge`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, cast

import msgspec
from qdrant_edge import (
    CountRequest,
    Distance,
    EdgeConfig,
    EdgeShard,
    EdgeSparseVectorParams,
    EdgeVectorParams,
    FieldCondition,
    Filter,
    Fusion,
    HasIdCondition,
    IdfParams,
    IntegerIndexParams,
    KeywordIndexParams,
    MatchAny,
    MatchValue,
    Modifier,
    Point,
    Prefetch,
    Query,
    QueryRequest,
    RangeFloat,
    ScrollRequest,
    SearchParams,
    SparseVector,
    UpdateOperation,
)

from sinks.qdrant.contract import IndexBroken, IndexClosed, SearchIndexError
from sinks.qdrant.dense import Embedder
from sinks.qdrant.index import TenantIndex
from sinks.qdrant.points import CANDIDATES, FUSION_K, KEYWORD_FIELDS, MEANING, WORDS, FoundPoint, NewPoint, Vectors
from sinks.qdrant.scope import Scope, Values, written
from sinks.qdrant.shard_directory import ShardDirectory

_REWRITTEN_AT_ONCE: Final = 512


class EdgeIndex(TenantIndex):
    """A `SearchIndex` in `path`, held until `close`. Raises IndexLocked, IndexMismatch or IndexBroken."""

    def __init__(self, path: Path, embedder: Embedder | None = None, *, lock_wait_seconds: float = 0.0) -> None:
        super().__init__(EdgePoints(path, embedder, lock_wait_seconds), embedder)


class EdgePoints:
    """The shard as `Points`."""

    def __init__(self, path: Path, embedder: Embedder | None, lock_wait_seconds: float) -> None:
        name = None if embedder is None else embedder.name
        dimension = None if embedder is None else embedder.dimension
        self._directory = ShardDirectory(path.absolute(), name, dimension, lock_wait_seconds)
        try:
            self._shard: EdgeShard | None = self._opened()
            if self._directory.header.rewrite_due:
                self._rewrite()
        except BaseException:
            self._directory.release()
            raise

    @property
    def identity(self) -> str:
        return self._directory.header.identity

    def write(self, points: Sequence[NewPoint]) -> None:
        new = [Point(point.point_id, _named(point.vectors), dict(point.payload)) for point in points]
        self._open_shard().update(UpdateOperation.upsert_points(new))

    def read(self, point_ids: Sequence[str], fields: Sequence[str] | None) -> dict[str, Mapping[str, Any]]:
        wanted = True if fields is None else list(fields)
        records = self._open_shard().retrieve(list(point_ids), wanted, False)
        return {str(record.id): record.payload or {} for record in records}

    def remove(self, point_ids: Sequence[str]) -> None:
        self._open_shard().update(UpdateOperation.delete_points(list(point_ids)))

    def purge(self, scope: Scope) -> None:
        shard = self._open_shard()
        self._directory.save(msgspec.structs.replace(self._directory.header, rewrite_due=True))
        shard.update(UpdateOperation.delete_points_by_filter(written(scope, _DIALECT)))
        shard.flush()
        self._rewrite()

    def query(self, scope: Scope, words: SparseVector, meaning: list[float] | None, limit: int) -> list[FoundPoint]:
        seen = written(scope, _DIALECT)
        # Rarity within the tenant: another tenant's words neither move this one's ranking nor show through it.
        rarity = SearchParams(idf=IdfParams(corpus=written(scope.corpus(), _DIALECT)))
        by_words = Query.Nearest(words, using=WORDS)
        if meaning is None:
            request = QueryRequest(limit, query=by_words, filter=seen, params=rarity, with_payload=True)
        else:
            deep = limit * CANDIDATES
            rankings = [
                Prefetch(deep, query=by_words, filter=seen, params=rarity),
                Prefetch(deep, query=Query.Nearest(meaning, using=MEANING), filter=seen),
            ]
            # The published types do not know that Rrf is a Fusion.
            fused = cast("Fusion", Fusion.Rrf(FUSION_K))
            request = QueryRequest(limit, prefetches=rankings, query=fused, filter=seen, with_payload=True)
        found = self._open_shard().query(request)
        return [FoundPoint(str(point.id), point.score, point.payload or {}) for point in found]

    def count(self, scope: Scope | None) -> int:
        seen = None if scope is None else written(scope, _DIALECT)
        return int(self._open_shard().count(CountRequest(exact=True, filter=seen)))

    def flush(self) -> None:
        self._open_shard().flush()

    def close(self) -> None:
        if self._shard is not None:
            self._shard.flush()
            self._shard.close()
            self._shard = None
            self._directory.release()

    def _open_shard(self) -> EdgeShard:
        if self._shard is None:
            raise IndexClosed(f"the search index {self._directory.path} was closed")
        return self._shard

    def _opened(self) -> EdgeShard:
        path = self._directory.shard_path
        if self._directory.is_new:
            shard = self._created(path)
            self._directory.save(self._directory.header)
            return shard
        try:
            return EdgeShard.load(str(path))
        except Exception as error:
            message = f"the search index {self._directory.path} cannot be opened ({error})"
            raise IndexBroken(f"{message}: remove it and send the documents again; it is a cache") from error

    def _created(self, path: Path) -> EdgeShard:
        path.mkdir(mode=0o700)
        dimension = self._directory.header.dimension
        meaning = {} if dimension is None else {MEANING: EdgeVectorParams(dimension, Distance.Cosine)}
        words = {WORDS: EdgeSparseVectorParams(modifier=Modifier.Idf)}
        try:
            shard = EdgeShard.create(str(path), EdgeConfig(vectors=meaning or None, sparse_vectors=words))
        except Exception as error:
            raise SearchIndexError(f"no search index can be made in {path}: {error}") from error
        shard.update(UpdateOperation.create_field_index("tenant", KeywordIndexParams(is_tenant=True)))
        for field in KEYWORD_FIELDS:
            shard.update(UpdateOperation.create_field_index(field, KeywordIndexParams()))
        instants = IntegerIndexParams(lookup=False, range=True)
        shard.update(UpdateOperation.create_field_index("happened_at", instants))
        return shard

    def _rewrite(self) -> None:
        """Copies the live points into a fresh shard and drops the old files, write-ahead log included."""
        old = self._open_shard()
        fresh = self._created(self._directory.next_shard_path())
        offset = None
        while True:
            request = ScrollRequest(offset=offset, limit=_REWRITTEN_AT_ONCE, with_payload=True, with_vector=True)
            records, offset = old.scroll(request)
            copies = [Point(record.id, record.vector or {}, record.payload) for record in records]
            if copies:
                fresh.update(UpdateOperation.upsert_points(copies))
            if offset is None:
                break
        fresh.flush()
        self._shard = fresh
        old.close()
        self._directory.switch()


class _EdgeDialect:
    def any_of(self, field: str, values: Values) -> Filter:
        match = MatchValue(values[0]) if len(values) == 1 else MatchAny(list(values))
        return Filter(must=[FieldCondition(field, match=match)])

    def before(self, field: str, instant_us: int) -> Filter:
        return Filter(must=[FieldCondition(field, range=RangeFloat(lt=float(instant_us)))])

    def not_id(self, point_id: str) -> Filter:
        return Filter(must_not=[HasIdCondition({point_id})])

    def all_of(self, filters: Sequence[Filter]) -> Filter:
        return Filter(must=list(filters))


_DIALECT: Final = _EdgeDialect()


def _named(vectors: Vectors) -> dict[str, Any]:
    named: dict[str, Any] = {}
    if vectors.words is not None:
        named[WORDS] = vectors.words
    if vectors.meaning is not None:
        named[MEANING] = vectors.meaning
    return named
