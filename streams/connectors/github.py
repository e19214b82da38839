"""GitHub issues: the event's name is in a header, what was done in the body."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from streams.connectors import moments
from streams.connectors.about_ticket import AboutTicket, Picture
from streams.connectors.contract import MEBIBYTE, Connector, Made
from streams.connectors.reading import parsed, rows, table, text, word
from streams.connectors.request import Request
from streams.connectors.saying import Saying
from streams.connectors.signatures import Scheme, github
from streams.connectors.wording import text_of

_STAFF = ("OWNER", "MEMBER", "COLLABORATOR")


def events(request: Request) -> Sequence[Made]:
    """What was done to an issue, or written under it. Pull requests are no tickets."""
    say, body = Saying("github", request), table(parsed(request.body))
    kind, action = request.header("x-github-event"), text(body, "action")
    issue = table(body, "issue")
    if kind == "ping":
        return ()
    made = None
    if word(issue, "number") and not issue.get("pull_request"):
        repository = text(body, "repository", "full_name").replace("/", ":")
        about = AboutTicket(say, f"{repository}:{word(issue, 'number')}", None)
        if kind == "issues":
            made = _of_issue(say, about, action, body)
        elif kind == "issue_comment" and action == "created" and word(body, "comment", "id"):
            made = _comment(say, about, body)
    if made is not None:
        return (made,)
    author = say.person(word(body, "comment", "user", "login") or word(issue, "user", "login"))
    told_at = moments.iso(issue.get("updated_at"))
    return (say.unmapped(f"{kind or 'unknown'} {action}".strip(), at=told_at, person=author),)


def _of_issue(say: Saying, about: AboutTicket, action: str, body: dict[str, Any]) -> Made | None:
    issue, by = table(body, "issue"), say.person(word(body, "sender", "login"))
    told_at = moments.iso(issue.get("updated_at"))
    id_ = f"{action}:{word(issue, 'id')}:{told_at}"
    match action:
        case "opened":
            return about.opened(
                moments.iso(issue.get("created_at")),
                title=text(issue, "title"),
                text=_words(issue),
                channel="web",
                requester=say.person(word(issue, "user", "login")),
            )
        case "closed" | "reopened":
            raw = text(issue, "state") or ("closed" if action == "closed" else "open")
            return about.status_changed(id_, told_at, raw, by=by)
        case "deleted":
            return about.status_changed(id_, told_at, "deleted", by=by, status="closed")
        case "labeled" | "unlabeled":
            # All labels as they are now: that tells the same whatever comes late.
            labels = [text(label, "name") for label in rows(issue, "labels")]
            return about.snapshot(told_at, Picture(tags=labels))
        case "assigned" | "unassigned":
            assignee = say.person(word(issue, "assignee", "login"))
            # One request for each of several who were given it at once; how it stands then is told by each.
            return about.assigned(f"{id_}:{word(body, 'assignee', 'login')}", told_at, assignee=assignee)
    return None


def _comment(say: Saying, about: AboutTicket, body: dict[str, Any]) -> Made:
    comment = table(body, "comment")
    id_, written_at = f"comment:{word(comment, 'id')}", moments.iso(comment.get("created_at"))
    author, words = say.person(word(comment, "user", "login")), _words(comment)
    if text(comment, "user", "type") == "Bot":
        return about.bot_wrote(id_, written_at, words)
    if text(comment, "author_association") in _STAFF:
        requester = say.person(word(body, "issue", "user", "login"))
        return about.expert_wrote(id_, written_at, expert=author, public=True, requester=requester, text=words)
    return about.customer_wrote(id_, written_at, person=author, text=words)


def _words(written: dict[str, Any]) -> str:
    return text_of(text(written, "body").replace("\r\n", "\n"))


GITHUB = Connector(
    name="github",
    title="GitHub issues",
    schemes=(Scheme("github", "HMAC-SHA256 of the body, hex", github),),
    keyed_by="us",
    dedupes="comments by id, changes by issue, action, assignee and `updated_at`",
    event_time="`created_at` of a comment, `updated_at` of an issue",
    ordering="`issue.updated_at`",
    handshake="the event `ping` says nothing",
    limit_seconds=10.0,
    steps=(
        "Repository → Settings → Webhooks → Add webhook. Payload URL: {url}",
        "Content type: application/json   Secret: {secret}   Events: Issues, Issue comments",
        "GitHub never sends again by itself: redeliver what was missed under Recent deliveries.",
    ),
    events=events,
    largest_body_bytes=25 * MEBIBYTE,
)
