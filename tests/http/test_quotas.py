"""How much a tenant may send: usage waits first, tickets never, and others do not notice."""

from __future__ import annotations

from collections.abc import Iterator

import orjson
import pytest

from infra.http.quotas import Quotas
from infra.settings import LimitSettings
from tests.http.desk import Caller, Desk, opened

LIMITS = LimitSettings(events_per_second=10, bytes_per_second=10_000, burst_seconds=2)
USAGE = orjson.dumps({"type": "usage.recorded", "id": "u"})
TICKET = orjson.dumps({"type": "ticket.opened", "id": "t"})


class Watch:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_is_admitted_then_what_the_rate_allows() -> None:
    watch = Watch()
    quotas = Quotas(LIMITS, watch)
    assert len(quotas.admit("acme", [USAGE] * 20).places) == 20
    assert quotas.admit("acme", [USAGE]) == ([], 1)
    watch.now += 0.5
    assert quotas.admit("acme", [USAGE] * 8).places == [0, 1, 2, 3, 4]
    watch.now += 0.06
    assert quotas.admit("acme", [USAGE, TICKET]).places == [1]
    watch.now += 1_000
    assert len(quotas.admit("acme", [USAGE] * 21).places) == 20


def test_tickets_are_never_turned_away_and_usage_pays_for_them() -> None:
    watch = Watch()
    quotas = Quotas(LIMITS, watch)
    assert quotas.admit("acme", [TICKET] * 35).places == list(range(35))
    assert quotas.admit("acme", [USAGE, TICKET, b"{nope", USAGE]) == ([1, 2], 3)
    watch.now += 1.7
    assert quotas.admit("acme", [USAGE]).places == []
    watch.now += 0.2
    assert quotas.admit("acme", [USAGE]).places == [0]


def test_bytes_count_as_well() -> None:
    quotas = Quotas(LIMITS, Watch())
    large = orjson.dumps({"type": "usage.recorded", "id": "x" * 9_000})
    assert [len(quotas.admit("acme", [large]).places) for _ in range(4)] == [1, 1, 0, 0]
    assert quotas.admit("acme", [USAGE]).places == [0]


def test_tenants_have_buckets_of_their_own_and_no_limit_is_none() -> None:
    quotas = Quotas(LIMITS, Watch())
    assert quotas.admit("acme", [USAGE] * 30).places == list(range(20))
    assert quotas.admit("beta", [USAGE] * 20).places == list(range(20))
    boundless = Quotas(LimitSettings(events_per_second=0, bytes_per_second=0), Watch())
    assert len(boundless.admit("acme", [USAGE] * 100_000).places) == 100_000


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    settings = "[limits]\nevents_per_second = 1\nburst_seconds = 5\n"
    with opened(tmp_path_factory.mktemp("limited"), settings=settings) as desk:
        yield desk


@pytest.fixture
def keyed(limited: Desk) -> Iterator[Caller]:
    with limited.caller() as operator:
        key = operator.post("/v1/keys", json={"scopes": ["ingest", "read"]}).json()["key"]
        with limited.caller(operator.tenant, key) as caller:
            yield caller


def test_a_request_beyond_the_limit_says_when_to_come_again(keyed: Caller) -> None:
    assert keyed.tell(*[keyed.event("usage.recorded") for _ in range(5)]).status_code == 200
    refused = keyed.tell(*[keyed.event("usage.recorded") for _ in range(5)])
    assert (refused.status_code, refused.json()["title"]) == (429, "more than this tenant may send")
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    mixed = keyed.tell(keyed.event("usage.recorded"), keyed.event("ticket.opened", {"ticket": "T-1"}))
    assert (mixed.status_code, [one["status"] for one in mixed.json()["results"]]) == (207, ["turned_away", "accepted"])
    assert mixed.json()["turned_away"] == 1
    assert int(mixed.headers["retry-after"]) >= 1
    told = keyed.get("/v1/dead-letters").json()["dead_letters"]
    assert told == []


def test_the_operator_is_not_limited(limited: Desk) -> None:
    with limited.caller() as operator:
        assert operator.tell(*[operator.event("usage.recorded") for _ in range(50)]).json()["accepted"] == 50
