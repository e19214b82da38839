"""What the delivery log tells of one delivery: to a reader, to the worker, and back from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from sinks.webhook.shapes import Shape

# A pending delivery with attempts behind it is being retried. `grouped` is told by the message of a group,
# `cooled_down` said too little that is new, `not_sent_old` was too old when it arrived.
State = Literal["pending", "grouped", "delivered", "abandoned", "cooled_down", "not_sent_old", "withdrawn"]


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One alert owed to one endpoint, and what became of it. Instants in microseconds UTC.

    `reason` says why it is not delivered, as a word with a detail; `due_at` is the next attempt of a pending one;
    `number` counts what the endpoint is told of an account, or of a subject without one; None where nothing was tried.
    """

    tenant: str
    endpoint_id: str
    webhook_id: str
    kind: str
    account: str | None
    subject: str
    happened_at: int
    state: State
    reason: str | None
    attempts: int
    enqueued_at: int
    due_at: int
    last_attempt_at: int | None
    last_status: int | None
    ended_at: int | None
    number: int | None


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery to attempt now: what to send, and how many attempts were made before."""

    webhook_id: str
    tenant: str
    endpoint_id: str
    shape: Shape
    body: bytes = field(repr=False)
    traceparent: str | None
    attempts: int

    @property
    def key(self) -> tuple[str, str]:
        """The endpoint's key: tenant and id."""
        return (self.tenant, self.endpoint_id)

    @property
    def identity(self) -> tuple[str, str, str]:
        """The delivery's key in the log."""
        return (self.webhook_id, self.tenant, self.endpoint_id)


@dataclass(frozen=True, slots=True)
class Finished:
    """What one attempt came to.

    `unsure`: it failed, and may have arrived all the same. `next_due_at` None: there will be no other attempt.
    """

    due: Due
    delivered: bool
    attempted_at: int
    status: int | None
    reason: str | None
    unsure: bool
    next_due_at: int | None
