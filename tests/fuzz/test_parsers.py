"""Does every parser answer whatever it is given, with what it promises or the refusal that it names?"""

from __future__ import annotations

from pathlib import Path
from tempfile import NamedTemporaryFile

import h11
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.home import Home, HomeError
from infra.http.saying import said_of
from infra.log_address import log_of
from infra.settings import LogSettings, Settings, read_settings
from infra.sql_guard import SqlRefused, guard
from infra.telemetry.tracing import span_context
from infra.tool_web import retry_after_seconds
from schemas.decode import decode
from schemas.reasons import Refusal
from schemas.registry import BY_NAME, EVENT_TYPES
from sinks.webhook.schedule import retry_after
from streams.connectors.catalog import BY_NAME as CONNECTOR
from streams.connectors.catalog import CONNECTORS
from streams.connectors.request import Request
from streams.connectors.signatures import Verdict
from streams.history.mapping_file import MappingError, parse_mapping
from streams.kafka.failures import AddressInvalid
from tests.connectors.asking import ARRIVED, HEADERS, PAYLOADS, connector_of, names, set_up, vectors
from tests.fuzz.rounds import tried
from tests.fuzz.wired import read_by_wire
from tests.sql_guard.catalog import INVENTED, OBSERVED, VIEWS

pytestmark = pytest.mark.fuzz

MAPPINGS = [path.read_text(encoding="utf-8") for path in sorted(Path("infra/mappings").glob("*.toml"))]
SETTINGS = '[log]\ndsn = "sqlite:///a"\n[http]\nport = 1\n[[webhooks]]\nid = "a"\ntenant = "b"\nurl = "c"\n'
QUERIES = [sql for sql, _ in OBSERVED + INVENTED] + [
    "SELECT ticket, count() AS n FROM tickets WHERE status = 'open' GROUP BY ticket ORDER BY n DESC LIMIT 5",
    "WITH a AS (SELECT * FROM tickets) SELECT a.ticket FROM a JOIN accounts USING (account)",
]
_KNOWN_EVENTS = [
    orjson.dumps(
        {"specversion": "1.0", "id": "1", "source": "s", "type": row.name, "time": "2026-03-02T09:00:00Z"}
        | {"account": "a", "data": row.data.example}
    )
    for row in EVENT_TYPES
]
_PIECES = (b"", b"\x00", b"\xff", b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"1e999", b"null", b"\\ud800", b"-0")


@st.composite
def damaged(draw: st.DrawFn, sound: list[bytes]) -> bytes:
    """One of these with pieces cut out, put in, doubled or swapped."""
    said = bytearray(draw(st.sampled_from(sound)))
    for _ in range(draw(st.integers(0, 4))):
        first, last = sorted(draw(st.tuples(*[st.integers(0, len(said))] * 2)))
        piece = draw(st.sampled_from(_PIECES) | st.binary(max_size=8))
        said[first : min(last, first + draw(st.sampled_from((0, 1, 8, 10_000))))] = piece
    return bytes(said)


@st.composite
def damaged_text(draw: st.DrawFn, sound: list[str]) -> str:
    return draw(damaged([one.encode() for one in sound])).decode("utf-8", "replace")


def said_why(words: object) -> None:
    assert words


@tried(300)
@given(st.binary() | damaged(_KNOWN_EVENTS))
def test_records(raw: bytes) -> None:
    said = said_of(raw)
    try:
        event = decode(raw)
    except Refusal as refusal:
        said_why(refusal.reason)
    else:
        assert event.type in BY_NAME
        # Scopes and limits go by what is said: it must be what is taken.
        assert (said.type, said.account) == (event.type, event.account)


@tried(300)
@given(st.data())
def test_what_tools_send(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([name for name in names() if not name.startswith("envelope/")]))
    connector = CONNECTOR[data.draw(st.just(connector_of(name)) | st.sampled_from([one.name for one in CONNECTORS]))]
    body = data.draw(damaged([(PAYLOADS / name).read_bytes()]))
    headers = dict(HEADERS.get(name, {})) | data.draw(st.dictionaries(st.sampled_from(_HEADERS), st.text(max_size=20)))
    for first_only in (False, True):
        request = Request(body, headers, set_up(connector.name), ARRIVED, first_only=first_only)
        connector.greet(request)
        connector.answer(request)
        for made in connector.events(request):
            assert made.raw()


_HEADERS = sorted({name.lower() for vector in vectors() for name in vector.get("headers", {})} | {"content-type"})
_URLS = ("", "http://[", "https://a/b?secret=%ff&x=%zz", "?secret=a", "//\x00", "https://a:99999999999/")


