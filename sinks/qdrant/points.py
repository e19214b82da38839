"""What the contract needs of a store of points: the little that differs between the embedded shard and a server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from qdrant_edge import SparseVector

from sinks.qdrant.document import OWN_FILTERS, PAYLOAD_FILTERS
from sinks.qdrant.scope import Scope

WORDS: Final = "words"  # names the BM25 vector
MEANING: Final = "meaning"  # names the dense vector
# RRF's k: 60 is the constant of Cormack, Clarke and Büttcher (SIGIR 2009).
FUSION_K: Final = 60
CANDIDATES: Final = 4  # each of two rankings brings this many times the limit into the fusion

KEYWORD_FIELDS: Final = ("kind", *OWN_FILTERS, *(f"fields.{name}" for name in PAYLOAD_FILTERS))


@dataclass(frozen=True, slots=True)
class Vectors:
    """A text's words and meaning, each None where there is none."""

    words: SparseVector | None
    meaning: list[float] | None


@dataclass(frozen=True, slots=True)
class NewPoint:
    """A point to be written."""

    point_id: str
    vectors: Vectors
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FoundPoint:
    """A point that was found, with its score."""

    point_id: str
    score: float
    payload: Mapping[str, Any]


class Points(Protocol):
    """A store of points, by id and by scope. It checks nothing: `TenantIndex` has done so."""

    @property
    def identity(self) -> str: ...
    def write(self, points: Sequence[NewPoint]) -> None: ...
    def read(self, point_ids: Sequence[str], fields: Sequence[str] | None) -> dict[str, Mapping[str, Any]]: ...
    def remove(self, point_ids: Sequence[str]) -> None: ...

    def purge(self, scope: Scope) -> None:
        """Removes a scope's points, durably; a store on our own disk rewrites its files without them."""
        ...

    def query(self, scope: Scope, words: SparseVector, meaning: list[float] | None, limit: int) -> list[FoundPoint]: ...
    def count(self, scope: Scope | None) -> int: ...
    def flush(self) -> None: ...
    def close(self) -> None: ...
