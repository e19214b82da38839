"""Reply candidates out of the embedded shard: each answer once, the likeliest to serve first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.reply_answers import reply_candidates
from sinks.qdrant.contract import SearchIndex
from sinks.qdrant.edge import EdgeIndex
from tests.sinks_qdrant.invented import ticket

RESET = "Hello Ann, please use the link that we have just sent you to reset your password."


@pytest.fixture
def index(tmp_path: Path) -> Iterator[SearchIndex]:
    edge = EdgeIndex(tmp_path / "shard")
    yield edge
    edge.close()


def solved(number: int, text: str, answer: str, outcome: str = "solved", **more: Any) -> Any:
    said = {"status": "solved", "outcome": outcome, "category": "login", "answer": answer} | more
    return ticket(f"T-{number}", text, account=f"A-{number}", **said)


ASKED = "The password link has expired"


def asked(index: SearchIndex, limit: int = 5, language: str | None = "en", text: str = ASKED) -> list[dict[str, Any]]:
    index.upsert([ticket("T", text, account="A", status="open", answer="We look into it.")])
    return reply_candidates(index, "acme", "T", language, limit)


def test_the_same_answer_comes_once_with_all_its_tickets(index: SearchIndex) -> None:
    index.upsert(
        [
            solved(1, "My password link has expired", RESET),
            solved(2, "password link expired, please help me and my team at once", RESET.replace("Ann", "Bob")),
            solved(3, "Link to the password page is dead", "The page is back."),
            solved(4, "The parcel never came", "It is on its way."),
        ]
    )
    first, second = asked(index)
    assert (first["answer"], first["ticket"], first["tickets"], first["times"]) == (RESET, "T-1", ["T-1", "T-2"], 2)
    assert (first["outcome"], first["category"], first["asked"]) == ("solved", "login", "My password link has expired")
    assert (second["answer"], second["times"]) == ("The page is back.", 1)
    assert first["score"] > second["score"]
    assert len(asked(index, limit=1)) == 1


def test_what_left_a_customer_discontent_counts_half(index: SearchIndex) -> None:
    index.upsert(
        [
            solved(1, "The password link has expired", "Not our fault.", "solved, customer not content"),
            solved(2, "The password link has expired today", "Here is a new one.", "solved, customer content"),
        ]
    )
    assert [row["ticket"] for row in asked(index)] == ["T-2", "T-1"]


def test_a_courtesy_is_no_answer(index: SearchIndex) -> None:
    bye = "You are welcome, have a good day."
    index.upsert([solved(1, "The password link has expired", bye), solved(2, "password link", RESET)])
    assert [row["ticket"] for row in asked(index)] == ["T-1", "T-2"]
    for number, category in enumerate(("login", "billing", "parcels")):
        index.upsert([ticket(f"T-9{number}", bye, kind="answer", category=category, status="solved")])
    assert [row["ticket"] for row in asked(index)] == ["T-2"]
    for number in range(3):
        index.upsert([ticket(f"T-8{number}", bye, kind="answer", category="login", status="solved")])
    assert [row["ticket"] for row in asked(index)] == ["T-1", "T-2"]


def test_answers_in_another_language_count_half(index: SearchIndex) -> None:
    text = "4711 9922 8833"  # no word that one of both would be cut at
    german = ticket("T-1", text, account="A-1", language="de", status="closed", answer="Bitte neu.")
    index.upsert([german, solved(2, f"{text} 1", "Try again, please."), solved(3, "5544", "It is there.")])
    assert [row["ticket"] for row in asked(index, text=text)] == ["T-2", "T-1"]
    assert [row["ticket"] for row in asked(index, language=None, text=text)] == ["T-1", "T-2"]


def test_open_tickets_and_those_without_an_answer_give_none(index: SearchIndex) -> None:
    open_one = ticket("T-1", "The password link has expired", account="A-1", status="open", answer="Wait.")
    index.upsert([open_one, solved(2, "The password link has expired", " "), solved(3, "password link", "")])
    assert asked(index) == []
    assert reply_candidates(index, "acme", "T-99", None, 5) == []
    assert reply_candidates(index, "bolt", "T", None, 5) == []
