"""What people ask, answered from the views, the search index and the saved folds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any

import msgspec

from infra.account_why import ACCOUNT, account_reasons
from infra.demand_answers import demand_ahead, demand_spikes, demand_why
from infra.feedback_answers import feedback_loops, loop_why, steps_kept
from infra.forecast_answers import promises_at_risk
from infra.further_intents import further_intents
from infra.leaving_answers import accounts_at_risk, accounts_lost
from infra.promotion_answers import drift_why, promotion_why
from infra.reply_answers import reply_candidates
from infra.routing_answers import escalated, expert_why, experts_at_work, teams_at_work, waiting_for_experts
from infra.scores_answers import score_versions, scores_of
from infra.service import Service
from infra.sql_guard.guard import guard
from infra.ticket_why import ticket_reasons
from infra.together import Together
from infra.view_rows import Row, rows_of
from infra.voice_answers import spoken_of
from infra.voice_why import voice_why
from processors.documents import DOCUMENTS
from processors.tickets import TICKETS
from schemas.explanation import Explanation
from schemas.instant import format_instant
from sinks.clickhouse.sink import Result
from sinks.clickhouse.views import VIEWS
from sinks.qdrant.document import Hit, Key
from streams.batch import CellId


class NotFound(Exception):
    """Nothing is known under this id in this tenant; the same words whether another tenant knows it or nobody."""

    def __init__(self, what: str, id_: str) -> None:
        super().__init__(f"there is no {what} {id_!r}")


class Answers:
    """Reads for one application. Every question names its tenant, and sees nothing of another."""

    def __init__(self, application: Service) -> None:
        self._application = application
        self._together = Together()

    def accounts(self, tenant: str, limit: int = 50) -> list[Row]:
        """Accounts by risk: the likeliest to leave first."""
        return self._rows(
            "SELECT account, name, tier, plan, recurring_minor, currency, renewal_at, health, health_band, "
            "churn_probability_30, churn_probability_60, churn_probability_90, churned_at, churn_terms FROM accounts "
            "WHERE tenant = {tenant:String} ORDER BY churned_at IS NOT NULL, churn_probability_90 DESC NULLS LAST, "
            "health ASC NULLS LAST, account LIMIT {limit:UInt32}",
            {"tenant": tenant, "limit": limit},
        )

    def leaving(self, tenant: str, limit: int = 50, *, lost: bool = False) -> list[Row]:
        """Accounts by the recurring revenue that is at risk, or those that left, the latest first."""
        return (accounts_lost if lost else accounts_at_risk)(self._rows, tenant, limit)

    def account(self, tenant: str, account: str) -> Row:
        """An account with its scores, health history, tickets and explanations. Raises NotFound."""
        ids = {"tenant": tenant, "id": account}
        accounts = self._ask(ACCOUNT, ids)
        tickets = self._ask(
            "SELECT ticket, title, status, priority, triage_category, opened_at, solved_at FROM tickets "
            "WHERE tenant = {tenant:String} AND account = {id:String} ORDER BY opened_at DESC, ticket LIMIT 50",
            ids,
        )
        if not accounts.result() and not tickets.result():
            raise NotFound("account", account)
        history = self._ask(
            "SELECT changed_at, before, after, event_id, terms FROM health_history WHERE tenant = {tenant:String} "
            "AND account = {id:String} ORDER BY changed_at DESC, position DESC, ordinal DESC LIMIT 200",
            ids,
        )
        known = next(iter(accounts.result()), {"account": account})
        scores = self._together.ask(partial(scores_of, self._rows, tenant, known))
        versions = self._together.ask(partial(score_versions, self._rows, tenant))
        why = self._together.all(account_reasons(self._rows, tenant, account, accounts.result))
        return known | {
            "tickets": tickets.result(),
            "health_history": history.result(),
            "scores": scores.result(),
            "score_versions": versions.result(),
            "why": [msgspec.to_builtins(one) for one in why],
        }

    def ticket(self, tenant: str, ticket: str) -> Row:
        """A ticket with its clocks, timeline, words, explanations and similar solved tickets. Raises NotFound."""
        ids = {"tenant": tenant, "id": ticket}
        found = self._rows("SELECT * FROM tickets WHERE tenant = {tenant:String} AND ticket = {id:String}", ids)
        if not found:
            raise NotFound("ticket", ticket)
        clocks = self._ask(
            "SELECT s.clock AS clock, s.cycle AS cycle, s.state AS state, s.policy AS policy, s.calendar AS calendar, "
            "s.target_seconds AS target_seconds, s.started_at AS started_at, s.due_at AS due_at, "
            "s.elapsed_seconds AS elapsed_seconds, s.remaining_seconds AS remaining_seconds, "
            "s.fulfilled_at AS fulfilled_at, s.breached_at AS breached_at, s.evaluated_at AS evaluated_at, "
            "if(f.ticket = '', NULL, f.probability) AS breach_probability FROM sla AS s LEFT JOIN sla_forecasts AS f "
            "ON f.tenant = s.tenant AND f.ticket = s.ticket AND f.clock = s.clock AND f.cycle = s.cycle "
            "WHERE s.tenant = {tenant:String} AND s.ticket = {id:String} ORDER BY clock, cycle",
            ids,
        )
        further = self._together.ask(partial(further_intents, self._rows, tenant, ticket))
        similar = self._together.ask(partial(self.similar, tenant, ticket))
        why = self._together.all(ticket_reasons(self._application, self._rows, tenant, ticket, further.result))
        return found[0] | {
            "also_about": [one._asdict() for one in further.result()],
            "clocks": clocks.result(),
            "timeline": self._timeline(tenant, ticket),
            "words": self._words(tenant, ticket),
            "similar": similar.result(),
            "conversation_score": next((one.total for one in why if one.kind == "conversation"), None),
            "why": [msgspec.to_builtins(one) for one in why],
        }

    def breach_queue(self, tenant: str, limit: int = 50) -> list[Row]:
        """Running clocks by what is left of them, and those broken on tickets that still wait."""
        return promises_at_risk(self._rows, tenant, limit)

    def waiting(self, tenant: str, limit: int = 50) -> list[Row]:
        """Tickets that nobody could take yet, the least time left first."""
        return waiting_for_experts(self._rows, tenant, limit)

    def escalated(self, tenant: str, limit: int = 50) -> list[Row]:
        """Tickets that somebody senior should see, the most points first."""
        return escalated(self._rows, tenant, limit)

    def experts(self, tenant: str, limit: int = 1_000) -> list[Row]:
        """Who helps, with what is in hand, how tired they are, and how decisions for them turned out."""
        return experts_at_work(self._rows, tenant, limit)

    def teams(self, tenant: str) -> list[Row]:
        """What each team has in hand, how tired it is, and who waits for it."""
        return teams_at_work(self._rows, tenant)

    def feedback(self, tenant: str, limit: int = 50, *, only_open: bool = False) -> Row:
        """Feedback that asks for something, and how each step of its answers turned out."""
        loops = feedback_loops(self._rows, tenant, limit, only_open=only_open)
        return {"loops": loops, "steps": steps_kept(self._rows, tenant)}

    def spoken_of(self, tenant: str) -> Row:
        """What feedback speaks of, by revenue and lately, and how each scale was answered by month."""
        return spoken_of(self._rows, tenant)

    def why(self, tenant: str, id_: str) -> list[Explanation]:
        """Every explanation there is of a ticket, an account or a piece of feedback. Raises NotFound where none is."""
        read = self._rows
        further = partial(further_intents, read, tenant, id_)
        known = partial(read, ACCOUNT, {"tenant": tenant, "id": id_})
        asked = ticket_reasons(self._application, read, tenant, id_, further)
        asked += account_reasons(read, tenant, id_, known)
        others = (expert_why, voice_why, loop_why, promotion_why, drift_why, demand_why)
        found = self._together.all(asked + [partial(why, read, tenant, id_) for why in others])
        if not found:
            raise NotFound("ticket or account", id_)
        return found

    def demand(self, tenant: str, limit: int) -> tuple[list[Row], list[Row]]:
        """How many tickets are expected by topic, and spikes."""
        return demand_ahead(self._rows, tenant), demand_spikes(self._rows, tenant, limit)

    def search(
        self,
        tenant: str,
        text: str,
        *,
        kinds: Sequence[str] = (),
        filters: Mapping[str, str] | None = None,
        limit: int = 10,
    ) -> list[Row]:
        """Tickets, answers and feedback nearest to a text."""
        hits = self._application.search_index.search(
            tenant, text, kinds=msgspec.convert(tuple(kinds), tuple[Any, ...]), filters=filters, limit=limit
        )
        return [_hit(hit) for hit in hits]

    def similar(self, tenant: str, ticket: str, limit: int = 5) -> list[Row]:
        """Solved tickets like this one, with what answered them and how it ended."""
        return [
            _hit(hit)
            for hit in self._application.search_index.similar(tenant, Key(tenant, "ticket", ticket), limit=limit)
        ]

    def replies(self, tenant: str, ticket: str, limit: int = 5) -> list[Row]:
        """What experts answered on solved tickets like this one, each answer once. Raises NotFound."""
        sql = "SELECT language FROM tickets WHERE tenant = {tenant:String} AND ticket = {id:String}"
        known = self._rows(sql, {"tenant": tenant, "id": ticket})
        if not known:
            raise NotFound("ticket", ticket)
        return reply_candidates(self._application.search_index, tenant, ticket, known[0]["language"], limit)

    def sql(self, tenant: str, text: str, limit: int = 10_000) -> Result:
        """The rows of one SELECT over the tenant's views. Raises SqlRefused, ReadFailed."""
        asked = guard(text, VIEWS, tenant=tenant, row_limit=limit)
        return self._application.clickhouse.read(asked.sql, asked.parameters)

    def totals(self, tenant: str) -> Row:
        """How many of everything, for the head of the console."""
        (row,) = self._rows(
            "SELECT (SELECT count() FROM tickets WHERE tenant = {tenant:String}) AS tickets, "
            "(SELECT count() FROM tickets WHERE tenant = {tenant:String} "
            "AND status NOT IN ('solved', 'closed')) AS waiting, "
            "(SELECT count() FROM queue WHERE tenant = {tenant:String}) AS queued, "
            "(SELECT count() FROM escalations WHERE tenant = {tenant:String} AND over_at IS NULL) AS escalated, "
            "(SELECT count() FROM sla_breaches WHERE tenant = {tenant:String}) AS breaches, "
            "(SELECT count() FROM accounts WHERE tenant = {tenant:String} AND churned_at IS NULL) AS accounts, "
            "(SELECT count() FROM accounts WHERE tenant = {tenant:String} AND health_band = 'at risk' "
            "AND churned_at IS NULL) AS at_risk, "
            "(SELECT count() FROM dead_letters WHERE tenant = {tenant:String}) AS dead_letters, "
            "(SELECT avg(correct) FROM (SELECT correct FROM predictions WHERE tenant = {tenant:String} "
            "AND model = 'category' AND correct IS NOT NULL AND NOT abstained ORDER BY made_at DESC LIMIT 1000)) "
            "AS accuracy",
            {"tenant": tenant},
        )
        return row

    def _timeline(self, tenant: str, ticket: str) -> list[Row]:
        parts = self._application.records.cell(tenant, CellId(TICKETS.name, ticket))
        if parts is None:
            return []
        return [
            {"at": format_instant(entry.at), "event_id": entry.event_id, "type": entry.type, **dict(entry.values)}
            for entry in TICKETS.decode(parts).entries
        ]

    def _words(self, tenant: str, ticket: str) -> list[Row]:
        parts = self._application.records.cell(tenant, CellId(DOCUMENTS.name, ticket))
        if parts is None:
            return []
        return [
            {
                "at": format_instant(one.at),
                "event_id": one.event_id,
                "by": "expert" if one.expert else "customer",
                "text": one.text,
            }
            for one in DOCUMENTS.decode(parts).passages
        ]

    def _ask(self, sql: str, parameters: Mapping[str, Any]) -> Future[list[Row]]:
        return self._together.ask(partial(self._rows, sql, parameters))

    def _rows(self, sql: str, parameters: Mapping[str, Any]) -> list[Row]:
        return rows_of(self._application, sql, parameters)


def _hit(hit: Hit) -> Row:
    document = hit.document
    return {
        "score": hit.score,
        "kind": document.key.kind,
        "id": document.key.entity,
        "account": document.account,
        "happened_at": format_instant(document.happened_at),
        "text": document.text,
        **document.payload,
    }
