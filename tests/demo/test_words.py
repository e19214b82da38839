"""The wordings: complete in every language, and nothing unfilled in what comes out."""

from __future__ import annotations

from random import Random

import pytest

from infra.demo.phrases import LANGUAGES, parse, phrasebook, say
from infra.demo.topics import FAMILIES, HINTS, SHARES, TOPICS, TROUBLES
from infra.demo.words import PERSONAL_KINDS, Opening, opening_words, reply_words


def test_every_language_has_every_wording() -> None:
    assert len({frozenset(phrasebook(language).paths) for language in LANGUAGES}) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_topic_and_family_is_worded(language: str) -> None:
    paths = phrasebook(language).paths
    parts = ("titles", "problems", "details", "solutions")
    assert [
        f"topics.{topic}.{part}" for topic in TOPICS for part in parts if f"topics.{topic}.{part}" not in paths
    ] == []
    assert [family for family in FAMILIES if f"families.{family}" not in paths] == []
    assert [kind for kind in PERSONAL_KINDS if f"personal.{kind}" not in paths] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_stays_unfilled(language: str) -> None:
    draw = Random(1)
    book = phrasebook(language)
    texts = [book.say(path, draw) for path in book.paths for _ in range(30)]
    assert [text for text in texts if not text.strip() or set(text) & set("[]{}|")] == []


def test_twelve_topics_with_shares_hints_and_troubles() -> None:
    assert len(TOPICS) == 12
    assert sum(SHARES.values()) == pytest.approx(1.0)
    assert set(SHARES) == set(HINTS) == set(TOPICS)
    assert [topic for factors in TROUBLES.values() for topic in factors if topic not in TOPICS] == []


def test_alternatives_and_slots() -> None:
    template = parse("a [b|c {d}] e", {"d": lambda _: "D"})
    assert {say(template, Random(seed)) for seed in range(30)} == {"a b e", "a c D e"}


def test_an_unknown_slot_is_said_at_once() -> None:
    with pytest.raises(KeyError, match="nobody"):
        parse("hello {nobody}", {})


@pytest.mark.parametrize("kind", PERSONAL_KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_personal_data_stays_as_it_is_written(kind: str, language: str) -> None:
    opening = Opening("billing", "login", "clear", language, "normal", "chat", kind, "p-1")
    for seed in range(60):
        _, text = opening_words(opening, Random(seed))
        assert not set(text) & {"\x00", "\x01"}
        assert ("@example." in text) if kind == "email" else sum(letter.isdigit() for letter in text) >= 10


def test_a_conversation_has_one_name() -> None:
    draw = Random(2)
    said = {reply_words("glad", "login", "en", "p-0007-2", draw) for _ in range(40)}
    (first,) = [text for text in said if text.startswith("Glad")]
    name = first.removeprefix("Glad to hear it, ").split("!")[0]
    texts = [reply_words("solve", "login", "en", "p-0007-2", draw) for _ in range(40)]
    assert {text.split(",")[0] for text in texts if text.startswith("Hello")} == {f"Hello {name}"}


def test_a_vague_opening_says_the_same_whatever_its_topic() -> None:
    said = {
        opening_words(Opening(topic, "login", "vague", "en", "normal", "email", None, "p-1"), Random(5))
        for topic in TOPICS
    }
    assert len(said) == 1


@pytest.mark.parametrize("topics", list(FAMILIES.values()))
def test_a_family_opening_says_the_same_for_all_of_its_topics(topics: tuple[str, ...]) -> None:
    said = {
        opening_words(Opening(one, "login", "family", "de", "low", "web", None, "p-1"), Random(9)) for one in topics
    }
    assert len(said) == 1
