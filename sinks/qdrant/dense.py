"""What a text means, as a dense vector: optional, beside its words. The one file that knows fastembed."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol

import msgspec

from sinks.qdrant.contract import ExtraMissing, SearchIndexError
from sinks.qdrant.document import DocumentRefused

_AT_ONCE: Final = 16  # texts: of short ones twice as many a second as with the library's 256
_KEPT: Final = 2_048  # some 12 KB each


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
        self._kept: OrderedDict[str, list[float]] = OrderedDict()
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
        """One vector per text. The latest are kept: a document comes again whenever its ticket moves on."""
        # Texts of a batch are filled up to its longest, so those of one length belong together.
        new = sorted({text for text in texts if text not in self._kept}, key=lambda text: (len(text), text))
        for text, vector in zip(new, self._model.passage_embed(new, batch_size=_AT_ONCE), strict=True):
            self._kept[text] = [float(value) for value in vector]
        vectors = [self._kept[text] for text in texts]
        for text in texts:
            self._kept.move_to_end(text)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return vectors

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
