"""What a text means, as a dense vector: optional, beside its words. The one file that knows fastembed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from sinks.qdrant.contract import ExtraMissing, SearchIndexError
from sinks.qdrant.document import DocumentRefused


class Embedder(Protocol):
    """Turns texts into vectors of one length. `name` tells two models apart: their vectors do not mix."""

    @property
    def name(self) -> str: ...
    @property
    def dimension(self) -> int: ...
    def embed_documents(self, texts: Sequence[str]) -> list[list[float]]: ...
    def embed_query(self, text: str) -> list[float]: ...


class EmbeddingSettings(msgspec.Struct, frozen=True):
    """Which model: a name fastembed knows, and the folder it lies in when it must not be downloaded."""

    model: str
    path: str | None = None


class FastEmbedder:
    """fastembed's text model, on the CPU. Raises ExtraMissing without the library, SearchIndexError without a model."""

    def __init__(self, settings: EmbeddingSettings) -> None:
        try:
            from fastembed import TextEmbedding
        except ImportError as error:
            raise ExtraMissing("fastembed is not installed: pip install 'millrace[embeddings]'") from error
        if settings.path is not None and not Path(settings.path).is_dir():
            raise SearchIndexError(f"embedding model folder {settings.path} does not exist: correct the setting")
        try:
            self._model = TextEmbedding(
                settings.model, specific_model_path=settings.path, local_files_only=settings.path is not None
            )
            self._dimension = len(self.embed_documents(["length"])[0])
        except Exception as error:
            message = f"embedding model {settings.model} cannot be loaded ({type(error).__name__}: {error})"
            raise SearchIndexError(
                f"{message}: name one that fastembed lists, and the folder of its files if it cannot be downloaded"
            ) from error
        self._name = settings.model

    @property
    def name(self) -> str:
        """The model's name."""
        return self._name

    @property
    def dimension(self) -> int:
        """The length of its vectors."""
        return self._dimension

    def embed_documents(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector per text."""
        return [[float(value) for value in vector] for vector in self._model.passage_embed(list(texts))]

    def embed_query(self, text: str) -> list[float]:
        """The vector of a question, which some models embed differently."""
        return [float(value) for value in next(iter(self._model.query_embed([text])))]


def require_vector(vector: Sequence[float], dimension: int) -> None:
    """Refuses a dense vector of another length, with a value that is not finite, or of length zero."""
    if len(vector) != dimension:
        raise DocumentRefused(f"the vector has {len(vector)} values, the index holds {dimension}")
    length = math.fsum(value * value for value in vector)
    if not math.isfinite(length) or length == 0.0:
        raise DocumentRefused("the vector holds NaN or infinity, or is all zeros")
