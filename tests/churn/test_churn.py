"""Labels by horizon, who is lost from view, late truth, causes, and reasons that sum."""

from __future__ import annotations

import pytest

from processors.churn_answer import Answer, nested
from processors.churn_cause import Cause, cause_of, group_of
from processors.probability import logistic, total_of
from schemas.accounts import AccountContracted
from schemas.churning import AccountLost
from schemas.explanation import Term
from schemas.facts import ChurnRisk, PredictionMade
from tests.churn.book import CALM, TROUBLED, Book


@pytest.mark.parametrize(
    ("leaves_on", "labels"),
    [
        (None, ["stayed", "stayed", "stayed"]),
        (20, ["churned", "churned", "churned"]),
        (45, ["stayed", "churned", "churned"]),
        (89, ["stayed", "stayed", "churned"]),
        (91, ["stayed", "stayed", "stayed"]),
    ],
)
def test_a_sample_teaches_each_horizon_when_it_is_over(leaves_on: int | None, labels: list[str]) -> None:
    book = Book()
    book.create("acct", 0)
    if leaves_on == 20:
        book.pass_until(20)
        book.leave("acct", 20)
    book.pass_until(29)
    assert book.taught == []
    if leaves_on is not None and leaves_on > 29:
        book.pass_until(leaves_on)
        book.leave("acct", leaves_on)
    book.pass_until(100)
    first = [one for one in book.taught if one[0] in (30, 60, 90)]
    assert [(day, model, label) for day, _, model, label, _ in first] == [
        (days, f"churn.{days}", label) for days, label in zip((30, 60, 90), labels, strict=True)
    ]


def test_what_is_not_over_is_not_taught() -> None:
    book = Book()
    book.create("acct", 0)
    book.pass_until(59)
    judged = {one.model: one.label for one in book.facts(PredictionMade) if one.made_at == book.at(0)}
    assert judged == {"churn.30": "stayed", "churn.60": None, "churn.90": None}


@pytest.mark.parametrize(
    ("renewal_on", "heard_on", "labels"),
    [
        # The contract ran out and nothing was heard since: nobody knows, from the horizon on in which it ran out.
        (50, 10, ["stayed", "lost from view", "lost from view"]),
        # Used since: still there.
        (50, 55, ["stayed", "stayed", "stayed"]),
        # Silent, but under contract.
        (200, 10, ["stayed", "stayed", "stayed"]),
        # Nobody told of a contract: silence alone means nothing.
        (None, 10, ["stayed", "stayed", "stayed"]),
    ],
)
def test_who_is_lost_from_view_teaches_nothing(renewal_on: int | None, heard_on: int, labels: list[str]) -> None:
    book = Book()
    book.create("acct", 0, renewal_at=None if renewal_on is None else book.at(renewal_on))
    book.pass_until(heard_on)
    book.observe("acct", heard_on, CALM)
    book.pass_until(98)
    judged = {one.model: one for one in book.facts(PredictionMade) if one.made_at == book.at(0)}
    assert [judged[f"churn.{days}"].label for days in (30, 60, 90)] == labels
    assert [one.correct is None for one in judged.values()] == [label.startswith("lost") for label in labels]
    taught = {model: label for day, _, model, label, _ in book.taught if day in (30, 60, 90)}
    assert list(taught.values()) == [label for label in labels if not label.startswith("lost")]


def test_who_pays_less_stayed() -> None:
    book = Book()
    book.create("acct", 0, recurring_minor=1_000)
    book.pass_until(10)
    book.send(AccountContracted(recurring_minor=400), book.at(10), account="acct")
    book.pass_until(31)
    assert book.taught[0][2:4] == ("churn.30", "stayed")


@pytest.mark.parametrize(("leaves_on", "label"), [(None, "stayed"), (58, "churned")])
def test_what_becomes_known_in_the_week_after_a_horizon_counts(leaves_on: int | None, label: str) -> None:
    book = Book()
    book.create("acct", 0, renewal_at=book.at(50))
    book.pass_until(42)
    book.observe("acct", 42, CALM)
    book.pass_until(62)
    first = [one for one in book.facts(PredictionMade) if one.made_at == book.at(0)]
    assert {one.model: one.label for one in first} == {"churn.30": "stayed", "churn.60": None, "churn.90": None}
    if leaves_on is None:
        book.observe("acct", 63, CALM, heard_on=58)
    else:
        book.leave("acct", leaves_on, told_on=63)
    book.pass_until(70)
    first = [one for one in book.facts(PredictionMade) if one.made_at == book.at(0)]
    assert {one.model: one.label for one in first} == {"churn.30": "stayed", "churn.60": label, "churn.90": None}
    assert [said for _, _, model, said, _ in book.taught if model == "churn.60"] == [label]


def test_leaving_that_becomes_known_late_is_taught_again_as_it_was() -> None:
    book = Book()
    book.create("acct", 0)
    book.pass_until(40)
    book.leave("acct", 25, told_on=40)
    assert [one[2:] for one in book.taught] == [("churn.30", "stayed", 1), ("churn.30", "churned", 2)]
    book.leave("acct", 26, told_on=40)
    assert len(book.taught) == 2
    book.pass_until(120)
    first = [one for one in book.facts(PredictionMade) if one.made_at == book.at(0)]
    assert {one.label for one in first} == {"churned"}