@tried(300)
@given(
    st.binary(max_size=200),
    st.dictionaries(st.sampled_from(_HEADERS), st.text(max_size=40) | st.sampled_from(("v1,", "t=,v1=", "sha256=é"))),
    st.text(min_size=1, max_size=40) | st.sampled_from(("whsec_", "whsec_=", "é")),
    st.sampled_from(_URLS),
)
def test_signatures(body: bytes, headers: dict[str, str], secret: str, url: str) -> None:
    for connector in CONNECTORS:
        request = Request(body, headers, set_up(connector.name), ARRIVED, "POST", url)
        for scheme in connector.schemes:
            assert scheme.verify(request, secret) is Verdict.NOTHING or secret in {*headers.values(), "a"}


@tried(60)
@given(st.text(max_size=200) | damaged_text(QUERIES))
def test_queries(sql: str) -> None:
    try:
        said = guard(sql, VIEWS, tenant="acme")
    except SqlRefused as refused:
        said_why(refused.reason)
    else:
        assert "acme" in said.sql or "acme" in str(said) or "FROM" not in said.sql.upper()


@tried(60)
@given(st.text(max_size=200) | damaged_text(MAPPINGS))
def test_mapping_files(text: str) -> None:
    try:
        parse_mapping(text)
    except MappingError as error:
        said_why(str(error))


@tried(100)
@given(damaged_text([SETTINGS]))
def test_settings(text: str) -> None:
    try:
        with NamedTemporaryFile("w", encoding="utf-8", suffix="settings.toml") as file:
            file.write(text)
            file.flush()
            read_settings(Path(file.name))
    except HomeError as error:
        said_why("settings.toml" in str(error))


@tried(200)
@given(st.text() | damaged_text(["kafka://a:1,b:2/p.?partitions=4", "kafka://[::1]:9/x", "sqlite:///a/b.db"]))
def test_addresses_of_logs(dsn: str) -> None:
    try:
        found = log_of(Home(Path("home")), Settings(log=LogSettings(dsn=dsn)))
    except (HomeError, AddressInvalid) as error:
        said_why(str(error))
    else:
        assert found.startswith(("kafka://", "sqlite:///"))


@tried(300)
@given(st.text() | damaged_text(["120", "Wed, 21 Oct 2026 07:28:00 GMT", "Wed, 21 Oct 2026 07:28:00 -0000", "1.5"]))
def test_retry_after(said: str) -> None:
    assert 0 <= retry_after(said, ARRIVED) <= 86_400_000_000
    wait = retry_after_seconds(said)
    assert wait is None or wait >= 0 or said


@tried(200)
@given(st.text() | damaged_text(["00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"]))
def test_traceparents(said: str) -> None:
    context = span_context(said)
    assert context is None or context.is_valid


HEADS = [
    b"POST /v1/events?a=b HTTP/1.1\r\nHost: a\r\nExpect: 100-continue",
    b"PUT / HTTP/1.1\r\nHost: b\r\nConnection: close",
    b"POST / HTTP/1.1\r\nhost: [::1]:80\r\nX-One:  1 \t",
]


BODIES = [
    b"Content-Length: 5\r\n\r\nhello",
    b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    b"Transfer-Encoding: chunked\r\n\r\na;x=y\r\n0123456789\r\n1\r\n!\r\n0\r\nTrailer: 1\r\n\r\n",
]


REQUESTS = [head + b"\r\n" + body for head in HEADS for body in BODIES]


@pytest.mark.parametrize("size", [1, 7, 4_000])
def test_sound_requests_are_heard(size: int) -> None:
    assert [len(read_by_wire(raw, size)) for raw in REQUESTS] == [1] * len(REQUESTS)


@tried(300)
@given(damaged(REQUESTS), st.integers(1, 400))
def test_a_request_that_is_read_is_read_by_others_in_the_same_way(raw: bytes, size: int) -> None:
    """Or by no one else: the other reader is lenient in places and may refuse in others, but never hears another."""
    for heard in read_by_wire(raw, size)[:1]:
        other = h11.Connection(h11.SERVER, 65_536)
        other.receive_data(raw)
        event = other.next_event()
        assert isinstance(event, h11.Request)
        assert (event.method, event.target) == heard[:2]
        assert [(bytes(name), bytes(value)) for name, value in event.headers] == heard[2]
        body = b""
        while isinstance(event := other.next_event(), h11.Data):
            body += event.data
        assert isinstance(event, h11.EndOfMessage)
        assert body == heard[3]
