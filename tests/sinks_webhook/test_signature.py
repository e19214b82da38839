"""Signatures, checked by the official library."""

from __future__ import annotations

import base64
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from sinks.webhook.signature import decode_secret, new_secret, sign
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
