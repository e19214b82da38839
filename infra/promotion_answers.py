"""Why does this model answer, and why is it said to have become worse? What is kept of what decided that."""

from __future__ import annotations

import msgspec

from infra.view_rows import Read
from schemas.explanation import Explanation
from schemas.lessons import ModelDrifted, ModelPromoted


def promotion_why(read: Read, tenant: str, model: str) -> list[Explanation]:
    """The latest times that another began to answer for a model, newest first."""
    rows = read(
        "SELECT position, model, before, after, accuracy_before, accuracy_after, judged, n, event_id, 0 AS promoted_at "
        "FROM model_promotions WHERE tenant = {tenant:String} AND model = {id:String} "
        "ORDER BY position DESC LIMIT 3",
        {"tenant": tenant, "id": model},
    )
    return [msgspec.convert(row, ModelPromoted).explain(int(row["position"])) for row in rows]


def drift_why(read: Read, tenant: str, model: str) -> list[Explanation]:
    """The latest times that a model's answers became worse, newest first."""
    rows = read(
        "SELECT position, model, accuracy_before, accuracy_after, labels_before, labels_after, missed, people, "
        "event_ids, event_id, 0 AS drifted_at FROM model_drifts "
        "WHERE tenant = {tenant:String} AND model = {id:String} ORDER BY position DESC LIMIT 3",
        {"tenant": tenant, "id": model},
    )
    return [msgspec.convert(row, ModelDrifted).explain(int(row["position"])) for row in rows]
