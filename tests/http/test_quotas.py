"""How much a tenant may send: usage waits first, tickets never, and others do not notice."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence

import orjson
import pytest

from infra.http.quotas import Admission, Quotas
from infra.http.saying import said_of
from infra.http.slowing import LONGEST_SECONDS, MOST_HELD_BYTES, PER_SECOND, Slowing
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


def admitted(quotas: Quotas, tenant: str, raws: Sequence[bytes]) -> Admission:
    return quotas.admit(tenant, raws, [said_of(raw) for raw in raws])


def test_a_burst_is_admitted_then_what_the_rate_allows() -> None:
    watch = Watch()
    quotas = Quotas(LIMITS, watch)
    assert len(admitted(quotas, "acme", [USAGE] * 20).places) == 20
    assert admitted(quotas, "acme", [USAGE]) == ([], 1)
    watch.now += 0.5
    assert admitted(quotas, "acme", [USAGE] * 8).places == [0, 1, 2, 3, 4]
    watch.now += 0.06
    assert admitted(quotas, "acme", [USAGE, TICKET]).places == [1]
    watch.now += 1_000
    assert len(admitted(quotas, "acme", [USAGE] * 21).places) == 20


def test_tickets_are_never_turned_away_and_usage_pays_for_them() -> None:
    watch = Watch()
    quotas = Quotas(LIMITS, watch)
    assert admitted(quotas, "acme", [TICKET] * 35).places == list(range(35))
    assert admitted(quotas, "acme", [USAGE, TICKET, b"{nope", USAGE]) == ([1, 2], 3)
    watch.now += 1.7
    assert admitted(quotas, "acme", [USAGE]).places == []
    watch.now += 0.2
    assert admitted(quotas, "acme", [USAGE]).places == [0]


def test_bytes_count_as_well() -> None:
    quotas = Quotas(LIMITS, Watch())
    large = orjson.dumps({"type": "usage.recorded", "id": "x" * 9_000})
    assert [len(admitted(quotas, "acme", [large]).places) for _ in range(4)] == [1, 1, 0, 0]
    assert admitted(quotas, "acme", [USAGE]).places == [0]


def test_tenants_have_buckets_of_their_own_and_no_limit_is_none() -> None:
    quotas = Quotas(LIMITS, Watch())
    assert admitted(quotas, "acme", [USAGE] * 30).places == list(range(20))
    assert admitted(quotas, "beta", [USAGE] * 20).places == list(range(20))
    boundless = Quotas(LimitSettings(events_per_second=0, bytes_per_second=0, keys_per_minute=0), Watch())
    assert len(admitted(boundless, "acme", [USAGE] * 100_000).places) == 100_000


def used(*accounts: str) -> list[bytes]:
    return [orjson.dumps({"type": "usage.recorded", "account": account}) for account in accounts]


def opened_for(*accounts: str) -> list[bytes]:
    return [orjson.dumps({"type": "ticket.opened", "account": account}) for account in accounts]


# Three accounts a minute. Each step: at which second, whose, what comes, the places of what may come in, and the wait.
Step = tuple[float, str, list[bytes], list[int], int]


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param([(100, "acme", used("a", "b", "c"), [0, 1, 2], 0)], id="as-many-as-the-limit"),
        pytest.param([(100, "acme", used("a", "b", "c", "d", "e"), [0, 1, 2], 20)], id="the-first-come-in"),
        pytest.param([(119.5, "acme", used("a", "b", "c", "d"), [0, 1, 2], 1)], id="a-wait-is-a-second-at-least"),
        pytest.param(
            [(100, "acme", used("a", "b", "c"), [0, 1, 2], 0), (101, "acme", used("d", "c", "a", "a"), [1, 2, 3], 19)],
            id="those-that-were-named-still-come-in",
        ),
        pytest.param(
            [
                (100, "acme", used("a", "b", "c", "d"), [0, 1, 2], 20),
                (119.9, "acme", used("d"), [], 1),
                (120, "acme", used("d", "e", "f", "g"), [0, 1, 2], 60),
            ],
            id="the-next-minute-has-room-again",
        ),
        pytest.param(
            [
                (100, "acme", opened_for("p", "q", "r", "s"), [0, 1, 2, 3], 0),
                (100, "acme", [*used("a", "b", "c", "d"), *opened_for("t", "u")], [0, 1, 2, 4, 5], 20),
            ],
            id="tickets-come-in-and-do-not-count",
        ),
        pytest.param(
            [(100, "acme", used("a", "b", "c", "d"), [0, 1, 2], 20), (100, "beta", used("d", "e", "f"), [0, 1, 2], 0)],
            id="another-tenant-does-not-notice",
        ),
        pytest.param(
            [(100, "acme", [USAGE, *used("a", "b", "c"), USAGE, b"{nope"], [0, 1, 2, 3, 4, 5], 0)],
            id="who-names-none-takes-no-room",
        ),
    ],
)
@pytest.mark.parametrize("others", [0, 1_000_000], ids=["alone", "beside-other-limits"])
def test_usage_names_so_many_accounts_a_minute(steps: list[Step], others: int) -> None:
    watch = Watch()
    quotas = Quotas(LimitSettings(events_per_second=others, bytes_per_second=others, keys_per_minute=3), watch)
    for watch.now, tenant, raws, places, wait in steps:
        assert admitted(quotas, tenant, raws) == (places, wait)


def test_what_a_bucket_turned_away_has_named_nobody() -> None:
    watch = Watch()
    quotas = Quotas(LimitSettings(events_per_second=2, burst_seconds=1, keys_per_minute=3), watch)
    assert admitted(quotas, "acme", used("a", "b", "c", "d")).places == [0, 1]
    watch.now += 1
    assert admitted(quotas, "acme", used("e", "a")).places == [0, 1]


def test_who_is_turned_away_again_and_again_hears_of_it_later_and_later() -> None:
    watch = Watch()
    slowing = Slowing(watch)
    turns = [slowing.turn("acme") for _ in range(60)]
    assert turns[:3] == pytest.approx([0.1, 0.2, 0.3])
    assert turns[-1] == LONGEST_SECONDS
    assert slowing.turn("beta") == pytest.approx(0.1)
    watch.now += LONGEST_SECONDS
    assert slowing.turn("acme") == pytest.approx(0.1)


def test_what_would_take_too_much_memory_is_answered_at_once() -> None:
    slowing = Slowing()

    async def waited(sizes: Sequence[int]) -> list[float]:
        began = time.monotonic()

        async def one(size: int) -> float:
            await slowing.wait("acme", size)
            return time.monotonic() - began

        return await asyncio.gather(*map(one, sizes))

    first, second, third = asyncio.run(waited([MOST_HELD_BYTES, 1, 0]))
    assert second < first < third
    assert asyncio.run(waited([MOST_HELD_BYTES]))[0] >= 1 / PER_SECOND


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    settings = "[limits]\nevents_per_second = 1\nburst_seconds = 5\nkeys_per_minute = 3\n"
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
    assert refused.elapsed.total_seconds() >= 1 / PER_SECOND
    mixed = keyed.tell(keyed.event("usage.recorded"), keyed.event("ticket.opened", {"ticket": "T-1"}))
    assert (mixed.status_code, [one["status"] for one in mixed.json()["results"]]) == (207, ["turned_away", "accepted"])
    assert mixed.json()["turned_away"] == 1
    assert int(mixed.headers["retry-after"]) >= 1
    told = keyed.get("/v1/dead-letters").json()["dead_letters"]
    assert told == []


def test_an_account_too_many_is_told_to_come_in_the_next_minute(keyed: Caller) -> None:
    many = [keyed.event("usage.recorded", account=f"acct-{number}") for number in range(4)]
    answer = keyed.tell(*many)
    statuses = [one["status"] for one in answer.json()["results"]]
    assert (answer.status_code, statuses) == (207, ["accepted"] * 3 + ["turned_away"])
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    ticket = keyed.event("ticket.opened", {"ticket": "T-2"}, account="acct-9")
    assert keyed.tell(ticket).json()["accepted"] == 1


def test_the_operator_is_not_limited(limited: Desk) -> None:
    with limited.caller() as operator:
        assert operator.tell(*[operator.event("usage.recorded") for _ in range(50)]).json()["accepted"] == 50
