"""What the steps of a batch have said so far: facts, retractions and alerts, with the ids and revisions they get."""

from __future__ import annotations

from typing import NamedTuple

import orjson
from msgspec import to_builtins

from processors.contract import Alert, Context
from processors.office_hours import opens_at
from schemas.alerts import ALERT_KINDS, AlertRaised
from schemas.fact import Fact, fact_id, identity_of
from schemas.instant import format_if_known, format_instant
from streams.alert_book import ALERT_BOOK, AlertedFact, Standing, book_cell
from streams.batch import RaisedAlert, Said
from streams.cells import Cells

_REVISION_BITS = 20


class _Saying(NamedTuple):
    """A fact of a kind, or (`fact` is None) its retraction."""

    of: type[Fact]
    identity: tuple[str | int, ...]
    revision: int
    said_at: int
    fact: Fact | None


class Sayings:
    """Of one tenant. A revision is (journal position << 20) + the output's index in its record."""

    def __init__(self, tenant: str, cells: Cells) -> None:
        self._tenant = tenant
        self._cells = cells
        self._position = 0
        self._index = 0
        # By kind and identity, of a history kind by revision. The id is a hash, made of what is left in the end only.
        self._said: dict[tuple[str, tuple[str | int, ...]], _Saying] = {}
        self._alerts: list[RaisedAlert] = []

    def begin(self, position: int) -> None:
        """The record at this position speaks from now on."""
        self._position, self._index = position, 0

    def say(self, fact: Fact, clock: int) -> None:
        """A fact is known."""
        self._keep(_Saying(type(fact), identity_of(fact), self._revision(), clock, fact))

    def retract(self, fact: type[Fact], identity: tuple[str | int, ...], clock: int) -> None:
        """A fact is no longer true; alerts that stand about it are withdrawn."""
        self._keep(_Saying(fact, identity, self._revision(), clock, None))
        if fact.alerted:
            self._withdraw(fact_id(self._tenant, fact.kind, identity), clock)

    def raise_alert(self, alert: Alert, context: Context) -> None:
        """Somebody should hear of a fact. One that stands already is not told again: the first saying holds."""
        if not alert.about.alerted:
            raise TypeError(
                f"{alert.about.kind} is not declared `alerted`, so an alert about it could not be withdrawn"
            )
        if alert.kind not in ALERT_KINDS:
            raise TypeError(f"{alert.kind} is not in schemas.alerts, so nobody could ask to hear of it")
        about_id = fact_id(self._tenant, alert.about.kind, identity_of(alert.about))
        alert_id = fact_id(self._tenant, AlertRaised.kind, (alert.kind, about_id, alert.occasion))
        book: AlertedFact = self._cells.touch(ALERT_BOOK, book_cell(about_id))
        standing = book.alerts.get(alert_id)
        if standing is not None and not standing.withdrawn:
            return
        standing = Standing(alert.kind, alert.occasion, alert.subject, alert.account, alert.summary, alert.happened_at)
        book.remember(alert_id, standing)
        self.say(_raised(standing, about_id), context.clock)
        opens = opens_at(context, alert.account, context.clock)
        body = _alert_body(alert_id, self._tenant, alert, self._position, opens)
        self._tell(alert_id, about_id, standing, body)

    def take(self) -> tuple[list[Said], list[RaisedAlert]]:
        """Statements, and alerts raised and withdrawn in their order, since the last call."""
        tenant = self._tenant
        said = [
            Said(fact_id(tenant, kind.kind, identity), kind.kind, revision, said_at, fact)
            for kind, identity, revision, said_at, fact in self._said.values()
        ]
        taken = said, self._alerts
        self._said, self._alerts = {}, []
        return taken

    def _withdraw(self, about_id: str, clock: int) -> None:
        book: AlertedFact | None = self._cells.read(ALERT_BOOK, book_cell(about_id))
        standing = [] if book is None else [one for one in book.alerts.items() if not one[1].withdrawn]
        if standing:
            self._cells.touch(ALERT_BOOK, book_cell(about_id))
        for alert_id, alert in standing:
            alert.withdrawn = True
            self.say(_raised(alert, about_id), clock)
            self._tell(alert_id, about_id, alert, b"")

    def _tell(self, alert_id: str, about_id: str, alert: Standing, body: bytes) -> None:
        self._alerts.append(
            RaisedAlert(
                alert_id, about_id, alert.kind, alert.account, alert.subject, alert.happened_at, body, alert.withdrawn
            )
        )

    def _revision(self) -> int:
        self._index += 1
        return (self._position << _REVISION_BITS) | self._index

    def _keep(self, saying: _Saying) -> None:
        # Several statements of one id become the last; of a history kind all are kept.
        kind = saying.of
        key = kind.kind, (saying.revision,) if kind.history else saying.identity
        self._said.pop(key, None)
        self._said[key] = saying


def _raised(alert: Standing, about_id: str) -> AlertRaised:
    return AlertRaised(
        alert=alert.kind,
        about_id=about_id,
        occasion=alert.occasion,
        subject=alert.subject,
        account=alert.account,
        summary=alert.summary,
        happened_at=alert.happened_at,
        withdrawn=alert.withdrawn,
    )


def _alert_body(alert_id: str, tenant: str, alert: Alert, position: int, opens: int | None) -> bytes:
    explanation = alert.about.explain(position)
    return orjson.dumps(
        {
            "id": alert_id,
            "type": alert.kind,
            "timestamp": format_instant(alert.happened_at),
            "happened_at": alert.happened_at,
            "occasion": alert.occasion,
            "tenant": tenant,
            "account": alert.account,
            "subject": alert.subject,
            "summary": alert.summary,
            # Whoever keeps office hours for the account may be told when they begin; null while they last.
            "opens_at": format_if_known(opens),
            "details": dict(alert.details),
            "fact": {"kind": alert.about.kind} | to_builtins(alert.about),
            "explanation": None if explanation is None else to_builtins(explanation),
        }
    )
