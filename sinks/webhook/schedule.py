"""When a delivery is tried again, and what an answer means.

Source: the retry schedule of Standard Webhooks 1.0.0; five days of failing as Svix has it.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Literal

from schemas.instant import HOUR, MINUTE, SECOND

# The wait before each attempt, in microseconds: ten attempts over 75.6 hours.
DELAYS: tuple[int, ...] = (
    0,
    5 * SECOND,
    5 * MINUTE,
    30 * MINUTE,
    2 * HOUR,
    5 * HOUR,
    10 * HOUR,
    14 * HOUR,
    20 * HOUR,
    24 * HOUR,
)
# A wait is lengthened by up to this part of itself, so that deliveries that failed together do not return together.
JITTER = 0.2
# An endpoint that only failed for this long is disabled; a delivery not made by then is given up.
GIVE_UP_AFTER = 120 * HOUR
LONGEST_RETRY_AFTER = 24 * HOUR
_SECONDS = re.compile(r"[0-9]{1,9}")

Meaning = Literal["delivered", "failed", "throttled", "gone"]


def meaning(status: int) -> Meaning:
    """What an HTTP status says of a delivery: only 2xx is success, a redirect is a failure, 410 ends the endpoint."""
    if 200 <= status < 300:
        return "delivered"
    if status == 410:
        return "gone"
    return "throttled" if status in (429, 503) else "failed"


def retry_delay(delivery_id: str, attempts_made: int) -> int | None:
    """Microseconds until the next attempt after so many were made; None when there is none left.

    The jitter is taken from the delivery's id and the attempt: the same delivery always waits the same time.
    """
    if attempts_made >= len(DELAYS):
        return None
    digest = hashlib.sha256(f"{delivery_id}#{attempts_made}".encode()).digest()
    part = int.from_bytes(digest[:4]) / 2**32
    return int(DELAYS[attempts_made] * (1 + JITTER * part))


def retry_after(header: str | None, now: int) -> int:
    """Microseconds that a `Retry-After` header (seconds or a date) asks to wait: 0 when unreadable, 24 h at most."""
    if header is None:
        return 0
    text = header.strip()
    if _SECONDS.fullmatch(text):
        return min(int(text) * SECOND, LONGEST_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(text)
        # A date without a zone is UTC: RFC 9110 knows no other.
        until = int(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()) * SECOND
    except (ValueError, OverflowError):
        return 0
    return min(max(0, until - now), LONGEST_RETRY_AFTER)
