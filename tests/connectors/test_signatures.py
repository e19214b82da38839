"""Every vector verifies; nothing that was changed does, and nothing too old or unsigned."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from standardwebhooks import Webhook

from schemas.instant import SECOND, parse_instant
from streams.connectors import signatures
from streams.connectors.catalog import BY_NAME, CONNECTORS
from streams.connectors.request import Request
from streams.connectors.signatures import TOLERANCE, Scheme, Verdict, verified, weakness
from tests.connectors.asking import ARRIVED, set_up, vectors

SCHEMES = {"hubspot/v1-public": "v1", "hubspot/v2-public": "v2"}
NAMES = [vector["name"] for vector in vectors()]
# Headers that nobody signs, by vector: changing them changes nothing that is vouched for.
UNSIGNED = (
    "x-zendesk-account-id",
    "x-zendesk-webhook-id",
    "x-zendesk-webhook-invocation-id",
    "x-helpscout-event",
    "x-atlassian-webhook-identifier",
    "x-atlassian-webhook-flow",
    "x-chatwoot-delivery",
    "x-zammad-trigger",
    "x-zammad-delivery",
)


def vector_of(name: str) -> dict[str, Any]:
    return next(vector for vector in vectors() if vector["name"] == name)


def connector_of(vector: Mapping[str, Any]) -> str:
    return str(vector["name"]).partition("/")[0].removesuffix("-webhooks")


def scheme_of(vector: Mapping[str, Any]) -> Scheme:
    return BY_NAME[connector_of(vector)].scheme(SCHEMES.get(vector["name"], ""))


def signed_at(headers: Mapping[str, str]) -> int:
    """The instant a vector was signed at; any instant for those that tell none."""
    if "x-zendesk-webhook-signature-timestamp" in headers:
        return parse_instant(headers["x-zendesk-webhook-signature-timestamp"])
    if "x-hubspot-request-timestamp" in headers:
        return int(headers["x-hubspot-request-timestamp"]) * 1_000
    if "stripe-signature" in headers:
        return int(headers["stripe-signature"].split(",")[0].removeprefix("t=")) * SECOND
    names = ("x-slack-request-timestamp", "x-chatwoot-timestamp", "webhook-timestamp")
    return next((int(headers[name]) * SECOND for name in names if name in headers), ARRIVED)


def request_of(vector: Mapping[str, Any]) -> Request:
    headers = {name.lower(): value for name, value in vector["headers"].items()}
    setup = set_up(connector_of(vector))
    at = signed_at(headers)
    return Request(vector["body"].encode(), headers, setup, at, vector.get("method", "POST"), vector.get("url", ""))


def verdict(vector: Mapping[str, Any], request: Request, *secrets: str) -> Verdict:
    return verified(scheme_of(vector), request, secrets or (vector["secret"],))


def is_dated(vector: Mapping[str, Any]) -> bool:
    request = request_of(vector)
    return signed_at(request.headers) != ARRIVED


@pytest.mark.parametrize("name", NAMES)
def test_a_vector_verifies(name: str) -> None:
    vector = vector_of(name)
    only_first = name == "segment/batch-first-event-only"
    assert verdict(vector, request_of(vector)) is (Verdict.FIRST if only_first else Verdict.WHOLE)


@pytest.mark.parametrize("name", NAMES)
def test_either_of_two_active_secrets_verifies_and_no_other(name: str) -> None:
    vector, request = vector_of(name), request_of(vector_of(name))
    secret, other = vector["secret"], "another secret of this test"
    assert verdict(vector, request, other, secret) == verdict(vector, request, secret, other) > Verdict.NOTHING
    assert verdict(vector, request, other) is Verdict.NOTHING
    assert verified(scheme_of(vector), request, ()) is Verdict.NOTHING
    if "old_secret" in vector:
        assert verdict(vector, request, vector["old_secret"]) is Verdict.WHOLE


@pytest.mark.parametrize("name", NAMES)
def test_what_is_signed_with_its_time_holds_for_five_minutes(name: str) -> None:
    vector, request = vector_of(name), request_of(vector_of(name))
    if not is_dated(vector):
        assert verdict(vector, replace(request, received_at=request.received_at + 10 * TOLERANCE))
        return
    for shift, holds in ((0, True), (TOLERANCE, True), (-TOLERANCE, True)):
        assert bool(verdict(vector, replace(request, received_at=request.received_at + shift))) is holds
    for shift in (TOLERANCE + 1, -TOLERANCE - 1, 10**16):
        assert verdict(vector, replace(request, received_at=request.received_at + shift)) is Verdict.NOTHING


@pytest.mark.parametrize("connector", CONNECTORS, ids=lambda each: each.name)
def test_what_is_not_signed_is_not_taken(connector: Any) -> None:
    request = Request(b"{}", {}, set_up(connector.name), ARRIVED, url="https://h.example/x")
    for scheme in connector.schemes:
        for secret in ("a secret of this test", ""):
            assert verified(scheme, request, (secret,)) is Verdict.NOTHING


# --- mutations --------------------------------------------------------------------------------------------------------


def mutated_text(draw: Random, text: str, alphabet: str) -> str:
    """The text with one place changed, put in, taken out or swapped; never the same."""
    while True:
        place, letter = draw.randrange(len(text) + 1), draw.choice(alphabet)
        changed = draw.choice(
            (
                text[:place] + letter + text[place + 1 :],
                text[:place] + letter + text[place:],
                text[:place] + text[place + 1 :],
                text[:place] + text[place + 1 : place + 2] + text[place : place + 1] + text[place + 2 :],
                text[:place],
            )
        )
        if changed != text:
            return changed


LETTERS = "abcdefABCDEF0123456789+/=,.:-_ \té\N{SNOWMAN}"


def mutations(vector: Mapping[str, Any], draw: Random) -> Iterator[Request]:
    """Requests that differ from what was signed in one thing that is signed, or in the signature."""
    request = request_of(vector)
    vouched = [name for name in request.headers if name not in (*UNSIGNED, "x-hubspot-signature-version")]
    while True:
        match draw.choice(("body", "bit", "header", "absent", "url", "method", "stamp")):
            case "body":
                yield replace(request, body=mutated_text(draw, request.body.decode(), LETTERS).encode())
            case "bit" if request.body:
                body = bytearray(request.body)
                body[draw.randrange(len(body))] ^= 1 << draw.randrange(8)
                yield replace(request, body=bytes(body))
            case "header":
                name = draw.choice(vouched)
                yield replace(
                    request, headers={**request.headers, name: mutated_text(draw, request.headers[name], LETTERS)}
                )
            case "absent":
                name = draw.choice(vouched)
                yield replace(request, headers={key: value for key, value in request.headers.items() if key != name})
            case "url" if request.url and "v1" not in vector["name"]:
                yield replace(request, url=mutated_text(draw, request.url, "abc/:.?&="))
            case "method" if request.url and "v1" not in vector["name"]:
                yield replace(request, method=draw.choice(("GET", "PUT", "post", "")))
            case "stamp" if is_dated(vector):
                yield replace(
                    request,
                    received_at=request.received_at + draw.choice((-1, 1)) * (TOLERANCE + draw.randint(1, 10**15)),
                )


def still_the_same(vector: Mapping[str, Any], request: Request) -> bool:
    """Whether a mutation changed nothing that the scheme reads."""
    sent = request_of(vector)
    # Of several signatures one is enough: a change to another one, or to a version that is not read, leaves it whole.
    parts: dict[str, Callable[[str], set[str]]] = {
        "stripe-signature": lambda text: {part for part in text.split(",") if part.startswith(("t=", "v1="))},
        "webhook-signature": lambda text: set(text.split(" ")),
    }
    for name, read in parts.items():
        if name in sent.headers and request.headers.get(name) != sent.headers[name]:
            same_rest = replace(request, headers=sent.headers) == sent
            right = [part for part in read(sent.headers[name]) if part.startswith(("v1=", "v1,"))]
            stamp = {part for part in read(sent.headers[name]) if part.startswith("t=")}
            found = read(request.headers.get(name, ""))
            stamps = {part for part in found if part.startswith("t=")}
            return same_rest and stamps == stamp and any(part in found for part in right)
    return False


def check(name: str, count: int, seed: int) -> None:
    vector, draw = vector_of(name), Random(f"{name} {seed}")
    made = mutations(vector, draw)
    only_first = name == "segment/batch-first-event-only"
    for _ in range(count):
        request = next(made)
        found = verdict(vector, request)
        if found is Verdict.NOTHING or still_the_same(vector, request):
            continue
        # Segment signs the first element only, and no more than it is vouched for.
        assert only_first, request
        events = BY_NAME["segment"].events(replace(request, first_only=found is Verdict.FIRST))
        assert [event.id for event in events] == ["m1"]


@pytest.mark.parametrize("name", NAMES)
def test_nothing_that_was_changed_verifies(name: str) -> None:
    check(name, 200, 1)


@pytest.mark.chaos
@pytest.mark.parametrize("name", NAMES)
def test_nothing_of_ten_thousand_changes_verifies(name: str) -> None:
    check(name, 10_000, 2)


@pytest.mark.parametrize("name", NAMES)
def test_a_body_that_was_written_anew_does_not_verify(name: str) -> None:
    vector, request = vector_of(name), request_of(vector_of(name))
    try:
        body = json.dumps(json.loads(request.body), indent=1).encode()
    except ValueError:
        body = request.body + b"\n"
    assert verdict(vector, replace(request, body=body)) is Verdict.NOTHING


# --- single schemes ---------------------------------------------------------------------------------------------------


def test_stripe_and_standard_read_the_same_prefix_differently() -> None:
    stripe, standard = vector_of("stripe/v1"), vector_of("standard-webhooks/public")
    assert stripe["secret"].startswith("whsec_")
    assert standard["secret"].startswith("whsec_")
    bare = stripe["secret"].removeprefix("whsec_")
    assert verdict(stripe, request_of(stripe), bare) is Verdict.NOTHING
    assert verdict(standard, request_of(standard), standard["secret"].removeprefix("whsec_")) is Verdict.WHOLE
    assert verdict(standard, request_of(standard), standard["secret"].rstrip("=")) is Verdict.WHOLE


def test_one_header_name_means_what_the_route_says() -> None:
    for name, other in (("zammad/sha1", "jira"), ("jira/admin-webhook", "intercom"), ("github/public-docs", "jira")):
        vector = vector_of(name)
        assert verified(BY_NAME[other].scheme(""), request_of(vector), (vector["secret"],)) is Verdict.NOTHING


def test_standard_webhooks_agree_with_their_own_library() -> None:
    secret = "whsec_" + base64.b64encode(bytes(range(32))).decode()
    told_at, body = datetime(2026, 3, 2, 10, tzinfo=UTC), '{"type":"a","data":{"é":1}}'
    shown = Webhook(secret).sign("msg_1", told_at, body)
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(int(told_at.timestamp())), "webhook-signature": shown}
    request = Request(body.encode(), headers, set_up("standard"), int(told_at.timestamp()) * SECOND)
    assert verified(BY_NAME["standard"].scheme(""), request, (secret,)) is Verdict.WHOLE


def test_an_id_of_a_standard_webhook_holds_no_dot() -> None:
    secret, stamp = "whsec_" + base64.b64encode(bytes(32)).decode(), ARRIVED // SECOND
    signed = f"a.b.{stamp}.{{}}".encode()
    shown = "v1," + base64.b64encode(hmac.new(bytes(32), signed, hashlib.sha256).digest()).decode()
    headers = {"webhook-id": "a.b", "webhook-timestamp": str(stamp), "webhook-signature": shown}
    assert not verified(BY_NAME["standard"].scheme(""), Request(b"{}", headers, set_up("standard"), ARRIVED), (secret,))


def jwt(secret: str, claims: Mapping[str, object], algorithm: str = "HS256") -> str:
    def part(said: bytes) -> str:
        return base64.urlsafe_b64encode(said).rstrip(b"=").decode()

    head = part(json.dumps({"alg": algorithm, "typ": "JWT"}).encode()) + "." + part(json.dumps(claims).encode())
    return f"{head}.{part(hmac.new(secret.encode(), head.encode(), hashlib.sha256).digest())}"


LATER, EARLIER = ARRIVED // SECOND + 60, ARRIVED // SECOND - 1


@pytest.mark.parametrize(
    ("shown", "holds"),
    [
        (f"Bearer {jwt('a client secret', {'exp': LATER})}", True),
        (f"JWT {jwt('a client secret', {'exp': LATER})}", True),
        (f"Bearer {jwt('another secret', {'exp': LATER})}", False),
        (f"Bearer {jwt('a client secret', {'exp': EARLIER})}", False),
        (f"Bearer {jwt('a client secret', {})}", False),
        (f"Bearer {jwt('a client secret', {'exp': str(LATER)})}", False),
        (f"Bearer {jwt('a client secret', {'exp': LATER}, 'none')}", False),
        (f"Bearer {jwt('a client secret', {'exp': LATER}, 'HS512')}", False),
        (f"Bearer {jwt('a client secret', {'exp': LATER}).rpartition('.')[0]}.", False),
        ("Bearer a.b.c", False),
        ("Bearer \N{SNOWMAN}.\N{SNOWMAN}.\N{SNOWMAN}", False),
    ],
)
def test_a_token_of_an_app_vouches_until_it_expires(shown: str, holds: bool) -> None:
    request = Request(b"{}", {"authorization": shown}, set_up("jira"), ARRIVED)
    assert bool(verified(BY_NAME["jira"].scheme("jwt"), request, ("a client secret",))) is holds


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize(
    ("headers", "query", "in_header", "in_address"),
    [
        ({"x-millrace-secret": "a secret, long enough"}, "", True, True),
        ({"authorization": "Bearer a secret, long enough"}, "", True, True),
        ({"authorization": basic("anybody", "a secret, long enough")}, "", True, True),
        ({"authorization": "Basic ????"}, "", False, False),
        ({"authorization": basic("a secret, long enough", "")}, "", False, False),
        ({}, "?secret=a+secret%2C+long+enough", False, True),
        ({}, "?secret=", False, False),
        ({}, "?" + "a=1&" * 30, False, False),
        ({"x-millrace-secret": "a secret, long enougH"}, "", False, False),
    ],
)
def test_a_shared_secret_is_shown_in_one_of_its_places(
    headers: dict[str, str], query: str, in_header: bool, in_address: bool
) -> None:
    request = Request(b"", headers, set_up("freshdesk"), ARRIVED, url=f"https://h.example/x{query}")
    for verify, holds in ((signatures.shared_secret, in_header), (signatures.secret_in_address, in_address)):
        scheme = Scheme("one", "", verify)
        assert bool(verified(scheme, request, ("a secret, long enough",))) is holds


def test_the_secret_in_a_header_vouches_for_all_of_a_batch() -> None:
    vector = vector_of("segment/batch-first-event-only")
    request = replace(request_of(vector), headers={"x-millrace-secret": vector["secret"]})
    assert verdict(vector, request) is Verdict.WHOLE


@pytest.mark.parametrize(
    ("secret", "weak"),
    [
        ("short", True),
        ("dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==", True),
        ("It's a Secret to Everybody", True),
        ("aaaaaaaaaaaaaaaaaaaaaaaa", True),
        ("changeme_1234567890", True),
        ("8f742231b10e8888abcd99yyyzzz85a5", False),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", False),
    ],
)
def test_secrets_that_nobody_should_rely_on(secret: str, weak: bool) -> None:
    said = weakness(secret)
    assert (said is not None) is weak
    assert said is None or secret not in said
