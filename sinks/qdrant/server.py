"""The index on a Qdrant server, for installations that run one. The one file that knows qdrant-client.

Written for qdrant-client 1.16. It cannot ask for rarity within one tenant: on a server, how rare a word is counts over
all tenants of the collection. The order of one tenant's answers may so differ from the embedded index; what is found
does not.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from sinks.qdrant.contract import ExtraMissing, IndexClosed, IndexMismatch, SearchIndexError
from sinks.qdrant.dense import Embedder
from sinks.qdrant.index import TenantIndex
from sinks.qdrant.points import CANDIDATES, FUSION_K, KEYWORD_FIELDS, MEANING, WORDS, FoundPoint, NewPoint, Vectors
from sinks.qdrant.scope import Scope, Values, written
from sinks.qdrant.sparse import WORDS_VERSION

if TYPE_CHECKING:
    from qdrant_client import QdrantClient
    from qdrant_edge import SparseVector

DEFAULT_COLLECTION: Final = "millrace"
_TIMEOUT_SECONDS: Final = 30


class ServerIndex(TenantIndex):
    """A `SearchIndex` in a collection of a server, made when absent. `location` is an http(s) URL, or `:memory:`.

    Raises ExtraMissing without qdrant-client, SearchIndexError when the server cannot be reached, IndexMismatch when
    the collection was built in another way.
    """

    def __init__(
        self,
        location: str,
        embedder: Embedder | None = None,
        *,
        collection: str = DEFAULT_COLLECTION,
        api_key: str | None = None,
    ) -> None:
        super().__init__(ServerPoints(_client(location, api_key), collection, embedder), embedder)


class ServerPoints:
    """The collection as `Points`."""

    def __init__(self, client: QdrantClient, collection: str, embedder: Embedder | None) -> None:
        from qdrant_client import models

        self._models = models
        self._dialect = _ServerDialect(models)
        self._client: QdrantClient | None = client
        self._collection = collection
        self._built = {
            "words": WORDS_VERSION,
            "model": None if embedder is None else embedder.name,
            "dimension": None if embedder is None else embedder.dimension,
        }
        self._identity = str(self._asked(self._opened))

    @property
    def identity(self) -> str:
        return self._identity

    def write(self, points: Sequence[NewPoint]) -> None:
        new = [
            self._models.PointStruct(id=point.point_id, vector=self._named(point.vectors), payload=dict(point.payload))
            for point in points
        ]
        self._asked(lambda client: client.upsert(self._collection, new, wait=True))

    def read(self, point_ids: Sequence[str], fields: Sequence[str] | None) -> dict[str, Mapping[str, Any]]:
        wanted = True if fields is None else list(fields)
        records = self._asked(lambda client: client.retrieve(self._collection, list(point_ids), with_payload=wanted))
        return {str(record.id): record.payload or {} for record in records}

    def remove(self, point_ids: Sequence[str]) -> None:
        chosen = self._models.PointIdsList(points=list(point_ids))
        self._asked(lambda client: client.delete(self._collection, chosen, wait=True))

    def purge(self, scope: Scope) -> None:
        chosen = self._models.FilterSelector(filter=written(scope, self._dialect))
        self._asked(lambda client: client.delete(self._collection, chosen, wait=True))

    def query(self, scope: Scope, words: SparseVector, meaning: list[float] | None, limit: int) -> list[FoundPoint]:
        models = self._models
        seen = written(scope, self._dialect)
        by_words = models.SparseVector(indices=words.indices, values=words.values)
        ask: dict[str, Any] = {"query": by_words, "using": WORDS}
        if meaning is not None:
            deep = limit * CANDIDATES
            ask = {
                "prefetch": [
                    models.Prefetch(query=by_words, using=WORDS, filter=seen, limit=deep),
                    models.Prefetch(query=meaning, using=MEANING, filter=seen, limit=deep),
                ],
                "query": models.RrfQuery(rrf=models.Rrf(k=FUSION_K)),
            }
        answer = self._asked(
            lambda client: client.query_points(
                self._collection, query_filter=seen, limit=limit, with_payload=True, **ask
            )
        )
        return [FoundPoint(str(point.id), point.score, point.payload or {}) for point in answer.points]

    def count(self, scope: Scope | None) -> int:
        seen = None if scope is None else written(scope, self._dialect)
        return int(self._asked(lambda client: client.count(self._collection, seen, exact=True)).count)

    def flush(self) -> None:
        """Nothing to do: every write waited until the server had it in its log."""
        self._asked(lambda client: client.get_collection(self._collection))

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    def _asked(self, ask: Any) -> Any:
        if self._client is None:
            raise IndexClosed("the connection to the search server was closed")
        try:
            return ask(self._client)
        except SearchIndexError:
            raise
        except Exception as error:
            message = f"the search server refused or did not answer ({type(error).__name__}: {str(error)[:300]})"
            raise SearchIndexError(f"{message}: see that it runs and that address and key are right") from error

    def _opened(self, client: QdrantClient) -> str:
        if not client.collection_exists(self._collection):
            self._create(client)
        metadata = client.get_collection(self._collection).config.metadata or {}
        built = {name: metadata.get(name) for name in self._built}
        if built != self._built or "identity" not in metadata:
            message = f"collection {self._collection} is built as {built}, not {self._built}"
            raise IndexMismatch(f"{message}: remove it, or name another, and send the documents again")
        self._index_fields(client)
        return str(metadata["identity"])

    def _create(self, client: QdrantClient) -> None:
        models = self._models
        dimension = self._built["dimension"]
        meaning = {} if dimension is None else {MEANING: models.VectorParams(size=dimension, distance="Cosine")}
        client.create_collection(
            self._collection,
            vectors_config=meaning,
            sparse_vectors_config={WORDS: models.SparseVectorParams(modifier=models.Modifier.IDF)},
            # A request by a field without an index would read every payload: the server refuses it.
            strict_mode_config=models.StrictModeConfig(
                enabled=True, unindexed_filtering_retrieve=False, unindexed_filtering_update=False
            ),
            metadata={"identity": uuid.uuid4().hex, **self._built},
        )

    def _index_fields(self, client: QdrantClient) -> None:
        """Asked at every opening, since a making that broke off may have left some out; the server skips the rest."""
        models = self._models
        keyword = models.KeywordIndexParams
        client.create_payload_index(self._collection, "tenant", keyword(type="keyword", is_tenant=True))
        for field in KEYWORD_FIELDS:
            client.create_payload_index(self._collection, field, keyword(type="keyword"))
        instants = models.IntegerIndexParams(type="integer", lookup=False, range=True)
        client.create_payload_index(self._collection, "happened_at", instants)

    def _named(self, vectors: Vectors) -> dict[str, Any]:
        named: dict[str, Any] = {}
        if vectors.words is not None:
            words = vectors.words
            named[WORDS] = self._models.SparseVector(indices=words.indices, values=words.values)
        if vectors.meaning is not None:
            named[MEANING] = vectors.meaning
        return named


class _ServerDialect:
    def __init__(self, models: Any) -> None:
        self._models = models

    def any_of(self, field: str, values: Values) -> Any:
        models = self._models
        match = models.MatchValue(value=values[0]) if len(values) == 1 else models.MatchAny(any=list(values))
        return models.Filter(must=[models.FieldCondition(key=field, match=match)])

    def before(self, field: str, instant_us: int) -> Any:
        models = self._models
        return models.Filter(must=[models.FieldCondition(key=field, range=models.Range(lt=float(instant_us)))])

    def not_id(self, point_id: str) -> Any:
        models = self._models
        return models.Filter(must_not=[models.HasIdCondition(has_id=[point_id])])

    def all_of(self, filters: Sequence[Any]) -> Any:
        return self._models.Filter(must=list(filters))


def _client(location: str, api_key: str | None) -> QdrantClient:
    try:
        from qdrant_client import QdrantClient
    except ImportError as error:
        raise ExtraMissing("qdrant-client is not installed: pip install 'millrace[server]'") from error
    try:
        if location == ":memory:":
            return QdrantClient(location)
        return QdrantClient(url=location, api_key=api_key, timeout=_TIMEOUT_SECONDS)
    except Exception as error:
        raise SearchIndexError(f"{location} is not the address of a search server: {error}") from error
