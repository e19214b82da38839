"""What a connector is given: the request as it came, and what the operator said of the connection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from schemas.values import Status


@dataclass(frozen=True, slots=True)
class Setup:
    """What is known of one connection beside its secrets.

    `label` names the connection in events and ids; it is unique in its tenant. `account_field` is the property in which
    the tool keeps our account id. `accounts` turns the tool's own ids into ours, `statuses` its words for a status into
    ours, over what the tables say. `vendor_account` is the tool's id of the only account that may speak here, where the
    tool tells it. `person_key` keys the ids of people of whom only an address is known.
    """

    label: str
    account_field: str = "account_id"
    accounts: Mapping[str, str] = field(default_factory=dict)
    statuses: Mapping[str, Status] = field(default_factory=dict)
    vendor_account: str = ""
    person_key: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Request:
    """One request. Header names are in lower case; `url` is the address as the tool called it, `received_at` the
    instant at which these very bytes first came; `first_only` says that no more than the first element is signed.
    """

    body: bytes
    headers: Mapping[str, str]
    setup: Setup
    received_at: int
    method: str = "POST"
    url: str = ""
    first_only: bool = False

    def header(self, name: str) -> str:
        """The header's value, empty where there is none."""
        return self.headers.get(name, "")
