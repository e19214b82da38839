"""Which of a ticket's promises stand broken, and by which event?"""

from __future__ import annotations

from schemas.emitted import SlaBreachHappened
from schemas.event import Event


def note_breach(breaches: dict[str, str], breach: SlaBreachHappened, event: Event, most: int) -> None:
    """Keeps a broken promise with the event that stands for it, up to `most`; lets go of one that was taken back."""
    promise = f"{breach.clock} {breach.cycle + 1}"
    if breach.retracted:
        breaches.pop(promise, None)
    elif len(breaches) < most:
        breaches.setdefault(promise, breach.event_id or event.id)
