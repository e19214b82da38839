"""Standard Webhooks signatures: HMAC-SHA256 over `id.timestamp.body`, one for each active secret.

Source: Standard Webhooks 1.0.0, symmetric scheme `v1`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets as chance
from collections.abc import Sequence

PREFIX = "whsec_"
FEWEST_BYTES, MOST_BYTES = 24, 64
_NEW_BYTES = 32


def new_secret() -> str:
    """A fresh random secret, as it is shown to the endpoint's owner."""
    return PREFIX + base64.b64encode(chance.token_bytes(_NEW_BYTES)).decode()


def decode_secret(secret: str) -> bytes:
    """The key behind a `whsec_` secret; raises ValueError, never repeating the secret."""
    if not secret.startswith(PREFIX):
        raise ValueError(f"a signing secret starts with {PREFIX}")
    text = secret.removeprefix(PREFIX).rstrip("=")
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"a signing secret is base64 after {PREFIX}") from error
    if not FEWEST_BYTES <= len(key) <= MOST_BYTES:
        raise ValueError(f"a signing secret has {FEWEST_BYTES} to {MOST_BYTES} bytes, this one {len(key)}")
    return key


def sign(secrets: Sequence[str], webhook_id: str, timestamp: int, body: bytes) -> str:
    """The `webhook-signature` header: one `v1,<base64>` per secret in the order given, separated by a space.

    `timestamp` is in seconds. The id may hold dots: the timestamp is digits only and every body is a JSON object, so
    what stands before the first `{` can be read in one way.
    """
    signed = b"%b.%d.%b" % (webhook_id.encode("ascii"), timestamp, body)
    digests = (hmac.new(decode_secret(secret), signed, hashlib.sha256).digest() for secret in secrets)
    return " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests)
