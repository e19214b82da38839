"""Is a request from whom it says? One function per scheme, each over the exact bytes, compared in constant time.

Every function takes the request and one secret and says how much of the body the signature vouches for. Instants that
are signed must lie within five minutes of the request's arrival, before or after.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import orjson

from schemas.instant import SECOND, parse_instant
from streams.connectors.reading import first_element
from streams.connectors.request import Request

TOLERANCE: Final = 300 * SECOND
SECRET_HEADER: Final = "x-millrace-secret"  # noqa: S105 - the header's name
SHORTEST_SECRET: Final = 16

# Secrets that stand in documents and samples.
_KNOWN_TO_ALL: Final = ("dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==", "It's a Secret to Everybody")
_PLACEHOLDERS: Final = ("changeme", "change-me", "secret", "password", "example", "test", "whsec_...", "xxxx")


class Verdict(IntEnum):
    """How much of the body is vouched for."""

    NOTHING = 0
    FIRST = 1  # the first element of a batch only
    WHOLE = 2


Verify = Callable[[Request, str], Verdict]


@dataclass(frozen=True, slots=True)
class Scheme:
    """One way of signing. `says` tells people what is signed; `in_address` that the secret travels in the address."""

    name: str
    says: str
    verify: Verify
    in_address: bool = False


def verified(scheme: Scheme, request: Request, secrets: Sequence[str]) -> Verdict:
    """The best verdict under any of the active secrets; all of them are tried, so time tells nothing."""
    verdict = Verdict.NOTHING
    for secret in secrets:
        verdict = max(verdict, scheme.verify(request, secret))
    return verdict


def weakness(secret: str) -> str | None:
    """What is wrong with a secret that nobody should rely on, None where nothing is."""
    if len(secret) < SHORTEST_SECRET:
        return f"it has {len(secret)} characters; at least {SHORTEST_SECRET} are needed"
    if secret in _KNOWN_TO_ALL:
        return "it is printed in the tool's documentation"
    if len(set(secret)) < 6 or secret.lower().strip("0123456789_-. ") in _PLACEHOLDERS:
        return "it is a placeholder"
    return None


# --- tools ------------------------------------------------------------------------------------------------------------


def zendesk(request: Request, secret: str) -> Verdict:
    """base64(HMAC-SHA256(secret, timestamp text and body)); the body may be empty."""
    stamp = request.header("x-zendesk-webhook-signature-timestamp")
    try:
        told_at = parse_instant(stamp)
    except ValueError:
        return Verdict.NOTHING
    digest = _hmac("sha256", secret, stamp.encode() + request.body)
    return _fresh(told_at, request) and _same(request.header("x-zendesk-webhook-signature"), _base64(digest))


def hub_sha1(request: Request, secret: str) -> Verdict:
    """`X-Hub-Signature: sha1=` and the hex HMAC-SHA1 of the body (Intercom, Zammad)."""
    return _same(request.header("x-hub-signature"), "sha1=" + _hmac("sha1", secret, request.body).hex())


def help_scout(request: Request, secret: str) -> Verdict:
    """base64(HMAC-SHA1(secret, body))."""
    return _same(request.header("x-helpscout-signature"), _base64(_hmac("sha1", secret, request.body)))


def hubspot_v3(request: Request, secret: str) -> Verdict:
    """base64(HMAC-SHA256(secret, method, address, body, timestamp in ms)); the address as HubSpot called it."""
    stamp = request.header("x-hubspot-request-timestamp")
    told_at = _digits(stamp)
    if told_at is None:
        return Verdict.NOTHING
    verdict = Verdict.NOTHING
    for url in (request.url, _as_hubspot_decodes(request.url)):
        signed = request.method.encode() + url.encode() + request.body + stamp.encode()
        digest = _base64(_hmac("sha256", secret, signed))
        verdict = max(verdict, _same(request.header("x-hubspot-signature-v3"), digest))
    return _fresh(told_at * 1_000, request) and verdict


def hubspot_v2(request: Request, secret: str) -> Verdict:
    """Hex SHA-256 of secret, method, address and body. Nothing dates it: for workflows that sign in no other way."""
    if request.header("x-hubspot-signature-version") != "v2":
        return Verdict.NOTHING
    signed = secret.encode() + request.method.encode() + request.url.encode() + request.body
    return _same(request.header("x-hubspot-signature"), hashlib.sha256(signed).hexdigest())


def hubspot_v1(request: Request, secret: str) -> Verdict:
    """Hex SHA-256 of secret and body: what has a valid one can be made longer, so only JSON's form protects it."""
    if request.header("x-hubspot-signature-version") != "v1":
        return Verdict.NOTHING
    return _same(request.header("x-hubspot-signature"), hashlib.sha256(secret.encode() + request.body).hexdigest())


