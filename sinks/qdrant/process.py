"""The embedded index in a process of its own, because its writes and flushes would stop this one's interpreter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, Final, TypeVar, cast

import msgspec

from sinks.child import Child, ChildEnded, child_of
from sinks.qdrant.contract import (
    ExtraMissing,
    FilterValue,
    IndexBroken,
    IndexClosed,
    IndexLocked,
    IndexMismatch,
    SearchIndexError,
)
from sinks.qdrant.dense import EmbeddingSettings
from sinks.qdrant.document import Document, DocumentRefused, Hit, Key, Kind, require_name, require_text
from sinks.qdrant.scope import scope_of
from sinks.qdrant.wire import (
    Close,
    Count,
    Delete,
    DeleteSubject,
    Flush,
    Open,
    Reply,
    Request,
    Revisions,
    Search,
    Similar,
    Upsert,
    encoded,
)

T = TypeVar("T")

_ERRORS: Final[dict[str, type[Exception]]] = {
    **{
        error.__name__: error
        for error in (DocumentRefused, ExtraMissing, IndexBroken, IndexClosed, IndexLocked, IndexMismatch)
    },
    "ValidationError": DocumentRefused,  # a request of the wrong types, met when it is decoded
}
_DOCUMENTS_AT_ONCE: Final = 256  # a search waits behind one such request at most
_LOCK_WAIT_SECONDS: Final = 10.0  # a process whose holder was killed needs a moment to flush and let go


class EdgeProcess:
    """A `SearchIndex` whose shard lives in a child process. Raises what `EdgeIndex` raises when it cannot open.

    The child ends with this process, whatever ends it. Should the child end first, the request under way raises
    IndexClosed, what was not flushed may be lost, and the next request starts another child.
    """

    def __init__(self, path: Path, embedding: EmbeddingSettings | None = None) -> None:
        self._open = Open(str(path.absolute()), embedding, _LOCK_WAIT_SECONDS)
        self._asking = Lock()
        self._closed = False
        self._identity: str | None = None
        self._child = self._started()

    @property
    def identity(self) -> str:
        """See `SearchIndex`."""
        return self._identity or ""

    @property
    def process_id(self) -> int:
        """The child's."""
        return self._child.process_id

    def upsert(self, documents: Sequence[Document]) -> None:
        """See `SearchIndex`."""
        for start in range(0, len(documents), _DOCUMENTS_AT_ONCE):
            self._ask(Upsert(list(documents[start : start + _DOCUMENTS_AT_ONCE])), None)

    def delete(self, tenant: str, keys: Sequence[Key]) -> None:
        """See `SearchIndex`."""
        self._ask(Delete(tenant, list(keys)), None)

    def delete_subject(self, tenant: str, subject: str) -> int:
        """See `SearchIndex`."""
        require_name("tenant", tenant)
        require_name("subject", subject)
        return self._ask(DeleteSubject(tenant, subject), int)

    def revisions(self, tenant: str, keys: Sequence[Key]) -> dict[Key, int]:
        """See `SearchIndex`."""
        found = self._ask(Revisions(tenant, list(keys)), list[int | None])
        return {key: revision for key, revision in zip(keys, found, strict=True) if revision is not None}

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
        scope_of(tenant, kinds=kinds, filters=filters, before_us=before_us)  # refused here, before it is sent
        chosen = {name: value if isinstance(value, tuple) else (value,) for name, value in (filters or {}).items()}
        return self._ask(Search(tenant, text, tuple(kinds), chosen, limit, before_us), list[Hit])

    def similar(
        self, tenant: str, key: Key, *, only_solved: bool = True, limit: int = 5, before_us: int | None = None
    ) -> list[Hit]:
        """See `SearchIndex`."""
        return self._ask(Similar(tenant, key, only_solved, limit, before_us), list[Hit])

    def count(self, tenant: str | None = None) -> int:
        """See `SearchIndex`."""
        return self._ask(Count(tenant), int)

    def flush(self) -> None:
        """See `SearchIndex`."""
        self._ask(Flush(), None)

    def close(self) -> None:
        """See `SearchIndex`; returns when the child has ended."""
        if self._closed:
            return
        try:
            if not self._child.has_ended:
                self._ask(Close(), None)
        finally:
            self._closed = True
            self._child.end()

    def _ask(self, request: Request, kind: type[T] | None) -> T:
        try:
            message = encoded(request)
        except (UnicodeEncodeError, OverflowError, TypeError) as error:
            raise DocumentRefused(f"the request cannot be sent: {error}") from error
        with self._asking:
            if self._closed:
                raise IndexClosed(f"the search index {self._open.path} was closed")
            if self._child.has_ended:
                self._child.end()
                self._child = self._started()
            try:
                answer = self._child.ask(message)
            except ChildEnded as error:
                self._child.end()
                raise IndexClosed(f"the process that held {self._open.path} ended: ask again") from error
        return cast("T", _result(answer, kind))

    def _started(self) -> Child:
        child = child_of("sinks.qdrant.holder")
        try:
            identity = _result(child.ask(encoded(self._open)), str)
            if self._identity not in {None, identity}:
                raise IndexBroken(f"the search index {self._open.path} was replaced by another one: start again")
        except ChildEnded as error:
            child.end()
            message = f"the process for the search index {self._open.path} ended at once"
            raise SearchIndexError(f"{message} (exit code {child.exit_code}): see its error output") from error
        except Exception:
            child.end()
            raise
        self._identity = identity
        return child


def _result(answer: bytes, kind: Any) -> Any:
    reply = msgspec.msgpack.decode(answer, type=Reply)
    if reply.error is not None:
        raise _ERRORS.get(reply.error, SearchIndexError)(reply.message)
    return msgspec.msgpack.decode(reply.result, type=kind)
