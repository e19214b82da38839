"""Law 1: what is rebuilt from the journal is what was known live, byte for byte, predictions too."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from processors.catalog import PROCESSORS
from replay.rebuild import rebuild
from schemas.facts import ChurnRisk, PredictionMade, TicketClassified
from schemas.instant import DAY, HOUR
from streams.database import Database
from streams.embedded import Embedded
from streams.fold_store import MemoryFoldStore
from streams.sqlite_store import SqliteFoldStore
from streams.state_hash import state_hash
from tests.laws.story import START, Story
from tests.laws.test_same_state import said_last


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    """A company that was followed live for a quarter of a year: taken and folded in pieces, some of it late."""
    draw, now = Random("live"), START
    runtime = Embedded(tmp_path_factory.mktemp("home"), PROCESSORS, clock=lambda: now)
    for tenant, seed in (("acme", 21), ("zoo", 22)):
        now = START - 2 * DAY
        said = Story(seed, days=90, tickets=90, accounts=12, usage_a_day=1).said
        arrivals = sorted((one.at + (draw.random() < 0.1) * draw.randint(1, 200) * HOUR, one.id, one) for one in said)
        while arrivals:
            size = draw.randint(1, 60)
            part, arrivals = arrivals[:size], arrivals[size:]
            now = max(now, part[-1][0])
            runtime.take(tenant, [one.raw for _, _, one in part])
            if draw.random() < 0.5:
                runtime.fold(draw.randint(1, 100))
            else:
                runtime.fold_all()
        now = START + 100 * DAY
        runtime.fold_all()
    yield runtime
    runtime.close()


@pytest.fixture(scope="module")
def again(live: Embedded, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteFoldStore]:
    """The same journal, folded from its first record."""
    database = Database(tmp_path_factory.mktemp("rebuild") / "rebuild.db")
    store = SqliteFoldStore(database)
    ends = {tenant: live.log.end(tenant) for tenant in live.log.tenants()}
    result = rebuild(live.log, PROCESSORS, store, ends)
    assert (result.records, result.refusals) == (sum(ends.values()), [])
    yield store
    database.close()


def test_the_state_is_the_same(live: Embedded, again: SqliteFoldStore) -> None:
    assert state_hash(again, PROCESSORS) == state_hash(live.store, PROCESSORS)
    for tenant in live.log.tenants():
        assert dict(again.cells(tenant)).keys() == dict(live.store.cells(tenant)).keys()


def test_the_facts_and_alerts_are_the_same(live: Embedded, again: SqliteFoldStore) -> None:
    assert said_last(again) == said_last(live.store)
    first, second = (
        {alert.alert_id: (tenant, alert.body, gone) for _, tenant, alert, gone in store.alerts(0, 1_000_000)}
        for store in (live.store, again)
    )
    assert first == second
    assert first


def test_predictions_are_made_again_bit_for_bit(live: Embedded, again: SqliteFoldStore) -> None:
    for kind in (TicketClassified, ChurnRisk, PredictionMade):
        found = [
            {id_: fact for id_, fact in said_last(store)[0].items() if isinstance(fact, kind)}
            for store in (live.store, again)
        ]
        assert found[0] == found[1]
        assert len(found[0]) > 10
    said = [fact for fact in said_last(again)[0].values() if isinstance(fact, TicketClassified)]
    # The law is worth something only once the tenants' own models answer.
    assert {fact.model for fact in said} >= {"category.rule", "category.model"}
    assert max(fact.n for fact in said) > 50


def test_a_rebuild_may_end_early_and_go_on(live: Embedded) -> None:
    store = MemoryFoldStore()
    ends = {tenant: live.log.end(tenant) for tenant in live.log.tenants()}
    seen: list[int] = []
    rebuild(live.log, PROCESSORS, store, {tenant: end // 3 for tenant, end in ends.items()})
    reached = {tenant: header.position for tenant in ends if (header := store.header(tenant)) is not None}
    assert reached == {tenant: end // 3 for tenant, end in ends.items()}
    result = rebuild(live.log, PROCESSORS, store, ends, seen.append)
    assert result.records == sum(seen) == sum(end - end // 3 for end in ends.values())
    assert state_hash(store, PROCESSORS) == state_hash(live.store, PROCESSORS)
