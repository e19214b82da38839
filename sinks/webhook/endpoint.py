"""An endpoint: one address of a tenant that wants to hear of alerts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from sinks.webhook.shapes import SHAPES, Shape
from sinks.webhook.signature import require_secret

# Two while one is being replaced by the next.
MOST_SECRETS = 2
MOST_GROUP_SECONDS = 3_600
MOST_COOL_DOWN_SECONDS = 7 * 86_400
_ROUTING_KEY = re.compile(r"[A-Za-z0-9]{32}")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where alerts of a tenant go. Raises ValueError when its settings cannot work.

    `kinds` empty means all. `secrets` are `whsec_` or `whsk_` keys, newest first, needed by the `standard` shape; a
    `pagerduty` endpoint has exactly one, its 32-character routing key. The address and the secrets stay out of `repr`:
    the address of a chat channel is a secret too.

    Alerts of one account wait `group_seconds` for each other and are told in one message. The same kind about the same
    subject is told once in `cool_down_seconds`. With `office_hours_only`, alerts wait until the account's calendar
    opens, save for the kinds `at_any_hour`.
    """

    id: str
    tenant: str
    url: str = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    kinds: tuple[str, ...] = ()
    shape: Shape = "standard"
    enabled: bool = True
    group_seconds: int = 0
    cool_down_seconds: int = 0
    office_hours_only: bool = False
    at_any_hour: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.id or not self.tenant:
            raise ValueError("an endpoint needs an id and a tenant")
        if self.shape not in SHAPES:
            raise ValueError(f"endpoint {self.id}: no shape {self.shape!r}; take one of {', '.join(SHAPES)}")
        for name, most in (("group_seconds", MOST_GROUP_SECONDS), ("cool_down_seconds", MOST_COOL_DOWN_SECONDS)):
            if not 0 <= getattr(self, name) <= most:
                raise ValueError(f"endpoint {self.id}: {name} is {getattr(self, name)}; take 0 to {most}")
        self._require_secrets()

    def _require_secrets(self) -> None:
        if self.shape == "pagerduty":
            if self.group_seconds:
                raise ValueError(f"endpoint {self.id}: a pager takes one alert at a time; group_seconds must be 0")
            if len(self.secrets) != 1 or not _ROUTING_KEY.fullmatch(self.secrets[0]):
                raise ValueError(f"endpoint {self.id}: pagerduty takes one secret, the routing key of 32 characters")
            return
        if self.shape == "standard" and not self.secrets:
            raise ValueError(f"endpoint {self.id}: a standard webhook is signed; give it a whsec_ secret")
        if len(self.secrets) > MOST_SECRETS:
            raise ValueError(f"endpoint {self.id}: {len(self.secrets)} secrets; at most {MOST_SECRETS} are active")
        for secret in self.secrets:
            try:
                require_secret(secret)
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

    def waits_for_office_hours(self, kind: str) -> bool:
        """Whether alerts of this kind wait until somebody is there for the account."""
        return self.office_hours_only and kind not in self.at_any_hour
