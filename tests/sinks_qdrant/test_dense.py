"""What a dense vector adds: nearness without common words, fused with the words; and what a bad one must not do."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Sequence
from pathlib import Path

import pytest

from sinks.qdrant.contract import ExtraMissing, SearchIndex, SearchIndexError
from sinks.qdrant.dense import EmbeddingSettings, FastEmbedder, require_vector
from sinks.qdrant.document import DocumentRefused
from sinks.qdrant.edge import EdgeIndex
from sinks.qdrant.process import EdgeProcess
from tests.sinks_qdrant.invented import HashedLetters, ticket
from tests.sinks_qdrant.tiny_model import NAME, write_tiny_model

FASTEMBED = importlib.util.find_spec("fastembed") is not None


@pytest.fixture
def model(tmp_path: Path) -> EmbeddingSettings:
    if not FASTEMBED:
        pytest.skip("NOT TESTED HERE: dense vectors of a real model, because fastembed is not installed ([embeddings])")
    vectors = {
        "printer": [1.0, 0.0, 0.0, 0.1],
        "drucker": [1.0, 0.0, 0.0, 0.1],
        "invoice": [0.0, 1.0, 0.0, 0.1],
        "rechnung": [0.0, 1.0, 0.0, 0.1],
        "password": [0.0, 0.0, 1.0, 0.1],
    }
    write_tiny_model(tmp_path / "model", vectors)
    return EmbeddingSettings(NAME, str(tmp_path / "model"))


def test_a_model_from_a_folder_embeds(model: EmbeddingSettings) -> None:
    embedder = FastEmbedder(model)
    assert (embedder.name, embedder.dimension) == (NAME, 4)
    printer, invoice, mixed = embedder.embed_documents(["printer", "invoice", "printer invoice"])
    assert printer == pytest.approx(embedder.embed_query("Drucker"), abs=1e-6)
    assert math.dist(printer, invoice) > 1.2
    assert math.dist(printer, mixed) == pytest.approx(math.dist(invoice, mixed), abs=1e-6)


def test_vectors_come_in_the_order_of_their_texts(model: EmbeddingSettings) -> None:
    embedder = FastEmbedder(model)
    texts = ["invoice printer password", "password", "printer", "invoice " * 40, "printer"]
    for _ in range(2):  # the second time they are known
        found = embedder.embed_documents(texts)
        assert found == [embedder.embed_documents([text])[0] for text in texts]
        assert [embedder.embed_query(text) for text in texts] == [pytest.approx(vector, abs=1e-6) for vector in found]
    assert embedder.embed_documents([]) == []


@pytest.mark.parametrize("kind", ["edge", "process"])
def test_meaning_finds_what_words_do_not(model: EmbeddingSettings, tmp_path: Path, kind: str) -> None:
    index: SearchIndex
    if kind == "edge":
        index = EdgeIndex(tmp_path / "index", FastEmbedder(model))
    else:
        index = EdgeProcess(tmp_path / "index", model)
    index.upsert(
        [
            ticket("T-1", "drucker", language="de"),
            ticket("T-2", "invoice"),
            ticket("T-3", "password"),
            ticket("T-4", "drucker", tenant="bolt"),
        ]
    )
    best = index.search("acme", "printer", limit=1)
    assert [hit.document.key.entity for hit in best] == ["T-1"]
    index.close()


@pytest.mark.skipif(FASTEMBED, reason="fastembed is installed here")
def test_without_fastembed_the_error_names_the_extra() -> None:
    with pytest.raises(ExtraMissing, match=r"millrace\[embeddings\]"):
        FastEmbedder(EmbeddingSettings("any"))


def test_a_model_that_is_not_there_is_named(model: EmbeddingSettings, tmp_path: Path) -> None:
    with pytest.raises(SearchIndexError, match="nowhere does not exist"):
        FastEmbedder(EmbeddingSettings(NAME, str(tmp_path / "nowhere")))
    with pytest.raises(SearchIndexError, match="no-such/model cannot be loaded"):
        FastEmbedder(EmbeddingSettings("no-such/model", model.path))


def test_both_rankings_count(tmp_path: Path) -> None:
    """The letters are nearest to T-2 and T-3, the words to T-1 and T-3: what both bring comes first."""
    index = EdgeIndex(tmp_path, HashedLetters())
    index.upsert(
        [
            # Of an unknown language: no stems, so that only the letters of T-2 are near.
            ticket("T-1", "refund and a very long story about something else entirely", language=None),
            ticket("T-2", "refunded? prefunding the refunder", language=None),
            ticket("T-3", "refund", language=None),
            ticket("T-4", "unrelated words", language=None),
        ]
    )
    found = [hit.document.key.entity for hit in index.search("acme", "refund", limit=4)]
    assert found[0] == "T-3"
    assert set(found) == {"T-1", "T-2", "T-3", "T-4"}
    index.close()


class Broken(HashedLetters):
    """A model that answers one word with what no index should keep."""

    def __init__(self, answer: Sequence[float]) -> None:
        self._answer = list(answer)

    def embed_query(self, text: str) -> list[float]:
        return self._answer if "broken" in text else super().embed_query(text)


@pytest.mark.parametrize(
    "answer",
    [
        [math.nan] + [1.0] * 63,
        [math.inf] + [1.0] * 63,
        [-math.inf] + [1.0] * 63,
        [1e308] * 64,
        [0.0] * 64,
        [1.0] * 63,
        [1.0] * 65,
        [],
    ],
)
def test_a_vector_that_would_rank_wrongly_is_refused_before_it_is_kept(tmp_path: Path, answer: list[float]) -> None:
    with pytest.raises(DocumentRefused, match="vector"):
        require_vector(answer, 64)
    index = EdgeIndex(tmp_path, Broken(answer))
    index.upsert([ticket("T-1", "whole")])
    with pytest.raises(DocumentRefused, match="vector"):
        index.upsert([ticket("T-2", "broken")])
    with pytest.raises(DocumentRefused, match="vector"):
        index.search("acme", "broken")
    assert index.count() == 1
    index.close()
