"""What stands beside a record of the journal, so that it can be sorted out without being decoded."""

from __future__ import annotations

from collections.abc import Sequence

# As the client library takes them.
Headers = list[tuple[str, str | bytes | None]]
# As it gives them.
RawHeaders = Sequence[tuple[str, bytes | None]]

CONTENT_TYPE = ("content-type", b"application/cloudevents+json; charset=UTF-8")
# The digest cannot be made of the record again: it is of what the sender said, and people were taken out of that.
_DIGEST = "millrace_digest"


def journal_headers(type_: str, id_: str, source: str, time: str, digest: bytes | None = None) -> Headers:
    """The headers of one event: CloudEvents' attributes, and the digest its repeats are compared with.

    Text is put on the wire in UTF-8.
    """
    headers: Headers = [CONTENT_TYPE, ("ce_type", type_), ("ce_id", id_), ("ce_source", source), ("ce_time", time)]
    if digest is not None:
        headers.append((_DIGEST, digest.hex()))
    return headers


def type_of(headers: RawHeaders | None) -> str | None:
    """The event type a record's headers say, None where they say none."""
    for name, value in headers or ():
        if name == "ce_type" and value is not None:
            return value.decode("utf-8", errors="replace")
    return None


def digest_of(headers: RawHeaders | None) -> bytes | None:
    """The digest of what the sender said, None where the record carries none."""
    for name, value in headers or ():
        if name == _DIGEST and value is not None:
            try:
                return bytes.fromhex(value.decode("ascii"))
            except ValueError:
                return None
    return None
