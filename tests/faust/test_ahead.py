"""A look at the refusals that lie ahead goes on from the one before, and finds what one look at everything finds."""

from __future__ import annotations

from confluent_kafka import TopicPartition

from schemas.event import Event
from schemas.instant import MINUTE
from schemas.system import RecordRefused
from streams.checked import own_event
from streams.kafka.address import Address
from streams.kafka.ahead import Ahead, look_ahead, look_around, refusals_ahead
from streams.kafka.client import consumer
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


def ids(ahead: Ahead, place: Place) -> list[str]:
    return [event.id for event in ahead.refusals(place)]


def test_a_look_goes_on_from_the_one_before(log: Address) -> None:
    home = partition_of("acme", log.partitions)
    start, offsets = Place(), {home: 0}
    replaced = Carrier(log)
    replaced.write([*used("acme", ["row.edited"]), refusal(2, "first")])
    first = look_ahead(log, offsets, {})
    assert ids(first[home], start) == ["first"]
    writer = Carrier(log, epoch=2)
    replaced.write([refusal(3, "of-a-replaced-writer")])
    writer.write([refusal(3, "second")])
    further = look_ahead(log, offsets, first)
    assert ids(further[home], start) == ["first", "second"]
    assert further == look_ahead(log, offsets, {})
    assert refusals_ahead(log, {home: start}) == {home: further[home].refusals(start)}
    assert ids(first[home], start) == ["first"]
    # What is known is taken as it is, unless the place lies beyond it or before its beginning.
    known = {home: first[home]._replace(marks=[])}
    assert ids(look_ahead(log, offsets, known)[home], start) == ["second"]
    beyond = Place(0, further[home].end - 1, 2)
    assert ids(look_ahead(log, {home: beyond.offset}, first)[home], beyond) == ["second"]
    assert ids(look_ahead(log, offsets, {home: first[home]._replace(begin=1)})[home], start) == ["first", "second"]


def test_the_epoch_at_the_place_tells_whose_refusals_hold(log: Address) -> None:
    """A look may begin where it is not known whose records hold: each place within it knows that."""
    home = partition_of("acme", log.partitions)
    replaced = Carrier(log)
    replaced.write(used("acme", ["row.edited"]))
    writer = Carrier(log, epoch=2)
    begun = look_ahead(log, {home: 0}, {})[home].end
    replaced.write([refusal(2, "of-a-replaced-writer")])
    writer.write([refusal(2, "first")])
    ahead = look_ahead(log, {home: begun}, {})[home]
    assert ids(ahead, Place(0, begun, 2)) == ["first"]
    assert ids(ahead, Place(0, ahead.end, 2)) == []


def test_a_look_around_begins_where_the_group_is(log: Address) -> None:
    home = partition_of("acme", log.partitions)
    Carrier(log).write([*used("acme", ["row.edited"]), refusal(2, "first"), refusal(3, "second")])
    assert look_around(log, "workers") == {}
    end = look_ahead(log, {home: 0}, {})[home].end
    stored(log, home, end - 1)
    around = look_around(log, "workers")
    assert set(around) == {home}
    assert (around[home].begin, around[home].end) == (end - 1, end)
    assert ids(around[home], Place(0, end - 1, 1)) == ["second"]
    # A place that the journal does not have, as of one that was made again, is none.
    stored(log, home, end + 5)
    assert look_around(log, "workers") == {}


def stored(log: Address, partition: int, offset: int) -> None:
    """The group says that it was through so many records."""
    member = consumer(log, "workers")
    try:
        member.commit(offsets=[TopicPartition(log.topic("journal"), partition, offset)], asynchronous=False)
    finally:
        member.close()
