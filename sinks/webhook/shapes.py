"""The body each kind of receiver understands, made from one alert: pure functions, at most 20 KiB."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, get_args

import orjson

from schemas.instant import format_instant, parse_instant
from sinks.webhook.alert import OutgoingAlert

Shape = Literal["standard", "slack", "teams", "pagerduty"]
SHAPES: tuple[Shape, ...] = get_args(Shape)

MOST_BYTES = 20 * 1024
# The kind of a message that tells several alerts at once.
GROUPED = "alerts.grouped"
# The id of the message that takes an alert back is the alert's id and this.
WITHDRAWN_SUFFIX = ".withdrawn"
# What a header carries, what keeps the signed text readable in one way only (`signature.sign`), and what fits into
# PagerDuty's dedup_key of 255.
_WEBHOOK_ID = re.compile(r"[A-Za-z0-9_.:/@~+=-]{1,200}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_MOST_TERMS = 8
_MOST_LINES = 4
_MOST_GROUPED_BYTES = MOST_BYTES - 1024
_LABEL_LENGTH, _VALUE_LENGTH, _HEADLINE_LENGTH, _REFERENCE_LENGTH = 60, 240, 150, 1000

_SEVERITIES = ("critical", "error", "warning", "info")
_SEVERITY_OF_KIND = {"sla.breached": "critical", "churn.risk_risen": "error", "ticket.escalated": "error"}


class UnsendableAlert(ValueError):
    """This alert can be told to nobody, whoever asks: the reason is one word that the log keeps."""


@dataclass(frozen=True, slots=True)
class Story:
    """What the chat and pager shapes say of an alert, cut to lengths they all take; `withdrawn_at` None: it holds."""

    alert_id: str
    tenant: str
    kind: str
    account: str | None
    subject: str
    happened_at: int
    withdrawn_at: int | None
    severity: str
    headline: str
    terms: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class GroupedAlert:
    """An alert that is told with others: what it says in a line, and its own body."""

    webhook_id: str
    tenant: str
    kind: str
    account: str | None
    happened_at: int
    headline: str
    body: bytes = field(repr=False)


class Rendered(NamedTuple):
    """An alert as a receiver gets it, what it says in one line, and when the calendar of its account opens.

    `opens_at` is in microseconds UTC, as the alert's body says; None while that calendar is open.
    """

    body: bytes
    headline: str
    opens_at: int | None


def render(alert: OutgoingAlert, shape: Shape) -> Rendered:
    """An alert in a shape. Raises UnsendableAlert: `bad_id`, `bad_body` or `body_too_large`."""
    if not _WEBHOOK_ID.fullmatch(alert.alert_id) or alert.alert_id.endswith(WITHDRAWN_SUFFIX):
        raise UnsendableAlert("bad_id")
    content = _content(alert.body)
    story = _story(alert, content, None)
    body = alert.body if shape == "standard" else orjson.dumps(_WRITERS[shape](story))
    if len(body) > MOST_BYTES:
        raise UnsendableAlert("body_too_large")
    return Rendered(body, story.headline, _opens_at(content))


def _opens_at(content: dict[str, object]) -> int | None:
    said = content.get("opens_at")
    try:
        return parse_instant(said) if isinstance(said, str) else None
    except ValueError:
        return None


def withdrawn_body(alert: OutgoingAlert, shape: Shape, withdrawn_at: int) -> bytes:
    """The body that takes a told alert back. Of the alert's own body nothing is needed, and no length is refused."""
    if shape != "standard":
        return orjson.dumps(_WRITERS[shape](_story(alert, {}, withdrawn_at)))
    data = {
        "account": None if alert.account is None else _clean(alert.account, _REFERENCE_LENGTH),
        "alert_id": alert.alert_id,
        "happened_at": format_instant(alert.happened_at),
        "kind": _clean(alert.kind, _REFERENCE_LENGTH),
        "subject": _clean(alert.subject, _REFERENCE_LENGTH),
    }
    return orjson.dumps({"type": "alert.withdrawn", "timestamp": format_instant(withdrawn_at), "data": data})


def numbered(body: bytes, key: str, number: int) -> bytes:
    """A body of the standard shape that says which of the messages about `key` it is."""
    said = b'"sequence":' + orjson.dumps({"key": _clean(key, _REFERENCE_LENGTH), "number": number}) + b"}"
    rest = body.rstrip()[:-1]
    return rest + (b"" if rest.strip() == b"{" else b",") + said


def grouped_body(members: Sequence[GroupedAlert], shape: Shape, now: int) -> tuple[bytes, int]:
    """One body for as many of the first alerts as it has room for, and how many these are."""
    first, count = members[0], len(members)
    while shape == "standard" and count > 1 and sum(len(one.body) for one in members[:count]) > _MOST_GROUPED_BYTES:
        count -= 1
    about = first.account or "no account"
    told: dict[str, object] = {"summary": f"{count} alerts about {about}"}
    if shape == "standard":
        told |= {"type": GROUPED, "timestamp": format_instant(now), "tenant": first.tenant, "account": first.account}
        bodies = b",".join(one.body for one in members[:count])
        return orjson.dumps(told)[:-1] + b',"alerts":[' + bodies + b"]}", count
    told |= {f"{place} {one.kind}": one.headline for place, one in enumerate(members[:_MOST_LINES], 1)}
    if count > _MOST_LINES:
        told["and"] = f"{count - _MOST_LINES} more"
    subject = f"{count} alerts"
    alert = OutgoingAlert(first.webhook_id, first.tenant, GROUPED, first.account, subject, first.happened_at, b"")
    return orjson.dumps(_WRITERS[shape](_story(alert, told, None))), count


