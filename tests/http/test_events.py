"""Is every event taken or refused on its own merits, with a status and words of its own?"""

from __future__ import annotations

import gzip
import io
import resource
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson
import pytest

from schemas.decode import LARGEST_RECORD_BYTES
from tests.http.desk import BATCH, STRUCTURED, Caller

Event = dict[str, Any]


@dataclass(frozen=True)
class Bad:
    name: str
    make: Callable[[Event], bytes]
    status: int
    reason: str
    words: str

    def __str__(self) -> str:
        return self.name


def _bytes(said: bytes) -> Callable[[Event], bytes]:
    return lambda _: said


def _with(**changes: Any) -> Callable[[Event], bytes]:
    return lambda event: orjson.dumps({**event, **changes})


def _data(**changes: Any) -> Callable[[Event], bytes]:
    return lambda event: orjson.dumps({**event, "data": {**event["data"], **changes}})


def _text(old: bytes, new: bytes) -> Callable[[Event], bytes]:
    return lambda event: orjson.dumps(event).replace(old, new)


def _quantity(said: bytes) -> Callable[[Event], bytes]:
    return lambda event: orjson.dumps(event).replace(b'"quantity":3', b'"quantity":' + said)


BAD = (
    Bad("not json", _bytes(b"{nope"), 400, "not_json", "key"),
    Bad("nothing", _bytes(b""), 400, "not_json", "empty"),
    Bad("a number", _bytes(b"7"), 400, "not_json", "object"),
    Bad("not UTF-8", _text(b"person-77", b"person-\xff"), 400, "invalid_utf8", "byte"),
    Bad("surrogate, encoded", _text(b"person-77", b"\xed\xa0\x80"), 400, "invalid_utf8", "byte"),
    Bad("lone surrogate", _text(b"person-77", b"\\ud800"), 400, "not_json", "surrogate"),
    Bad("NaN", _quantity(b"NaN"), 400, "not_json", "no number NaN"),
    Bad("infinite", _quantity(b"-Infinity"), 400, "not_json", "no number -Infinity"),
    Bad("65 bits", _quantity(b"36893488147419103232"), 422, "invalid_data", ""),
    Bad("nested deeply", _quantity(b"[" * 2000 + b"]" * 2000), 400, "not_json", "depth"),
    Bad("no type", _bytes(b'{"id": "1"}'), 400, "not_an_event", "type"),
    Bad("no source", _with(source=None), 400, "not_an_event", "string"),
    Bad("no offset", _with(time="2026-01-01T00:00:00"), 400, "not_an_event", "offset"),
    Bad("wrong type", _data(quantity="three"), 422, "invalid_data", "integer"),
    Bad("unknown field", _data(colour="red"), 422, "invalid_data", "Extra"),
    Bad("unknown type", _with(type="ticket.exploded"), 422, "unknown_type", "ticket.exploded"),
    Bad("ours to say", _with(type="label.matured"), 422, "unknown_type", "label.matured"),
    Bad("newer", _with(dataschema="urn:millrace:usage.recorded:9"), 422, "newer_version", "9"),
    Bad("future", _with(time="2999-01-01T00:00:00Z"), 422, "future_dated", "2999"),
    Bad("ancient", _with(time="1969-12-31T12:00:00Z"), 422, "ancient_dated", "1969"),
    Bad("another tenant", _with(tenant="somebody-else"), 403, "tenant_mismatch", "another tenant"),
    Bad("2 MB", _data(name="x" * (2 << 20)), 413, "too_large", "1,048,576"),
)


@pytest.fixture
def usage(caller: Caller) -> Event:
    return caller.event("usage.recorded")


@pytest.mark.parametrize("bad", BAD, ids=str)
def test_bad_input_has_its_own_answer_and_is_kept(bad: Bad, caller: Caller, usage: Event) -> None:
    answer = caller.tell_bytes(bad.make(usage))
    (result,) = answer.json()["results"]
    assert (answer.status_code, result["reason"]) == (bad.status, bad.reason)
    assert bad.words.lower() in result["detail"].lower()
    assert result["remedy"]
    (letter,) = caller.get("/v1/dead-letters").json()["dead_letters"]
    assert (letter["letter"], letter["reason"]) == (result["letter"], bad.reason)
    assert caller.tell(usage).json()["accepted"] == 1


def test_bad_items_cost_the_others_of_a_batch_nothing(caller: Caller) -> None:
    fit = [bad for bad in BAD if bad.name not in ("nothing", "not json", "2 MB")]
    items: list[bytes] = []
    for bad in fit:
        items += [bad.make(caller.event("usage.recorded")), orjson.dumps(caller.event("usage.recorded"))]
    answer = caller.tell_bytes(b"[" + b",".join(items) + b"]", BATCH)
    said = answer.json()
    assert answer.status_code == 207
    assert [one.get("reason") for one in said["results"]] == [reason for bad in fit for reason in (bad.reason, None)]
    assert (said["accepted"], said["refused"]) == (len(fit), len(fit))
    assert [one["position"] for one in said["results"][1::2]] == list(range(1, len(fit) + 1))


