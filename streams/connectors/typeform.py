"""Typeform: one filled form, answers of many kinds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from streams.connectors import moments, scales
from streams.connectors.contract import Connector, Made
from streams.connectors.reading import at, number, parsed, rows, table, text, word
from streams.connectors.request import Request
from streams.connectors.saying import Saying
from streams.connectors.signatures import Scheme, typeform
from streams.connectors.wording import attributes_of, name_of, text_of

_PERSON_FIELDS = ("user_id", "person_id", "contact_id")


def events(request: Request) -> Sequence[Made]:
    """The answers as one piece of feedback: the first score that has a scale, and all free text."""
    say, body = Saying("typeform", request), parsed(request.body)
    said, id_ = table(body, "form_response"), word(body, "event_id")
    told_at = moments.iso(said.get("submitted_at"))
    if text(body, "event_type") != "form_response" or not say.own(word(said, "token")):
        return (say.unmapped(text(body, "event_type") or "unknown", id_=id_, at=told_at),)
    hidden, answers = table(said, "hidden"), rows(said, "answers")
    scale, score = _score(answers)
    words = [text_of(text(answer, "text")) for answer in answers if text(answer, "type") == "text"]
    made = say.say(
        "feedback.given",
        id_ or f"response:{word(said, 'token')}",
        told_at,
        say.account(ours=say.account_in(hidden)),
        feedback=say.own(word(said, "token")),
        form="survey",
        scale=scale,
        score=score,
        person=say.person(ours=next((word(hidden, name) for name in _PERSON_FIELDS if word(hidden, name)), "")),
        topic=name_of(text(said, "definition", "title")),
        text=text_of("\n".join(word_ for word_ in words if word_)),
        attributes=_others(answers, scale),
    )
    return (made,)


def _score(answers: list[dict[str, Any]]) -> tuple[str | None, float | None]:
    for answer in answers:
        value, kind = number(answer, "number"), text(answer, "field", "type")
        if value is not None and kind in ("nps", "rating"):
            # How many steps a rating has is not told; five are usual, and more do not fit the scale.
            scale = scales.survey_scale("nps" if kind == "nps" else "stars", value)
            if scale is not None:
                return scale, float(value)
    return None, None


def _others(answers: list[dict[str, Any]], scale: str | None) -> dict[str, Any]:
    """Numbers, truths and choices under the reference of their question."""
    said: dict[str, Any] = {}
    for answer in answers:
        kind, name = text(answer, "type"), text(answer, "field", "ref") or text(answer, "field", "id")
        value = at(answer, kind) if kind in ("number", "boolean") else text(answer, "choice", "label")
        if name and value not in (None, "") and not (scale and text(answer, "field", "type") in ("nps", "rating")):
            said[name] = value
    return attributes_of(said)


TYPEFORM = Connector(
    name="typeform",
    title="Typeform",
    schemes=(Scheme("typeform", "HMAC-SHA256 of the body, base64", typeform),),
    keyed_by="us",
    dedupes="`event_id`; `token` names the response",
    event_time="`submitted_at`",
    ordering="none: a response is sent once",
    handshake="none",
    limit_seconds=30.0,
    steps=(
        "Your form → Connect → Webhooks → Add a webhook. Endpoint: {url}   Secret: {secret}",
        "Pass hidden fields account_id and user_id in the form's link, so that answers find their account.",
    ),
    events=events,
)
