"""What webhooks told without saying which: a rule that tells of a reply, and not of which one."""

from __future__ import annotations

from schemas.instant import MINUTE
from streams.connectors.pulling import Voice

# A webhook comes so much later than what it tells of, at most, or so much earlier by clocks that differ.
HEARD_WITHIN = 15 * MINUTE
_EARLIER_BY = 2 * MINUTE


class Heard:
    """Instants by voice. Each is given once: two replies that were told of are two of those that are pulled."""

    def __init__(self) -> None:
        self._at: dict[tuple[str, str, bool], list[int]] = {}

    @property
    def anything(self) -> bool:
        """Whether webhooks tell of what is written here at all."""
        return bool(self._at)

    def note(self, voice: Voice | None, at: int) -> None:
        """Remembers an event of the journal, unless it says itself what it tells of."""
        if voice is not None and not voice.named:
            self._at.setdefault(voice[:3], []).append(at)

    def takes(self, voice: Voice, written_at: int) -> bool:
        """Whether a webhook told of what was written then; that one tells of nothing else from now on."""
        instants = self._at.get(voice[:3], [])
        fitting = [at for at in instants if -_EARLIER_BY <= at - written_at <= HEARD_WITHIN]
        if not fitting:
            return False
        instants.remove(min(fitting))
        return True
