"""Why: one schema for every explanation, whatever it explains."""

from __future__ import annotations

import msgspec


class Term(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One reason: what it is, how much it adds (signed, in the explained value's unit), and the events behind it."""

    label: str
    amount: float
    event_ids: tuple[str, ...] = ()


class Explanation(msgspec.Struct, frozen=True):
    """Why something is as it is: the terms' amounts sum to `total`. `basis` names the rule or model and its version."""

    subject: str
    kind: str
    position: int
    total: float
    unit: str
    basis: str
    terms: tuple[Term, ...]
