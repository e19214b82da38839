"""What the steps of a batch have said so far: facts, retractions and alerts, with the ids and revisions they get."""

from __future__ import annotations

import orjson
from msgspec import to_builtins

from processors.contract import Alert
from schemas.fact import Fact, fact_id, identity_of
from schemas.facts import AlertRaised
from schemas.instant import format_instant
from streams.batch import RaisedAlert, Said

_REVISION_BITS = 20


class Sayings:
    """Of one tenant. A revision is (journal position << 20) + the output's index in its record."""

    def __init__(self, tenant: str) -> None:
        self._tenant = tenant
        self._position = 0
        self._index = 0
        self._said: dict[tuple[str, int], Said] = {}
        self._alerts: dict[str, RaisedAlert] = {}
        self._retracted: list[tuple[str, int, int]] = []

    def begin(self, position: int) -> None:
        """The record at this position speaks from now on."""
        self._position, self._index = position, 0

    def say(self, fact: Fact, clock: int) -> str:
        """A fact is known; its id."""
        id_ = fact_id(self._tenant, fact.kind, identity_of(fact))
        self._keep(Said(id_, fact.kind, self._revision(), clock, fact), fact.history)
        return id_

    def retract(self, fact: type[Fact], identity: tuple[str | int, ...], clock: int) -> None:
        """A fact is no longer true; alerts about it that came before are to be withdrawn."""
        id_ = fact_id(self._tenant, fact.kind, identity)
        revision = self._revision()
        self._keep(Said(id_, fact.kind, revision, clock, None), fact.history)
        self._retracted.append((id_, revision, len(self._alerts)))

    def raise_alert(self, alert: Alert, clock: int) -> None:
        """Somebody should hear of a fact. The first saying holds, wherever a batch ends: it is told once."""
        about_id = fact_id(self._tenant, alert.about.kind, identity_of(alert.about))
        raised = AlertRaised(
            alert=alert.kind,
            about_id=about_id,
            occasion=alert.occasion,
            subject=alert.subject,
            account=alert.account,
            summary=alert.summary,
            happened_at=alert.happened_at,
        )
        alert_id = self.say(raised, clock)
        body = _alert_body(alert_id, self._tenant, alert, self._position)
        self._alerts.setdefault(
            alert_id,
            RaisedAlert(alert_id, about_id, alert.kind, alert.account, alert.subject, alert.happened_at, body),
        )

    def take(self) -> tuple[list[Said], list[RaisedAlert], list[tuple[str, int, int]]]:
        """Statements, alerts and retractions since the last call."""
        taken = list(self._said.values()), list(self._alerts.values()), self._retracted
        self._said, self._alerts, self._retracted = {}, {}, []
        return taken

    def _revision(self) -> int:
        self._index += 1
        return (self._position << _REVISION_BITS) | self._index

    def _keep(self, said: Said, history: bool) -> None:
        # Several statements of one id become the last; of a history kind all are kept.
        key = (said.fact_id, said.revision if history else 0)
        self._said.pop(key, None)
        self._said[key] = said


def _alert_body(alert_id: str, tenant: str, alert: Alert, position: int) -> bytes:
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
            "details": dict(alert.details),
            "fact": {"kind": alert.about.kind} | to_builtins(alert.about),
            "explanation": None if explanation is None else to_builtins(explanation),
        }
    )
