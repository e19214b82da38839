"""Which model of sentences the settings name, for the search index and for the door."""

from __future__ import annotations

from infra.settings import Settings
from sinks.qdrant.dense import EmbeddingSettings, FastEmbedder
from streams.meanings import Meanings


def embedding_of(settings: Settings) -> EmbeddingSettings | None:
    """The model, if the settings name one."""
    said = settings.embedding
    return EmbeddingSettings(said.model, said.folder or None) if said.model else None


def meanings_of(settings: Settings) -> Meanings | None:
    """What tells the door what texts mean, if the settings name a model."""
    embedding = embedding_of(settings)
    return None if embedding is None else Meanings(lambda: FastEmbedder(embedding))
