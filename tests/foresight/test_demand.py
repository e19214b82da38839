"""Tickets that will come: forecasts after a week, spikes with their evidence, gaps, late and repeated tickets."""

from __future__ import annotations

from random import Random

import pytest

from processors.contract import LARGEST_CELL_BYTES
from processors.demand import DEMAND, LEAST_SPIKE
from processors.demand_shape import EVERY_TOPIC, MOST_TOPICS, NO_TOPIC, OTHER_TOPICS, Shape
from processors.settings import SETTINGS
from schemas.alerts import AlertRaised
from schemas.emitted import TicketClassified
from schemas.foresight import DemandForecast, DemandSpiked
from schemas.instant import DAY, HOUR, MINUTE, parse_instant
from schemas.tickets import TicketOpened
from streams.batch import CellId
from streams.driver import Driver

MONDAY = parse_instant("2026-06-01T00:00:00Z")
BY_DAY = (9, 10, 11, 14, 15)


def opened(driver: Driver, at: int, topic: str | None = "login", *, taken_at: int | None = None) -> None:
    """A ticket, which triage names at once."""
    name = f"T{len(driver.records)}"
    driver.send(TicketOpened(ticket=name), at, taken_at=taken_at, id=name)
    driver.send(TicketClassified(ticket=name, category=topic), at, taken_at=taken_at, id=name)


def weeks(days: int = 16) -> Driver:
    """Two tickets on logins and one on invoices in each of five hours of each day; it is midnight after the last."""
    driver = Driver([DEMAND, SETTINGS])
    for day in range(days):
        for hour in BY_DAY:
            for minute, topic in ((5, "login"), (20, "invoice"), (40, "login")):
                opened(driver, MONDAY + day * DAY + hour * HOUR + minute * MINUTE, topic)
    driver.tick(MONDAY + days * DAY)
    return driver


def expected(driver: Driver) -> dict[str, int]:
    return {one.topic: one.expected_thousandths for one in driver.facts(DemandForecast)}


def test_nothing_is_said_before_a_week_was_seen() -> None:
    assert weeks(6).facts(DemandForecast) == []


def test_the_next_six_hours_are_foretold_by_topic() -> None:
    driver = weeks()
    assert expected(driver)[EVERY_TOPIC] < 500
    driver.tick(MONDAY + 16 * DAY + 8 * HOUR)
    known = expected(driver)
    assert known[EVERY_TOPIC] == pytest.approx(9_000, rel=0.15)
    assert known["login"] == pytest.approx(6_000, rel=0.15)
    assert known["invoice"] == pytest.approx(3_000, rel=0.15)
    for one in driver.facts(DemandForecast):
        assert (one.from_at, one.until_at) == (MONDAY + 16 * DAY + 8 * HOUR, MONDAY + 16 * DAY + 14 * HOUR)
        assert one.low * 1_000 <= one.expected_thousandths <= one.high * 1_000
        assert sum(term.amount for term in one.terms) == one.expected_thousandths


def test_a_spike_is_told_once_with_its_tickets_and_ends() -> None:
    driver = weeks()
    begins = MONDAY + 16 * DAY + 3 * HOUR
    for number in range(12):
        opened(driver, begins + number * MINUTE, "login")
    spikes = {one.topic: one for one in driver.facts(DemandSpiked)}
    assert set(spikes) == {"login", EVERY_TOPIC}
    spike = spikes["login"]
    assert (spike.tickets, spike.over_at) == (spike.edge + 1, None)
    assert LEAST_SPIKE < spike.tickets < 12
    ids = [record.id for record in driver.records if isinstance(record.data, TicketOpened)]
    assert spike.event_ids == tuple(ids[-12:][: spike.tickets])
    assert [alert.kind for alert in driver.alerts] == ["demand.spiked"] * 2
    assert len([one for one in driver.facts(AlertRaised) if one.subject == "login"]) == 1
    explained = spike.explain(1)
    assert sum(term.amount for term in explained.terms) == explained.total == 1_000 * spike.tickets
    driver.tick(begins + 8 * HOUR)
    over = {one.topic: one for one in driver.facts(DemandSpiked)}["login"]
    assert (over.tickets, over.over_at) == (12, begins + 6 * HOUR)
    assert len(driver.alerts) == 2


def test_a_spike_is_over_when_as_many_are_usual_by_now() -> None:
    driver = weeks()
    begins = MONDAY + 16 * DAY
    for hour in range(6 * 7 * 24):
        for number in range(8):
            opened(driver, begins + hour * HOUR + number * MINUTE, "login")
    told = {one.topic: one for one in driver.facts(DemandSpiked)}["login"]
    assert told.over_at is not None
    before = len(driver.alerts)
    for number in range(600):
        opened(driver, begins + 6 * 7 * DAY + number, "login")
    assert len(driver.alerts) == before + 2


def busy(driver: Driver, days: int, by_hour: int) -> int:
    """Tickets on logins, so many each hour from the seventeenth day on; and when that ends."""
    begins = MONDAY + 16 * DAY
    for hour in range(days * 24):
        for number in range(by_hour):
            opened(driver, begins + hour * HOUR + number * MINUTE, "login")
    driver.tick(begins + days * DAY)
    return begins + days * DAY


