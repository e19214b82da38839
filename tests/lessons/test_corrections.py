"""What people correct counts whatever is corrected, and whenever it is told."""

from __future__ import annotations

from processors.catalog import PROCESSORS
from schemas.event import Data
from schemas.experts import ExpertCorrected
from schemas.facts import TicketClassified, TicketState
from schemas.instant import HOUR, MINUTE
from schemas.tickets import TicketMessageAdded, TicketOpened, TicketPriorityChanged
from streams.driver import Driver
from tests.lessons.desk import START


def lived(correction: Data) -> Driver:
    """A ticket whose priority somebody says, and what came after it."""
    driver = Driver(PROCESSORS)
    driver.send(TicketOpened(ticket="T", title="x", text="please look", priority="urgent"), START, account="a")
    driver.send(correction, START + MINUTE, account="a", id="said")
    driver.send(TicketMessageAdded(ticket="T", author="customer", text="any news?"), START + HOUR, account="a")
    return driver


def test_a_corrected_priority_is_one_that_somebody_gave_the_ticket() -> None:
    corrected = lived(ExpertCorrected(ticket="T", expert="ada", field="priority", value="low"))
    changed = lived(TicketPriorityChanged(ticket="T", priority="low", by="ada"))
    assert corrected.facts(TicketState)[0].priority == "low"
    assert corrected.facts(TicketClassified)[0].priority == "low"
    assert sorted(map(repr, corrected.store.current[corrected.tenant].values())) == sorted(
        map(repr, changed.store.current[changed.tenant].values())
    )


def test_what_is_no_priority_changes_none() -> None:
    driver = lived(ExpertCorrected.model_construct(ticket="T", expert="ada", field="priority", value="asap"))
    assert driver.facts(TicketState)[0].priority == "urgent"
