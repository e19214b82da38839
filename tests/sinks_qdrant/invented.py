"""Documents to index, and what runs an index in a process that can be killed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path

from sinks.qdrant.document import Document, Key, Kind, Scalar

ROOT = Path(__file__).resolve().parents[2]


def ticket(
    entity: str,
    text: str,
    *,
    tenant: str = "acme",
    kind: Kind = "ticket",
    revision: int = 1,
    happened_at: int = 1_750_000_000_000_000,
    account: str | None = None,
    subject: str | None = None,
    language: str | None = "en",
    **payload: Scalar,
) -> Document:
    """A document that says only what the test is about."""
    key = Key(tenant, kind, entity)
    return Document(key, text, happened_at, revision, account, subject, language, payload)


class HashedLetters:
    """An embedder of the tests' own: counts hashed letter triples, so that nearby spellings lie near."""

    name = "hashed-letters"
    dimension = 64

    def embed_documents(self, texts: Sequence[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        vector = [0.0] * self.dimension
        padded = f" {text.lower()} "
        for start in range(len(padded) - 2):
            digest = blake2b(padded[start : start + 3].encode(), digest_size=2).digest()
            vector[int.from_bytes(digest) % self.dimension] += 1.0
        return vector


def python(code: str, *arguments: str) -> subprocess.Popen[str]:
    """A Python process that can import the project."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
