"""What tells two contents under one id apart."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b

DIGEST_BYTES = 8
_PERSON = b"millrace-content"  # BLAKE2b takes at most 16 bytes here


def content_digest(secret: bytes, canonical: bytes) -> bytes:
    """Return the 8-byte keyed BLAKE2b digest of validated data in canonical form.

    `secret` is the tenant's (1 to 64 bytes), so a digest kept after an erasure cannot be tested against guessed
    contents by anyone who lacks it. Equal bytes give equal digests, for ever; two differing contents agree by
    chance once in 2**64. Raises ValueError for an empty or overlong secret.
    """
    if not secret:
        raise ValueError("content_digest needs the tenant's secret, got an empty one; take SubjectKeys.tenant_secret")
    digest = _keyed(secret).copy()
    digest.update(canonical)
    return digest.digest()


@lru_cache(maxsize=4_096)
def _keyed(secret: bytes) -> blake2b:
    return blake2b(digest_size=DIGEST_BYTES, key=secret, person=_PERSON)