@pytest.mark.parametrize("told_on", [40, 70], ids=["before any horizon is over", "after one is"])
def test_a_sample_of_an_account_that_had_left_says_of_nobody_that_they_stayed(told_on: int) -> None:
    book = Book()
    book.create("acct", 0)
    book.pass_until(28)
    book.observe("acct", 28, CALM)
    book.pass_until(told_on)
    book.leave("acct", 25, told_on=told_on)
    book.pass_until(130)
    late = [one for one in book.facts(PredictionMade) if one.made_at == book.at(28)]
    assert len(late) == 3
    assert {(one.label, one.correct) for one in late} == {("lost from view", None)}


def lived(leaving: int = 30, staying: int = 60) -> Book:
    """A book in which the troubled left within weeks, often enough for a model to be sure of it."""
    book, day = Book(), 0
    for number in range(leaving + staying):
        troubled = number % 3 == 0
        book.observe(f"a-{number:03}", day, TROUBLED if troubled else CALM, 30 if troubled else 80)
        book.create(f"a-{number:03}", day, plan="pro", recurring_minor=1_200_00, currency="EUR")
        day += 1
        if troubled:
            book.pass_until(day + 4)
            book.leave(f"a-{number:03}", day + 4, reason="too expensive" if number % 2 else None)
            day += 4
    for number in range(leaving + staying):
        if number % 3:
            book.pass_until(day)
            book.observe(f"a-{number:03}", day, CALM, 80)
    book.pass_until(day + 1)
    book.observe("new", day + 1, TROUBLED, 30)
    book.create("new", day + 1, plan="pro", recurring_minor=500_00, currency="EUR")
    return book


def test_reasons_sum_to_the_log_odds_and_name_a_cause() -> None:
    book = lived()
    risks = {one.account: one for one in book.facts(ChurnRisk)}
    assert any(one.model.startswith("churn.model") for one in risks.values())
    for one in risks.values():
        assert one.logit == total_of(one.terms)
        assert one.probability_90 == pytest.approx(logistic(one.logit), abs=1e-12)
        assert one.probability_30 <= one.probability_60 <= one.probability_90
    assert risks["new"].cause == "usage"
    assert risks["new"].winnable_percent is not None
    assert risks["new"].probability_90 > max(one.probability_90 for name, one in risks.items() if name != "new")


def test_the_lost_keep_what_spoke_for_it() -> None:
    book = lived()
    lost = {one.account: one for one in book.facts(AccountLost)}
    assert len(lost) == 30
    one = lost["a-087"]
    assert (one.reason, one.cause, one.recurring_minor, one.currency) == ("too expensive", "usage", 1_200_00, "EUR")
    assert one.predicted_at is not None
    assert one.predicted_at < one.churned_at
    explained = one.explain(3)
    assert explained is not None
    assert total_of(explained.terms) == explained.total == one.logit
    assert not {risk.account for risk in book.facts(ChurnRisk)} & set(lost)


def test_who_left_before_anything_was_said_has_no_reasons() -> None:
    book = Book()
    book.leave("acct", 0, reason="never began")
    (one,) = book.facts(AccountLost)
    assert (one.reason, one.cause, one.probability_90, one.terms) == ("never began", None, None, ())
    assert one.explain(1) is None


def test_all_of_it_is_found_again_after_a_restart() -> None:
    hashes = set[str]()
    for restarts in (False, True):
        book = Book()
        for day in range(0, 100, 5):
            book.create(f"a-{day}", day)
            book.observe(f"a-{day}", day + 1, TROUBLED if day % 2 else CALM)
            book.pass_until(day + 4)
            if day % 3 == 0:
                book.leave(f"a-{day}", day + 4)
            if restarts:
                book.restart()
        hashes.add(book.hash)
    assert len(hashes) == 1


@pytest.mark.parametrize(
    ("terms", "observed", "cause"),
    [
        ((("how common leaving is", -2.0), ("usage driver", 1.5), ("plan=pro", 0.5)), {}, Cause("usage", 75)),
        ((("open tickets", 1.0), ("broken promises in 30 days", 1.0), ("tier=free", 1.5)), {}, Cause("support", 57)),
        ((("commercial driver", 1.0), ("usage driver", -3.0)), {}, Cause("commercial", 0)),
        ((("usage driver", -1.0), ("what is not yet sure", 2.0)), {}, Cause(None, None)),
        ((("before anything is known", -1.4), ("health score 30", 1.7)), {"usage driver": 10.0}, Cause("usage", 100)),
        ((("before anything is known", -1.4),), {}, Cause(None, None)),
    ],
)
def test_causes(terms: tuple[tuple[str, float], ...], observed: dict[str, float], cause: Cause) -> None:
    assert cause_of([Term(label, amount) for label, amount in terms], observed) == cause


@pytest.mark.parametrize(
    ("label", "group"),
    [
        ("attribute:Contract=Month-to-month", "other"),
        ("usage trend percent missing", "usage"),
        ("days to renewal", "commercial"),
        ("what is not yet sure", None),
        ("90 days instead of 30", None),
        ("4 smaller reasons", None),
    ],
)
def test_groups_of_features(label: str, group: str | None) -> None:
    assert group_of(label) == group


def test_no_shorter_horizon_says_more_than_a_longer_one() -> None:
    said = [Answer(probability, 0.0, "m", 1, 1, ()) for probability in (0.5, 0.2, 0.3)]
    assert [one.probability for one in nested(said)] == [0.2, 0.2, 0.3]
