"""Does every route answer whatever it is asked, in time, as its description says, and never with an error of ours?

Requests are made out of the OpenAPI document: its paths, parameters and bodies, sound and damaged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import quote

import httpx
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.http.openapi import document
from tests.fuzz.rounds import LONGEST, tried
from tests.fuzz.test_parsers import damaged
from tests.http.desk import BATCH, STRUCTURED, Desk, opened
from tests.http.raw import Line

pytestmark = pytest.mark.fuzz

# What any request may be answered, whatever it asks for: its form is wrong, or its time is over.
_ANYWHERE = {400, 401, 403, 404, 405, 408, 411, 413, 415, 417, 431}
_NAMES = ("acme", "ACME", "", "..", "x", "T-1", "zendesk", "é", "\x00", "a/b", "%", "null", "-1", "1e9", "0" * 70)
# These work for as long as they work; they are asked for elsewhere.
_LONG = ("/v1/changes", "/v1/admin/run", "/v1/admin/rebuild", "/v1/admin/import")

json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(_NAMES),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


class Case(NamedTuple):
    method: str
    path: str
    said: dict[str, Any]


CASES = [
    Case(method.upper(), path, said)
    for path, methods in document()["paths"].items()
    for method, said in methods.items()
    if path not in _LONG
]


def fitting(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """What a schema of the document allows, roughly, so that requests get past the first look."""
    if "$ref" in schema:
        return fitting(document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return st.one_of([fitting(one) for one in schema[several]])
    if "const" in schema or "enum" in schema:
        return st.sampled_from(schema.get("enum") or [schema["const"]])
    kind = schema.get("type")
    if kind == "object":
        known = {name: fitting(one) for name, one in schema.get("properties", {}).items()}
        needed = {name: known.pop(name) for name in schema.get("required", ()) if name in known}
        return st.fixed_dictionaries(needed, optional=known)
    if kind == "array":
        return st.lists(fitting(schema.get("items", {})), max_size=3)
    kinds: dict[str, st.SearchStrategy[Any]] = {
        "string": st.text(max_size=40) | st.sampled_from(_NAMES),
        "integer": st.integers() | st.sampled_from((0, -1, 2**63, 2**64)),
        "number": st.floats(),
        "boolean": st.booleans(),
        "null": st.none(),
    }
    return kinds.get(str(kind), json)


@pytest.fixture(scope="module")
def served_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with opened(tmp_path_factory.mktemp("fuzzed"), settings="[limits]\nevents_per_second = 50\n") as desk:
        with desk.caller("acme") as caller:
            caller.tell(caller.event("ticket.opened", {"ticket": "T-1"})).raise_for_status()
            caller.settled()
        yield desk


def body_of(data: st.DataObject, case: Case) -> tuple[bytes | None, dict[str, str]]:
    content = case.said.get("requestBody", {}).get("content")
    if content is None:
        return data.draw(st.none() | st.binary(max_size=8)), {}
    ((media, shape),) = content.items()
    sound = data.draw(st.sampled_from([fitting(shape["schema"]), json]).flatmap(lambda one: one))
    packed = orjson.dumps(sound) if _plain(sound) else repr(sound).encode("utf-8", "replace")
    body = data.draw(st.just(packed) | damaged([packed]))
    medias = st.sampled_from((media, media, STRUCTURED, BATCH, "application/x-ndjson", "text/plain", ""))
    return body, {"content-type": data.draw(medias)}


def _plain(value: object) -> bool:
    try:
        orjson.dumps(value)
    except (TypeError, ValueError):
        return False
    return True


@pytest.mark.parametrize("credential", ["operator", "key", "nobody"])
def test_every_route(served_desk: Desk, credential: str) -> None:
    headers = {"operator": {"authorization": f"Bearer {served_desk.token}"}, "nobody": {}}
    with served_desk.caller("acme") as operator:
        made = operator.post("/v1/keys", json={"scopes": ["ingest", "read", "label", "admin"]}).json()
    headers["key"] = {"authorization": f"Bearer {made['key']}"}
    own = made["hint"]
    with httpx.Client(base_url=served_desk.url, trust_env=False, timeout=LONGEST.total_seconds()) as client:

        @tried(120)
        @given(st.data())
        def ask(data: st.DataObject) -> None:
            case = data.draw(st.sampled_from(CASES))
            path = re.sub(
                r"{\w+}", lambda _: quote(data.draw(st.sampled_from(_NAMES) | st.text(max_size=8))), case.path
            )
            if case.method == "DELETE" and own in path:
                return
            body, media = body_of(data, case)
            asked = {
                one["name"]: data.draw(fitting(one["schema"]) | st.text(max_size=8))
                for one in case.said["parameters"]
                if one.get("in") == "query" and data.draw(st.booleans())
            }
            tenant = {"x-millrace-tenant": data.draw(st.sampled_from(("acme", "acme", "nobody", "No!")))}
            if credential == "key" and data.draw(st.booleans()):
                tenant = {}
            answer = client.request(
                case.method, path, params=asked, content=body, headers={**headers[credential], **media, **tenant}
            )
            check(case, answer)

        ask()


def check(case: Case, answer: httpx.Response) -> None:
    told = {int(status) for status in case.said["responses"]}
    said = f"{case.method} {case.path}: {answer.status_code} {answer.text[:300]}"
    assert answer.status_code in told | _ANYWHERE, said
    assert answer.status_code < 500, said
    media = answer.headers.get("content-type", "")
    if answer.status_code >= 400 and not (media == "application/json" and "results" in answer.json()):
        assert media == "application/problem+json"
        assert answer.json()["status"] == answer.status_code
        assert answer.json()["title"]
    elif media.startswith("application/json"):
        orjson.loads(answer.content)


def test_bytes_that_are_no_requests(served_desk: Desk) -> None:
    port = int(served_desk.url.rpartition(":")[2])
    token = served_desk.token.encode()
    sound = [
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %b\r\nX-Millrace-Tenant: acme\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n" % token,
        b"POST /v1/sql HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}",
    ]

    @tried(150)
    @given(st.lists(damaged(sound), min_size=1, max_size=4))
    def send(requests: list[bytes]) -> None:
        line = Line(port)
        try:
            line.send(b"".join(requests) + b"\r\n\r\nX\r\n\r\n")
            while True:
                answer = line.answer()
                assert answer.status < 500 or answer.status in (501, 503), answer
                if answer.closed:
                    break
        except (EOFError, ConnectionError, TimeoutError):
            pass  # half a request is waited for, and ended; that is looked at elsewhere
        finally:
            line.close()
        assert httpx.get(f"{served_desk.url}/healthz", trust_env=False).status_code == 200

    send()