def spiked(driver: Driver, topic: str = EVERY_TOPIC) -> list[DemandSpiked]:
    return [one for one in driver.facts(DemandSpiked) if one.topic == topic]


@pytest.mark.parametrize("by_hour", [6, 14])
def test_a_spike_goes_on_while_more_come_than_were_usual_before_it(by_hour: int) -> None:
    driver = weeks()
    busy(driver, 6, by_hour)
    (spike,) = spiked(driver)
    assert (spike.over_at, len(driver.alerts)) == (None, 2)
    driver.tick(MONDAY + 23 * DAY)
    (spike,) = spiked(driver)
    assert spike.over_at is not None
    assert (spike.tickets, spike.over_at) == (6 * by_hour, MONDAY + 22 * DAY + 5 * HOUR)


def test_what_grows_hour_by_hour_is_measured_by_what_was_usual_before() -> None:
    driver = Driver([DEMAND, SETTINGS])
    for hour in range(14 * 24):
        opened(driver, MONDAY + hour * HOUR + MINUTE)
    for hour in range(6):
        for number in range(6):
            opened(driver, MONDAY + (14 * 24 + hour) * HOUR + number * MINUTE)
    (spike,) = spiked(driver)
    assert spike.expected_thousandths == 6_000
    assert spike.began_at < MONDAY + 14 * DAY + 4 * HOUR


def test_what_lasts_for_weeks_is_over_once_and_no_spike_again() -> None:
    driver = weeks()
    busy(driver, 28, 14)
    (spike,) = spiked(driver)
    assert spike.over_at is not None
    assert spike.over_at - spike.began_at >= 7 * DAY


def test_what_came_is_counted_in_the_six_hours_that_were_foretold() -> None:
    driver = weeks()
    now = busy(driver, 1, 3)
    assert {one.topic: (one.from_at, one.came) for one in driver.facts(DemandForecast)}[EVERY_TOPIC] == (now, 18)


def test_usual_days_are_no_spikes() -> None:
    draw, driver = Random(7), Driver([DEMAND, SETTINGS])
    for hour in range(21 * 24):
        for minute in sorted(draw.sample(range(60), draw.choice((0, 1, 1, 2, 3)))):
            opened(driver, MONDAY + hour * HOUR + minute * MINUTE, draw.choice(("login", "invoice", None)))
    assert driver.facts(DemandSpiked) == []
    assert NO_TOPIC in expected(driver)


def test_a_ticket_told_late_counts_while_its_hour_is_among_the_latest_and_triage_counts_once() -> None:
    driver = weeks()
    now = MONDAY + 16 * DAY + 12 * HOUR
    driver.tick(now)
    opened(driver, now - 2 * HOUR, "login", taken_at=now)
    opened(driver, now - 9 * HOUR, "login", taken_at=now)
    driver.send(TicketClassified(ticket=driver.records[-1].data.ticket, category="invoice"), now)  # type: ignore[attr-defined]
    driver.tick(now + HOUR)
    came = {one.topic: one.came for one in driver.facts(DemandForecast)}
    assert (came[EVERY_TOPIC], came["login"]) == (1, 1)


def test_a_long_silence_sets_no_timers_and_is_caught_up_with() -> None:
    driver = weeks()
    fold = driver.engine.fold_of(driver.tenant)
    driver.tick(MONDAY + 19 * DAY)
    assert fold.timers.next_due() is None
    opened(driver, MONDAY + 400 * DAY)
    driver.tick(MONDAY + 400 * DAY + 2 * HOUR)
    assert expected(driver)[EVERY_TOPIC] < 9_000


def test_topics_and_evidence_are_bounded() -> None:
    driver, long = Driver([DEMAND, SETTINGS]), "of which the name is as long as names of topics can be"
    for number in range(600):
        ticket, id_, at = f"T{number}", f"{number}-" + "x" * 200, MONDAY + number * MINUTE
        driver.send(TicketOpened(ticket=ticket), at, id=id_)
        driver.send(TicketClassified(ticket=ticket, category=f"topic {number % 40}, {long}"), at, id=id_)
    cell = driver.store.cell(driver.tenant, CellId(DEMAND.name, "demand"))
    assert cell is not None
    assert sum(map(len, cell.values())) < LARGEST_CELL_BYTES
    topics = DEMAND.decode(cell).shape.topics
    assert len(topics) == MOST_TOPICS + 1
    assert OTHER_TOPICS in topics


def test_shares_sum_to_the_whole() -> None:
    shape = Shape()
    for hour in range(400):
        shape.learn(hour, {"login": hour % 3, "invoice": 1})
    assert shape.share("login") + shape.share("invoice") == pytest.approx(1.0)
    assert shape.share(EVERY_TOPIC) == 1.0


def test_a_restart_changes_nothing() -> None:
    driver, again = weeks(9), Driver([DEMAND, SETTINGS])
    for place, record in enumerate(driver.records):
        again.fold([record.model_copy()])
        if place % 50 == 0:
            again.restart()
    assert again.hash == driver.hash
