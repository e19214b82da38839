"""Does the running surface do what the OpenAPI document that it serves says? Schemathesis reads it and asks.

Requests are sound by the document or break it on purpose; each comes from the operator or from a tenant's key.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import pytest
import requests
import schemathesis
from hypothesis import given
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    positive_data_acceptance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from infra.http.headers import TENANT_HEADER
from infra.http.operation import Operation
from infra.http.operations import OPERATIONS
from tests.fuzz.rounds import LONGEST, tried
from tests.http.desk import opened

pytestmark = pytest.mark.fuzz

# It tells of changes until the client leaves; it is listened to elsewhere.
_ENDLESS = ("/v1/changes",)
# They fold everything each time.
_SLOW = ("/v1/admin/run", "/v1/admin/rebuild")
ASKED = [one for one in OPERATIONS if one.path not in _ENDLESS]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
    ignored_auth,
]


class Described(NamedTuple):
    """A served desk as its document describes it, who may ask, and what there is to be named in a path."""

    schema: Any
    session: requests.Session
    credentials: list[str]
    known: dict[str, list[str]]


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Described]:
    with opened(tmp_path_factory.mktemp("described")) as desk:
        with desk.caller("acme") as caller:
            caller.tell(caller.event("ticket.opened", {"ticket": "T-1"})).raise_for_status()
            letter = caller.tell_bytes(b"{").json()["results"][0]["letter"]
            tool = {"source": "github", "secret": "s3cret-of-the-desk-0123"}
            made = caller.post("/v1/connections", json=tool).json()["id"]
            key = caller.post("/v1/keys", json={"scopes": ["ingest", "read", "label", "admin"]}).json()["key"]
            other = caller.post("/v1/keys", json={"scopes": ["read"]}).json()["hint"]
            caller.settled()
        known = {
            "id": ["T-1", "acct-1", letter, made],
            "hint": [other],
            "source": ["github"],
            "connection": [made],
            "name": ["index.html", "console.js", "console.css", "mark.svg"],
        }
        document = httpx.get(f"{desk.url}/openapi.json", trust_env=False).json()
        schema = schemathesis.openapi.from_dict(document)
        schema.config.update(base_url=desk.url)
        # The credential is ours to show; without it everything is refused, which `ignored_auth` sees to.
        schema.config.generation.update(with_security_parameters=False)
        rejection = schema.config.checks.negative_data_rejection
        rejection.expected_statuses = [*rejection.expected_statuses, "413"]
        with requests.Session() as session:
            session.trust_env = False
            yield Described(schema, session, [desk.token, key], known)


def cases(described: Described, operation: Operation) -> st.SearchStrategy[Case[Any]]:
    """Requests for the operation, as the document has them and as it does not; some name what there is."""
    told = described.schema[operation.path][operation.method]
    places = re.findall(r"{(\w+)}", operation.path)
    named = st.fixed_dictionaries({place: st.sampled_from(described.known[place]) for place in places})
    tenants: list[dict[str, str] | None] = [{TENANT_HEADER: "acme"}]
    if operation.method == "GET":
        tenants.append(None)  # any tenant; what is written would make one
    modes = [GenerationMode.POSITIVE]
    if operation.parameters or operation.body is not None:
        modes.append(GenerationMode.NEGATIVE)
    return st.tuples(st.sampled_from(modes), st.sampled_from(tenants), st.none() | named).flatmap(
        lambda one: told.as_strategy(one[0], headers=one[1], path_parameters=one[2] or None)
    )


@pytest.mark.parametrize("operation", ASKED, ids=lambda one: f"{one.method} {one.path}")
def test_every_operation_as_it_is_described(described: Described, operation: Operation) -> None:
    checks = list(CHECKS)
    if operation.path == "/v1/events":
        checks.remove(negative_data_rejection)  # a batch is taken, with a result for each record
    if operation.scope and operation.body is None:
        checks.append(positive_data_acceptance)  # a body may be well formed and still say what cannot be: SQL, a source

    @tried(2 if operation.path in _SLOW else 6, part=1 / len(ASKED))
    @given(st.data())
    def ask(data: st.DataObject) -> None:
        case = data.draw(cases(described, operation))
        headers = {"Authorization": f"Bearer {data.draw(st.sampled_from(described.credentials))}"}
        answer = case.call(session=described.session, headers=headers, timeout=LONGEST.total_seconds())
        case.validate_response(answer, checks=checks, headers=headers)

    ask()
