"""Account events: who the customers are, what they pay, and how it goes on. The account's id is the envelope's."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from schemas.event import Data
from schemas.instant import Instant
from schemas.personal import Personal
from schemas.values import Attributes, Count, Currency, Id, MinorUnits, Name

Tier = Literal["free", "standard", "premium", "enterprise"]


class _AccountFields(Data):
    """What can be known of an account; a field left out is not known, or has not changed."""

    name: Annotated[Name | None, Personal("contact", prose=False)] = None
    plan: Name | None = None
    tier: Tier | None = None
    contract: Name | None = None
    recurring_minor: MinorUnits | None = None
    currency: Currency | None = None
    renewal_at: Instant | None = None
    seats: Count | None = None
    owner: Id | None = None
    parent: Id | None = None
    region: Name | None = None
    contact: Id | None = None
    contact_email: Annotated[str | None, Field(max_length=320), Personal("contact", whole=True, prose=False)] = None
    attributes: Annotated[Attributes, Personal("contact", prose=False)] = Field(default_factory=dict)


class AccountCreated(_AccountFields):
    """A company became a customer. `recurring_minor` is its yearly recurring revenue in minor units."""

    type: ClassVar[str] = "account.created"
    example: ClassVar[dict[str, Any]] = {
        "name": "Hartwell Mills",
        "plan": "team",
        "tier": "premium",
        "recurring_minor": 1_250_000,
        "currency": "EUR",
        "renewal_at": "2027-03-01T00:00:00Z",
        "seats": 32,
    }


class AccountUpdated(_AccountFields):
    """Some of what is known of an account changed; attributes are merged by name."""

    type: ClassVar[str] = "account.updated"
    example: ClassVar[dict[str, Any]] = {"plan": "business", "attributes": {"industry": "textiles", "employees": 240}}


class AccountRenewed(Data):
    """The customer stays until the next renewal."""

    type: ClassVar[str] = "account.renewed"
    example: ClassVar[dict[str, Any]] = {"renewal_at": "2028-03-01T00:00:00Z", "recurring_minor": 1_400_000}

    renewal_at: Instant | None = None
    recurring_minor: MinorUnits | None = None


class AccountExpanded(Data):
    """The customer pays more from now on."""

    type: ClassVar[str] = "account.expanded"
    example: ClassVar[dict[str, Any]] = {"recurring_minor": 1_600_000, "seats": 40}

    recurring_minor: MinorUnits
    seats: Count | None = None


class AccountContracted(Data):
    """The customer pays less from now on."""

    type: ClassVar[str] = "account.contracted"
    example: ClassVar[dict[str, Any]] = {"recurring_minor": 900_000, "seats": 20}

    recurring_minor: MinorUnits
    seats: Count | None = None


class AccountChurned(Data):
    """The customer left."""

    type: ClassVar[str] = "account.churned"
    example: ClassVar[dict[str, Any]] = {"reason": "moved to another product"}

    reason: Annotated[Name | None, Personal(prose=False)] = None


class AccountCreditClaimed(Data):
    """The customer asks for the credits of a ticket's broken promises; of all its tickets where none is named."""

    type: ClassVar[str] = "account.credit_claimed"
    example: ClassVar[dict[str, Any]] = {"ticket": "T-1001"}

    ticket: Id | None = None
