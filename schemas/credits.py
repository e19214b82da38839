"""What broken promises cost: what an account is owed for a month, and the ledger that it follows from."""

from __future__ import annotations

from typing import ClassVar

from schemas.explanation import Explanation, Term
from schemas.fact import Fact


class CreditOwed(Fact, frozen=True, kw_only=True):
    """What an account is owed for the promises broken in a month (UTC), in minor units.

    Terms are breaches and sum to it; `broken_at` is the last of them.
    """

    kind: ClassVar[str] = "credit.owed"
    identity: ClassVar[tuple[str, ...]] = ("account", "month")

    account: str
    month: str
    currency: str
    owed_minor: int
    breaches: int
    cap_minor: int | None = None
    minimum_minor: int = 0
    broken_at: int
    terms: tuple[Term, ...] = ()

    def explain(self, position: int) -> Explanation:
        """Which breach is worth what, by which rule."""
        basis = f"{self.breaches} breaches in {self.month}, credits in force when it began"
        kind = f"credits {self.month}"
        unit = f"{self.currency} minor"
        return Explanation(self.account, kind, position, float(self.owed_minor), unit, basis, self.terms)


class CreditEntry(Fact, frozen=True, kw_only=True):
    """One line of the ledger of credits, in minor units; what was booked is never changed, only reversed.

    The lines of one `number` sum to zero: what is `granted` is `owed`. `reverses` is the number that this one undoes.
    """

    kind: ClassVar[str] = "credit.entry"
    identity: ClassVar[tuple[str, ...]] = ("account", "month", "number", "ledger")
    history: ClassVar[bool] = True
    order_bound: ClassVar[bool] = True

    account: str
    month: str
    number: int
    ledger: str
    amount_minor: int
    currency: str
    ticket: str
    clock: str
    cycle: int
    rule: str
    reverses: int | None = None
    booked_at: int