def test_the_same_id_again_is_a_duplicate_and_with_other_content_a_conflict(caller: Caller, usage: Event) -> None:
    assert caller.tell(usage).json()["results"][0] == {"status": "accepted", "event_id": usage["id"], "position": 1}
    again = caller.tell(usage)
    assert (again.status_code, again.json()["duplicate"]) == (200, 1)
    other = caller.tell({**usage, "data": {**usage["data"], "quantity": 4}})
    assert (other.status_code, other.json()["results"][0]["reason"]) == (409, "conflict")
    assert usage["id"] in other.json()["results"][0]["detail"]


def test_binary_mode(caller: Caller, usage: Event) -> None:
    attributes = {f"ce-{name}": str(usage[name]) for name in ("specversion", "id", "source", "type", "time", "account")}
    data = orjson.dumps(usage["data"])
    assert caller.tell_bytes(data, "application/json", **attributes).json()["accepted"] == 1
    assert caller.tell(usage).json()["duplicate"] == 1
    injected = caller.tell_bytes(data + b',"tenant":"other"', "application/json", **{**attributes, "ce-id": "other"})
    assert (injected.status_code, injected.json()["results"][0]["reason"]) == (400, "not_json")


@pytest.mark.parametrize("media", ["application/x-ndjson", "application/jsonl"])
def test_lines(caller: Caller, media: str) -> None:
    lines = [orjson.dumps(caller.event("usage.recorded")) for _ in range(3)]
    answer = caller.tell_bytes(b"\n".join([lines[0], b"", b"nope", *lines[1:]]) + b"\n", media)
    assert (answer.status_code, answer.json()["accepted"], answer.json()["refused"]) == (207, 3, 1)


@pytest.mark.parametrize("media", [STRUCTURED, "application/json; charset=utf-8", BATCH])
def test_an_array_is_a_batch_and_an_object_one_event(caller: Caller, media: str) -> None:
    assert caller.tell_bytes(orjson.dumps(caller.event("usage.recorded")), media).json()["accepted"] == 1
    assert caller.tell_bytes(orjson.dumps([caller.event("usage.recorded")]), media).json()["accepted"] == 1
    assert caller.tell_bytes(b"[]", media).json()["results"] == []


def test_gzip(caller: Caller, usage: Event) -> None:
    packed = gzip.compress(orjson.dumps(usage))
    assert caller.tell_bytes(packed, **{"content-encoding": "gzip"}).json()["accepted"] == 1
    for broken, words in ((packed[:-9], "too early"), (b"plain", "header"), (packed + packed, "follows its end")):
        answer = caller.tell_bytes(broken, **{"content-encoding": "gzip"})
        assert answer.status_code == 400
        assert words in answer.json()["detail"]


def test_a_gzip_bomb_is_refused_in_little_memory(caller: Caller) -> None:
    def bomb() -> Iterator[bytes]:
        packed = io.BytesIO()
        with gzip.GzipFile(fileobj=packed, mode="wb") as file:
            for _ in range(100):
                file.write(bytes(1 << 20))
        yield packed.getvalue()

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    answer = caller.post("/v1/events", content=bomb(), headers={"content-encoding": "gzip", "content-type": STRUCTURED})
    assert (answer.status_code, answer.json()["reason"]) == (413, "too_large")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60 << 10


@pytest.mark.parametrize(
    ("headers", "status", "words"),
    [
        ({"content-type": "text/plain"}, 415, "text/plain"),
        ({"content-type": STRUCTURED, "content-encoding": "br"}, 415, "br"),
        ({"content-type": STRUCTURED, "x-millrace-tenant": "No Such!"}, 400, "lower-case"),
    ],
)
def test_a_request_that_cannot_be_read(caller: Caller, headers: dict[str, str], status: int, words: str) -> None:
    answer = caller.post("/v1/events", content=b"{}", headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert words in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "media", "words"),
    [
        (b" " * (17 * LARGEST_RECORD_BYTES), STRUCTURED, "split"),
        (b"[" + b"1," * 10_001 + b"1]", BATCH, "10,000"),
        (b"{}\n" * 10_001, "application/x-ndjson", "10,000"),
    ],
    ids=["bytes", "batch", "lines"],
)
def test_too_much_at_once(caller: Caller, body: bytes, media: str, words: str) -> None:
    answer = caller.tell_bytes(body, media)
    assert answer.status_code == 413
    assert words in answer.json()["detail"]


def test_an_older_version_is_taken_in_its_newest(caller: Caller) -> None:
    data = {"ticket": "T-old", "title": "Old", "body": "Written long ago.", "via": "phone", "priority": 2}
    event = caller.event("ticket.opened") | {"dataschema": "urn:millrace:ticket.opened:1", "data": data}
    assert caller.tell(event).status_code == 200
    caller.settled()
    ticket = caller.get("/v1/tickets/T-old").json()
    assert (ticket["channel"], ticket["priority"]) == ("phone", "high")
    assert "Written long ago." in ticket["words"][0]["text"]
