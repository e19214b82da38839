"""What else is a ticket about, beyond its first category?

Triage's own probabilities tell: a ticket about two things has a likely runner-up. How likely is enough is measured:
from where on runners-up turned out to be the category three times in ten. A helpdesk gives a ticket one category, so
of two true ones the runner-up is the one it gives about every other time.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from infra.view_rows import Read, Row
from processors.learners.calibration import BINS, Reliability
from schemas.explanation import Explanation, Term

ENOUGH: Final = 0.3  # the share of runners-up this likely that were the category
MEASURED: Final = 5_000  # tickets whose category became known, the latest

_RUNNERS_UP = """
SELECT least(toUInt8(floor(JSONExtractFloat(candidates, 2, 2) * {bins:UInt32})), {bins:UInt32} - 1) AS bin,
    count() AS runners_up, countIf(JSONExtractString(candidates, 2, 1) = label) AS right
FROM (
    SELECT g.candidates AS candidates, p.label AS label
    FROM triage AS g JOIN predictions AS p ON p.tenant = g.tenant AND p.entity = g.ticket AND p.event_id = g.event_id
    WHERE g.tenant = {tenant:String} AND g.model = 'category.model' AND JSONLength(g.candidates) > 1
        AND p.model = 'category' AND p.label IS NOT NULL
    ORDER BY g.classified_at DESC, g.ticket LIMIT {most:UInt32}
)
GROUP BY bin ORDER BY bin
"""
_TICKET = """
SELECT g.position AS position, g.candidates AS candidates, g.model AS model, g.event_id AS event_id
FROM triage AS g WHERE g.tenant = {tenant:String} AND g.ticket = {id:String}
"""


class Further(NamedTuple):
    """A further category, how likely triage held it, and from where on that is enough: `right` of `of` runners-up."""

    category: str
    probability: float
    enough: float
    right: int
    of: int
    event_id: str
    position: int


def further_intents(read: Read, tenant: str, ticket: str) -> list[Further]:
    """The runners-up that are likely enough, the likeliest first; none where too little is known of the tenant's."""
    found = read(_TICKET, {"tenant": tenant, "id": ticket})
    if not found or found[0]["model"] != "category.model" or len(found[0]["candidates"]) < 2:
        return []
    known = runners_up(read(_RUNNERS_UP, {"tenant": tenant, "bins": BINS, "most": MEASURED}))
    enough = enough_of(known)
    if enough is None:
        return []
    first = round(enough * BINS)
    right, of = round(sum(known.right[first:])), round(sum(known.answers[first:]))
    (row,) = found
    return [
        Further(str(category), float(chance), enough, right, of, row["event_id"], int(row["position"]))
        for category, chance in row["candidates"][1:]
        if chance >= enough
    ]


def runners_up(rows: list[Row]) -> Reliability:
    """How often runners-up were right, by how likely they were held."""
    known = Reliability()
    for row in rows:
        known.answers[int(row["bin"])] = float(row["runners_up"])
        known.right[int(row["bin"])] = float(row["right"])
    return known


def enough_of(known: Reliability) -> float | None:
    """The least probability from which on runners-up were right often enough; None where too few are known.

    Those just above it were right half as often at least: unlikely ones do not pass because likely ones do well.
    """
    least: float | None = None
    for bin_ in range(BINS - 1, -1, -1):
        share = known.precision(bin_ / BINS)
        if share is None or not known.answers[bin_]:
            continue
        if share < ENOUGH or 2.0 * known.right[bin_] < ENOUGH * known.answers[bin_]:
            break
        least = bin_ / BINS
    return least


def explained_further(ticket: str, one: Further) -> Explanation:
    """Why a ticket is said to be also about something: its probability beyond what is enough."""
    terms = (
        Term(f"triage holds {one.category} likely", one.probability, (one.event_id,)),
        Term("enough, as measured", -one.enough),
    )
    basis = f"{one.right} of {one.of} runners-up this likely or more were the category in the end"
    total = 0.0 + terms[0].amount + terms[1].amount
    return Explanation(ticket, f"also about {one.category}", one.position, total, "probability", basis, terms)
