"""Accounts that leave and come back: with us again, predicted again, and a second loss when they leave again."""

from __future__ import annotations

from itertools import permutations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.course import COURSE
from processors.presence import MOST_PASSAGES, Passage, note_passage, presence
from schemas.accounts import AccountChurned, AccountCreated, AccountRenewed, AccountUpdated
from schemas.churning import AccountLost
from schemas.event import Data, Event
from schemas.facts import AccountState, ChurnRisk, HealthScored, PredictionMade
from schemas.health import HealthStanding
from schemas.instant import DAY
from streams.driver import Driver
from tests.churn.book import CALM, Book
from tests.health.company import CATALOG
from tests.health.company import START as COMPANY_START

CREATED, RENEWED, LEFT = AccountCreated(name="acct"), AccountRenewed(), AccountChurned(reason="price")


def passed(data: Data, at: int, id_: str = "") -> Event:
    return Event.model_construct(
        id=id_ or f"e{at}", source="t", type=data.type, occurred_at=at, tenant="acme", account="acct", data=data
    )


@pytest.mark.parametrize(
    ("told", "gone_since", "absences"),
    [
        ([(CREATED, 1)], None, ()),
        ([(CREATED, 1), (LEFT, 5)], 5, ()),
        ([(CREATED, 1), (LEFT, 5), (LEFT, 7)], 5, ()),
        ([(CREATED, 1), (LEFT, 5), (RENEWED, 8)], None, ((5, 8),)),
        ([(CREATED, 1), (LEFT, 5), (CREATED, 8), (LEFT, 9)], 9, ((5, 8),)),
        ([(CREATED, 1), (LEFT, 5), (LEFT, 6), (RENEWED, 8), (RENEWED, 9)], None, ((5, 8),)),
        # A table of accounts tells of both at once.
        ([(CREATED, 5), (LEFT, 5)], 5, ()),
        ([(CREATED, 1), (LEFT, 5), (AccountUpdated(name="acct"), 8)], 5, ()),
    ],
)
def test_presence_is_told_by_instants_in_whatever_order_they_come(
    told: list[tuple[Data, int]], gone_since: int | None, absences: tuple[tuple[int, int], ...]
) -> None:
    for order in permutations(told):
        passages: list[Passage] = []
        for data, at in [*order, order[0]]:
            note_passage(passages, passed(data, at))
        found = presence(passages)
        assert (found.gone_since[0] if found.gone_since else None, found.absences) == (gone_since, absences)


@given(st.lists(st.tuples(st.integers(0, 60), st.booleans()), max_size=2 * MOST_PASSAGES))
def test_the_latest_passages_are_kept_whatever_came_first(told: list[tuple[int, bool]]) -> None:
    ends = []
    for order in (told, sorted(told), sorted(told, reverse=True)):
        passages: list[Passage] = []
        for at, left in order:
            note_passage(passages, passed(LEFT if left else CREATED, at, f"{at} {left}"))
        ends.append(passages)
    assert ends[0] == ends[1] == ends[2]
    assert len(ends[0]) <= MOST_PASSAGES


@pytest.mark.parametrize("back", [CREATED, RENEWED])
def test_who_comes_back_is_predicted_again_and_may_leave_again(back: Data) -> None:
    book = Book()
    book.create("acct", 0)
    book.observe("acct", 1, CALM)
    book.leave("acct", 10, reason="price")
    assert book.facts(ChurnRisk) == []
    assert book.fact(AccountLost).reason == "price"
    assert (book.fact(AccountState).churned_at, book.fact(AccountState).churn_reason) == (book.at(10), "price")
    book.send(back, book.at(40), account="acct")
    book.pass_until(40)
    assert book.facts(AccountLost) == []
    assert (book.fact(AccountState).churned_at, book.fact(AccountState).churn_reason) == (None, None)
    assert book.fact(ChurnRisk).predicted_at == book.at(40)
    book.leave("acct", 60)
    assert (book.fact(AccountLost).churned_at, book.fact(AccountLost).reason) == (book.at(60), None)
    book.pass_until(140)
    labels = {(made.made_at, made.model): made.label for made in book.facts(PredictionMade) if made.model == "churn.30"}
    # Each leaving is a sample's outcome of its own.
    assert labels == {(book.at(0), "churn.30"): "churned", (book.at(40), "churn.30"): "churned"}


def test_a_return_that_becomes_known_late_is_taught_as_it_was() -> None:
    book = Book()
    book.create("acct", 0)
    book.observe("acct", 1, CALM)
    book.pass_until(35)
    taught = len(book.taught)
    # It had left before it was sampled, as becomes known late: that sample was of nobody.
    book.leave("acct", -5, told_on=35)
    made = {one.model: one.label for one in book.facts(PredictionMade) if one.made_at == book.at(0)}
    assert made["churn.30"] == "stayed"  # it was created after that leaving
    assert len(book.taught) == taught
    book.leave("acct", 20, told_on=36)
    made = {one.model: one.label for one in book.facts(PredictionMade) if one.made_at == book.at(0)}
    assert made["churn.30"] == "churned"
    assert book.taught[-1][2:] == ("churn.30", "churned", 2)
    assert book.facts(ChurnRisk) == []
    book.send(RENEWED, book.at(25), account="acct", taken_at=book.at(37))
    book.pass_until(37)
    assert book.facts(AccountLost) == []
    assert len(book.facts(ChurnRisk)) == 1


def test_health_standing_and_forecasts_go_on_when_it_is_back() -> None:
    bench = Driver((*CATALOG, COURSE))
    at = COMPANY_START
    for account in ("a", "b", "c", "d", "e", "f"):
        bench.send(AccountCreated(name=account, tier="premium"), at, account=account)
    bench.tick(at + 3 * DAY)

    def standing() -> list[str]:
        return sorted(one.account for one in bench.facts(HealthStanding))

    assert "a" in standing()
    bench.send(LEFT, at + 3 * DAY, account="a")
    bench.tick(at + 5 * DAY)
    assert "a" not in standing()
    gone = next(one for one in bench.facts(HealthScored) if one.account == "a")
    bench.send(RENEWED, at + 6 * DAY, account="a")
    bench.tick(at + 8 * DAY)
    assert "a" in standing()
    back = next(one for one in bench.facts(HealthScored) if one.account == "a")
    assert back.score > gone.score


STORY = st.lists(st.tuples(st.sampled_from([CREATED, RENEWED, LEFT]), st.integers(1, 25)), min_size=1, max_size=6)


@settings(max_examples=30)
@given(STORY, st.randoms(use_true_random=False))
def test_arrivals_in_any_order_end_in_the_same_standing(story: list[tuple[Data, int]], chance: Random) -> None:
    ends = []
    told = [passed(data, COMPANY_START + day * DAY, f"e{number}") for number, (data, day) in enumerate(story)]
    for swapped in (False, True):
        arrivals = list(told)
        if swapped:
            chance.shuffle(arrivals)
        bench = Driver((*CATALOG, COURSE))
        bench.send(AccountCreated(name="acct"), COMPANY_START, account="acct", id="first")
        bench.tick(COMPANY_START + 26 * DAY)
        for event in arrivals:
            bench.send(event.data, event.occurred_at, account="acct", id=event.id, taken_at=COMPANY_START + 26 * DAY)
        bench.tick(COMPANY_START + 40 * DAY)
        state = bench.fact(AccountState)
        score = [(one.score, one.terms) for one in bench.facts(HealthScored)]
        ends.append((state.churned_at, state.churn_reason, score, len(bench.facts(HealthStanding))))
    assert ends[0] == ends[1]