def with_routing_key(body: bytes, routing_key: str) -> bytes:
    """A PagerDuty body with its key put in front: the key is added when sending and never lies in the log."""
    return b'{"routing_key":' + orjson.dumps(routing_key) + b"," + body[1:]


def _content(body: bytes) -> dict[str, object]:
    # A JSON object that starts at once is also what keeps the signed text unambiguous.
    if not body.startswith(b"{"):
        raise UnsendableAlert("bad_body")
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise UnsendableAlert("bad_body") from error
    return dict(content)


def _clean(text: str, length: int) -> str:
    # Lone surrogates cannot be written as UTF-8; controls and direction marks can disguise what is shown.
    shown = _CONTROL.sub(" ", text.encode("utf-8", "replace").decode()).strip()
    return shown if len(shown) <= length else shown[: length - 1] + "…"


def _story(alert: OutgoingAlert, content: dict[str, object], withdrawn_at: int | None) -> Story:
    data = content.get("data")
    told = data if isinstance(data, dict) else content
    spoken = alert.kind.replace(".", " ").replace("_", " ")
    summary = told.get("summary")
    headline = summary if isinstance(summary, str) and summary.strip() else f"{spoken}: {alert.subject}"
    severity = told.get("severity")
    return Story(
        alert_id=alert.alert_id,
        tenant=alert.tenant,
        kind=alert.kind,
        account=alert.account,
        subject=alert.subject,
        happened_at=alert.happened_at,
        withdrawn_at=withdrawn_at,
        severity=severity if severity in _SEVERITIES else _SEVERITY_OF_KIND.get(alert.kind, "warning"),
        headline=_clean(headline if withdrawn_at is None else f"Withdrawn: {headline}", _HEADLINE_LENGTH),
        terms=_terms(alert, told, withdrawn_at),
    )


def _terms(alert: OutgoingAlert, told: dict[str, object], withdrawn_at: int | None) -> tuple[tuple[str, str], ...]:
    terms: list[tuple[str, object]] = [("account", alert.account or "none"), ("subject", alert.subject)]
    terms.append(("happened at", format_instant(alert.happened_at)))
    if withdrawn_at is not None:
        terms.append(("withdrawn at", format_instant(withdrawn_at)))
    known = ("account", "subject", "summary", "severity", "type", "timestamp", "happened_at", "alert_id", "kind")
    terms += [(name, value) for name, value in told.items() if name not in known and _is_plain(value)]
    return tuple(
        (_clean(name.replace("_", " "), _LABEL_LENGTH) or "-", _clean(str(value), _VALUE_LENGTH) or "-")
        for name, value in terms[:_MOST_TERMS]
    )


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float)


def _slack(story: Story) -> dict[str, object]:
    # Values are plain text, where `<!channel>` and links mean nothing; only the fallback `text` needs escaping.
    escaped = story.headline.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    fields = [{"type": "plain_text", "text": f"{label}\n{value}", "emoji": False} for label, value in story.terms]
    header = {"type": "plain_text", "text": story.headline, "emoji": False}
    blocks: list[object] = [{"type": "header", "text": header}, {"type": "section", "fields": fields}]
    return {"text": escaped, "blocks": blocks, "unfurl_links": False, "unfurl_media": False}


def _teams(story: Story) -> dict[str, object]:
    # Text runs are shown as they are, where a text block would read links and emphasis out of a customer's words.
    def line(*runs: dict[str, object]) -> dict[str, object]:
        return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", **run} for run in runs]}

    lines = [line({"text": story.headline, "weight": "Bolder", "size": "Medium"})]
    lines += [line({"text": f"{label}: ", "isSubtle": True}, {"text": value}) for label, value in story.terms]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.2",
        "body": lines,
        "msteams": {"width": "full"},
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _pagerduty(story: Story) -> dict[str, object]:
    payload = {
        "summary": story.headline,
        "source": _clean(story.tenant, _VALUE_LENGTH) or "-",
        "severity": story.severity,
        "timestamp": format_instant(story.happened_at),
        "component": _clean(story.subject, _VALUE_LENGTH),
        "group": _clean(story.account or "", _VALUE_LENGTH),
        "class": _clean(story.kind, _VALUE_LENGTH),
        "custom_details": dict(story.terms),
    }
    action = "trigger" if story.withdrawn_at is None else "resolve"
    return {"event_action": action, "dedup_key": story.alert_id, "payload": payload, "client": "Millrace"}


_WRITERS: dict[Shape, Callable[[Story], dict[str, object]]] = {
    "slack": _slack,
    "teams": _teams,
    "pagerduty": _pagerduty,
}
