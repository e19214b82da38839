"""Delighted: a survey's answer, told again each time it changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from streams.connectors import moments, scales
from streams.connectors.contract import Connector, Made
from streams.connectors.reading import at, parsed, rows, table, text, word
from streams.connectors.request import Request
from streams.connectors.saying import Saying, score_of
from streams.connectors.signatures import Scheme, delighted
from streams.connectors.wording import text_of


def events(request: Request) -> Sequence[Made]:
    """The answer as it is now."""
    say, body = Saying("delighted", request), parsed(request.body)
    kind, said, id_ = text(body, "event_type"), table(body, "event_data"), word(body, "event_id")
    told_at = moments.seconds(said.get("updated_at")) or moments.seconds(said.get("created_at"))
    account = say.account(ours=say.account_in(said.get("person_properties")))
    person = say.person(word(said, "person", "id"), email=text(said, "person", "email"))
    if kind in ("survey_response.created", "survey_response.updated") and say.own(word(said, "id")):
        return (_answer(say, said, (id_ or f"response:{word(said, 'id')}:{told_at}", told_at), account, person),)
    return (say.unmapped(kind or "unknown", id_=id_, at=told_at, account=account, person=person),)


def _answer(
    say: Saying, said: dict[str, Any], told: tuple[str, int | None], account: str | None, person: str | None
) -> Made:
    kind, score = text(said, "survey_type"), score_of(at(said, "score"))
    scale = scales.survey_scale(kind, score)
    attributes: dict[str, Any] = {"survey_type": kind} if kind else {}
    if scale is None and score is not None:
        attributes["score"] = score
    answers = [text_of(text(answer, "value", "free_response")) for answer in rows(said, "additional_answers")]
    return say.say(
        "feedback.given",
        told[0],
        told[1],
        account,
        feedback=say.own(word(said, "id")),
        form="survey",
        scale=scale,
        score=score if scale is not None else None,
        person=person,
        text=text_of("\n".join(part for part in (text(said, "comment"), *answers) if part)),
        attributes=attributes,
    )


DELIGHTED = Connector(
    name="delighted",
    title="Delighted",
    schemes=(Scheme("delighted", "HMAC-SHA256 of the body under the account's API key, hex", delighted),),
    keyed_by="tool",
    dedupes="`event_id`; the latest answer of a response counts",
    event_time="`event_data.updated_at` (seconds)",
    ordering="`updated_at`",
    handshake="none",
    limit_seconds=None,
    steps=(
        "Integrations → Webhooks → New webhook. URL: {url}   Events: response created and updated.",
        "Your API key signs: `millrace connect rotate {id} --secret -` takes it from standard input.",
        "Send surveys with the property account_id, or name another with --account-field.",
    ),
    events=events,
)