def jira_hub(request: Request, secret: str) -> Verdict:
    """`X-Hub-Signature: <method>=` and the hex HMAC of the body under the method named."""
    shown = request.header("x-hub-signature")
    method = shown.partition("=")[0]
    if method not in ("sha256", "sha384", "sha512"):
        return Verdict.NOTHING
    return _same(shown, f"{method}={_hmac(method, secret, request.body).hex()}")


def jira_jwt(request: Request, secret: str) -> Verdict:
    """`Authorization: Bearer` with a JWT under HS256 that has not expired. It vouches for who called, by the secret."""
    scheme, _, token = request.header("authorization").partition(" ")
    parts = token.strip().split(".")
    if scheme.lower() not in ("bearer", "jwt") or len(parts) != 3:
        return Verdict.NOTHING
    head, claims = (_json_of(part) for part in parts[:2])
    digest = base64.urlsafe_b64encode(_hmac("sha256", secret, f"{parts[0]}.{parts[1]}".encode())).rstrip(b"=")
    expires = claims.get("exp")
    if head.get("alg") != "HS256" or type(expires) is not int or expires * SECOND <= request.received_at:
        return Verdict.NOTHING
    return _same(parts[2], digest.decode())


def segment(request: Request, secret: str) -> Verdict:
    """Hex HMAC-SHA1 of the body; of a batch only of its first element. The secret in a header vouches for all."""
    if shared_secret(request, secret):
        return Verdict.WHOLE
    shown = request.header("x-signature")
    if _same(shown, _hmac("sha1", secret, request.body).hex()):
        return Verdict.WHOLE
    first, more = first_element(request.body)
    if first is None or not _same(shown, _hmac("sha1", secret, first).hex()):
        return Verdict.NOTHING
    return Verdict.FIRST if more else Verdict.WHOLE


def stripe(request: Request, secret: str) -> Verdict:
    """`t=…,v1=…`: hex HMAC-SHA256 of `t.body` under the whole text of the secret; there may be several v1."""
    parts = [part.partition("=") for part in request.header("stripe-signature").split(",")]
    stamps = [value for name, _, value in parts if name == "t"]
    told_at = _digits(stamps[0]) if len(stamps) == 1 else None
    if told_at is None:
        return Verdict.NOTHING
    digest = _hmac("sha256", secret, stamps[0].encode() + b"." + request.body).hex()
    verdict = Verdict.NOTHING
    for name, _, value in parts:
        if name == "v1":
            verdict = max(verdict, _same(value, digest))
    return _fresh(told_at * SECOND, request) and verdict


def delighted(request: Request, secret: str) -> Verdict:
    """`sha256=` and the hex HMAC-SHA256 of the body under the account's API key."""
    digest = _hmac("sha256", secret, request.body).hex()
    return _same(request.header("x-delighted-webhook-signature"), f"sha256={digest}")


def typeform(request: Request, secret: str) -> Verdict:
    """`sha256=` and base64(HMAC-SHA256(secret, body))."""
    digest = _base64(_hmac("sha256", secret, request.body))
    return _same(request.header("typeform-signature"), f"sha256={digest}")


def slack(request: Request, secret: str) -> Verdict:
    """`v0=` and the hex HMAC-SHA256 of `v0:timestamp:body`."""
    stamp = request.header("x-slack-request-timestamp")
    told_at = _digits(stamp)
    if told_at is None:
        return Verdict.NOTHING
    digest = _hmac("sha256", secret, b"v0:" + stamp.encode() + b":" + request.body).hex()
    return _fresh(told_at * SECOND, request) and _same(request.header("x-slack-signature"), f"v0={digest}")


