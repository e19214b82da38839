"""Which documents a request may see. The tenant condition of every request is written here, and only here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from sinks.qdrant.contract import FilterValue
from sinks.qdrant.document import (
    KINDS,
    LARGEST_INSTANT,
    OWN_FILTERS,
    PAYLOAD_FILTERS,
    DocumentRefused,
    Kind,
    require_integer,
    require_name,
    require_text,
)

Values = tuple[str, ...]
F = TypeVar("F")

_OWN_FIELDS = ("account", "subject", "language", "entity")


@dataclass(frozen=True, slots=True)
class Scope:
    """One tenant's documents, narrowed: every field has any of its values, before an instant, one point left out."""

    tenant: str
    any_of: tuple[tuple[str, Values], ...] = ()
    before_us: int | None = None
    without_id: str | None = None

    def __post_init__(self) -> None:
        # A list or a subclass of str would match more than one tenant in some stores.
        require_name("tenant", self.tenant)

    def corpus(self) -> Scope:
        """The documents whose words are counted for rarity: the tenant's, as of the same instant."""
        return Scope(self.tenant, before_us=self.before_us)


class Dialect(Protocol[F]):
    """How one client library spells filters (F), which nest."""

    def any_of(self, field: str, values: Values) -> F: ...
    def before(self, field: str, instant_us: int) -> F: ...
    def not_id(self, point_id: str) -> F: ...
    def all_of(self, filters: Sequence[F]) -> F: ...


def written(scope: Scope, dialect: Dialect[F]) -> F:
    """The scope as a client's filter: the tenant outermost, everything a user may choose nested inside it."""
    chosen = [dialect.any_of(field, values) for field, values in scope.any_of]
    if scope.before_us is not None:
        chosen.append(dialect.before("happened_at", scope.before_us))
    if scope.without_id is not None:
        chosen.append(dialect.not_id(scope.without_id))
    tenant = dialect.any_of("tenant", (scope.tenant,))
    return dialect.all_of([tenant, dialect.all_of(chosen)] if chosen else [tenant])


def scope_of(
    tenant: str,
    *,
    kinds: Sequence[Kind] = (),
    filters: Mapping[str, FilterValue] | None = None,
    before_us: int | None = None,
) -> Scope:
    """The scope a request asks for. Raises DocumentRefused for a field or value that cannot be asked."""
    if before_us is not None:
        require_integer("before_us", before_us, LARGEST_INSTANT)
    any_of: list[tuple[str, Values]] = []
    if isinstance(kinds, str) or any(kind not in KINDS for kind in kinds):
        raise DocumentRefused(f"kinds {kinds!r} must be a sequence out of {', '.join(KINDS)}")
    if kinds:
        any_of.append(("kind", tuple(kinds)))
    for name, value in (filters or {}).items():
        any_of.append((_field(name), _values(name, value)))
    return replace(Scope(tenant), any_of=tuple(any_of), before_us=before_us)


def _field(name: object) -> str:
    if name in OWN_FILTERS:
        return str(name)
    if name in PAYLOAD_FILTERS:
        return f"fields.{name}"
    known = ", ".join(OWN_FILTERS + PAYLOAD_FILTERS)
    raise DocumentRefused(f"{name!r} cannot be filtered by; what can: {known}")


def _values(name: str, value: object) -> Values:
    values = value if isinstance(value, tuple) else (value,)
    for each in values:
        require_text(f"filter {name}", each)
    return values
