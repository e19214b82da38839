"""Input that could not be taken, made into a dead letter: named by what it is, and sealed."""

from __future__ import annotations

from hashlib import blake2b

from schemas.reasons import Refusal
from streams.log import Letter
from streams.privacy import Privacy

LARGEST_KEPT_BYTES = 1_048_576


def letter_id(tenant: str, origin: str, raw: bytes) -> str:
    """The same for the same bytes from the same place, however often they come."""
    return blake2b(b"\0".join((tenant.encode(), origin.encode(), raw)), digest_size=12).hexdigest()


def dead_letter(
    privacy: Privacy, tenant: str, raw: bytes, refusal: Refusal, event_id: str | None, origin: str, now: int
) -> Letter:
    """A dead letter, sealed under the tenant's key for them; of long input its first MiB is kept."""
    letter = letter_id(tenant, origin, raw)
    kept = raw if refusal.reason == "step_failed" else raw[:LARGEST_KEPT_BYTES]
    sealed = privacy.seal_letter(tenant, letter, kept)
    return Letter(letter, tenant, refusal.reason, refusal.detail, refusal.where, origin, event_id, now, sealed)
