"""What teams are taught is limited an hour, told person by person, and taken back."""

from __future__ import annotations

from processors.settings import SETTINGS
from processors.team import TEAM
from processors.team_knowledge import BLOCK, LESSONS_KEPT, TeamKnowledge, TeamLesson
from processors.team_model import MODEL, TEAM_MODEL
from schemas.instant import HOUR, MINUTE
from schemas.lessons import LessonsUnlearned, LessonsWithdrawn, LessonTaken
from schemas.settings import SettingsLimitsChanged
from schemas.tickets import TicketOpened, TicketResolved
from streams.driver import Driver
from tests.learners.invented import tickets
from tests.lessons.desk import START

Said = tuple[str, str, str]  # text, team, by whom

HONEST: list[Said] = [
    (text, f"{label} desk", f"expert-{n % 3}") for n, (text, label) in enumerate(tickets(60, seed=21))
]
FLOOD: list[Said] = [(text, "nobody", "mallory") for text, _ in tickets(20, seed=22)]


def taught(said: list[Said], *, apart: int = 10 * MINUTE, person_hour: int | None = None) -> Driver:
    """A desk on which each ticket was solved by its team."""
    driver, at = Driver([TEAM, SETTINGS, TEAM_MODEL], "acme"), START
    if person_hour is not None:
        driver.send(SettingsLimitsChanged(lessons_per_person_hour=person_hour), at)
    for number, (text, team, person) in enumerate(said):
        at += apart
        driver.send(TicketOpened(ticket=f"T-{number}", title="", text=text, group=team), at)
        driver.send(TicketResolved(ticket=f"T-{number}", by=person), at + MINUTE // 2)
    return driver


def knowledge(driver: Driver) -> TeamKnowledge:
    found = driver.engine.fold_of("acme").read(TEAM_MODEL, MODEL)
    assert found is not None
    return found


def known(found: TeamKnowledge) -> tuple[str, object, list[TeamLesson]]:
    """All that tells what was taught."""
    return found.learner.digest(), found.record, list(found.lately)


def test_what_one_person_says_beyond_the_limit_is_counted_and_not_learned() -> None:
    driver = taught(FLOOD, apart=MINUTE, person_hour=5)
    lessons = driver.facts(LessonTaken)
    assert {one.person for one in lessons} == {"mallory"}
    outcomes = [one.outcome for one in sorted(lessons, key=lambda one: one.taken_at)]
    in_first_hour = (HOUR - START % HOUR) // MINUTE
    assert outcomes[:6] == ["learned"] * 5 + ["held: person"] or in_first_hour < 6
    assert knowledge(driver).learner.n == outcomes.count("learned") <= 10
    assert knowledge(driver).guard.held == outcomes.count("held: person") >= 10


def test_others_go_on_teaching_meanwhile() -> None:
    mixed = [one for pair in zip(FLOOD, HONEST, strict=False) for one in pair]
    driver = taught(mixed, apart=MINUTE, person_hour=8)
    honest = [one for one in driver.facts(LessonTaken) if one.person != "mallory"]
    assert [one.outcome for one in honest] == ["learned"] * len(FLOOD)


def test_what_a_person_taught_is_taken_back_as_if_it_had_never_been_said() -> None:
    mixed = [*HONEST[:30], *FLOOD, *HONEST[30:]]
    driver = taught(mixed)
    assert "nobody" in knowledge(driver).learner.labels
    withdrawn = LessonsWithdrawn(model="team", by="mallory", reason="a wrong list")
    driver.send(withdrawn, START + 1_000 * HOUR)
    fact, *more = driver.facts(LessonsUnlearned)
    assert not more
    assert (fact.model, fact.person, fact.lessons, fact.beyond_reach) == ("team", "mallory", len(FLOOD), False)
    assert fact.asked > 0
    assert 0.0 < fact.largest_move <= 1.0
    now, never = knowledge(driver), knowledge(taught(HONEST))
    assert now.learner.digest() == never.learner.digest()
    assert now.record == never.record
    assert "nobody" not in now.learner.labels
    assert now.withdrawn == len(FLOOD)


def test_only_what_was_said_within_the_time_is_taken_back() -> None:
    driver = taught(FLOOD)
    since = sorted(one.taken_at for one in driver.facts(LessonTaken))[12]
    driver.send(LessonsWithdrawn(model="team", by="mallory", since=since), START + 1_000 * HOUR)
    assert knowledge(driver).learner.n == 12


def test_categories_are_left_alone_and_nobody_elses_lessons_go() -> None:
    driver = taught(HONEST)
    before = known(knowledge(driver))
    driver.send(LessonsWithdrawn(by="expert-1"), START + 1_000 * HOUR)
    driver.send(LessonsWithdrawn(model="team", by="somebody"), START + 1_001 * HOUR)
    assert known(knowledge(driver)) == before


def test_saved_and_read_again_it_teaches_and_takes_back_bit_for_bit() -> None:
    lessons = [
        TeamLesson(f"{text} {n % 7}", label, "", f"p-{n % 5}", n)
        for n, (text, label) in enumerate(tickets(900, seed=3))
    ]
    whole, parts, saved = TeamKnowledge(), TeamKnowledge(), dict[str, bytes]()
    for number, lesson in enumerate(lessons):
        whole.learn(lesson)
        parts.learn(lesson)
        if number % 97 == 0:
            saved |= parts.encoded()
            parts = TeamKnowledge.decoded(saved)
    assert LESSONS_KEPT <= len(whole.lately) < LESSONS_KEPT + BLOCK
    assert (whole.settled.n, len(whole.marks)) == (BLOCK, LESSONS_KEPT // BLOCK)
    assert known(whole) == known(parts)
    assert TEAM_MODEL.digest(whole) == TEAM_MODEL.digest(parts)
    gone, beyond = whole.withdraw("p-2", None, None)
    assert (gone, beyond) == parts.withdraw("p-2", None, None)
    assert gone > 0
    assert beyond
    assert known(whole) == known(parts)
    for person in (f"p-{number}" for number in range(5)):
        whole.withdraw(person, None, None)
    assert whole.lately == []
    assert whole.learner.digest() == whole.settled.digest()
    assert whole.withdraw("p-1", 5, None) == (0, True)
