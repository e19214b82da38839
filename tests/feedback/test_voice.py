"""A text is read by what came with it, else by what others' forms and scores taught; the text alone teaches nothing."""

from __future__ import annotations

import pytest

from processors.feedback import FEEDBACK
from processors.hourly_cap import MOST_PER_HOUR
from processors.settings import SETTINGS
from processors.severity import severity_of
from processors.voice import VOICE
from processors.voice_model import LEAST_LABELS, TOPIC, VOICE_MODEL, VoiceKnowledge
from schemas.feedback import FeedbackGiven
from schemas.instant import HOUR, parse_instant
from schemas.voice import FeedbackRead
from streams.batch import CellId
from streams.driver import Driver

START = parse_instant("2026-03-02T00:00:00Z")
WORDS = {"prices": "The invoice is far too expensive for us", "speed": "Every page takes ages to load"}


def given(feedback: str, text: str, *, topic: str | None = None, csat: float | None = None) -> FeedbackGiven:
    if csat is None:
        return FeedbackGiven(feedback=feedback, form="survey", text=text, topic=topic)
    return FeedbackGiven(feedback=feedback, form="survey", text=text, topic=topic, scale="csat", score=csat)


def knowledge(bench: Driver, model: str) -> VoiceKnowledge | None:
    parts = bench.store.cell(bench.tenant, CellId(VOICE_MODEL.name, model))
    return None if parts is None else VOICE_MODEL.decode(parts)


def taught(bench: Driver, labels: int) -> int:
    """So many answers with topics and scores, each from another account; the instant after the last."""
    for number in range(labels):
        topic = "prices" if number % 2 else "speed"
        said = given(f"F-{number}", f"{WORDS[topic]}, number {number}", topic=topic, csat=1.0 if number % 2 else 5.0)
        bench.send(said, START + number * HOUR, account=f"A-{number}")
    return START + labels * HOUR


def bench_of() -> Driver:
    return Driver((FEEDBACK, VOICE, SETTINGS, VOICE_MODEL))


def test_what_came_with_a_text_is_what_it_says() -> None:
    bench = bench_of()
    bench.send(given("F", "Too dear", topic="prices", csat=1.0), START, account="A")
    read = bench.fact(FeedbackRead)
    assert (read.topic, read.topic_by, read.topic_probability) == ("prices", "the form", 1.0)
    assert (read.severity, read.severity_by) == ("severe", "the score")


def test_nothing_is_said_before_enough_was_taught() -> None:
    bench = bench_of()
    bench.send(given("F", "Too dear"), START, account="A")
    read = bench.fact(FeedbackRead)
    assert (read.topic, read.topic_by, read.severity, read.severity_by) == (None, "nothing", None, "nothing")


def test_others_forms_and_scores_teach_and_words_say_why() -> None:
    bench = bench_of()
    at = taught(bench, LEAST_LABELS)
    bench.send(given("G", "your invoice is too expensive"), at, account="B", id="asked")
    (read,) = [one for one in bench.facts(FeedbackRead) if one.feedback == "G"]
    assert (read.topic, read.topic_by, read.n) == ("prices", "model", LEAST_LABELS)
    assert (read.severity, read.severity_by) == ("severe", "model")
    explained = read.explain(1)
    assert sum(term.amount for term in explained.terms) == pytest.approx(explained.total, abs=1e-9)
    assert {term.event_ids for term in explained.terms} <= {(), ("asked",)}


def test_a_text_alone_teaches_nothing_and_a_flood_little() -> None:
    bench = bench_of()
    for number in range(5):
        bench.send(given(f"F-{number}", WORDS["speed"]), START + number, account="A")
    assert knowledge(bench, TOPIC) is None
    for number in range(2 * MOST_PER_HOUR):
        bench.send(given(f"G-{number}", WORDS["speed"], topic="speed"), START + 10 + number, account="A")
    known = knowledge(bench, TOPIC)
    assert known is not None
    assert (known.learner.n, known.record.capped) == (MOST_PER_HOUR, MOST_PER_HOUR)


def test_other_dates_teach_no_more() -> None:
    bench = bench_of()
    for number in range(4 * MOST_PER_HOUR):
        said = given(f"G-{number}", WORDS["speed"], topic="speed")
        bench.send(said, START + (1 - number % 2) * HOUR, taken_at=START + HOUR + number, account="A")
    known = knowledge(bench, TOPIC)
    assert known is not None
    assert (known.learner.n, known.record.capped) == (MOST_PER_HOUR, 3 * MOST_PER_HOUR)


def test_said_again_it_teaches_only_what_is_new() -> None:
    bench = bench_of()
    for number, topic in enumerate(("speed", "speed", "prices")):
        bench.send(given("F", WORDS["speed"], topic=topic), START + number, account="A", id=f"e-{number}")
    known = knowledge(bench, TOPIC)
    assert known is not None
    assert known.learner.n == 2
    assert bench.fact(FeedbackRead).topic == "prices"


def test_a_model_learned_and_saved_in_parts_is_the_same() -> None:
    bench, again = bench_of(), bench_of()
    at = taught(bench, LEAST_LABELS)
    for record in bench.records:
        again.fold([record])
        again.restart()
    assert again.hash == bench.hash
    assert at > START


@pytest.mark.parametrize(
    ("scale", "score", "severity"),
    [
        ("nps", 2.0, "severe"),
        ("nps", 4.0, "mild"),
        ("nps", 5.0, "none"),
        ("csat", 1.0, "severe"),
        ("csat", 2.0, "mild"),
        ("csat", 3.0, "none"),
        ("ces", 2.0, "severe"),
        ("ces", 3.0, "mild"),
        ("criticality", -3.0, "severe"),
        ("criticality", -1.0, "mild"),
        ("criticality", 0.0, "none"),
    ],
)
def test_how_bad_an_answer_is_follows_from_its_scale(scale: str, score: float, severity: str) -> None:
    said = FeedbackGiven.model_validate({"feedback": "F", "scale": scale, "score": score})
    assert severity_of(said) == severity
