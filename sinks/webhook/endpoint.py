"""An endpoint: one address of a tenant that wants to hear of alerts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal, get_args

from sinks.webhook.signature import decode_secret

Shape = Literal["standard", "slack", "teams", "pagerduty"]
SHAPES: tuple[Shape, ...] = get_args(Shape)

# Two while one is being replaced by the next.
MOST_SECRETS = 2
_ROUTING_KEY = re.compile(r"[A-Za-z0-9]{32}")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where alerts of a tenant go. Raises ValueError when its settings cannot work.

    `kinds` empty means all. `secrets` are `whsec_` keys, newest first, needed by the `standard` shape; a `pagerduty`
    endpoint has exactly one, its 32-character routing key. The address and the secrets stay out of `repr`: the address
    of a chat channel is a secret too.
    """

    id: str
    tenant: str
    url: str = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    kinds: tuple[str, ...] = ()
    shape: Shape = "standard"
    enabled: bool = True

    def __post_init__(self) -> None:
        if not self.id or not self.tenant:
            raise ValueError("an endpoint needs an id and a tenant")
        if self.shape not in SHAPES:
            raise ValueError(f"endpoint {self.id}: no shape {self.shape!r}; take one of {', '.join(SHAPES)}")
        if self.shape == "pagerduty":
            if len(self.secrets) != 1 or not _ROUTING_KEY.fullmatch(self.secrets[0]):
                raise ValueError(f"endpoint {self.id}: pagerduty takes one secret, the routing key of 32 characters")
            return
        if self.shape == "standard" and not self.secrets:
            raise ValueError(f"endpoint {self.id}: a standard webhook is signed; give it a whsec_ secret")
        if len(self.secrets) > MOST_SECRETS:
            raise ValueError(f"endpoint {self.id}: {len(self.secrets)} secrets; at most {MOST_SECRETS} are active")
        for secret in self.secrets:
            try:
                decode_secret(secret)
            except ValueError as error:
                raise ValueError(f"endpoint {self.id}: {error}") from error

    @property
    def key(self) -> tuple[str, str]:
        """What names the endpoint in the log: tenant and id."""
        return (self.tenant, self.id)

    @property
    def signing_secrets(self) -> tuple[str, ...]:
        """The keys that sign; none where the secret is a routing key."""
        return () if self.shape == "pagerduty" else self.secrets

    def wants(self, kind: str) -> bool:
        """Whether the tenant's alerts of this kind are told here."""
        return self.enabled and (not self.kinds or kind in self.kinds)
