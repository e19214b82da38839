"""Every measurement, in the order of the table."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from infra.bench import append, catalog_cost, fold, memory, pipeline, rebuilding, state_size, tenants, webhook
from infra.bench.scale import Scale
from infra.quality.row import Row

MEASUREMENTS: Mapping[str, Callable[[Scale], list[Row]]] = {
    "pipeline": pipeline.measure,
    "append": append.measure,
    "fold": fold.measure,
    "rebuild": rebuilding.measure,
    "catalog": catalog_cost.measure,
    "memory": memory.measure,
    "tenants": tenants.measure,
    "state": state_size.measure,
    "webhook": webhook.measure,
}
