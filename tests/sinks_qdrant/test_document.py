"""What may be indexed, under which id, and that a payload gives the document back."""

from __future__ import annotations

import itertools
import math
import uuid
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sinks.qdrant.document import Document, DocumentRefused, Key, restored, stored

names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


def test_a_point_id_is_a_uuid_that_never_changes() -> None:
    key = Key("acme", "ticket", "T-1")
    assert key.point_id == "4c179d17-0f59-860c-abca-680a36704485"
    assert uuid.UUID(key.point_id).version == 8
    assert str(uuid.UUID(key.point_id)) == key.point_id


def test_neighbouring_names_have_different_ids() -> None:
    tenants, entities = ("a", "a:", "a:ticket", "1:a", "ab"), ("b", ":b", "ticket:b", "ab", "a:ticket:b")
    keys = [Key(t, k, e) for t, k, e in itertools.product(tenants, ("ticket", "answer"), entities)]  # type: ignore[arg-type]
    assert len({key.point_id for key in keys}) == len(keys)


@settings(deadline=None)  # the machine may be busy
@given(first=st.tuples(names, names), second=st.tuples(names, names))
def test_two_keys_share_an_id_only_when_equal(first: tuple[str, str], second: tuple[str, str]) -> None:
    one, other = Key(first[0], "ticket", first[1]), Key(second[0], "ticket", second[1])
    assert (one.point_id == other.point_id) == (one == other)


def test_a_payload_cannot_shadow_the_tenant() -> None:
    hostile = {"tenant": "bolt", "kind": "answer", "text": "y"}
    document = Document(Key("acme", "ticket", "T-1"), "x", 0, 0, payload=hostile)
    assert stored(document)["tenant"] == "acme"
    assert restored(stored(document)) == document


@pytest.mark.parametrize(
    "change",
    [
        {"text": None},
        {"text": "\ud800"},
        {"happened_at": 1.0},
        {"happened_at": True},
        {"happened_at": 2**53},
        {"revision": 2**63},
        {"revision": "1"},
        {"account": ""},
        {"account": ["A-1"]},
        {"subject": "\udfff"},
        {"language": 7},
        {"payload": {"status": 7}},
        {"payload": {"status": ["open", "solved"]}},
        {"payload": {"score": math.nan}},
        {"payload": {"score": -math.inf}},
        {"payload": {"score": 2**63}},
        {"payload": {"note": "\ud800"}},
        {"payload": {"tags": ("a", "b")}},
        {"payload": {"a.b": "c"}},
        {"payload": {"": "c"}},
        {"payload": {"x" * 65: "c"}},
    ],
)
def test_what_an_index_would_keep_wrongly_is_refused(change: dict[str, Any]) -> None:
    said: dict[str, Any] = {"text": "x", "happened_at": 0, "revision": 0} | change
    with pytest.raises(DocumentRefused, match=next(iter(change))):
        Document(Key("acme", "ticket", "T-1"), **said)
