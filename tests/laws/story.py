"""An invented company's days, drawn from a seed: everything that processors listen to, as senders would write it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

import orjson

from schemas.instant import DAY, HOUR, MINUTE, format_instant, parse_instant
from tests.laws.story_loops import answered_feedback

START = parse_instant("2026-03-02T00:00:00Z")

TOPICS = {
    "north desk": (
        "The invoice for May shows a wrong amount",
        "Please refund the last payment",
        "We were charged twice",
    ),
    "east desk": ("Nobody here can log in since this morning", "The password link has expired", "Single sign-on fails"),
    "west desk": ("The monthly export stops half way", "Our report comes out empty", "The CSV file has broken columns"),
}
ANSWERS = ("We are looking into it.", "Could you send us a screenshot, please?", "This is corrected now.")
PLANS = ("team", "business", "enterprise")
GROUPS = ("usage", "support", "sentiment", "commercial", "engagement")
TIERS = ("standard", "premium", "enterprise")


@dataclass(frozen=True, slots=True)
class Said:
    """One event of the story: when it happened, and its bytes."""

    at: int
    id: str
    raw: bytes


class Story:
    """Draws `days` of events, so many tickets among them; `said` holds them in order of event time."""

    def __init__(
        self, seed: int, *, days: int = 10, tickets: int = 10, accounts: int = 4, usage_a_day: int = 3
    ) -> None:
        self._draw = Random(f"story {seed}")
        self._days = days
        self._accounts = [f"A-{number}" for number in range(1, accounts + 1)]
        self._made: list[Said] = []
        self._settings()
        for account in self._accounts:
            self._account(account)
            self._usage(account, usage_a_day)
            self._feedback(account)
        for number in range(1, tickets + 1):
            self._ticket(f"T-{number}")
        self._credits()
        self._pictured_tickets(Random(f"pictures {seed}"))
        self._say("model.lessons_withdrawn", START + self._days * DAY * 3 // 4, by="x-2", reason="an old list")
        self._own_scores()
        self._experts(Random(f"experts {seed}"))
        for type_, at, by, data in answered_feedback(Random(f"loops {seed}"), self._accounts, START, days):
            self._say(type_, at, by, **data)
        if tickets >= 40:
            self._rated_tickets(Random(f"ratings {seed}"))
            _filed_tickets(self._say, START + self._days * DAY * 5 // 6, Random(f"filing {seed}"))
        self.said = sorted(self._made, key=lambda one: (one.at, one.id))

    def _say(self, type_: str, at: int, account: str | None = None, **data: Any) -> None:
        id_ = f"e-{len(self._made) + 1}"
        said: dict[str, Any] = {"specversion": "1.0", "id": id_, "source": "story", "type": type_}
        said["time"] = format_instant(at)
        if account is not None:
            said["account"] = account
        self._made.append(Said(at, id_, orjson.dumps(said | {"data": data})))

    def _when(self, first: int = START, days: float | None = None) -> int:
        """Some instant of the story, in whole seconds, no two alike by much."""
        span = int((self._days if days is None else days) * DAY)
        return first + self._draw.randrange(0, max(span, 1), 1_000_000)

    def _settings(self) -> None:
        target = {"clock": "first_response", "target_seconds": 4 * 3_600, "warn_percent": [50, 80]}
        resolution = {"clock": "resolution", "target_seconds": 2 * 86_400, "paused_on": ["pending"]}
        urgent = {"name": "urgent", "priorities": ["urgent"], "targets": [target | {"target_seconds": 3_600}]}
        everyone = {"name": "everyone", "calendar": "office", "targets": [target, resolution]}
        hours = [{"weekday": day, "start": "08:00", "end": "17:00"} for day in ("mon", "tue", "wed", "thu", "fri")]
        self._say("settings.calendar_changed", START - DAY, name="office", zone="Europe/Vienna", hours=hours)
        self._say("settings.sla_changed", START - DAY, policies=[urgent, everyone])
        # Names that the shared prior does not know and a few hints: the tenant's own model has something to learn.
        categories = {"north desk": ["invoice"], "east desk": ["password"], "west desk": ["report"]}
        self._say("settings.taxonomy_changed", START - DAY, categories=categories)
        weights: dict[str, Any] = {group: self._draw.randint(5, 40) for group in GROUPS}
        self._say("settings.weights_changed", self._when(), **weights)

    def _credits(self) -> None:
        """What broken promises cost, and who asks for it."""
        answers = {"name": "answers", "clocks": ["first_response"], "steps": [{"amount_minor": 2_500}]}
        others = {"name": "others", "steps": [{"percent_hundredths": 100}, {"from_breach": 3, "amount_minor": 900}]}
        terms: dict[str, Any] = {"currency": "EUR", "rules": [answers, others], "cap_percent_hundredths": 3_000}
        self._say("settings.credits_changed", START - DAY, **terms, minimum_minor=1_000, claim_days=9)
        for account in self._accounts[::2]:
            self._say("account.credit_claimed", START + 7 * DAY, account)

    def _own_scores(self) -> None:
        """Scores of the tenant's own: one whose rule changes and that fades, and one that is given up."""
        adoption: dict[str, Any] = {"name": "adoption", "weights": {"usage": 3, "engagement": 2, "sentiment": 1}}
        adoption |= {"missing": {"sentiment": "ignore", "usage": "zero"}, "fresh_days": {"sentiment": 2, "usage": 3}}
        self._say("settings.score_changed", START + DAY, **adoption, fade_days=4)
        self._say("settings.score_changed", START + 6 * DAY, **adoption | {"fresh_days": {}})
        service: dict[str, Any] = {"name": "service", "weights": {"support": 1, "commercial": 1}}
        bands = [{"name": "good", "from_points": 80}, {"name": "poor", "from_points": 0}]
        self._say("settings.score_changed", START + 2 * DAY, **service, bands=bands)
        self._say("settings.score_changed", START + 8 * DAY, **service, retired=True)
        self._say("settings.peers_changed", START + 3 * DAY, by="everyone", smallest=2)

    def _account(self, account: str) -> None:
        draw, at = self._draw, START - DAY
        renewal_at = format_instant(START + draw.randint(20, 400) * DAY)
        known: dict[str, Any] = {
            "plan": draw.choice(PLANS),
            "tier": draw.choice(TIERS),
            "recurring_minor": draw.randint(1, 90) * 10_000,
        }
        self._say("account.created", at, account, **known, currency="EUR", renewal_at=renewal_at, seats=30)
        if draw.random() < 0.5:
            attributes = {"industry": draw.choice(["textiles", "steel"]), "employees": draw.randint(5, 900)}
            self._say("account.updated", self._when(), account, plan=draw.choice(PLANS), attributes=attributes)
        if draw.random() < 0.4:
            self._say("account.renewed", self._when(), account, renewal_at=format_instant(START + 500 * DAY))
        if draw.random() < 0.4:
            self._say("account.contracted", self._when(), account, recurring_minor=5_000, seats=9)
        if draw.random() < 0.25:
            self._say("account.churned", self._when(START + self._days * DAY // 2, 3), account, reason="price")

    def _usage(self, account: str, a_day: int) -> None:
        draw = self._draw
        for day in range(self._days):
            for _ in range(draw.randint(0, a_day)):
                at, person = self._when(START + day * DAY, 1), f"p-{draw.randint(1, 5)}"
                if draw.random() < 0.7:
                    name = draw.choice(["report.exported", "row.edited"])
                    self._say("usage.recorded", at, account, name=name, quantity=draw.randint(1, 9), person=person)
                else:
                    self._say(
                        "usage.session_ended", at, account, duration_seconds=draw.randint(10, 4_000), person=person
                    )
            if draw.random() < 0.3:
                self._say(
                    "usage.seats_counted",
                    self._when(START + day * DAY, 1),
                    account,
                    used=draw.randint(1, 30),
                    licensed=30,
                )

    def _feedback(self, account: str) -> None:
        draw = self._draw
        for number in range(draw.randint(0, 3)):
            words = draw.choice(["Reports are slow.", "Great help, thank you!", ""])
            for _ in range(draw.randint(1, 2)):
                said = {"feedback": f"F-{account}-{number}", "form": "survey", "person": "p-1", "text": words}
                scale = draw.choice([("nps", draw.randint(0, 10)), ("csat", draw.randint(1, 5))])
                self._say("feedback.given", self._when(), account, **said, scale=scale[0], score=float(scale[1]))

    def _ticket(self, ticket: str) -> None:
        draw, account = self._draw, self._draw.choice(self._accounts)
        topic = draw.choice(tuple(TOPICS))
        at = self._when(days=self._days * 0.8)
        person = f"p-{draw.randint(1, 5)}"
        text = (
            f"{draw.choice(TOPICS[topic])}. Write to {person}@example.org or call +43 660 12345{draw.randint(10, 99)}."
        )
        title = draw.choice(["Help", "Urgent: please help", topic])
        priority = draw.choice(["low", "normal", "high", "urgent"])
        opening = {"title": title, "text": text, "channel": draw.choice(["email", "chat"]), "requester": person}
        self._say("ticket.opened", at, account, ticket=ticket, **opening, priority=priority, tags=["new"])
        for _ in range(draw.randint(0, 8)):
            at += draw.randint(1, 18 * 60) * MINUTE
            self._happens(ticket, account, topic, person, at)
        if draw.random() < 0.7:
            at += HOUR
            self._say("ticket.resolved", at, account, ticket=ticket, by="x-1", category=topic)
            if draw.random() < 0.5:
                self._say("ticket.closed", at + HOUR, account, ticket=ticket, code="done")
            if draw.random() < 0.5:
                self._say(
                    "ticket.csat_answered",
                    at + 2 * HOUR,
                    account,
                    ticket=ticket,
                    score=draw.randint(1, 5),
                    person=person,
                )

    def _pictured_tickets(self, draw: Random) -> None:
        """Tickets of a helpdesk that tells how they stand and not what changed."""
        for number in (1, 2, 3):
            ticket, account, at = f"P-{number}", draw.choice(self._accounts), START + draw.randrange(5 * DAY)
            self._say("ticket.opened", at, account, ticket=ticket, title="Help", text="Nothing works.")
            for _ in range(draw.randint(2, 7)):
                at += draw.randint(1, 18 * 60) * MINUTE
                told: dict[str, Any] = {"status": draw.choice(["open", "pending", "on_hold", "solved"])}
                told |= {"status_raw": "as the desk says"}
                told |= {"tags": draw.sample(["vip", "bug", "new"], draw.randint(0, 3))}
                if draw.random() < 0.6:
                    told |= {"assigned": True, "group": draw.choice(["first line", "second line"])}
                    told |= {"priority": draw.choice(["low", "urgent"])}
                self._say("ticket.snapshot", at, account, ticket=ticket, **told)

    def _rated_tickets(self, draw: Random) -> None:
        """Many who are asked how it went: in a long story there is enough to learn how the glad and the sorry write."""
        for number in range(70):
            ticket, account, at = f"R-{number}", draw.choice(self._accounts), self._when()
            is_glad = draw.random() < 0.6
            words = ("Many thanks, all is well", "This is terrible and still broken")[not is_glad]
            self._say("ticket.opened", at, account, ticket=ticket, title="After your visit", text=words)
            self._say("ticket.csat_answered", at + HOUR, account, ticket=ticket, score=5 if is_glad else 1)
            if number % 7 == 0:
                self._say("expert.replied", at + MINUTE, account, ticket=ticket, expert="x-1", text="Ok.")

    def _experts(self, draw: Random) -> None:
        """Few who help, who come and go and can take little: some tickets wait, and people give some to others."""
        skills = {"refund": ["billing"]}
        self._say("settings.routing_changed", START - DAY, skills_by_category=skills, default_capacity=2)
        for number in (1, 2, 3):
            told: dict[str, Any] = {"expert": f"x-{number}", "group": f"{('first', 'second')[number % 2]} line"}
            told |= {"skills": draw.sample(tuple(TOPICS), 2), "languages": draw.choice([["en"], ["de", "en"]])}
            for day in range(self._days):
                at = START + day * DAY + draw.randrange(6, 10) * HOUR + draw.randrange(60) * MINUTE
                said: dict[str, Any] = {
                    "status": "online",
                    "capacity": draw.randint(1, 3),
                    "channel_capacity": {"chat": 1},
                }
                self._say("expert.availability_changed", at, **told, **said)
                status = draw.choice(["away", "offline", "offline"])
                at += draw.randint(2, 9) * HOUR
                self._say("expert.availability_changed", at, expert=told["expert"], status=status)
        for number in range(1, 7):
            at, group = START + draw.randrange(self._days * DAY), draw.choice(["first line", "second line"])
            to: dict[str, Any] = draw.choice([{}, {"assignee": f"x-{draw.randint(1, 3)}"}])
            self._say("ticket.assigned", at, ticket=f"T-{number}", group=group, **to)

    def _happens(self, ticket: str, account: str, topic: str, person: str, at: int) -> None:
        draw = self._draw
        words = draw.choice(TOPICS[topic])
        match draw.randrange(9):
            case 0 | 1:
                said = {"author": "customer", "person": person, "text": f"{words}!"}
                self._say("ticket.message_added", at, account, ticket=ticket, **said)
            case 2 | 3:
                answer = {"expert": "x-1", "text": draw.choice(ANSWERS), "requester": person}
                self._say("expert.replied", at, account, ticket=ticket, **answer, public=draw.random() < 0.8)
            case 4:
                status = draw.choice(["open", "pending", "on_hold", "solved"])
                self._say("ticket.status_changed", at, account, ticket=ticket, status=status)
            case 5:
                self._say(
                    "ticket.priority_changed", at, account, ticket=ticket, priority=draw.choice(["low", "urgent"])
                )
            case 6:
                self._say("ticket.assigned", at, account, ticket=ticket, group="first line", assignee="x-1")
            case 7:
                tags = {"added": [draw.choice(["vip", "bug", "new"])], "removed": [draw.choice(["new", "vip"])]}
                self._say("ticket.tagged", at, account, ticket=ticket, **tags)
            case _:
                corrected = {"expert": "x-2", "field": "category", "value": topic}
                self._say("expert.corrected", at, account, ticket=ticket, **corrected)


def _filed_tickets(say: Callable[..., None], first: int, draw: Random) -> None:
    """The same question again and again, filed alike at first and then anywhere: answers get worse."""
    for number in range(120):
        ticket, at = f"F-{number}", first + number * HOUR
        category = "parcels" if number < 60 else f"shelf {draw.randrange(12)}"
        said = {"title": "Parcel", "text": "It has not come yet.", "group": "first line"}
        say("ticket.opened", at, "A-1", ticket=ticket, **said)
        say("ticket.resolved", at + MINUTE, ticket=ticket, by=f"x-{number % 3 + 1}", category=category)
    say("model.lessons_withdrawn", first + 121 * HOUR, model="team", by="x-1", reason="an old list of teams")
