"""What is known in the end, in a form that two runtimes can be compared by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from hashlib import sha256

import msgspec

from schemas.fact import Fact
from schemas.facts import DeadLetter
from streams.embedded import Embedded
from streams.kafka.address import Address
from streams.kafka.letters import letters_of
from streams.kafka.said import decode_alert, decode_said
from streams.log import Letter
from streams.state_hash import tenant_hashes
from tests.faust.carried import read_all
from tests.laws.crash_worker import CATALOG


@dataclass(frozen=True, slots=True)
class Known:
    """State hash by tenant; current facts, history, alerts (body, withdrawn) and dead letters, each by id."""

    state: Mapping[str, str]
    facts: Mapping[str, bytes]
    history: Mapping[str, bytes]
    alerts: Mapping[str, tuple[bytes, bool]]
    letters: Mapping[str, tuple[str, str, str]]

    def hashes(self) -> list[str]:
        """The first digits of a hash of each part."""
        return [_digest(getattr(self, part)) for part in PARTS]


PARTS = tuple(one.name for one in fields(Known))


def known_embedded(runtime: Embedded) -> Known:
    """What an embedded runtime knows and has told."""
    state = tenant_hashes(runtime.store, CATALOG)
    said = [
        (one.fact_id, one.revision, one.fact)
        for one in runtime.store.statements(0, 10_000_000)
        if one.kind != DeadLetter.kind
    ]
    alerts = {alert.alert_id: (alert.body, gone) for _, _, alert, gone in runtime.store.alerts(0, 10_000_000)}
    letters = [letter for tenant in runtime.log.tenants() for letter in runtime.log.letters(tenant)]
    return Known(state, *_latest(said), alerts, _letters(letters))


def known_on_kafka(address: Address, state: Mapping[str, str], generation: int = 0) -> Known:
    """What the topics tell, beside a state that a runtime saved."""
    said = []
    for message in read_all(address, address.topic("facts")):
        one, its_generation = decode_said(message.value() or b"")
        if its_generation == generation:
            said.append((one.fact_id, one.revision, one.fact))
    alerts: dict[str, tuple[bytes, bool]] = {}
    for message in read_all(address, address.topic("alerts")):
        alert = decode_alert(message.value() or b"")
        body, _ = alerts.get(alert.alert_id, (alert.body, False))
        alerts[alert.alert_id] = (body, alert.withdrawn)
    letters = [kept.letter for tenant in state for kept in letters_of(address, tenant).values()]
    return Known(state, *_latest(said), alerts, _letters(letters))


def _latest(said: Iterable[tuple[str, int, Fact | None]]) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Current facts, and all ever said of history kinds. Of one id and revision all that is said must be the same."""
    current: dict[str, tuple[int, bytes | None]] = {}
    history: dict[str, bytes] = {}
    for id_, revision, fact in said:
        told = None if fact is None else msgspec.msgpack.encode(fact)
        if fact is not None and told is not None and fact.history:
            assert history.setdefault(f"{id_} {revision}", told) == told
        elif id_ not in current or current[id_][0] < revision:
            current[id_] = (revision, told)
        else:
            assert current[id_][0] > revision or current[id_][1] == told
    return {id_: told for id_, (_, told) in current.items() if told is not None}, history


def _letters(letters: Iterable[Letter]) -> dict[str, tuple[str, str, str]]:
    return {letter.letter: (letter.reason, letter.detail, letter.where) for letter in letters}


def _digest(part: Mapping[str, object]) -> str:
    return sha256(msgspec.msgpack.encode(sorted(part.items()))).hexdigest()[:16]
