"""Why input is refused: the documented list, with the status a caller gets and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

ReasonName = Literal[
    "not_json",
    "invalid_utf8",
    "too_large",
    "not_an_event",
    "unknown_type",
    "newer_version",
    "invalid_data",
    "future_dated",
    "ancient_dated",
    "conflict",
    "tenant_mismatch",
    "unmapped_row",
    "step_failed",
]


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: `status` is the HTTP status of the item, `meaning` what is wrong, `remedy` what to do."""

    name: ReasonName
    status: int
    meaning: str
    remedy: str


REASONS: tuple[Reason, ...] = (
    Reason("not_json", 400, "the record is not one JSON object", "send one JSON object per event"),
    Reason("invalid_utf8", 400, "the bytes are not UTF-8", "encode the text as UTF-8"),
    Reason("too_large", 413, "the record is larger than 1 MiB", "split it, or leave attachments out"),
    Reason("not_an_event", 400, "the CloudEvents envelope does not hold", "see `millrace schemas export`"),
    Reason("unknown_type", 422, "no event type has this name", "see the list of types in `millrace schemas export`"),
    Reason("newer_version", 422, "the data is of a version newer than this Millrace knows", "upgrade, then redrive"),
    Reason("invalid_data", 422, "the data does not hold its schema", "correct the named field, then send it again"),
    Reason("future_dated", 422, "the event says it happened over a day from now", "check the sender's clock and unit"),
    Reason("ancient_dated", 422, "the event says it happened before 1990", "check the sender's clock and unit"),
    Reason("conflict", 409, "another event with this source and id was taken before", "give the new event its own id"),
    Reason("tenant_mismatch", 403, "the event names another tenant than its key's", "leave `tenant` out"),
    Reason("unmapped_row", 422, "the mapping makes no event of this row", "correct the mapping or the row"),
    Reason("step_failed", 422, "a processor raised on this record", "fix the processor, then redrive"),
)

BY_NAME: dict[str, Reason] = {reason.name: reason for reason in REASONS}

if set(BY_NAME) != set(get_args(ReasonName)):
    raise AssertionError("the list of reasons and their names differ")


class Refusal(Exception):
    """Input that cannot be taken: `reason` out of the list, `detail` for people, `where` in the input it went wrong."""

    def __init__(self, reason: ReasonName, detail: str, where: str = "") -> None:
        super().__init__(f"{reason}: {detail}" + (f" (at {where})" if where else ""))
        self.reason: ReasonName = reason
        self.detail = detail
        self.where = where

    @property
    def status(self) -> int:
        """The HTTP status that tells a caller about it."""
        return BY_NAME[self.reason].status
