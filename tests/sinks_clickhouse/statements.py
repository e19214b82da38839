"""Statements to write: of one fact, of its retraction, and one example of each kind."""

from __future__ import annotations

import types
import typing
from dataclasses import dataclass, field

import msgspec

from schemas.explanation import Term
from schemas.fact import Fact, fact_id, identity_of
from schemas.facts import UsageDay
from sinks.contract import Statement

NOON = 1_767_268_800_000_000
"""2026-01-01T12:00:00Z."""


@dataclass
class Outbox:
    """Says facts of one tenant, with tokens and revisions that rise."""

    tenant: str = "acme"
    generation: int = 0
    said: list[Statement] = field(default_factory=list)

    def say(self, fact: Fact) -> Statement:
        return self._append(fact, fact)

    def retract(self, fact: Fact) -> Statement:
        return self._append(fact, None)

    def _append(self, fact: Fact, stated: Fact | None) -> Statement:
        token = len(self.said)
        statement = Statement(
            token=token,
            tenant=self.tenant,
            generation=self.generation,
            fact_id=fact_id(self.tenant, fact.kind, identity_of(fact)),
            kind=fact.kind,
            revision=(token + 1) << 20,
            said_at=NOON + token,
            fact=stated,
        )
        self.said.append(statement)
        return statement


def usage(account: str, quantity: int, day: int = 20_454) -> UsageDay:
    return UsageDay(account=account, name="api.calls", day=day, quantity=quantity, events=1)


def example(kind: type[Fact], **given: object) -> Fact:
    """A fact of the kind with something in every field."""
    hints = typing.get_type_hints(kind)
    values = {
        item.name: given.get(item.name, _value(item.name, hints[item.name])) for item in msgspec.structs.fields(kind)
    }
    return kind(**values)


def _value(name: str, hint: object) -> object:
    if isinstance(hint, types.UnionType):
        hint = typing.get_args(hint)[0]
    if hint is str:
        return f"{name} 1"
    if hint is int:
        return NOON if name.endswith("_at") else 7
    if hint is float:
        return 0.1
    if hint is bool:
        return True
    held = typing.get_args(hint)[0]
    if held is str:
        return ("one", "zwei")
    if held is int:
        return (7, 8)
    return (Term("late reply", -0.25, ("e-1",)),) if held is Term else (("billing", 0.75), ("login", 0.25))
