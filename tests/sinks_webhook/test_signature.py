"""Signatures, checked by the official library, and those of private keys by their public half."""

from __future__ import annotations

import base64
import time

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from sinks.webhook.signature import decode_secret, new_private_key, new_secret, public_key, require_secret, sign
from tests.sinks_webhook.told import NEXT_SECRET, SECRET


def test_the_public_vector_of_the_specification() -> None:
    signature = sign((SECRET,), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(st.text(max_size=200), st.from_regex(r"[A-Za-z0-9_.:-]{1,60}", fullmatch=True))
def test_the_official_library_verifies_with_each_active_secret_and_no_other(text: str, webhook_id: str) -> None:
    body, now = ("{" + text).encode(), int(time.time())
    signature = sign((NEXT_SECRET, SECRET), webhook_id, now, body)
    headers = {"webhook-id": webhook_id, "webhook-timestamp": str(now), "webhook-signature": signature}
    assert len(signature.split(" ")) == 2
    for secret in (SECRET, NEXT_SECRET):
        Webhook(secret).verify(body, headers, json_parse=False)
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(body, headers, json_parse=False)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body + b" ", headers, json_parse=False)


@pytest.mark.parametrize(
    ("secret", "complaint"),
    [
        ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "starts with whsec_"),
        ("whsec_", "0"),
        ("whsec_" + base64.b64encode(b"x" * 23).decode(), "23"),
        ("whsec_" + base64.b64encode(b"x" * 65).decode(), "65"),
        ("whsec_not base64 at all!!", "base64"),
        ("whsec_é", "base64"),
    ],
)
def test_a_secret_that_is_none_is_refused_without_repeating_it(secret: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint) as raised:
        decode_secret(secret)
    assert secret.removeprefix("whsec_")[:12] not in str(raised.value) or len(secret) < 10


def test_new_secrets_are_long_enough_and_differ() -> None:
    secrets = [new_secret() for _ in range(20)]
    assert len(dict.fromkeys(secrets)) == 20
    assert all(len(decode_secret(secret)) == 32 for secret in secrets)


def test_unpadded_secrets_are_read() -> None:
    assert decode_secret(NEXT_SECRET.rstrip("=")) == decode_secret(NEXT_SECRET)


# RFC 8032, section 7.1, test 1.
SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
PUBLIC = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")


@pytest.mark.parametrize("key", [SEED, SEED + PUBLIC], ids=["seed", "seed and public half"])
def test_the_public_half_of_a_published_key(key: bytes) -> None:
    private_key = "whsk_" + base64.b64encode(key).decode()
    assert public_key(private_key) == "whpk_" + base64.b64encode(PUBLIC).decode()


@given(st.text(max_size=200), st.from_regex(r"[A-Za-z0-9_.:-]{1,60}", fullmatch=True))
def test_the_public_half_verifies_what_its_private_key_signed(text: str, webhook_id: str) -> None:
    body, now, private_key = ("{" + text).encode(), int(time.time()), new_private_key()
    header = sign((private_key, SECRET), webhook_id, now, body)
    version, signature = header.split(" ")[0].split(",")
    assert version == "v1a"
    verifier = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key(private_key).removeprefix("whpk_")))
    signed = b"%b.%d.%b" % (webhook_id.encode(), now, body)
    verifier.verify(base64.b64decode(signature), signed)
    with pytest.raises(InvalidSignature):
        verifier.verify(base64.b64decode(signature), signed + b" ")
    # While keys turn over, who still has the shared secret finds its own signature.
    headers = {"webhook-id": webhook_id, "webhook-timestamp": str(now), "webhook-signature": header}
    Webhook(SECRET).verify(body, headers, json_parse=False)


@pytest.mark.parametrize(
    ("key", "complaint"),
    [
        ("whsk_" + base64.b64encode(b"x" * 31).decode(), "32 or 64 bytes, this one 31"),
        ("whsk_" + base64.b64encode(SEED + bytes(32)).decode(), "ends with its public half"),
        ("whsk_not base64", "base64 after whsk_"),
        ("whpk_" + base64.b64encode(PUBLIC).decode(), "starts with whsec_"),
    ],
)
def test_a_private_key_that_is_none_is_refused(key: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        require_secret(key)
