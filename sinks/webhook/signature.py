"""Standard Webhooks signatures over `id.timestamp.body`, one for each active secret.

HMAC-SHA256 (`v1`) with a secret that the receiver shares, or Ed25519 (`v1a`) with a private key whose public half is
all that the receiver needs. Source: Standard Webhooks 1.0.0.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets as chance
from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PREFIX = "whsec_"
PRIVATE_PREFIX = "whsk_"
PUBLIC_PREFIX = "whpk_"
FEWEST_BYTES, MOST_BYTES = 24, 64
_NEW_BYTES = 32
_SEED_BYTES = 32


def new_secret() -> str:
    """A fresh random secret, as it is shown to the endpoint's owner."""
    return PREFIX + base64.b64encode(chance.token_bytes(_NEW_BYTES)).decode()


def new_private_key() -> str:
    """A fresh private key, for the settings alone; `public_key` is what the endpoint's owner gets."""
    return PRIVATE_PREFIX + base64.b64encode(chance.token_bytes(_SEED_BYTES)).decode()


def public_key(private_key: str) -> str:
    """What verifies the signatures of a `whsk_` key: its public half with the prefix `whpk_`. Raises ValueError."""
    return PUBLIC_PREFIX + base64.b64encode(_private(private_key).public_key().public_bytes_raw()).decode()


def require_secret(secret: str) -> None:
    """Raises ValueError, never repeating the secret, where one is none that can sign."""
    if secret.startswith(PRIVATE_PREFIX):
        _private(secret)
    else:
        decode_secret(secret)


def decode_secret(secret: str) -> bytes:
    """The key behind a `whsec_` secret; raises ValueError, never repeating the secret."""
    if not secret.startswith(PREFIX):
        raise ValueError(f"a signing secret starts with {PREFIX} or, a private key, with {PRIVATE_PREFIX}")
    key = _decoded(secret, PREFIX)
    if not FEWEST_BYTES <= len(key) <= MOST_BYTES:
        raise ValueError(f"a signing secret has {FEWEST_BYTES} to {MOST_BYTES} bytes, this one {len(key)}")
    return key


def sign(secrets: Sequence[str], webhook_id: str, timestamp: int, body: bytes) -> str:
    """The `webhook-signature` header: one signature per secret in the order given, separated by a space.

    `timestamp` is in seconds. The id may hold dots: the timestamp is digits only and every body is a JSON object, so
    what stands before the first `{` can be read in one way.
    """
    signed = b"%b.%d.%b" % (webhook_id.encode("ascii"), timestamp, body)
    return " ".join(_signature(secret, signed) for secret in secrets)


def _signature(secret: str, signed: bytes) -> str:
    if secret.startswith(PRIVATE_PREFIX):
        return f"v1a,{base64.b64encode(_private(secret).sign(signed)).decode()}"
    digest = hmac.new(decode_secret(secret), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def _private(key: str) -> Ed25519PrivateKey:
    # Other makers of such keys write the seed alone, or the seed and the public half behind it.
    found = _decoded(key, PRIVATE_PREFIX)
    if len(found) not in (_SEED_BYTES, 2 * _SEED_BYTES):
        raise ValueError(f"a private signing key has 32 or 64 bytes, this one {len(found)}")
    private = Ed25519PrivateKey.from_private_bytes(found[:_SEED_BYTES])
    if found[_SEED_BYTES:] not in (b"", private.public_key().public_bytes_raw()):
        raise ValueError("a private signing key of 64 bytes ends with its public half, this one does not")
    return private


def _decoded(secret: str, prefix: str) -> bytes:
    text = secret.removeprefix(prefix).rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"a signing secret is base64 after {prefix}") from error
