"""One case for every reason: refused, kept sealed, told as a fact, found again; and the rest of the batch is taken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import orjson
import pytest

from processors.contract import Context, Output
from schemas.event import Event
from schemas.facts import DeadLetter
from schemas.instant import DAY
from schemas.reasons import BY_NAME, REASONS
from streams.embedded import Embedded
from tests.streams.records import NOW, raw, used
from tests.streams.tiny import scripted, word


def fussy(_state: list[str], event: Event, _context: Context) -> Sequence[Output]:
    """Cannot bear one name."""
    if word(event) == "unbearable":
        raise ArithmeticError("this may hold personal words")
    return ()


CASES: dict[str, bytes] = {
    "not_json": b'{"specversion":"1.0",',
    "invalid_utf8": used("e-9").replace(b"report", b"re\xffport"),
    "too_large": used("e-9", padding="x" * 2_000_000),
    "not_an_event": used("e-9", specversion="0.3"),
    "unknown_type": raw("ticket.teleported", {}, "e-9"),
    "newer_version": used("e-9", dataschema="urn:millrace:usage.recorded:2"),
    "invalid_data": used("e-9", quantity=-1),
    "future_dated": used("e-9", at=NOW + 3 * DAY),
    "ancient_dated": used("e-9", at=0),
    "conflict": used("e-1", quantity=2),
    "tenant_mismatch": used("e-9", tenant="other"),
    "step_failed": used("e-9").replace(b"report", b"unbearable"),
}
# A row that its mapping makes no event of never comes to this door: see the tests of mappings.
ELSEWHERE = {"unmapped_row"}


@pytest.fixture
def runtime(tmp_path: Path) -> Iterator[Embedded]:
    made = Embedded(tmp_path, [scripted("fussy", fussy)], clock=lambda: NOW)
    yield made
    made.close()


def test_every_reason_has_its_case() -> None:
    assert set(CASES) | ELSEWHERE == {reason.name for reason in REASONS}
    for reason in REASONS:
        assert reason.meaning
        assert reason.remedy
        assert 400 <= reason.status < 500


@pytest.mark.parametrize("reason", CASES)
def test_what_is_refused_is_kept(runtime: Embedded, reason: str) -> None:
    runtime.take("acme", [used("e-1")])
    taken = runtime.take("acme", [used("e-2"), CASES[reason], used("e-3")], origin="upload:7")
    runtime.fold_all()
    assert [taken[0].status, taken[2].status] == ["accepted", "accepted"]
    (letter,) = runtime.log.letters("acme")
    assert letter.reason == reason
    assert letter.detail
    assert "personal" not in letter.detail
    if reason != "step_failed":
        assert (taken[1].status, taken[1].reason, taken[1].letter) == ("refused", reason, letter.letter)
        assert letter.origin == "upload:7"
        assert BY_NAME[reason].status >= 400
    opened = runtime.privacy.open_letter("acme", letter.letter, letter.raw)
    assert opened is not None
    if reason == "step_failed":
        assert orjson.loads(opened)["id"] == "e-9"
    else:
        assert CASES[reason].startswith(opened)
        assert len(opened) == min(len(CASES[reason]), 1_048_576)
    told = [one.fact for one in runtime.store.statements(0, 1_000) if isinstance(one.fact, DeadLetter)]
    assert {(fact.letter, fact.reason, fact.detail) for fact in told} == {(letter.letter, reason, letter.detail)}
    ids = [event.id for event in runtime.log.read("acme", 0, 100) if event.source == "desk"]
    assert ids == ["e-1", "e-2", *(["e-9"] if reason == "step_failed" else []), "e-3"]


def test_a_letter_that_was_kept_is_told_after_a_restart(tmp_path: Path) -> None:
    """Keeping it and telling the sinks are two transactions; also of a tenant that has sent nothing else."""
    first = Embedded(tmp_path, (), clock=lambda: NOW)
    first.take("acme", [b"{"])
    with first.database.transaction() as connection:
        connection.execute("DELETE FROM outbox")
    first.close()
    again = Embedded(tmp_path, (), clock=lambda: NOW)
    told = [(one.tenant, one.fact) for one in again.store.statements(0, 1_000)]
    assert [tenant for tenant, _ in told] == ["acme"]
    assert isinstance(told[0][1], DeadLetter)
    again.close()