def chatwoot(request: Request, secret: str) -> Verdict:
    """`sha256=` and the hex HMAC-SHA256 of `timestamp.body`."""
    stamp = request.header("x-chatwoot-timestamp")
    told_at = _digits(stamp)
    if told_at is None:
        return Verdict.NOTHING
    digest = _hmac("sha256", secret, stamp.encode() + b"." + request.body).hex()
    return _fresh(told_at * SECOND, request) and _same(request.header("x-chatwoot-signature"), f"sha256={digest}")


def github(request: Request, secret: str) -> Verdict:
    """`X-Hub-Signature-256: sha256=` and the hex HMAC-SHA256 of the body."""
    digest = _hmac("sha256", secret, request.body).hex()
    return _same(request.header("x-hub-signature-256"), f"sha256={digest}")


def standard_webhooks(request: Request, secret: str) -> Verdict:
    """`v1,` and base64(HMAC-SHA256(key, `id.timestamp.body`)); there may be several, parted by spaces."""
    key = _standard_key(secret)
    id_, stamp = request.header("webhook-id"), request.header("webhook-timestamp")
    told_at = _digits(stamp)
    if key is None or told_at is None or not id_ or "." in id_:
        return Verdict.NOTHING
    signed = f"{id_}.{stamp}.".encode() + request.body
    digest = "v1," + _base64(hmac.digest(key, signed, "sha256"))
    verdict = Verdict.NOTHING
    for shown in request.header("webhook-signature").split(" "):
        verdict = max(verdict, _same(shown, digest))
    return _fresh(told_at * SECOND, request) and verdict


def shared_secret(request: Request, secret: str) -> Verdict:
    """The secret itself: in a header of ours, as a bearer token or as the password of basic authentication."""
    scheme, _, shown = request.header("authorization").partition(" ")
    password = ""
    if scheme.lower() == "basic":
        decoded = _unbase64(shown.strip()) or b""
        password = decoded.partition(b":")[2].decode("utf-8", "replace")
    elif scheme.lower() == "bearer":
        password = shown.strip()
    return max(_same(password, secret), _same(request.header(SECRET_HEADER), secret))


def secret_in_address(request: Request, secret: str) -> Verdict:
    """As a shared secret, or as `?secret=` in the address: for tools that can send no header."""
    try:
        query = dict(parse_qsl(urlsplit(request.url).query, max_num_fields=20))
    except ValueError:
        return Verdict.NOTHING
    return max(shared_secret(request, secret), _same(query.get("secret", ""), secret))


# --- what they share --------------------------------------------------------------------------------------------------


def _hmac(algorithm: str, secret: str, signed: bytes) -> bytes:
    return hmac.digest(secret.encode(), signed, algorithm)


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


def _unbase64(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def _same(shown: str, expected: str) -> Verdict:
    """Whole if they are the same text and not empty."""
    equal = hmac.compare_digest(shown.encode("utf-8", "surrogatepass"), expected.encode("utf-8", "surrogatepass"))
    return Verdict.WHOLE if equal and expected else Verdict.NOTHING


def _fresh(told_at: int, request: Request) -> Verdict:
    return Verdict.WHOLE if abs(request.received_at - told_at) <= TOLERANCE else Verdict.NOTHING


def _digits(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _standard_key(secret: str) -> bytes | None:
    text = secret.removeprefix("whsec_").rstrip("=")
    return _unbase64(text + "=" * (-len(text) % 4)) or None


# HubSpot decodes these and nothing else; the question mark that starts the query is left alone.
_HUBSPOT_DECODES: Final = {
    f"%{ord(mark):02X}": mark for mark in (":", "/", "?", "@", "!", "$", "'", "(", ")", "*", ",", ";")
}


def _as_hubspot_decodes(url: str) -> str:
    for code, mark in _HUBSPOT_DECODES.items():
        url = url.replace(code, mark).replace(code.lower(), mark)
    return url


def _json_of(part: str) -> dict[str, object]:
    try:
        found = orjson.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (binascii.Error, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
