"""Reading from the middle of a partition gives what reading all of it gives."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from schemas.decode import decode, encode
from schemas.event import Event
from streams.carriage import WRITER_BEGAN, Beginning, encode_beginning
from streams.kafka.journal_index import JournalIndex
from tests.streams.records import NOW, written

Record = tuple[str | None, str | None, bytes]  # key, type, value

# A writer begins; or the one of so many epochs ago writes so many records of a tenant.
STEPS = st.lists(
    st.one_of(
        st.just("begin"),
        st.tuples(st.integers(0, 2), st.sampled_from(["acme", "zoo"]), st.integers(1, 7)),
    ),
    max_size=25,
)


def partition(steps: list[str | tuple[int, str, int]]) -> list[Record]:
    """A partition as writers leave it, those among them that do not know yet that they were replaced."""
    records: list[Record] = [began(1)]
    ends: list[dict[str, int]] = [{}]
    for step in steps:
        if isinstance(step, str):
            ends.append(dict(ends[-1]))
            records.append(began(len(ends)))
            continue
        ago, tenant, count = step
        epoch = max(1, len(ends) - ago)
        for _ in range(count):
            end = ends[epoch - 1][tenant] = ends[epoch - 1].get(tenant, 0) + 1
            value = encode(decode(written(tenant, end).value).stamped(epoch=epoch))
            records.append((tenant, "usage.recorded", value))
    return records


def began(epoch: int) -> Record:
    return (None, WRITER_BEGAN, encode_beginning(Beginning(epoch, f"writer-{epoch}", NOW)))


def read_from(index: JournalIndex, records: list[Record], tenant: str, position: int) -> list[Event]:
    start = index.start(tenant, position)
    taken = (
        start.carriage.take(type_, value) for key, type_, value in records[start.offset :] if key in (tenant, None)
    )
    return [event for event in taken if event is not None and event.position >= position]


@given(steps=STEPS, mark_every=st.integers(1, 4))
def test_every_position_is_found_from_the_mark_before_it(
    steps: list[str | tuple[int, str, int]], mark_every: int
) -> None:
    records = partition(steps)
    index = JournalIndex(mark_every)
    whole = [index.add(offset, type_, value) for offset, (_, type_, value) in enumerate(records)]
    assert index.next_offset == len(records)
    for tenant in ("acme", "zoo"):
        events = [event for event in whole if event is not None and event.tenant == tenant]
        assert [event.position for event in events] == list(range(1, index.end(tenant) + 1))
        assert (tenant in index.tenants()) == bool(events)
        for position in range(1, index.end(tenant) + 1):
            assert read_from(index, records, tenant, position) == events[position - 1 :]
