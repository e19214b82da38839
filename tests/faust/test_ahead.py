"""A look at the refusals that lie ahead goes on from the one before, and finds what one look at everything finds."""

from __future__ import annotations

from schemas.event import Event
from schemas.instant import MINUTE
from schemas.system import RecordRefused
from streams.checked import own_event
from streams.kafka.address import Address
from streams.kafka.ahead import Ahead, look_ahead, refusals_ahead
from streams.partition import partition_of
from streams.table_store import Place
from tests.faust.carried import Carrier
from tests.faust.test_refusals import used
from tests.laws.story import START


def refusal(position: int, id_: str) -> Event:
    said = RecordRefused(
        refused_position=1,
        event_id="acme-1",
        stepped="usage.recorded",
        processor="usage",
        processor_version=1,
        key="A-1",
        reason="KeyError",
    )
    at = START + position * MINUTE
    return own_event("acme", said, at, id_).stamped(position=position, recorded_at=at)


def ids(ahead: Ahead) -> list[str]:
    return [event.id for event in ahead.refusals]


def test_a_look_goes_on_from_the_one_before(log: Address) -> None:
    home = partition_of("acme", log.partitions)
    places = {home: Place()}
    replaced = Carrier(log)
    replaced.write([*used("acme", ["row.edited"]), refusal(2, "first")])
    first = look_ahead(log, places, {})
    assert ids(first[home]) == ["first"]
    writer = Carrier(log, epoch=2)
    replaced.write([refusal(3, "of-a-replaced-writer")])
    writer.write([refusal(3, "second")])
    further = look_ahead(log, places, first)
    assert ids(further[home]) == ["first", "second"]
    assert further == look_ahead(log, places, {})
    assert refusals_ahead(log, places) == {home: further[home].refusals}
    assert ids(first[home]) == ["first"]
    # What is known is taken as it is, unless the place lies beyond it or before its beginning.
    known = {home: first[home]._replace(refusals=[])}
    assert ids(look_ahead(log, places, known)[home]) == ["second"]
    beyond = Place(0, further[home].end - 1, 2)
    assert ids(look_ahead(log, {home: beyond}, first)[home]) == ["second"]
    assert ids(look_ahead(log, places, {home: first[home]._replace(begin=1)})[home]) == ["first", "second"]
