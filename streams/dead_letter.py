"""Input that could not be taken, made into a dead letter: named by what it is, and sealed."""

from __future__ import annotations

from hashlib import blake2b

from schemas.fact import fact_id
from schemas.facts import DeadLetter
from schemas.reasons import Refusal
from streams.batch import Said
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


def letter_said(letter: Letter) -> Said:
    """The fact that tells of a dead letter: said by whoever keeps it, and by no fold."""
    fact = DeadLetter(
        letter=letter.letter,
        reason=letter.reason,
        detail=letter.detail,
        where=letter.where,
        origin=letter.origin,
        event_id=letter.event_id,
        kept_at=letter.kept_at,
        redriven_at=letter.redriven_at,
    )
    id_ = fact_id(letter.tenant, fact.kind, (letter.letter,))
    revision = max(letter.kept_at, letter.redriven_at or 0)
    return Said(id_, fact.kind, revision, letter.kept_at, fact)
