"""The mixed load: its shares, its order, and that all of it decodes."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from infra.demo.load import load_settings, mixed_load
from schemas.decode import decode
from tests.demo.conftest import AT


def test_the_mix_is_as_promised() -> None:
    families = Counter(decode(raw).type.split(".")[0] for raw in mixed_load(1, 40_000, 100_000, AT))
    assert families.total() == 40_000
    assert families["usage"] / 40_000 == pytest.approx(0.85, abs=0.01)
    assert (families["ticket"] + families["expert"]) / 40_000 == pytest.approx(0.12, abs=0.01)
    assert families["feedback"] / 40_000 == pytest.approx(0.03, abs=0.005)


def test_tickets_are_conversations_of_one_account_with_text() -> None:
    events = [decode(raw) for raw in mixed_load(2, 40_000, 5_000, AT)]
    owners: dict[str, set[str | None]] = {}
    opened: dict[str, int] = {}
    for event in events:
        ticket = getattr(event.data, "ticket", None)
        if ticket is None:
            continue
        owners.setdefault(ticket, set()).add(event.account)
        if event.type == "ticket.opened":
            opened[ticket] = event.occurred_at
            assert event.data.text  # type: ignore[attr-defined]
    assert {len(accounts) for accounts in owners.values()} == {1}
    assert set(owners) == set(opened)


def test_order_ids_and_accounts() -> None:
    events = [decode(raw) for raw in mixed_load(3, 40_000, 700, AT)]
    assert all(before.occurred_at <= after.occurred_at for before, after in pairwise(events))
    assert events[-1].occurred_at == AT
    assert len({event.id for event in events}) == len(events)
    accounts = {event.account for event in events}
    assert 600 < len(accounts) <= 700


def test_the_same_seed_is_the_same_load() -> None:
    assert list(mixed_load(4, 5_000, 100, AT)) == list(mixed_load(4, 5_000, 100, AT))
    assert list(mixed_load(4, 100, 100, AT)) != list(mixed_load(5, 100, 100, AT))


def test_its_settings_decode_and_come_before_it() -> None:
    first = decode(next(mixed_load(1, 1_000, 10, AT)))
    assert all(decode(raw).occurred_at < first.occurred_at for raw in load_settings(AT))
