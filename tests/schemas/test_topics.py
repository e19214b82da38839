"""Every event type has its topic, and topics keep what they must."""

from __future__ import annotations

from schemas.registry import EVENT_TYPES
from schemas.topics import BY_NAME, INTAKE, TOPICS


def test_every_journaled_type_stands_in_one_intake_topic_and_in_the_journal() -> None:
    written = [row.name for row in EVENT_TYPES if row.origin != "emitted"]
    assert sorted(name for topic in INTAKE for name in topic.types) == sorted(written)
    assert list(BY_NAME["journal"].types) == written


def test_the_truth_is_kept_for_ever_and_what_arrived_a_week() -> None:
    assert {topic.retention_days for topic in INTAKE} == {7}
    journal = BY_NAME["journal"]
    assert (journal.retention_days, journal.compacted) == (None, False)
    assert [topic.name for topic in TOPICS if topic.compacted] == ["waits"]
    assert {topic.role for topic in TOPICS} == {"intake", "journal", "facts", "alerts", "dead-letters", "waits"}
    assert len(BY_NAME) == len(TOPICS)
