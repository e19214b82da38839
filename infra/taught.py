"""How good are a tenant's models, who taught them what, and which tickets would teach most next?"""

from __future__ import annotations

from typing import Any

from infra.service import Service
from infra.ticket_words import words_on
from infra.view_rows import Row, rows_of
from processors.learners.informative import most_informative

MOST_TEACHERS = 50
MOST_TOLD = 20
CANDIDATES = 400
MOST_GROUPS = 100

# Each prediction was made before its label came; what waits for its label still counts as asked.
_MODELS = """
SELECT p.model AS model, count() AS predictions, countIf(p.correct IS NOT NULL) AS judged,
    avg(toFloat64(p.correct)) AS accuracy, avg(toFloat64(p.abstained)) AS abstained,
    avgIf(toFloat64(p.correct), NOT p.abstained) AS accuracy_of_answers,
    quantileExactIf(0.5)(dateDiff('second', p.made_at, assumeNotNull(p.labelled_at)), p.labelled_at IS NOT NULL)
        AS median_label_delay_seconds,
    max(p.n) AS lessons
FROM predictions AS p WHERE p.tenant = {tenant:String} GROUP BY p.model ORDER BY p.model
"""
_CALIBRATION = """
SELECT model, sum(predictions * abs(said - happened)) / sum(predictions) AS calibration_error
FROM calibration WHERE tenant = {tenant:String} GROUP BY model
"""
_TENTHS = """
SELECT model, tenth, predictions, said, happened FROM calibration WHERE tenant = {tenant:String} ORDER BY model, tenth
"""
# How often the commonest answer alone would have been right.
_COMMONEST = """
SELECT model, max(times) / sum(times) AS commonest FROM (
    SELECT model, label, count() AS times FROM predictions
    WHERE tenant = {tenant:String} AND correct IS NOT NULL GROUP BY model, label
) GROUP BY model
"""
_TEACHERS = """
SELECT model, person, count() AS said, countIf(outcome = 'learned') AS learned,
    countIf(how = 'correction') AS corrections,
    countIf(outcome LIKE 'held%') AS held, groupUniqArray(3)(label) AS labels, max(taken_at) AS last_at,
    argMax(event_id, taken_at) AS last_event_id
FROM lessons WHERE tenant = {tenant:String}
GROUP BY model, person ORDER BY said DESC, person, model LIMIT {limit:UInt32}
"""
_SUGGESTED = """
SELECT t.ticket AS ticket, t.account AS account, t.title AS title, g.candidates AS candidates, g.model AS model,
    g.classified_at AS classified_at
FROM tickets AS t JOIN triage AS g ON g.tenant = t.tenant AND g.ticket = t.ticket
WHERE t.tenant = {tenant:String} AND t.category IS NULL AND g.model != 'category.correction'
ORDER BY g.probability, t.ticket LIMIT {limit:UInt32}
"""


def models(service: Service, tenant: str) -> Row:
    """Each model with its figures, who answers, who taught, promotions, falls and what was taken back; latest first."""
    told = {row["model"]: row for row in rows_of(service, _MODELS, {"tenant": tenant})}
    # Each is read for itself, so the later ones may know of a model that the first did not.
    for sql in (_CALIBRATION, _COMMONEST):
        for row in rows_of(service, sql, {"tenant": tenant}):
            told.setdefault(row["model"], {}).update(row)
    for row in rows_of(service, _TENTHS, {"tenant": tenant}):
        told.setdefault(row["model"], {"model": row["model"]}).setdefault("calibration", []).append(row)
    for row in rows_of(service, "SELECT * FROM models WHERE tenant = {tenant:String}", {"tenant": tenant}):
        told.setdefault(row["model"], {"model": row["model"]}).update(state=row)
    latest = {"tenant": tenant, "limit": MOST_TOLD}
    where = "WHERE tenant = {tenant:String} ORDER BY position DESC LIMIT {limit:UInt32}"
    return {
        "models": list(told.values()),
        "teachers": rows_of(service, _TEACHERS, {"tenant": tenant, "limit": MOST_TEACHERS}),
        "promotions": rows_of(service, f"SELECT * FROM model_promotions {where}", latest),  # noqa: S608 - ours
        "drifts": rows_of(service, f"SELECT * FROM model_drifts {where}", latest),  # noqa: S608 - ours
        "unlearned": rows_of(service, f"SELECT * FROM lessons_unlearned {where}", latest),  # noqa: S608 - ours
    }


def suggested(service: Service, tenant: str, limit: int) -> list[Row]:
    """Tickets without a category that would teach most, the most informative first."""
    rows = rows_of(service, _SUGGESTED, {"tenant": tenant, "limit": CANDIDATES})
    margins = [_margin(row["candidates"]) for row in rows]
    places = most_informative([words_on(service, tenant, row) for row in rows], margins, limit)
    return [rows[place] | {"margin": margins[place]} for place in places]


def _margin(candidates: list[Any]) -> float:
    """How much likelier the best answer is than the next; 0 where there is none."""
    chances = [float(chance) for _, chance in candidates]
    return chances[0] - (chances[1] if len(chances) > 1 else 0.0) if chances else 0.0
