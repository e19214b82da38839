"""Whatever comes, a connector says something that holds its schemas, and never raises."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.decode import decode
from schemas.reasons import Refusal
from streams.connectors.catalog import BY_NAME, CONNECTORS
from streams.connectors.contract import Connector
from streams.connectors.request import Request
from streams.connectors.wording import attributes_of, id_of, name_of, plain, plain_if_html
from tests.connectors.asking import ARRIVED, HEADERS, PAYLOADS, connector_of, made_of, names, set_up

EVENT_HEADERS: Mapping[str, tuple[Mapping[str, str], ...]] = {
    "helpscout": tuple(
        {"x-helpscout-event": name}
        for name in ("convo.created", "convo.status", "convo.note.created", "satisfaction.ratings", "tag.created")
    ),
    "github": tuple({"x-github-event": name} for name in ("issues", "issue_comment", "ping", "push")),
    "cloudevents": ({}, {"ce-specversion": "1.0", "ce-type": "usage.recorded", "ce-id": "1"}),
    "standard": ({}, {"webhook-id": "msg_1"}),
}

# Of what tools write, and of what they should not.
leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(
        ("0", "-1", "2026-03-02T09:00:10.412+0000", "1772443300120", "\x00", "\u200d", "<p>&nbsp;</p>", " ")
    )
)
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=12
)


def take(connector: Connector, body: bytes, headers: Mapping[str, str]) -> None:
    """Both ways of looking at a body: all of it, and its first element alone."""
    for first_only in (False, True):
        request = Request(body, headers, set_up(connector.name), ARRIVED, first_only=first_only)
        connector.greet(request)
        connector.answer(request)
        for made in connector.events(request):
            raw = made.raw()
            try:
                event = decode(raw)
            except Refusal:
                # What others say in our own words may be wrong: it becomes a dead letter with the reason.
                if connector.name not in ("cloudevents", "standard"):
                    raise
                continue
            assert event.source.startswith(connector.name)
            assert event.type != "source.unmapped" or event.data.kind  # type: ignore[attr-defined]


def headers_of(connector: Connector) -> tuple[Mapping[str, str], ...]:
    return EVENT_HEADERS.get(connector.name, ({},))


@pytest.mark.parametrize("connector", CONNECTORS, ids=lambda each: each.name)
@given(body=st.binary(max_size=200) | values.map(lambda value: json.dumps(value).encode()))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_bytes_and_any_json(connector: Connector, body: bytes) -> None:
    for headers in headers_of(connector):
        take(connector, body, headers)


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every place in a document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, each in inner for place in places(each, (*path, key)))]


def changed(value: Any, path: tuple[str | int, ...], put: Any) -> Any:
    """The document with something else at one place, or (`...`) nothing."""
    if not path:
        return None if put is ... else put
    copy = value.copy()
    if len(path) == 1 and put is ...:
        del copy[path[0]]
    else:
        copy[path[0]] = changed(value[path[0]], path[1:], put)
    return copy


JSON_NAMES = tuple(name for name in names() if name.endswith(".json") and "binary" not in name)


@pytest.mark.parametrize("name", JSON_NAMES)
@given(data=st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_payloads_with_anything_anywhere(name: str, data: st.DataObject) -> None:
    document = json.loads((PAYLOADS / name).read_bytes())
    all_places = places(document)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(all_places))
        try:
            document = changed(document, place, data.draw(st.just(...) | values))
        except (KeyError, IndexError, TypeError, AttributeError):
            continue  # an earlier change took the place away
    take(BY_NAME[connector_of(name)], json.dumps(document).encode(), HEADERS.get(name, {}))


@pytest.mark.parametrize("connector", CONNECTORS, ids=lambda each: each.name)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[" * 100_000,
        b"{" * 5_000 + b"}" * 5_000,
        b'{"a":' * 900 + b"1" + b"}" * 900,
        b'{"id":' + b"9" * 4_000 + b"}",
        b'{"id":1e999}',
        b'{"type":"\xff"}',
        b'{"type":"\\ud800"}',
        b'{"id":1,"id":{"id":2}}',
        b"\xef\xbb\xbf{}",
        b"{}" + b" " * 100_000,
        '{"type":"ä"}'.encode("utf-16"),
        b"<" + b"a" * 100_000,
    ],
    ids=range(14),
)
def test_bodies_meant_to_break_parsers(connector: Connector, body: bytes) -> None:
    for headers in headers_of(connector):
        take(connector, body, headers)


@pytest.mark.parametrize("size", [100_000, 890_000, 1_048_000])
def test_a_long_body_is_kept_as_far_as_a_record_goes(size: int) -> None:
    for filler in ("a", '"', "ä", "\x01"):
        body = orjson.dumps({"type": "unheard.of", "said": ""}).replace(
            b'""', b'"%s"' % (filler * (size // len(filler.encode()))).encode()
        )
        (made,) = BY_NAME["slack"].events(Request(body, {}, set_up("slack"), ARRIVED))
        event = decode(made.raw())
        kept = event.data.body  # type: ignore[attr-defined]
        assert body.decode().startswith(kept)
        assert len(made.raw()) < 1_048_576
        assert event.data.cut is (kept != body.decode())  # type: ignore[attr-defined]


@given(st.text())
def test_texts_become_ids_names_and_words_that_fit(text: str) -> None:
    found = id_of(text)
    if found is not None:
        decode(orjson.dumps({**ENVELOPE, "data": {"ticket": found}}))
    named = name_of(text)
    if named is not None:
        decode(orjson.dumps({**ENVELOPE, "data": {"ticket": "T", "group": named}}))
    for words in (plain(text), plain_if_html(text)):
        assert len(words) <= 65_536


ENVELOPE = {"specversion": "1.0", "id": "1", "source": "s", "type": "ticket.opened", "time": "2026-03-02T09:00:00Z"}


def test_long_ids_are_told_apart() -> None:
    long = ["x" * 400 + str(number) for number in range(9)]
    assert len({id_of(text) for text in long}) == 9
    assert all(len(id_of(text) or "") <= 128 for text in long)


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<style>p{}</style><script>alert(1)</script>hi", "hi"),
        ("<!-- hidden -->seen<!-- not closed", "seen"),
        ("1 &lt; 2 &amp;&nbsp;3", "1 < 2 & 3"),
        ("a < b and c > d", "a < b and c > d"),
        ('<a href="x">link</a>, <b', "link,"),
        ("<ul><li>x</li><li>y</li></ul>", "x\n\ny"),
        ("<P CLASS=x>One<o:p></o:p></P><!DOCTYPE html><![endif]>two", "One\ntwo"),
        ('seen <img src="https://mill.exam', "seen"),
        ("<p>From: <i.smith@x.example>, <p.jones@x.example></p>", "From: <i.smith@x.example>, <p.jones@x.example>"),
        ("<p>see <https://x.example> and <style.guide@x.example> now</p>",) * 2,
        ("<div>a <b 5 c</div>", "a <b 5 c"),
    ],
)
def test_html_becomes_its_words(html: str, words: str) -> None:
    assert plain(html) == words.removeprefix("<p>").removesuffix("</p>")


@pytest.mark.parametrize(
    "text",
    [
        "Ask <i.smith@x.example> or <p.jones@x.example>",
        "On Monday Ada <a@x.example> wrote: it is out",
        "a <b 5 c",
        "a <b 5 c> d",
        "it fails for a <b and c> d",
        "see <https://x.example/b> <!-- and what follows",
        "x <br-2> y",
        "1 &lt; 2",
    ],
)
def test_what_is_no_html_keeps_its_words(text: str) -> None:
    assert plain_if_html(text) == text


def test_html_is_known_by_its_tags() -> None:
    for html in ("<p>a</p>", "a<BR />", '<a href="https://x.example" target=_blank>a', "<p class='x'>a", "a</div >"):
        assert plain_if_html(html) == "a"


def test_html_meant_to_take_long_takes_no_longer_than_its_length() -> None:
    for unit in ("<!--", "<script", "<a ", "<![", "&amp", "<p<p", "\n \n", "<a x='", "<b a=b ", "<!a"):
        plain(unit * 100_000)
        plain_if_html(unit * 100_000)


def test_attributes_keep_what_fits() -> None:
    said = {"a": 1, "b": None, "c": [1], "d": "x" * 900, "e": 2**60, "f": True, "\n": 1, "g": "", "h": 1.5}
    assert attributes_of(said) == {"a": 1, "d": "x" * 512, "f": True, "h": 1.5}
    assert len(attributes_of({str(number): number for number in range(500)})) == 128


def test_an_untold_instant_is_when_it_came() -> None:
    (made,) = made_of("helpscout/convo_deleted.json")
    assert (made.occurred_at, made.timed) == (ARRIVED, False)
