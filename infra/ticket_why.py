"""Why a ticket is what it is: category, priority, promises, conversation, and where it went."""

from __future__ import annotations

from functools import partial

from infra.conversation_answers import conversation_why
from infra.forecast_answers import forecast_why
from infra.further_intents import Further, explained_further
from infra.routing_answers import ticket_routing_why
from infra.service import Service
from infra.together import Question
from infra.view_rows import Read, Row, explained, explanations
from schemas.confidence import classified_by
from schemas.explanation import Explanation

_OF_TICKET = "WHERE tenant = {tenant:String} AND ticket = {id:String}"
_TRIAGE = f"SELECT * FROM triage {_OF_TICKET}"  # noqa: S608 - all of it is ours
_PROMISES = f"SELECT * FROM sla {_OF_TICKET} ORDER BY clock, cycle"  # noqa: S608 - all of it is ours


def ticket_reasons(
    service: Service, read: Read, tenant: str, ticket: str, further: Question[list[Further]]
) -> list[Question[list[Explanation]]]:
    """What is to be asked, in the order of the answers; `further` are the categories that it is also about."""
    return [
        partial(explanations, read, _TRIAGE, tenant, ticket, _category, _priority),
        partial(explanations, read, _PROMISES, tenant, ticket, _promise),
        lambda: [explained_further(ticket, one) for one in further()],
        partial(forecast_why, read, tenant, ticket),
        partial(conversation_why, service, tenant, ticket),
        *ticket_routing_why(read, tenant, ticket),
    ]


def _category(row: Row) -> Explanation:
    best = row["candidates"][0][0] if row["candidates"] else "nothing yet"
    by = (row["model"], row["version"], row["n"], row["confidence"], row["right_share"])
    return explained(row, row["ticket"], f"category {best}", row["logit"], "log-odds", classified_by(*by))


def _priority(row: Row) -> Explanation:
    kind, rules = f"priority {row['priority']}", "rules of urgency"
    return explained(row, row["ticket"], kind, row["urgency"], "urgency", rules, terms="priority_reasons")


def _promise(row: Row) -> Explanation:
    basis = f"policy {row['policy']}, calendar {row['calendar']}, target {row['target_seconds']} s, {row['state']}"
    return explained(row, row["ticket"], f"sla {row['clock']}", row["elapsed_seconds"], "s", basis)
